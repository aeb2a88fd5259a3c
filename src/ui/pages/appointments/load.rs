//! How full days are: number, bar and word; a calendar on wide screens, a list by day on phones.

use super::switch::{Head, Steps, View, doctor_chips};
use crate::ui::live;
use domain::UserId;
use domain::time::long_date;
use jiff::ToSpan;
use jiff::civil::Date;
use leptos::prelude::*;
use service::scheduling::DayLoad;

/// What the page of a month shows.
pub struct MonthPage {
    /// The clinic's name.
    pub clinic: String,
    /// The day that other views show.
    pub date: Date,
    /// Today at the clinic.
    pub today: Date,
    /// Every day of the month.
    pub days: Vec<DayLoad>,
    /// All doctors: id and name.
    pub doctors: Vec<(UserId, String)>,
    /// The doctor that the page is narrowed to.
    pub chosen: Option<UserId>,
    /// Whether the caller books.
    pub may_book: bool,
    /// Whether the caller sees who is in the waiting room.
    pub may_see_room: bool,
}

/// The page of a month.
pub fn page(page: &MonthPage, since: u64) -> AnyView {
    let (date, doctor) = (page.date.to_string(), page.chosen.map(|id| id.to_string()).unwrap_or_default());
    let first = page.date.first_of_month();
    let address =
        |months: i64| View::Month.address(&first.saturating_add(months.months()).to_string(), &doctor);
    let steps = Steps {
        unit: "month",
        to: [address(-1), View::Month.address("", &doctor), address(1)],
        is_current: page.today.first_of_month() == first,
    };
    let title = first.strftime("%B %Y").to_string();
    let caption = format!("Load of {title}");
    let head = Head {
        clinic: &page.clinic,
        title,
        view: View::Month,
        date: &date,
        doctor: &doctor,
        steps: Some(steps),
        may_book: page.may_book,
        sees_room: page.may_see_room,
    };
    view! {
        {head.view()}
        {doctor_chips(&page.doctors, page.chosen, |doctor| View::Month.address(&date, doctor))}
        {live::view(since, View::Month.address(&date, &doctor), calendar(&page.days, page.today, &doctor, &caption))}
    }
    .into_any()
}

/// Class and word of a day: the word says what the colour and the bar say.
fn fullness(day: &DayLoad) -> (&'static str, String) {
    let (class, word) = match (day.slots, day.taken) {
        (0, _) => {
            let word =
                day.holiday.as_ref().map_or_else(|| "No hours".to_owned(), |name| format!("Closed: {name}"));
            return ("is-closed", word);
        }
        (_, 0) if day.free == 0 => ("", "Nothing booked"),
        (_, 0) => ("", "Free"),
        (slots, taken) if taken >= slots => ("is-full", "Full"),
        (slots, taken) if taken * 100 >= slots * 85 => ("is-full", "Nearly full"),
        (slots, taken) if taken * 100 >= slots * 50 => ("is-busy", "Busy"),
        _ => ("", "Quiet"),
    };
    (class, word.to_owned())
}

/// Days in the columns of their weekdays.
pub fn calendar(days: &[DayLoad], today: Date, doctor: &str, caption: &str) -> AnyView {
    const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let heads = WEEKDAYS.map(|day| view! { <span>{day}</span> });
    let first = days.first().map_or(1, |day| day.date.weekday().to_monday_one_offset());
    let items: Vec<_> = days.iter().map(|day| item(day, today, doctor)).collect();
    view! {
        <div class="hc-load">
            <div class="hc-load__heads" aria-hidden="true">
                {heads}
            </div>
            <ol aria-label=caption.to_owned() class=format!("hc-load__from{first}")>
                {items}
            </ol>
        </div>
    }
    .into_any()
}

fn item(day: &DayLoad, today: Date, doctor: &str) -> AnyView {
    let (class, word) = fullness(day);
    let is_today = day.date == today;
    let class = if is_today { format!("{class} is-today") } else { class.to_owned() };
    let href = View::Day.address(&day.date.to_string(), doctor);
    let visits =
        |count: usize| format!("{count} {}", if count == 1 { "appointment" } else { "appointments" });
    let count = match (day.slots, day.visits) {
        (0, 0) => String::new(),
        (0, count) => visits(count),
        (slots, _) => format!("{} of {slots}", day.taken),
    };
    let mut said = format!("{}: {word}", long_date(day.date));
    if day.slots > 0 {
        said = format!("{said}, {} of {} slots booked, {} free", day.taken, day.slots, day.free);
    } else if day.visits > 0 {
        said = format!("{said}, {}", visits(day.visits));
    }
    let bar = (day.slots > 0).then(
        || view! { <progress class="hc-bar" max=day.slots value=day.taken aria-hidden="true"></progress> },
    );
    view! {
        <li class=class>
            <a href=href aria-label=said aria-current=is_today.then_some("date")>
                <b>
                    <span class="hc-load__day">{day.date.strftime("%a ").to_string()}</span>
                    {day.date.day()}
                </b>
                <span class="hc-num">{count}</span>
                {bar}
                <small>{word}</small>
            </a>
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_word_says_how_full_a_day_is() {
        let day = |taken, slots| DayLoad {
            date: date(2026, 12, 25),
            holiday: None,
            slots,
            taken,
            free: slots - taken,
            visits: taken,
        };
        for (taken, word) in [(0, "Free"), (1, "Quiet"), (10, "Busy"), (17, "Nearly full"), (20, "Full")] {
            assert_eq!(fullness(&day(taken, 20)).1, word);
        }
        assert_eq!(fullness(&DayLoad { free: 0, ..day(0, 20) }).1, "Nothing booked");
        assert_eq!(fullness(&day(0, 0)).1, "No hours");
        let holiday = DayLoad { holiday: Some("Christmas Day".to_owned()), ..day(0, 0) };
        assert_eq!(fullness(&holiday).1, "Closed: Christmas Day");
    }
}
