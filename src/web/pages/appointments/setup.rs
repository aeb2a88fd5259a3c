//! What the clinic offers, in four forms.

use super::stranded::{self, Saved};
use super::{version_of, with_notice};
use crate::ui::form::FormState;
use crate::ui::pages::appointments::setup::{self, Part, SPARE_HOLIDAYS, SPARE_ROOMS};
use crate::ui::pages::appointments::stranded::Question;
use crate::web::PageContext;
use crate::web::auth::see_other;
use crate::web::context::{PageHead, Section};
use crate::web::errors::PageError;
use crate::web::forms::FormData;
use axum::response::Response;
use domain::catalogue::{BookingRules, Colour, Holiday, Room};
use domain::time::parse_date;
use domain::{Action, Catalogue, Code, Currency, FieldErrors, Money, Role, VisitType};
use jiff::civil::Date;
use service::scheduling::{ReadCatalogue, SetCatalogue};
use service::{ServiceError, Versioned};

/// What the caller may set; the service decides again.
#[derive(Clone, Copy, Debug)]
struct Rights {
    prices: bool,
    rest: bool,
}

fn rights(cx: &PageContext) -> Rights {
    let services = cx.services();
    let prices = services.may(&cx.actor, Action::SetPrices);
    Rights { prices, rest: services.may_all(&cx.actor, Action::SetCatalogue) }
}

async fn read(cx: &PageContext) -> Result<Versioned<Catalogue>, PageError> {
    cx.require(Action::SetCatalogue)?;
    Ok(cx.services().execute(&cx.actor, ReadCatalogue {}).await?)
}

/// The holidays that are not over, by their place.
fn coming(catalogue: &Catalogue, today: Date) -> Vec<usize> {
    let holidays = catalogue.holidays.iter().enumerate();
    holidays.filter(|(_, holiday)| holiday.until >= today).map(|(at, _)| at).collect()
}

fn tick(form: &mut FormData, name: &str, is_on: bool) {
    if is_on {
        form.set(name, "yes");
    }
}

/// The fields of all parts as the page prefills them.
fn typed(catalogue: &Catalogue, currency: Currency, today: Date) -> FormData {
    let mut form = FormData::default();
    for (at, it) in catalogue.visit_types.iter().enumerate() {
        form.set(&format!("typeName{at}"), it.name.clone());
        form.set(&format!("typeMinutes{at}"), it.minutes.to_string());
        form.set(&format!("typeBuffer{at}"), it.buffer_minutes.to_string());
        form.set(&format!("typePrice{at}"), Money::new(it.price_minor, currency).plain());
        form.set(&format!("typeColour{at}"), it.colour.name());
        tick(&mut form, &format!("typeOffered{at}"), it.offered);
        tick(&mut form, &format!("typeSelf{at}"), it.self_service);
    }
    // The new one is offered once it is saved, unless somebody says otherwise.
    tick(&mut form, &format!("typeOffered{}", catalogue.visit_types.len()), true);
    for at in 0..catalogue.rooms.len() + SPARE_ROOMS {
        let room = catalogue.rooms.get(at);
        form.set(&format!("roomName{at}"), room.map(|room| room.name.clone()).unwrap_or_default());
        tick(&mut form, &format!("roomInUse{at}"), room.is_none_or(|room| room.in_use));
    }
    for (at, place) in coming(catalogue, today).into_iter().enumerate() {
        let it = &catalogue.holidays[place];
        form.set(&format!("holidayFrom{at}"), it.from.to_string());
        form.set(&format!("holidayUntil{at}"), it.until.to_string());
        form.set(&format!("holidayName{at}"), it.name.clone());
    }
    let rules = &catalogue.rules;
    for (name, value) in [
        ("patientChangeHours", rules.patient_change_hours),
        ("patientNoticeMinutes", rules.patient_notice_minutes),
        ("horizonDays", rules.horizon_days),
        ("patientBookings", rules.patient_bookings),
        ("holdMinutes", rules.hold_minutes),
        ("offerMinutes", rules.offer_minutes),
    ] {
        form.set(name, value.to_string());
    }
    tick(&mut form, "namesInCalendars", rules.names_in_calendars);
    let reminders: Vec<String> = rules.reminder_hours.iter().map(ToString::to_string).collect();
    form.with("reminderHours", reminders.join(", "))
}

/// A code for a new name: its letters and digits, and a number where another one has it.
fn code_of(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let plain: String =
        name.to_lowercase().chars().map(|it| if it.is_ascii_alphanumeric() { it } else { '-' }).collect();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    let mut code: String = words.join("-").chars().take(32).collect();
    if code.is_empty() {
        "new".clone_into(&mut code);
    }
    let numbered = (2..).map(|number| format!("{code}-{number}"));
    std::iter::once(code.clone()).chain(numbered).find(|code| !is_taken(code)).unwrap_or(code)
}

fn visit_type(
    form: &FormData,
    at: usize,
    known: Option<&VisitType>,
    may: Rights,
    currency: Currency,
) -> Result<VisitType, Code> {
    let field = |name: &str| form.get(&format!("{name}{at}")).trim();
    let price_minor = if may.prices {
        Money::parse(field("typePrice"), currency).map_err(|_| Code::AmountInvalid)?.minor
    } else {
        known.map_or(0, |it| it.price_minor)
    };
    if let (false, Some(known)) = (may.rest, known) {
        return Ok(VisitType { price_minor, ..known.clone() });
    }
    let number = |name: &str| field(name).parse().map_err(|_| Code::DurationInvalid);
    Ok(VisitType {
        code: known.map(|it| it.code.clone()).unwrap_or_default(),
        name: field("typeName").to_owned(),
        minutes: number("typeMinutes")?,
        price_minor,
        self_service: form.is_ticked(&format!("typeSelf{at}")),
        buffer_minutes: if field("typeBuffer").is_empty() { 0 } else { number("typeBuffer")? },
        colour: Colour::named(field("typeColour")).ok_or(Code::UnknownChoice("a colour"))?,
        offered: form.is_ticked(&format!("typeOffered{at}")),
    })
}

fn visit_types(
    form: &FormData,
    before: &Catalogue,
    may: Rights,
    currency: Currency,
) -> Result<Vec<VisitType>, Code> {
    let known = before.visit_types.iter().enumerate();
    let read = known.map(|(at, it)| visit_type(form, at, Some(it), may, currency));
    let mut all = read.collect::<Result<Vec<_>, _>>()?;
    let at = all.len();
    if may.rest && !form.get(&format!("typeName{at}")).trim().is_empty() {
        let form = match form.get(&format!("typePrice{at}")) {
            "" => form.clone().with(&format!("typePrice{at}"), "0"),
            _ => form.clone(),
        };
        let mut new = visit_type(&form, at, None, may, currency)?;
        new.code = code_of(&new.name, |code| before.visit_type(code).is_some());
        all.push(new);
    }
    Ok(all)
}

fn rooms(form: &FormData, before: &Catalogue) -> Vec<Room> {
    let mut all: Vec<Room> = Vec::new();
    for at in 0..before.rooms.len() + SPARE_ROOMS {
        let name = form.get(&format!("roomName{at}")).trim().to_owned();
        let in_use = form.is_ticked(&format!("roomInUse{at}"));
        match before.rooms.get(at) {
            Some(known) => all.push(Room { code: known.code.clone(), name, in_use }),
            None if name.is_empty() => {}
            None => {
                let is_taken =
                    |code: &str| before.room(code).is_some() || all.iter().any(|room| room.code == code);
                all.push(Room { code: code_of(&name, is_taken), name, in_use });
            }
        }
    }
    all
}

/// The holidays that are over as they are, then those of the form.
fn holidays(form: &FormData, before: &Catalogue, today: Date) -> Result<Vec<Holiday>, Code> {
    let shown = coming(before, today);
    let over = before.holidays.iter().filter(|holiday| holiday.until < today).cloned();
    let mut all: Vec<Holiday> = over.collect();
    for at in 0..shown.len() + SPARE_HOLIDAYS {
        let [from, until, name] = ["holidayFrom", "holidayUntil", "holidayName"]
            .map(|field| form.get(&format!("{field}{at}")).trim().to_owned());
        if from.is_empty() && until.is_empty() && name.is_empty() {
            continue;
        }
        let day = |text: &str| parse_date(text).ok_or(Code::NotADate("Holiday"));
        let first = day(&from)?;
        let last = if until.is_empty() { first } else { day(&until)? };
        all.push(Holiday { from: first, until: last, name });
    }
    Ok(all)
}

fn rules(form: &FormData) -> Result<BookingRules, FieldErrors> {
    let mut errors = FieldErrors::new();
    let mut number = |name| errors.take(name, form.parse(name).ok_or(Code::Missing("a whole number")));
    let [change, notice, horizon] =
        ["patientChangeHours", "patientNoticeMinutes", "horizonDays"].map(&mut number);
    let [bookings, hold, offer] = ["patientBookings", "holdMinutes", "offerMinutes"].map(&mut number);
    let reminders = form.get("reminderHours").split([',', ' ']).filter(|hours| !hours.is_empty());
    let reminders =
        reminders.map(|hours| hours.parse().map_err(|_| Code::Missing("whole numbers, like 48, 2")));
    let reminders = errors.take("reminderHours", reminders.collect());
    match (change, notice, horizon, bookings, hold, offer, reminders) {
        (
            Some(patient_change_hours),
            Some(patient_notice_minutes),
            Some(horizon_days),
            Some(patient_bookings),
            Some(hold_minutes),
            Some(offer_minutes),
            Some(reminder_hours),
        ) => Ok(BookingRules {
            patient_change_hours,
            patient_notice_minutes,
            horizon_days,
            patient_bookings,
            hold_minutes,
            offer_minutes,
            reminder_hours,
            names_in_calendars: form.get("namesInCalendars") == "yes",
        }),
        _ => Err(errors),
    }
}

fn show(cx: &PageContext, catalogue: Versioned<Catalogue>, form: FormState, question: Question) -> Response {
    let is_admin = cx.role() == Some(Role::Admin);
    let section = if is_admin { Section::Admin } else { Section::Appointments };
    let head = PageHead::new("What the clinic offers", section).for_form(&form);
    let (clinic, may) = (cx.services().clinic(), rights(cx));
    let page = setup::Page {
        holidays: coming(&catalogue, cx.services().today()),
        version: catalogue.version,
        catalogue: catalogue.value,
        form,
        question,
        may_price: may.prices,
        may_rest: may.rest,
        currency: clinic.currency,
        zone: clinic.zone.clone(),
        back: if is_admin { "/appointments/schedules" } else { "/appointments" },
    };
    cx.render(head, move || setup::page(&page))
}

/// `GET /appointments/setup`
pub async fn form(cx: PageContext) -> Result<Response, PageError> {
    let catalogue = read(&cx).await?;
    let form = typed(&catalogue, cx.services().clinic().currency, cx.services().today());
    Ok(show(&cx, catalogue, FormState::fresh(form), Question::default()))
}

/// One part of the catalogue as typed, the others as they are.
fn changed(
    cx: &PageContext,
    part: Part,
    form: &FormData,
    before: &Catalogue,
) -> Result<Catalogue, FieldErrors> {
    let mut after = before.clone();
    let today = cx.services().today();
    match part {
        Part::VisitTypes => {
            after.visit_types = visit_types(form, before, rights(cx), cx.services().clinic().currency)
                .map_err(|code| FieldErrors::one("visitTypes", code))?;
        }
        Part::Rooms => after.rooms = rooms(form, before),
        Part::Holidays => {
            after.holidays =
                holidays(form, before, today).map_err(|code| FieldErrors::one("holidays", code))?;
        }
        Part::Rules => after.rules = rules(form)?,
    }
    Ok(after)
}

async fn save(cx: PageContext, part: Part, form: FormData) -> Result<Response, PageError> {
    let before = read(&cx).await?;
    let expected = version_of(&form)?;
    if before.version != expected {
        return Err(PageError(ServiceError::Stale));
    }
    // The other parts are shown as they are.
    let currency = cx.services().clinic().currency;
    let beside = |form: FormState| {
        let kept = typed(&before, currency, cx.services().today()).without(part_fields(part));
        FormState { values: form.values.over(kept), errors: form.errors }
    };
    let catalogue = match changed(&cx, part, &form, &before) {
        Ok(catalogue) => catalogue,
        Err(errors) => {
            let form = beside(FormState::refused(form, errors));
            return Ok(show(&cx, before, form, Question::default()));
        }
    };
    let path = "/appointments/setup";
    let change = |stranded| SetCatalogue { catalogue: catalogue.clone(), expected, stranded };
    match stranded::save(&cx, form, path.to_owned(), change).await? {
        Saved::Done => Ok(see_other(&with_notice(path, "setup-saved"))),
        Saved::Refused(form, question) => {
            let form = beside(form);
            Ok(show(&cx, before, form, question))
        }
    }
}

/// How the names of a part's fields begin.
const fn part_fields(part: Part) -> &'static str {
    match part {
        Part::VisitTypes => "type",
        Part::Rooms => "room",
        Part::Holidays => "holiday",
        // Each of them is sent, typed or empty.
        Part::Rules => "rule",
    }
}

/// `POST /appointments/setup/visit-types`
pub async fn save_visit_types(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    save(cx, Part::VisitTypes, form).await
}

/// `POST /appointments/setup/rooms`
pub async fn save_rooms(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    save(cx, Part::Rooms, form).await
}

/// `POST /appointments/setup/holidays`
pub async fn save_holidays(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    save(cx, Part::Holidays, form).await
}

/// `POST /appointments/setup/rules`
pub async fn save_rules(cx: PageContext, form: FormData) -> Result<Response, PageError> {
    save(cx, Part::Rules, form).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TODAY: Date = date(2026, 11, 23);

    #[test]
    fn what_is_offered_survives_the_way_through_the_forms() {
        let mut catalogue = Catalogue::standard();
        catalogue.rooms.push(Room { code: "room-1".into(), name: "Room 1".into(), in_use: false });
        for (from, until) in [(date(2026, 1, 1), date(2026, 1, 1)), (date(2026, 12, 24), date(2026, 12, 31))]
        {
            catalogue.holidays.push(Holiday { from, until, name: "Closed".into() });
        }
        let form = typed(&catalogue, Currency::GBP, TODAY);
        for (prices, rest) in [(true, true), (true, false), (false, true)] {
            let read = visit_types(&form, &catalogue, Rights { prices, rest }, Currency::GBP);
            assert_eq!(read.as_ref(), Ok(&catalogue.visit_types));
        }
        assert_eq!(rooms(&form, &catalogue), catalogue.rooms);
        assert_eq!(holidays(&form, &catalogue, TODAY).as_ref(), Ok(&catalogue.holidays));
        assert_eq!(rules(&form).as_ref(), Ok(&catalogue.rules));
    }

    #[test]
    fn a_new_one_gets_a_code_of_its_own() {
        assert_eq!(code_of("Room 2 (annex)", |_| false), "room-2-annex");
        assert_eq!(code_of("Room 2", |code| code == "room-2"), "room-2-2");
        assert_eq!(code_of("诊室", |_| false), "new");
    }
}
