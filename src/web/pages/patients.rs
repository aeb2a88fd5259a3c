//! Handlers of the patients' pages: find, register, read, change.

use super::invitation;
use crate::ui::form::{FormState, joined_date};
use crate::ui::pages::patients::{self as views, EditPage, RegisterPage, SearchPage, SummaryPage};
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::forms::Query;
use crate::web::state::AppState;
use crate::web::{FormData, PageContext, PageError};
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use domain::message::Channel;
use domain::person::folded_name;
use domain::{Action, Patient, PatientId, Role};
use jiff::civil::Date;
use service::access::ReadCareTeam;
use service::patients::{
    EditPatient, PatientForm, PatientSummary, ReadPatient, RegisterPatient, SearchPatients,
};
use service::scheduling::{AppointmentQuery, ListAppointments};
use service::{Order, PageRequest, ServiceError, Versioned};
use std::collections::BTreeSet;

/// Patients on one page of a list.
const ON_A_PAGE: usize = 25;

/// Routes of this area.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/patients", get(search))
        .route("/patients/new", get(new).post(register))
        .route("/patients/{id}", get(read))
        .route("/patients/{id}/edit", get(edit).post(save))
        .route("/patients/{id}/invitation", get(invitation::ask).post(invitation::make))
}

/// The patient named by a path; what is no id is no patient.
pub(super) fn id_of(text: &str) -> Result<PatientId, PageError> {
    text.parse().map_err(|_| PageError::NOT_FOUND)
}

/// Dates as people write them become the form that search knows: `12/3/1954` and `12 Mar 1954` are `1954-03-12`.
fn searchable(query: &str) -> String {
    const FORMATS: [&str; 6] = ["%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d %m %Y", "%d %b %Y", "%d %B %Y"];
    let trimmed = query.trim();
    FORMATS
        .iter()
        .find_map(|format| Date::strptime(format, trimmed).ok())
        .filter(|date| date.year() > 999)
        .map_or_else(|| trimmed.to_owned(), |date| date.to_string())
}

/// Finds patients as a person types them.
pub(super) async fn find(
    cx: &PageContext,
    query: &str,
    limit: usize,
    cursor: &str,
) -> Result<service::Page<PatientSummary>, PageError> {
    let after = Some(cursor.to_owned()).filter(|cursor| !cursor.is_empty());
    let page = PageRequest { after, ..PageRequest::first(limit, Order::Ascending) };
    Ok(cx.services().execute(&cx.actor, SearchPatients { text: searchable(query), page }).await?)
}

/// What a booking in progress needs from the query, kept while a patient is looked for.
fn carried(here: &str) -> Vec<(String, String)> {
    const OWN: [&str; 5] = ["q", "cursor", "book", "notice", "patient"];
    let query = here.split_once('?').map_or("", |(_, query)| query);
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    pairs.into_iter().filter(|(name, _)| !OWN.contains(&name.as_str())).collect()
}

/// The same as the beginning of a query.
fn carried_query(carried: &[(String, String)]) -> String {
    let query = serde_urlencoded::to_string(carried).unwrap_or_default();
    if query.is_empty() { query } else { format!("{query}&") }
}

async fn search(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    cx.require(Action::SearchPatients)?;
    let typed = query.text("q");
    let found = match find(&cx, &typed, ON_A_PAGE, query.get("cursor")).await {
        Ok(found) => found,
        Err(PageError(ServiceError::Invalid(_))) => service::Page { items: Vec::new(), next: None },
        Err(error) => return Err(error),
    };
    let booking = query.is_ticked("book") && cx.services().may(&cx.actor, Action::BookAppointment);
    let mut fields = if booking { carried(&cx.here) } else { Vec::new() };
    let carried_query = carried_query(&fields);
    if booking {
        fields.push(("book".to_owned(), "1".to_owned()));
    }
    let page = SearchPage {
        query: typed.trim().to_owned(),
        found,
        booking,
        carried: fields,
        carried_query,
        may_register: cx.services().may(&cx.actor, Action::RegisterPatient),
        with_phone: cx.role() != Some(Role::Billing),
    };
    Ok(cx.render(PageHead::new("Patients", Section::Patients), move || views::search(&page)))
}

fn patient_form(form: &FormData) -> PatientForm {
    PatientForm {
        given_name: form.text("givenName"),
        family_name: form.text("familyName"),
        birth_date: joined_date(form, "birthDate"),
        sex: form.text("sex"),
        phone: form.text("phone"),
        email: form.text("email"),
        address: form.text("address"),
        insurance: form.text("insurance"),
        reminders_off: form.is_ticked("remindersShown").then(|| reminders_off(form)),
    }
}

/// The boxes of reminders that are not ticked.
fn reminders_off(form: &FormData) -> BTreeSet<Channel> {
    REMINDERS.into_iter().filter(|(field, _)| !form.is_ticked(field)).map(|(_, channel)| channel).collect()
}

/// The boxes of the form, each for one way of reminders.
const REMINDERS: [(&str, Channel); 2] =
    [("remindersEmail", Channel::Email), ("remindersText", Channel::Webhook)];

fn registration(cx: &PageContext, page: RegisterPage) -> Response {
    let head = PageHead::new("Register a patient", Section::Patients).for_form(&page.form);
    cx.render(head, move || views::register(&page))
}

async fn new(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    cx.require(Action::RegisterPatient)?;
    let booking = query.is_ticked("book");
    let ticked = REMINDERS.into_iter().fold(FormData::default(), |form, (field, _)| form.with(field, "yes"));
    let form = FormState::fresh(ticked);
    Ok(registration(&cx, RegisterPage { form, doubles: Vec::new(), booking }))
}

async fn register(cx: PageContext, Query(query): Query, form: FormData) -> Result<Response, PageError> {
    let booking = query.is_ticked("book");
    let details = patient_form(&form);
    let confirm_duplicate = form.is_ticked("confirmDuplicate");
    let job = RegisterPatient { form: details.clone(), confirm_duplicate };
    match cx.services().execute(&cx.actor, job).await {
        Ok(patient) if booking => {
            let carried = carried_query(&carried(&cx.here));
            Ok(see_other(&format!("/appointments/new?{carried}patient={}", patient.id)))
        }
        Ok(patient) => Ok(see_other(&format!("/patients/{}?notice=patient-registered", patient.id))),
        Err(ServiceError::Invalid(errors)) => {
            let doubles = match errors.of("confirmDuplicate") {
                Some(_) => doubles(&cx, &details).await?,
                None => Vec::new(),
            };
            Ok(registration(&cx, RegisterPage { form: FormState::refused(form, errors), doubles, booking }))
        }
        Err(error) => Err(error.into()),
    }
}

/// Who has this name and birth date already.
async fn doubles(cx: &PageContext, details: &PatientForm) -> Result<Vec<PatientSummary>, PageError> {
    let full = format!("{} {}", details.given_name.trim(), details.family_name.trim());
    let found = find(cx, &full, ON_A_PAGE, "").await?;
    let same = |patient: &PatientSummary| {
        folded_name(&patient.name.full()) == folded_name(&full)
            && patient.birth_date.is_some_and(|birth| birth.to_string() == details.birth_date)
    };
    Ok(found.items.into_iter().filter(same).collect())
}

async fn stored(cx: &PageContext, id: PatientId) -> Result<Versioned<Patient>, PageError> {
    Ok(cx.services().execute(&cx.actor, ReadPatient { id }).await?)
}

const fn section(role: Role) -> Section {
    if matches!(role, Role::Patient) { Section::None } else { Section::Patients }
}

async fn read(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    let role = cx.signed_in()?;
    let id = id_of(&id)?;
    let patient = stored(&cx, id).await?.value;
    let may = |action| cx.services().may(&cx.actor, action);
    let planned = if may(Action::ReadAppointments) { Some(planned(&cx, id).await?) } else { None };
    let care_team = if may(Action::ReadCareTeam) {
        Some(cx.services().execute(&cx.actor, ReadCareTeam { patient: id }).await?)
    } else {
        None
    };
    let own = role == Role::Patient;
    let page = SummaryPage {
        planned,
        care_team,
        own,
        limited: role == Role::Billing,
        book: may(Action::BookAppointment).then(|| format!("/appointments/new?patient={id}")),
        record: may(Action::ReadRecord).then(|| format!("/medical-records/{id}")),
        bills: may(Action::ReadInvoices)
            .then(|| if own { "/billing".to_owned() } else { format!("/billing?patient={id}") }),
        may_edit: may(Action::EditDemographics),
        may_see_proxies: !own && may(Action::ManageProxies),
        may_invite: may(Action::InvitePatient) && patient.user.is_none(),
        zone: cx.services().clinic().zone.clone(),
        today: cx.services().today(),
        patient,
    };
    Ok(cx.render(PageHead::new(page.patient.name.full(), section(role)), move || views::summary(&page)))
}

async fn planned(cx: &PageContext, id: PatientId) -> Result<Vec<Versioned<domain::Appointment>>, PageError> {
    let filter = AppointmentQuery {
        patient: Some(id),
        from: Some(cx.services().today()),
        ..AppointmentQuery::default()
    };
    let page = PageRequest::first(20, Order::Ascending);
    Ok(cx.services().execute(&cx.actor, ListAppointments { filter, page }).await?.items)
}

/// The form filled from what is stored.
fn filled(patient: &Patient) -> FormData {
    let mut form = FormData::default()
        .with("givenName", &patient.name.given)
        .with("familyName", &patient.name.family)
        .with("sex", patient.sex.name())
        .with("phone", patient.phone.as_ref().map_or("", |phone| phone.as_str()))
        .with("email", patient.email.as_ref().map_or("", |email| email.as_str()))
        .with("address", &patient.address)
        .with("insurance", &patient.insurance);
    for (field, channel) in REMINDERS {
        if !patient.reminders_off.contains(&channel) {
            form.set(field, "yes");
        }
    }
    if let Some(birth) = patient.birth_date {
        form.set("birthDate-day", birth.day().to_string());
        form.set("birthDate-month", birth.month().to_string());
        form.set("birthDate-year", birth.year().to_string());
    }
    form
}

/// Which fields differ between what is stored and what was typed.
fn differences(patient: &Patient, typed: &FormData, limited: bool) -> Vec<(&'static str, String, String)> {
    let stored = filled(patient);
    let mut fields = vec![("address", "Address"), ("insurance", "Insurance")];
    if !limited {
        fields.extend([
            ("givenName", "First names"),
            ("familyName", "Last name"),
            ("sex", "Sex"),
            ("phone", "Phone"),
            ("email", "Email address"),
            ("remindersEmail", "Reminders by email"),
            ("remindersText", "Reminders by text message"),
        ]);
    }
    let mut found: Vec<(&'static str, String, String)> = fields
        .into_iter()
        .map(|(name, label)| (label, stored.text(name), typed.get(name).replace("\r\n", "\n")))
        .filter(|(_, stored, typed)| stored.trim() != typed.trim())
        .collect();
    let (before, after) = (joined_date(&stored, "birthDate"), joined_date(typed, "birthDate"));
    if !limited && before != after {
        found.push(("Date of birth", before, after));
    }
    if found.is_empty() {
        found.push(("All fields", "The same as yours".to_owned(), "No difference".to_owned()));
    }
    found
}

fn editing(
    cx: &PageContext,
    patient: Versioned<Patient>,
    form: FormState,
    differences: Vec<(&'static str, String, String)>,
) -> Response {
    let role = cx.role().unwrap_or_default();
    let head = PageHead::new("Change details", section(role)).for_form(&form);
    let head = if differences.is_empty() { head } else { head.with_status(StatusCode::CONFLICT) };
    let page = EditPage {
        form,
        version: patient.version,
        patient: patient.value,
        limited: role == Role::Billing,
        differences,
        today: cx.services().today(),
    };
    cx.render(head, move || views::edit(&page))
}

async fn edit(cx: PageContext, Path(id): Path<String>) -> Result<Response, PageError> {
    cx.require(Action::EditDemographics)?;
    let patient = stored(&cx, id_of(&id)?).await?;
    let form = FormState::fresh(filled(&patient));
    Ok(editing(&cx, patient, form, Vec::new()))
}

async fn save(cx: PageContext, Path(id): Path<String>, form: FormData) -> Result<Response, PageError> {
    let id = id_of(&id)?;
    let expected = form.parse("version").unwrap_or_default();
    let job = EditPatient { id, expected, form: patient_form(&form) };
    match cx.services().execute(&cx.actor, job).await {
        Ok(_) => Ok(see_other(&format!("/patients/{id}?notice=patient-saved"))),
        Err(ServiceError::Invalid(errors)) => {
            let mut patient = stored(&cx, id).await?;
            // The form keeps the version it was filled from, so that a change in between is still noticed.
            patient.version = expected;
            Ok(editing(&cx, patient, FormState::refused(form, errors), Vec::new()))
        }
        Err(ServiceError::Stale) => {
            let patient = stored(&cx, id).await?;
            let differences = differences(&patient, &form, cx.role() == Some(Role::Billing));
            Ok(editing(&cx, patient, FormState::fresh(form), differences))
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn birth_dates_are_found_however_they_are_written() {
        for written in ["12/3/1954", "12.03.1954", "12 3 1954", "12 Mar 1954", "12 March 1954", "1954-03-12"]
        {
            assert_eq!(searchable(written), "1954-03-12", "{written}");
        }
        assert_eq!(searchable("  Kowalska "), "Kowalska");
        assert_eq!(searchable("400 281 7730"), "400 281 7730");
    }

    #[test]
    fn a_booking_in_progress_is_kept_while_a_patient_is_looked_for() {
        let kept = carried("/patients?q=mar&book=1&date=2026-11-24&doctor=3&notice=x");
        assert_eq!(carried_query(&kept), "date=2026-11-24&doctor=3&");
        assert_eq!(carried_query(&carried("/patients")), "");
    }
}
