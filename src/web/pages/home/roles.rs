//! Gathers what the home page of each role shows.

use crate::ui::pages::home::day::Today;
use crate::ui::pages::home::{clinical, desk, money, oversight, patient};
use crate::web::context::{PageContext, PageHead, Section};
use crate::web::errors::PageError;
use crate::web::pages::appointments::own_places;
use axum::response::Response;
use domain::invoice::InvoiceStatus;
use domain::{AppointmentStatus, AuditEvent, Invoice, Role};
use jiff::ToSpan;
use jiff::civil::Date;
use leptos::prelude::AnyView;
use service::access::CountEmergencies;
use service::billing::{CountRefunds, ListInvoices, Takings, VisitsNotBilled};
use service::records::{ListRecords, UnsignedNotes};
use service::reports::{AuditQuery, ReadActivity, ReadAudit};
use service::scheduling::{AppointmentQuery, DayView, ListAppointments};
use service::{Order, PageRequest, ServiceError, Versioned};

/// Coming appointments of a patient shown at most.
const COMING: usize = 5;
/// Entries of a record shown at most.
const ENTRIES: usize = 5;
/// Audit events shown at most.
const EVENTS: usize = 12;
/// Days of the chart of takings.
const FORTNIGHT: i64 = 14;

/// The home page of a role.
pub async fn home(cx: &PageContext, role: Role) -> Result<Response, PageError> {
    match role {
        Role::Patient => of_patient(cx).await,
        Role::Doctor => of_doctor(cx).await,
        Role::Nurse => of_nurse(cx).await,
        Role::Receptionist => of_desk(cx).await,
        Role::Billing => of_billing(cx).await,
        Role::Admin | Role::Auditor => of_oversight(cx, role).await,
    }
}

fn render(cx: &PageContext, title: &'static str, body: impl FnOnce() -> AnyView) -> Response {
    cx.render(PageHead::new(title, Section::Home), body)
}

async fn of_patient(cx: &PageContext) -> Result<Response, PageError> {
    let (services, actor) = (cx.services(), &cx.actor);
    let coming = ListAppointments {
        filter: AppointmentQuery {
            from: Some(services.today()),
            statuses: vec![
                AppointmentStatus::Booked,
                AppointmentStatus::Arrived,
                AppointmentStatus::InProgress,
            ],
            ..AppointmentQuery::default()
        },
        page: PageRequest::first(COMING, Order::Ascending),
    };
    let last_visit = ListAppointments {
        filter: AppointmentQuery {
            statuses: vec![AppointmentStatus::Fulfilled],
            ..AppointmentQuery::default()
        },
        page: PageRequest::first(1, Order::Descending),
    };
    let newest = ListRecords { page: PageRequest::first(ENTRIES, Order::Descending) };
    let data = patient::Data {
        name: actor.name().to_owned(),
        ward: actor.acts_for().map(str::to_owned),
        today: services.today(),
        coming: services.execute(actor, coming).await?.items,
        unpaid: unpaid(cx).await?,
        last_visit: services.execute(actor, last_visit).await?.items.pop(),
        entries: services.execute(actor, newest).await?.items,
        waiting: own_places(cx).await?,
    };
    Ok(render(cx, "Home", || patient::page(&data, services.clinic())))
}

/// Bills with something to pay that the caller may see, overdue ones first.
async fn unpaid(cx: &PageContext) -> Result<Vec<Versioned<Invoice>>, ServiceError> {
    let list = ListInvoices {
        patient: None,
        statuses: vec![InvoiceStatus::Issued, InvoiceStatus::PartlyPaid],
        page: PageRequest::first(PageRequest::MOST, Order::Ascending),
    };
    let mut bills = cx.services().execute(&cx.actor, list).await?.items;
    bills.sort_by_key(|bill| bill.issue.map(|issue| issue.due));
    Ok(bills)
}

async fn today(cx: &PageContext, only_own: bool) -> Result<Today, ServiceError> {
    let services = cx.services();
    let day = services.execute(&cx.actor, DayView { date: services.today() }).await?;
    let only = cx.actor.user().filter(|_| only_own);
    Ok(Today::of(&day, services.clinic(), services.now(), only))
}

async fn of_doctor(cx: &PageContext) -> Result<Response, PageError> {
    let today = today(cx, true).await?;
    let unsigned = cx.services().execute(&cx.actor, UnsignedNotes {}).await?;
    let zone = &cx.services().clinic().zone;
    Ok(render(cx, "Today", || clinical::doctor(cx.actor.name(), &today, &unsigned, zone)))
}

async fn of_nurse(cx: &PageContext) -> Result<Response, PageError> {
    let today = today(cx, false).await?;
    let unsigned = cx.services().execute(&cx.actor, UnsignedNotes {}).await?;
    let zone = &cx.services().clinic().zone;
    Ok(render(cx, "Today", || clinical::nurse(cx.actor.name(), &today, &unsigned, zone)))
}

async fn of_desk(cx: &PageContext) -> Result<Response, PageError> {
    let today = today(cx, false).await?;
    let unpaid = unpaid(cx).await?;
    let clinic = cx.services().clinic();
    Ok(render(cx, "Today", || desk::page(&clinic.name, &today, &unpaid)))
}

async fn of_billing(cx: &PageContext) -> Result<Response, PageError> {
    let (services, actor) = (cx.services(), &cx.actor);
    let today = services.today();
    let (until, from) = (day_after(today, 1), day_after(today, 1 - FORTNIGHT));
    let data = money::Data {
        today,
        day: services.execute(actor, Takings { from: today, until }).await?,
        fortnight: services.execute(actor, Takings { from, until }).await?,
        not_billed: services.execute(actor, VisitsNotBilled {}).await?,
        unpaid: unpaid(cx).await?,
        refunds: services.execute(actor, CountRefunds {}).await?,
    };
    Ok(render(cx, "Today", || money::page(&data, services.clinic())))
}

fn day_after(date: Date, days: i64) -> Date {
    date.checked_add(days.days()).unwrap_or(date)
}

async fn of_oversight(cx: &PageContext, role: Role) -> Result<Response, PageError> {
    let services = cx.services();
    let activity = services.execute(&cx.actor, ReadActivity {}).await?;
    let events = latest_events(cx).await?;
    let (clinic, today) = (services.clinic(), services.today());
    if role == Role::Admin {
        let refunds = services.execute(&cx.actor, CountRefunds {}).await?;
        return Ok(render(cx, "Today", || {
            oversight::admin(&clinic.name, today, &activity, &events, &clinic.zone, refunds)
        }));
    }
    let waiting = services.execute(&cx.actor, CountEmergencies {}).await?;
    Ok(render(cx, "Today", || {
        oversight::auditor(&clinic.name, today, &activity, &events, &clinic.zone, waiting)
    }))
}

async fn latest_events(cx: &PageContext) -> Result<Vec<AuditEvent>, ServiceError> {
    let page = PageRequest::first(EVENTS, Order::Descending);
    Ok(cx.services().execute(&cx.actor, ReadAudit { query: AuditQuery::default(), page }).await?.items)
}
