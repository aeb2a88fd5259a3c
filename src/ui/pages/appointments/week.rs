//! A week: of one doctor as a timetable (a list by day on phones), of all as how full each doctor's days are.

use super::load;
use super::phone;
use super::switch::{Head, Steps, View, doctor_chips};
use super::timetable::{TimeColumn, Timetable, load_words};
use crate::ui::components::empty;
use crate::ui::live;
use crate::ui::markup::Markup;
use domain::UserId;
use domain::time::long_date;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use leptos::prelude::*;
use service::Clinic;
use service::scheduling::{Day, DayColumn, DayLoad};

/// What the page shows.
pub struct WeekPage {
    /// The clinic.
    pub clinic: Clinic,
    /// The day that other views show.
    pub date: Date,
    /// Today at the clinic.
    pub today: Date,
    /// The present moment.
    pub now: Timestamp,
    /// Seven days from Monday on, with the columns that are shown.
    pub days: Vec<Day>,
    /// All doctors: id and name.
    pub doctors: Vec<(UserId, String)>,
    /// The doctor whose week it is; all doctors' when none.
    pub chosen: Option<UserId>,
    /// Whether the caller books.
    pub may_book: bool,
    /// Whether the caller sees who is in the waiting room.
    pub may_see_room: bool,
}

impl WeekPage {
    fn doctor(&self) -> String {
        self.chosen.map(|id| id.to_string()).unwrap_or_default()
    }

    fn has_today(&self) -> bool {
        self.days.iter().any(|day| day.date == self.today)
    }
}

/// `23 to 29 November 2026`.
pub fn title(first: Date, last: Date) -> String {
    let format = match () {
        () if first.year() != last.year() => "%-d %B %Y",
        () if first.month() != last.month() => "%-d %B",
        () => "%-d",
    };
    format!("{} to {}", first.strftime(format), last.strftime("%-d %B %Y"))
}

/// The page.
pub fn page(page: WeekPage, since: u64) -> AnyView {
    let body = match page.chosen {
        Some(_) => one(&page),
        None => all(&page),
    };
    let date = page.date.to_string();
    let body = live::view(since, View::Week.address(&date, &page.doctor()), body);
    view! {
        {head(&page)}
        {doctor_chips(&page.doctors, page.chosen, |doctor| View::Week.address(&date, doctor))}
        {body}
    }
    .into_any()
}

fn head(page: &WeekPage) -> AnyView {
    let doctor = page.doctor();
    let address = |days: i64| View::Week.address(&page.date.saturating_add(days.days()).to_string(), &doctor);
    let steps = Steps {
        unit: "week",
        to: [address(-7), View::Week.address("", &doctor), address(7)],
        is_current: page.has_today(),
    };
    let ends = page.days.first().zip(page.days.last());
    Head {
        clinic: &page.clinic.name,
        title: ends.map(|(first, last)| title(first.date, last.date)).unwrap_or_default(),
        view: View::Week,
        date: &page.date.to_string(),
        doctor: &doctor,
        steps: Some(steps),
        may_book: page.may_book,
        sees_room: page.may_see_room,
    }
    .view()
}

/// What stands for a day of one doctor.
fn day_words(day: &Day, column: &DayColumn) -> String {
    match &day.holiday {
        Some(holiday) if column.slots.is_empty() => holiday.clone(),
        _ => load_words(column),
    }
}

fn one(page: &WeekPage) -> AnyView {
    let doctor = page.doctor();
    let column = |day: &'_ Day| {
        let column = day.doctors.first()?;
        let words = day_words(day, column);
        let href = View::Day.address(&day.date.to_string(), &doctor);
        let current = (day.date == page.today).then_some("date");
        Some(
            view! {
                <a class="govuk-link" href=href aria-current=current aria-label=long_date(day.date)>
                    {day.date.strftime("%a %-d").to_string()}
                </a>
                <span class="hc-sub">{words}</span>
            }
            .into_any(),
        )
    };
    let columns: Vec<TimeColumn<'_>> = page
        .days
        .iter()
        .filter_map(|day| Some(TimeColumn { head: column(day)?, date: day.date, day: day.doctors.first()? }))
        .collect();
    let name = page.doctors.iter().find(|(id, _)| Some(*id) == page.chosen).map(|(_, name)| name.as_str());
    let table = Timetable {
        clinic: &page.clinic,
        now: page.now,
        caption: format!("Week of {}", name.unwrap_or_default()),
        class: "hc-day--week",
        may_book: page.may_book,
        has_now: page.has_today(),
        columns,
    };
    let Some(table) = table.table() else {
        let why = "This doctor sees nobody in this week, and nothing is booked.";
        return view! { <div class="hc-panel">{empty(why, None)}</div> }.into_any();
    };
    view! {
        {table}
        {days_list(page)}
    }
    .into_any()
}

fn days_list(page: &WeekPage) -> AnyView {
    let doctor = page.doctor();
    let mut items = Markup::default();
    for day in &page.days {
        let Some(column) = day.doctors.first() else { continue };
        items.element("li", &[("class", "hc-day-list__head")], |head| {
            let href = View::Day.address(&day.date.to_string(), &doctor);
            head.text_element("a", &[("class", "govuk-link"), ("href", &href)], &long_date(day.date));
            head.text_element("span", &[("class", "hc-sub")], &format!(" {}", day_words(day, column)));
        });
        let list =
            phone::Day { clinic: &page.clinic, now: page.now, date: day.date, may_book: page.may_book };
        list.write(&mut items, std::slice::from_ref(column), day.date == page.today);
    }
    view! { <ol class="hc-panel hc-day-list" inner_html=items.into_string()></ol> }.into_any()
}

fn all(page: &WeekPage) -> AnyView {
    let loads: Vec<DayLoad> = page.days.iter().map(|day| DayLoad::of(day, page.now)).collect();
    let heads: Vec<_> = page
        .days
        .iter()
        .map(|day| {
            view! {
                <th scope="col">
                    <abbr title=long_date(day.date)>{day.date.strftime("%a %-d").to_string()}</abbr>
                </th>
            }
        })
        .collect();
    let rows: Vec<_> = page.doctors.iter().map(|(id, name)| doctor_row(page, *id, name)).collect();
    view! {
        {load::calendar(&loads, page.today, "", "Load of the week")}
        <h2 class="govuk-heading-m">"By doctor"</h2>
        <div class="hc-panel">
            <table class="hc-tbl hc-week">
                <caption class="hc-vh">"Booked slots of each doctor by day"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Doctor"</th>
                        {heads}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn doctor_row(page: &WeekPage, id: UserId, name: &str) -> AnyView {
    let doctor = id.to_string();
    let cells: Vec<_> = page
        .days
        .iter()
        .filter_map(|day| {
            let column = day.doctors.iter().find(|column| column.doctor.id == id)?;
            let label = day.date.strftime("%a %-d %b").to_string();
            let (taken, slots) = (column.taken(), column.slots.len());
            let is_off = slots == 0 && column.appointments.is_empty();
            let body = if is_off {
                view! {
                    <span class="hc-sub" aria-hidden="true">
                        "–"
                    </span>
                    <span class="hc-vh">"Not working"</span>
                }
                .into_any()
            } else {
                let free = column.free(page.now).count();
                let href = View::Day.address(&day.date.to_string(), &doctor);
                let said =
                    format!("{name}, {}: {taken} of {slots} slots booked, {free} free", long_date(day.date));
                view! {
                    <a class="govuk-link hc-num" href=href aria-label=said>
                        {format!("{taken} of {slots}")}
                    </a>
                    <progress class="hc-bar" max=slots.max(1) value=taken aria-hidden="true"></progress>
                    {(day.date >= page.today).then(|| view! { <span class="hc-sub hc-num">{format!("{free} free")}</span> })}
                }
                .into_any()
            };
            Some(view! { <td class=is_off.then_some("is-off") data-label=label>{body}</td> })
        })
        .collect();
    let href = View::Week.address(&page.date.to_string(), &doctor);
    view! {
        <tr>
            <th scope="row">
                <a class="govuk-link" href=href>
                    {name.to_owned()}
                </a>
            </th>
            {cells}
        </tr>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::title;
    use jiff::civil::date;

    #[test]
    fn a_week_is_named_by_its_first_and_last_day() {
        assert_eq!(title(date(2026, 11, 23), date(2026, 11, 29)), "23 to 29 November 2026");
        assert_eq!(title(date(2026, 11, 30), date(2026, 12, 6)), "30 November to 6 December 2026");
        assert_eq!(title(date(2026, 12, 28), date(2027, 1, 3)), "28 December 2026 to 3 January 2027");
    }
}
