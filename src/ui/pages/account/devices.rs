//! The devices on which somebody is signed in, and the question before others are signed out.

use crate::ui::components::{short_moment, tag};
use crate::ui::form::{FormState, PasswordInput, error_summary, password, post_form};
use domain::{ClinicZone, Session, SessionId};
use leptos::prelude::*;
use service::identity::Ending;

const OTHERS: &str = "/profile/sessions/end-others";
const ALL: &str = "/profile/sessions/end-all";

/// The part of the account page.
pub fn list(sessions: &[Session], current: Option<SessionId>, zone: &ClinicZone) -> AnyView {
    let has_others = sessions.iter().any(|session| Some(session.id) != current);
    let rows =
        sessions.iter().map(|session| device(session, Some(session.id) == current, zone)).collect_view();
    view! {
        <section class="hc-panel" aria-labelledby="devices">
            <div class="hc-panel__head">
                <h2 id="devices">"Where you are signed in"</h2>
                <div class="hc-panel__acts">
                    {has_others.then(|| view! { <a class="govuk-link" href=OTHERS>{title(Ending::Others)}</a> })}
                    <a class="govuk-link" href=ALL>{title(Ending::All)}</a>
                </div>
            </div>
            <table class="hc-tbl">
                <caption class="hc-vh">"Sessions of your account"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Device"</th>
                        <th scope="col">"Signed in"</th>
                        <th scope="col">"Last used"</th>
                        <th scope="col">
                            <span class="hc-vh">"Action"</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
    .into_any()
}

fn name(session: &Session) -> String {
    if session.label.is_empty() { "Unknown device".to_owned() } else { session.label.clone() }
}

fn device(session: &Session, is_this_one: bool, zone: &ClinicZone) -> AnyView {
    let name = name(session);
    let spoken = format!(" {name}, signed in {}", short_moment(zone, session.created_at));
    let words = view! { "Sign out" <span class="hc-vh">{spoken}</span> };
    let action = if is_this_one {
        let button = view! { <button class="govuk-button govuk-button--secondary hc-btn-s">{words}</button> };
        post_form("/signout", button)
    } else {
        let question = format!("/profile/sessions/{}/end", session.id);
        view! {
            <a class="govuk-button govuk-button--secondary hc-btn-s" role="button" draggable="false" href=question>
                {words}
            </a>
        }
        .into_any()
    };
    view! {
        <tr>
            <td data-label="Device">
                {name} " "
                {is_this_one.then(|| tag("hc-ok", "This device"))}
            </td>
            <td data-label="Signed in">
                {short_moment(zone, session.created_at)}
            </td>
            <td data-label="Last used">
                {short_moment(zone, session.last_seen_at)}
            </td>
            <td class="hc-tbl__act">{action}</td>
        </tr>
    }
    .into_any()
}

/// What is asked, as title and as button.
pub const fn title(ending: Ending) -> &'static str {
    match ending {
        Ending::One(_) => "Sign out another device",
        Ending::Others => "Sign out all others",
        Ending::All => "Sign out everywhere",
    }
}

/// Asks for the password before sessions end; with the session that is to end, if it is one.
pub fn page(form: &FormState, ending: Ending, one: Option<&Session>, zone: &ClinicZone) -> AnyView {
    let consequence = match one {
        Some(session) => {
            let since = short_moment(zone, session.created_at);
            format!(
                "{}, signed in {since}, is signed out at once. What is typed there and not saved is lost.",
                name(session)
            )
        }
        None if ending == Ending::Others => {
            "All your other devices are signed out at once. This one stays signed in.".to_owned()
        }
        None => "All your devices are signed out at once, this one too.".to_owned(),
    };
    let target = match ending {
        Ending::One(session) => format!("/profile/sessions/{session}/end"),
        Ending::Others => OTHERS.to_owned(),
        Ending::All => ALL.to_owned(),
    };
    view! {
        <div class="hc-narrow">
            {error_summary(form)} <h1 class="govuk-heading-l">{title(ending)}</h1>
            <p class="govuk-body">{consequence}</p>
            <div class="hc-panel hc-pad">
                {post_form(target, view! {
                    {password(form, PasswordInput::current("password", "Your password"))}
                    <div class="govuk-button-group hc-mb0">
                        <button class="govuk-button">{title(ending)}</button>
                        <a class="govuk-link" href="/profile">"Cancel"</a>
                    </div>
                })}
            </div>
        </div>
    }
    .into_any()
}
