//! Handlers of the medical records' pages; this file opens charts, the others write into them.

mod emergency;
mod entries;
mod notes;
mod unlinked;

use crate::ui::pages::records::{self as views, ChartPage, HomePage, Rights, Tab};
use crate::web::context::{PageHead, Section};
use crate::web::forms::Query;
use crate::web::pages::patients::{find, id_of};
use crate::web::state::AppState;
use crate::web::{FormData, PageContext, PageError};
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use domain::{Action, Appointment, PatientId, Role};
use jiff::ToSpan;
use service::patients::ReadPatient;
use service::records::{Chart, ReadChart, UnsignedNotes};
use service::scheduling::{AppointmentQuery, ListAppointments};
use service::{Order, PageRequest, ServiceError, Versioned};

/// Patients shown for a search.
const FOUND: usize = 20;
/// Most visits of a day.
const OF_A_DAY: usize = 100;

/// Routes of this area.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/medical-records", get(home))
        .route("/medical-records/unlinked", get(unlinked::list))
        .route("/medical-records/unlinked/{id}", get(unlinked::choose).post(unlinked::link))
        .route("/medical-records/notes/{id}", get(notes::read).post(notes::revise))
        .route("/medical-records/notes/{id}/sign", get(notes::confirm).post(notes::sign))
        .route("/medical-records/notes/{id}/addenda", post(notes::append))
        .route("/medical-records/{patient}", get(chart))
        .route("/medical-records/{patient}/emergency", get(emergency::ask).post(emergency::open))
        .route("/medical-records/{patient}/emergency/end", post(emergency::end))
        .route("/medical-records/{patient}/vitals", get(entries::vitals).post(entries::save_vitals))
        .route("/medical-records/{patient}/allergies", get(entries::allergy).post(entries::save_allergy))
        .route("/medical-records/{patient}/medicines", get(entries::medicine).post(entries::save_medicine))
        .route("/medical-records/{patient}/problems", get(entries::problem).post(entries::save_problem))
        .route("/medical-records/{patient}/notes/new", get(notes::new).post(notes::write))
}

/// A record with what the reader may do in it.
fn chart_page(cx: &PageContext, chart: Chart, query: &FormData) -> ChartPage {
    let clinic = cx.services().clinic();
    // What is open in an emergency only is not written in.
    let may = |action| chart.emergency_until.is_none() && cx.services().may(&cx.actor, action);
    ChartPage {
        own: cx.role() == Some(Role::Patient),
        tab: Tab::named(query.get("tab")),
        appointment: query.parse("appointment"),
        skip: query.parse("skip").unwrap_or_default(),
        rights: Rights {
            intake: may(Action::WriteIntake),
            note: may(Action::WriteNote),
            prescribe: may(Action::Prescribe),
        },
        reader: cx.actor.user(),
        zone: clinic.zone.clone(),
        today: cx.services().today(),
        visit_types: clinic.catalogue.visit_types.clone(),
        chart,
    }
}

async fn open(cx: &PageContext, patient: PatientId, query: &FormData) -> Result<ChartPage, PageError> {
    let chart = cx.services().execute(&cx.actor, ReadChart { patient }).await?;
    Ok(chart_page(cx, chart, query))
}

/// The same for a page that writes in it: one that is open in an emergency only is closed to that.
async fn open_to_write(
    cx: &PageContext,
    patient: PatientId,
    query: &FormData,
) -> Result<ChartPage, PageError> {
    let page = open(cx, patient, query).await?;
    if page.chart.emergency_until.is_some() { Err(PageError::NOT_FOUND) } else { Ok(page) }
}

async fn home(cx: PageContext, Query(query): Query) -> Result<Response, PageError> {
    cx.require(Action::ReadRecord)?;
    if cx.role() == Some(Role::Patient) {
        return match cx.actor.patient() {
            Some(patient) => own(&cx, patient, &query).await,
            None => Ok(cx.render(PageHead::new("My record", Section::Records), views::no_record)),
        };
    }
    let typed = query.get("q").trim().to_owned();
    let found = match typed.as_str() {
        "" => None,
        typed => Some(find(&cx, typed, FOUND, "").await?.items),
    };
    let clinic = cx.services().clinic();
    let page = HomePage {
        found,
        today: todays_visits(&cx).await?,
        unsigned: cx.services().execute(&cx.actor, UnsignedNotes {}).await?,
        may_write: cx.services().may(&cx.actor, Action::WriteNote),
        whole_clinic: cx.role() != Some(Role::Doctor),
        zone: clinic.zone.clone(),
        visit_types: clinic.catalogue.visit_types.clone(),
        query: typed,
    };
    Ok(cx.render(PageHead::new("Medical records", Section::Records), move || views::home(&page)))
}

/// A doctor's own visits, or for nurses the whole clinic's.
async fn todays_visits(cx: &PageContext) -> Result<Vec<Versioned<Appointment>>, PageError> {
    let today = cx.services().today();
    let filter = AppointmentQuery {
        doctor: cx.actor.user().filter(|_| cx.role() == Some(Role::Doctor)),
        from: Some(today),
        until: today.checked_add(1.day()).ok(),
        ..AppointmentQuery::default()
    };
    let page = PageRequest::first(OF_A_DAY, Order::Ascending);
    let mut visits = cx.services().execute(&cx.actor, ListAppointments { filter, page }).await?.items;
    visits.retain(|visit| !visit.status.is_cancelled());
    Ok(visits)
}

async fn own(cx: &PageContext, patient: PatientId, query: &FormData) -> Result<Response, PageError> {
    let page = open(cx, patient, query).await?;
    let title = cx.words("My record", "Medical record");
    Ok(cx.render(PageHead::new(title, Section::Records), move || views::own_record(&page, title)))
}

async fn chart(
    cx: PageContext,
    Path(patient): Path<String>,
    Query(query): Query,
) -> Result<Response, PageError> {
    let role = cx.signed_in()?;
    let patient = id_of(&patient)?;
    if role == Role::Patient {
        return own(&cx, patient, &query).await;
    }
    match open(&cx, patient, &query).await {
        Ok(page) => {
            let title = format!("Record of {}", page.chart.patient.name.full());
            Ok(cx.render(PageHead::new(title, Section::Records), move || views::chart(&page)))
        }
        Err(PageError(ServiceError::NotFound)) => out_of_care(&cx, patient).await,
        Err(error) => Err(error),
    }
}

/// Clinicians may know every patient but open the records of their own only: this page says so.
async fn out_of_care(cx: &PageContext, id: PatientId) -> Result<Response, PageError> {
    let patient = cx.services().execute(&cx.actor, ReadPatient { id }).await?.value;
    let (today, window) = (cx.services().today(), cx.services().clinic().assignment);
    let head =
        PageHead::new("This record is closed to you", Section::Records).with_status(StatusCode::NOT_FOUND);
    let may_break_glass = cx.services().may(&cx.actor, Action::BreakGlass);
    Ok(cx.render(head, move || views::out_of_care(&patient, today, window, may_break_glass)))
}
