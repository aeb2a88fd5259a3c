//! What to offer instead of a time that is taken.

use super::{FreeSlot, FreeSlots};
use crate::{Actor, ServiceError, Services};
use domain::time::{parse_date, parse_time};
use domain::{TimeRange, UserId};
use jiff::ToSpan;

/// Most times that are offered.
const MOST: usize = 5;
/// Days that are searched, and how many of them lie before the day asked for.
const DAYS: (u16, i64) = (14, 3);

impl Services {
    /// The free times nearest to one that is taken (day as `2026-11-23`, time as `09:30`): the doctor's own in order of
    /// time, then, if those are too few, those of others.
    ///
    /// # Errors
    /// Those of [`FreeSlots`].
    pub async fn nearest(
        &self,
        actor: &Actor,
        doctor: UserId,
        (date, time): (&str, &str),
        visit_type: &str,
    ) -> Result<Vec<FreeSlot>, ServiceError> {
        let today = self.today();
        let wanted = parse_date(date).unwrap_or(today);
        let start = wanted.to_datetime(parse_time(time).unwrap_or_default());
        let start = self.clinic().zone.instant(start).unwrap_or_else(|_| self.now());
        let from = wanted.checked_sub(DAYS.1.days()).unwrap_or(wanted).max(today);
        let visit_type = Some(visit_type.trim().to_owned()).filter(|code| !code.is_empty());
        let mut found = Vec::new();
        for whose in [Some(doctor), None] {
            let query = FreeSlots { doctor: whose, from, days: DAYS.0, visit_type: visit_type.clone() };
            let days = self.execute(actor, query).await?;
            // The taken time itself is no offer, even if it is the patient who is busy then.
            let is_other = |slot: &FreeSlot| {
                TimeRange::new(start, slot.time.minutes()).is_ok_and(|taken| !taken.overlaps(&slot.time))
            };
            let slots = days.into_iter().flat_map(|day| day.slots).filter(is_other);
            let mut slots: Vec<_> = slots.filter(|slot| (slot.doctor == doctor) == whose.is_some()).collect();
            slots.sort_by_key(|slot| slot.time.start().duration_since(start).abs());
            slots.truncate(MOST - found.len());
            slots.sort_by_key(|slot| slot.time.start());
            found.append(&mut slots);
            if found.len() == MOST {
                break;
            }
        }
        Ok(found)
    }
}
