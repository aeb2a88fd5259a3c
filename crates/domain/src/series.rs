//! Visits that are repeated: the rhythm of a series, and the days on which it falls.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What a series counts in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Every {
    /// Days.
    Days,
    /// Weeks.
    #[default]
    Weeks,
    /// Months; a day that a month does not have is its last.
    Months,
}

impl Every {
    /// All of them in the order of the form.
    pub const ALL: [Self; 3] = [Self::Days, Self::Weeks, Self::Months];

    /// The name in forms and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Days => "days",
            Self::Weeks => "weeks",
            Self::Months => "months",
        }
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|every| every.name() == name)
    }
}

/// How often the visits of a series come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// So many of the unit.
    pub count: i64,
    /// The unit.
    pub every: Every,
}

impl Rhythm {
    /// Most visits of one series.
    pub const MOST: usize = 52;
    /// Most of the unit between two visits.
    pub const LONGEST: i64 = 52;

    /// The day of a visit, the first of which is number 0. Counted from the first, so that a month's last day comes back.
    fn day(self, first: Date, number: i64) -> Option<Date> {
        let count = self.count.checked_mul(number)?;
        let span = match self.every {
            Every::Days => count.days(),
            Every::Weeks => count.weeks(),
            Every::Months => count.months(),
        };
        first.checked_add(span).ok()
    }

    /// The days of a series from the first on: so many, and none after the last day.
    pub fn days(self, first: Date, count: usize, last: Option<Date>) -> Vec<Date> {
        let numbers = (0..).take(count.min(Self::MOST));
        let days = numbers.map_while(|number| self.day(first, number));
        days.take_while(|day| last.is_none_or(|last| *day <= last)).collect()
    }

    /// The rhythm in which days in order most likely follow each other, where some may be missing; `None` for fewer than
    /// two, and for days without any.
    pub fn of(days: &[Date]) -> Option<Self> {
        let first = *days.first()?;
        let longest = |every| match every {
            Every::Months => 12,
            Every::Days | Every::Weeks => Self::LONGEST,
        };
        let fits = |rhythm: &Self| {
            let mut left = days.iter().peekable();
            for day in (0..).map_while(|number| rhythm.day(first, number)).take(Self::MOST * 4) {
                if left.next_if_eq(&&day).is_some() && left.peek().is_none() {
                    return true;
                }
            }
            false
        };
        if days.len() < 2 {
            return None;
        }
        // The longest steps that explain all days: what comes every two weeks comes every week and every day too.
        [Every::Months, Every::Weeks, Every::Days]
            .into_iter()
            .flat_map(|every| (1..=longest(every)).rev().map(move |count| Self { count, every }))
            .find(fits)
    }

    /// `every 2 weeks`.
    pub fn title(self) -> String {
        match (self.count, self.every) {
            (1, Every::Days) => "every day".to_owned(),
            (1, Every::Weeks) => "every week".to_owned(),
            (1, Every::Months) => "every month".to_owned(),
            (count, every) => format!("every {count} {}", every.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const MONTHLY: Rhythm = Rhythm { count: 1, every: Every::Months };

    #[test]
    fn a_month_without_the_day_has_its_last_and_the_day_comes_back() {
        let days = MONTHLY.days(date(2027, 1, 31), 3, None);
        assert_eq!(days, [date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31)]);
    }

    #[test]
    fn a_series_ends_by_number_or_by_its_last_day() {
        let weekly = Rhythm { count: 1, every: Every::Weeks };
        assert_eq!(weekly.days(date(2026, 11, 23), 3, None).len(), 3);
        assert_eq!(weekly.days(date(2026, 11, 23), 52, Some(date(2026, 12, 7))).len(), 3);
        assert_eq!(weekly.days(date(2026, 11, 23), 1_000, None).len(), Rhythm::MOST);
    }

    #[test]
    fn what_is_read_from_days_says_how_often_they_come() {
        let words = |days: &[Date]| Rhythm::of(days).map(Rhythm::title);
        let (first, second) = (date(2026, 11, 23), date(2026, 12, 7));
        assert_eq!(words(&[first, second, date(2026, 12, 21)]).as_deref(), Some("every 2 weeks"));
        assert_eq!(
            words(&[first, second, date(2027, 1, 4)]).as_deref(),
            Some("every 2 weeks"),
            "one is missing"
        );
        assert_eq!(words(&[first, date(2026, 11, 24), date(2026, 11, 26)]).as_deref(), Some("every day"));
        assert_eq!(words(&[first]), None);
    }

    proptest! {
        #[test]
        fn days_are_in_order_and_as_many_as_asked_for(count in 1i64..10, kind in 0usize..3, number in 1usize..53) {
            let rhythm = Rhythm { count, every: Every::ALL[kind] };
            let days = rhythm.days(date(2026, 11, 23), number, None);
            prop_assert_eq!(days.len(), number);
            prop_assert!(days.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
