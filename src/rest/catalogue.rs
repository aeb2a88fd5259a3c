//! What the clinic offers and by which rules, as programs write and read it.

use super::extract::{IfMatch, IfNoneMatch, Json, SignedIn};
use super::hours::StrandedBody;
use super::problem::ApiError;
use super::respond::{self, Answer};
use super::wire::Amount;
use crate::web::state::AppState;
use axum::extract::State;
use domain::catalogue::{BookingRules, Colour, Holiday, Room};
use domain::time::parse_date;
use domain::{Catalogue, Code, Currency, FieldErrors, Money, VisitType};
use serde::{Deserialize, Serialize};
use service::scheduling::{ReadCatalogue, SetCatalogue, StrandedDecision};
use service::{ServiceError, Version, Versioned};
use utoipa::ToSchema;

/// What the clinic offers and by which rules.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CatalogueBody {
    /// Visit types, in the order in which they are offered. One that was there stays: it can be offered no more.
    visit_types: Vec<VisitTypeBody>,
    /// Rooms. One that was there stays: it can be used no more.
    rooms: Vec<RoomBody>,
    /// Days on which the clinic is closed.
    holidays: Vec<HolidayBody>,
    /// The rules for booking.
    rules: RulesBody,
    /// What becomes of booked appointments on new holidays: only in requests, after a refusal that lists them.
    #[serde(default, skip_serializing)]
    #[schema(write_only)]
    stranded: Option<StrandedBody>,
}

/// A kind of visit.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct VisitTypeBody {
    /// Stable code: small letters, digits and hyphens.
    code: String,
    /// The name people read.
    name: String,
    /// Length, 5 to 240.
    minutes: u16,
    /// Minutes that stay free after it, up to 120.
    #[serde(default)]
    buffer_minutes: u16,
    /// In the clinic's currency. Set by billing and administrators; 0 for one that others add.
    #[schema(value_type = String)]
    price: Amount,
    /// Whether patients may book it themselves.
    self_service: bool,
    /// `blue`, `teal`, `green`, `amber`, `red`, `purple` or `grey`.
    colour: String,
    /// Whether it can be booked.
    #[serde(default = "yes")]
    offered: bool,
}

/// A room in which patients are seen.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RoomBody {
    /// Stable code: small letters, digits and hyphens.
    code: String,
    /// The name people read.
    name: String,
    /// Whether it is in use.
    #[serde(default = "yes")]
    in_use: bool,
}

/// Days on which the clinic is closed; both ends belong to it.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HolidayBody {
    /// First day, `2026-12-24`.
    from: String,
    /// Last day.
    until: String,
    /// The name people read.
    name: String,
}

/// The rules for booking, moving and cancelling.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RulesBody {
    /// Hours before the start until which patients may move or cancel, up to 336.
    patient_change_hours: u16,
    /// Minutes ahead that patients must book at least, up to 10,080.
    patient_notice_minutes: u16,
    /// Days ahead that can be booked, 1 to 730.
    horizon_days: u16,
    /// Appointments to come that one patient may book by themselves, 1 to 50.
    patient_bookings: u16,
    /// Minutes for which a time is held for whoever is about to confirm it, 1 to 30.
    hold_minutes: u16,
    /// Minutes for which a time is held for somebody on the waiting list, 5 to 2,880.
    offer_minutes: u16,
    /// Hours before the start at which a patient is reminded, at most four; none for no reminders.
    reminder_hours: Vec<u16>,
    /// Whether the calendars of doctors name their patients.
    #[serde(default)]
    names_in_calendars: bool,
}

const fn yes() -> bool {
    true
}

impl VisitTypeBody {
    fn of(visit_type: &VisitType, currency: Currency) -> Self {
        Self {
            code: visit_type.code.clone(),
            name: visit_type.name.clone(),
            minutes: visit_type.minutes,
            buffer_minutes: visit_type.buffer_minutes,
            price: Amount(Money::new(visit_type.price_minor, currency).plain()),
            self_service: visit_type.self_service,
            colour: visit_type.colour.name().to_owned(),
            offered: visit_type.offered,
        }
    }

    fn parse(self, currency: Currency) -> Result<VisitType, Code> {
        let price = Money::parse(&self.price.0, currency).map_err(|_| Code::AmountInvalid)?;
        Ok(VisitType {
            code: self.code,
            name: self.name,
            minutes: self.minutes,
            price_minor: price.minor,
            self_service: self.self_service,
            buffer_minutes: self.buffer_minutes,
            colour: Colour::named(&self.colour).ok_or(Code::UnknownChoice("a colour"))?,
            offered: self.offered,
        })
    }
}

impl HolidayBody {
    fn parse(self) -> Result<Holiday, Code> {
        let day = |text: &str| parse_date(text).ok_or(Code::NotADate("Date"));
        Ok(Holiday { from: day(&self.from)?, until: day(&self.until)?, name: self.name })
    }
}

impl RulesBody {
    fn of(rules: &BookingRules) -> Self {
        Self {
            patient_change_hours: rules.patient_change_hours,
            patient_notice_minutes: rules.patient_notice_minutes,
            horizon_days: rules.horizon_days,
            patient_bookings: rules.patient_bookings,
            hold_minutes: rules.hold_minutes,
            offer_minutes: rules.offer_minutes,
            reminder_hours: rules.reminder_hours.clone(),
            names_in_calendars: rules.names_in_calendars,
        }
    }

    fn parse(self) -> BookingRules {
        BookingRules {
            patient_change_hours: self.patient_change_hours,
            patient_notice_minutes: self.patient_notice_minutes,
            horizon_days: self.horizon_days,
            patient_bookings: self.patient_bookings,
            hold_minutes: self.hold_minutes,
            offer_minutes: self.offer_minutes,
            reminder_hours: self.reminder_hours,
            names_in_calendars: self.names_in_calendars,
        }
    }
}

impl CatalogueBody {
    fn parse(self, currency: Currency) -> Result<(Catalogue, Option<StrandedDecision>), FieldErrors> {
        let mut errors = FieldErrors::new();
        let visit_types = self.visit_types.into_iter().map(|it| it.parse(currency)).collect();
        let visit_types = errors.take("visitTypes", visit_types);
        let holidays = errors.take("holidays", self.holidays.into_iter().map(HolidayBody::parse).collect());
        let room = |it: RoomBody| Room { code: it.code, name: it.name, in_use: it.in_use };
        let rooms = self.rooms.into_iter().map(room).collect();
        let (Some(visit_types), Some(holidays)) = (visit_types, holidays) else { return Err(errors) };
        let catalogue = Catalogue { visit_types, rooms, holidays, rules: self.rules.parse() };
        Ok((catalogue, self.stranded.map(StrandedBody::decision)))
    }
}

/// What the clinic offers with its version.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CatalogueView {
    /// Visit types, in the order in which they are offered.
    visit_types: Vec<VisitTypeBody>,
    /// Rooms.
    rooms: Vec<RoomBody>,
    /// Days on which the clinic is closed.
    holidays: Vec<HolidayBody>,
    /// The rules for booking.
    rules: RulesBody,
    /// The currency of its prices.
    currency: String,
    /// Counts the changes, 0 before the first; the entity tag.
    version: Version,
}

impl CatalogueView {
    fn of(catalogue: &Versioned<Catalogue>, currency: Currency) -> Self {
        let room =
            |room: &Room| RoomBody { code: room.code.clone(), name: room.name.clone(), in_use: room.in_use };
        let holiday = |holiday: &Holiday| HolidayBody {
            from: holiday.from.to_string(),
            until: holiday.until.to_string(),
            name: holiday.name.clone(),
        };
        Self {
            visit_types: catalogue.visit_types.iter().map(|it| VisitTypeBody::of(it, currency)).collect(),
            rooms: catalogue.rooms.iter().map(room).collect(),
            holidays: catalogue.holidays.iter().map(holiday).collect(),
            rules: RulesBody::of(&catalogue.rules),
            currency: currency.code().to_owned(),
            version: catalogue.version,
        }
    }
}

/// Read what the clinic offers.
#[utoipa::path(get, path = "/api/catalogue", tag = "Clinic",
    responses((status = 200, description = "Visit types, rooms, holidays and rules", body = CatalogueView)))]
pub(super) async fn read(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    known: IfNoneMatch,
) -> Answer {
    let catalogue = state.services.execute(&actor, ReadCatalogue {}).await?;
    let view = CatalogueView::of(&catalogue, state.services.clinic().currency);
    respond::object(&view, catalogue.version, &known)
}

/// Set what the clinic offers.
///
/// Billing sets prices only, the front desk everything else. A holiday on which appointments are booked is refused with
/// 409, which lists them, until `stranded` says what becomes of them.
#[utoipa::path(put, path = "/api/catalogue", tag = "Clinic", request_body = CatalogueBody,
    responses((status = 204, description = "It is set")))]
pub(super) async fn set(
    State(state): State<AppState>,
    SignedIn(actor): SignedIn,
    IfMatch(expected): IfMatch,
    Json(body): Json<CatalogueBody>,
) -> Answer {
    let parsed = body.parse(state.services.clinic().currency);
    let (catalogue, stranded) = parsed.map_err(|errors| ApiError::from(ServiceError::from(errors)))?;
    let version = state.services.execute(&actor, SetCatalogue { catalogue, expected, stranded }).await?;
    Ok(respond::updated(version))
}
