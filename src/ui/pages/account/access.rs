//! Who looked at my record, for patients; what I did, for staff.

use crate::ui::components::{clock, empty, more, short_moment};
use crate::ui::pages::admin::audit::outcome_tag;
use crate::ui::pages::care_team;
use domain::{AuditEvent, ClinicZone, PatientId};
use jiff::Timestamp;
use leptos::prelude::*;
use service::Page;
use service::access::CareTeam;
use service::reports::Access;

/// `23 November 2026 at 10:15` at the clinic.
fn when(zone: &ClinicZone, at: Timestamp) -> String {
    format!("{} at {}", zone.date(at).strftime("%-d %B %Y"), clock(zone, at))
}

/// The words for the patient as words about the patient: `read their medical record`.
fn of_them(words: &str) -> String {
    let other = |word| match word {
        "you" => "them",
        "your" => "their",
        "yours" => "theirs",
        word => word,
    };
    words.split(' ').map(other).collect::<Vec<_>>().join(" ")
}

/// `Dr Amina Rahman, doctor, read your medical record on 23 November 2026 at 10:15`; `ward` is the patient for whom the
/// reader acts.
fn sentence(access: &Access, ward: Option<&str>, zone: &ClinicZone) -> String {
    let who = match access.role {
        Some(_) if access.is_acting => format!("{}, acting for {},", access.who, ward.unwrap_or("you")),
        Some(role) => format!("{}, {},", access.who, role.title().to_lowercase()),
        None if access.who == "System" => "The clinic's computer system".to_owned(),
        None => access.who.clone(),
    };
    let what = if ward.is_some() { of_them(access.what) } else { access.what.to_owned() };
    format!("{who} {what} on {}", when(zone, access.at))
}

/// The heading of the page of a patient, or of whoever acts for one.
pub const fn title(is_acting: bool) -> &'static str {
    if is_acting { "Who looked at this record" } else { "Who looked at my record" }
}

/// The page of a patient, with the care team on the first one; `ward` is the patient for whom the reader acts.
pub fn record_access(
    found: &Page<Access>,
    ward: Option<&str>,
    team: Option<(&CareTeam, PatientId)>,
    zone: &ClinicZone,
) -> AnyView {
    const PATH: &str = "/profile/record-access";
    let content = if found.items.is_empty() {
        let nobody = if ward.is_some() {
            "Nobody has looked at this record yet."
        } else {
            "Nobody but you has looked at your record yet."
        };
        empty(nobody, None)
    } else {
        let items = found.items.iter().map(|access| item(access, ward, zone)).collect_view();
        view! { <ul class="hc-access">{items}</ul> }.into_any()
    };
    let words = match ward {
        Some(name) => format!(
            "Everyone who reads or changes the data of {name} is written down, you and others who act for them too. Is there someone you did not expect? Ask the front desk."
        ),
        None => "Everyone at the clinic who reads or changes your data is written down, and everyone who acts for you. Your own visits to these pages are not listed. Is there someone you did not expect? Ask the front desk.".to_owned(),
    };
    view! {
        <a class="govuk-back-link" href="/profile">
            "Your account"
        </a>
        <h1 class="govuk-heading-l">{title(ward.is_some())}</h1>
        <p class="govuk-body">{words}</p>
        {team.map(|(team, patient)| care_team::panel(team, patient, zone, ward.is_none()))}
        <section class="hc-panel" aria-label=title(ward.is_some())>
            {content}
        </section>
        {team.is_none().then(|| view! { <p class="hc-more"><a class="govuk-link" href=PATH>"Newest"</a></p> })}
        {more(PATH, found.next.as_deref(), "Earlier")}
    }
    .into_any()
}

fn item(access: &Access, ward: Option<&str>, zone: &ClinicZone) -> AnyView {
    let emergency = access.is_emergency.then(|| {
        let reason = if access.reason.is_empty() {
            "In an emergency".to_owned()
        } else {
            format!("In an emergency: {}", access.reason)
        };
        view! {
            <br />
            <span class="hc-tag hc-warn">{reason}</span>
        }
    });
    view! { <li>{sentence(access, ward, zone)} {emergency}</li> }.into_any()
}

/// The page of someone who works at the clinic.
pub fn own_actions(found: &Page<AuditEvent>, is_later: bool, zone: &ClinicZone) -> AnyView {
    const PATH: &str = "/profile/actions";
    let content = if found.items.is_empty() {
        empty("Nothing is written down of you yet.", None)
    } else {
        let rows = found.items.iter().map(|event| row(event, zone)).collect_view();
        view! {
            <table class="hc-tbl">
                <caption class="hc-vh">"Your actions, newest first"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Time"</th>
                        <th scope="col">"Action"</th>
                        <th scope="col">"Outcome"</th>
                        <th scope="col">"Reason"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any()
    };
    view! {
        <a class="govuk-back-link" href="/profile">
            "Your account"
        </a>
        <h1 class="govuk-heading-l">"Your actions"</h1>
        <p class="govuk-body">
            "What the audit log has of you. Is there something you did not do? Change your password and tell an administrator at once."
        </p>
        <section class="hc-panel" aria-label="Your actions">
            {content}
        </section>
        {is_later.then(|| view! { <p class="hc-more"><a class="govuk-link" href=PATH>"Newest"</a></p> })}
        {more(PATH, found.next.as_deref(), "Earlier")}
    }
    .into_any()
}

fn row(event: &AuditEvent, zone: &ClinicZone) -> AnyView {
    let event = &event.event;
    view! {
        <tr>
            <td data-label="Time" class="hc-num">
                {short_moment(zone, event.at)}
            </td>
            <td data-label="Action">{event.action.title()}</td>
            <td data-label="Outcome">{outcome_tag(event.outcome)}</td>
            <td data-label="Reason">{if event.reason.is_empty() { "–".to_owned() } else { event.reason.clone() }}</td>
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Role;
    use jiff::civil::date;

    #[test]
    fn it_reads_as_someone_would_say_it() {
        let zone = ClinicZone::named("Europe/London").unwrap();
        let at = zone.instant(date(2026, 11, 23).at(10, 15, 0, 0)).unwrap();
        let access = |who: &str, role| Access {
            at,
            who: who.to_owned(),
            role,
            what: "read your medical record",
            is_acting: role == Some(Role::Patient),
            is_emergency: false,
            reason: String::new(),
        };
        assert_eq!(
            sentence(&access("Dr Amina Rahman", Some(Role::Doctor)), None, &zone),
            "Dr Amina Rahman, doctor, read your medical record on 23 November 2026 at 10:15"
        );
        assert_eq!(
            sentence(&access("System", None), None, &zone),
            "The clinic's computer system read your medical record on 23 November 2026 at 10:15"
        );
        let parent = access("Marta Kowalska", Some(Role::Patient));
        assert_eq!(
            sentence(&parent, None, &zone),
            "Marta Kowalska, acting for you, read your medical record on 23 November 2026 at 10:15"
        );
        assert_eq!(
            sentence(&parent, Some("Anna Kowalska"), &zone),
            "Marta Kowalska, acting for Anna Kowalska, read their medical record on 23 November 2026 at 10:15"
        );
        assert_eq!(of_them("moved an appointment of yours"), "moved an appointment of theirs");
    }
}
