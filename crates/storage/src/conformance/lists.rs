//! Order and paging of lists.

use super::samples::{appointment, at, doctor, note, patient, session, user};
use super::{Kept, Store, add_linked as add, list};
use crate::{AppointmentFilter, Order, PageRequest, PatientFilter, RecordFilter, SessionFilter, UserFilter};
use domain::{Appointment, Patient, Record, Session, User};

/// Walks all pages of `limit`.
async fn walk<T: Kept>(store: &Store, filter: T::Filter, limit: usize, order: Order) -> Vec<T::Id> {
    let (mut ids, mut request) = (Vec::new(), PageRequest::first(limit, order));
    loop {
        let page = list::<T>(store, filter.clone(), request.clone()).await;
        assert!(page.items.len() <= limit);
        assert!(page.next.is_none() || page.items.len() == limit, "only the last page is short");
        ids.extend(page.items.iter().map(|row| row.value.id()));
        request.after = page.next;
        if request.after.is_none() {
            return ids;
        }
    }
}

async fn in_both_orders<T: Kept>(store: &Store, filter: T::Filter, expected: Vec<T::Id>) {
    for limit in [1, 2, 3, 7, 100, usize::MAX] {
        let up = walk::<T>(store, filter.clone(), limit, Order::Ascending).await;
        assert_eq!(up, expected, "{} ascending by {limit}", T::NAME);
        let mut down = walk::<T>(store, filter.clone(), limit, Order::Descending).await;
        down.reverse();
        assert_eq!(down, expected, "{} descending by {limit}", T::NAME);
    }
}

pub(super) async fn pages_are_complete_in_both_orders(store: Store) {
    for id in 1..=23u64 {
        add(&store, user(id)).await.expect("a user");
    }
    for id in 1..=23u64 {
        add(&store, note(id, u128::from(id % 3), id % 2 + 1)).await.expect("a note");
    }
    let numbers = |wanted: fn(u64) -> bool| (1..=23).filter(move |id| wanted(*id));
    in_both_orders::<User>(&store, UserFilter::default(), numbers(|_| true).map(domain::UserId).collect())
        .await;
    let records = |wanted| numbers(wanted).map(domain::RecordId).collect();
    in_both_orders::<Record>(&store, RecordFilter::default(), records(|_| true)).await;
    let one = RecordFilter { patient: Some(domain::PatientId(2)), ..RecordFilter::default() };
    in_both_orders::<Record>(&store, one, records(|id| id % 3 == 2)).await;
    let two = vec![domain::PatientId(2), domain::PatientId(1), domain::PatientId(2), domain::PatientId(77)];
    let two = RecordFilter { patients: Some(two), ..RecordFilter::default() };
    in_both_orders::<Record>(&store, two, records(|id| id % 3 != 0)).await;
    let unsigned = RecordFilter { unsigned_by: Some(domain::UserId(2)), ..RecordFilter::default() };
    in_both_orders::<Record>(&store, unsigned, records(|id| id % 2 == 1)).await;
}

pub(super) async fn pages_stay_whole_while_rows_are_added(store: Store) {
    for id in [10, 20, 30, 40] {
        add(&store, user(id)).await.expect("a user");
    }
    for (order, expected) in [(Order::Ascending, [10, 20, 30, 40]), (Order::Descending, [40, 30, 20, 10])] {
        let offset = if order == Order::Ascending { 1 } else { 2 };
        let mut request = PageRequest::first(2, order);
        let first = list::<User>(&store, UserFilter::default(), request.clone()).await;
        let before = if order == Order::Ascending { 5 } else { 50 };
        add(&store, user(before + offset)).await.expect("a user before the cursor");
        request = PageRequest { after: first.next, limit: usize::MAX, ..request };
        let second = list::<User>(&store, UserFilter::default(), request).await;
        let known = |id: &u64| expected.contains(id);
        let seen = first.items.iter().chain(&second.items).map(|row| row.value.id.0).filter(known);
        assert_eq!(seen.collect::<Vec<_>>(), expected, "each of the old rows once");
    }
}

pub(super) async fn a_bad_cursor_is_an_empty_page(store: Store) {
    add(&store, user(1)).await.expect("a user");
    add(&store, patient(1, "Ada", "Byron")).await.expect("a patient");
    for cursor in ["", "x", "zz", "0", "00", "é", "ffffffffffffffffffffffffffffffffffffffffff"] {
        let request = PageRequest { limit: 10, after: Some(cursor.to_owned()), order: Order::Ascending };
        let page = list::<User>(&store, UserFilter::default(), request.clone()).await;
        assert_eq!((page.items.len(), page.next), (0, None), "{cursor:?}");
        if cursor.len() < 32 {
            let page = list::<Patient>(&store, PatientFilter::default(), request).await;
            assert_eq!((page.items.len(), page.next), (0, None), "{cursor:?}");
        }
    }
}

pub(super) async fn a_last_page_that_is_full_has_no_next(store: Store) {
    for id in 1..=4 {
        add(&store, user(id)).await.expect("a user");
    }
    let request = PageRequest::first(2, Order::Ascending);
    let first = list::<User>(&store, UserFilter::default(), request.clone()).await;
    let second =
        list::<User>(&store, UserFilter::default(), PageRequest { after: first.next, ..request }).await;
    assert_eq!((second.items.len(), second.next), (2, None));
}

pub(super) async fn patients_are_ordered_by_name(store: Store) {
    let people = [
        (1, "Zoë", "adams"),
        (2, "Bo", "Adams"),
        (3, "Ada", "Byron"),
        (4, "Ada", "Adamson"),
        (5, "Bo", "Adams"),
    ];
    for (id, given, family) in people {
        add(&store, patient(id, given, family)).await.expect("a patient");
    }
    let expected: Vec<_> = [2, 5, 1, 4, 3].map(domain::PatientId).to_vec();
    in_both_orders::<Patient>(&store, PatientFilter::default(), expected).await;
    let namesakes = PatientFilter { folded_name: Some("bo adams".into()), ..PatientFilter::default() };
    in_both_orders::<Patient>(&store, namesakes, [2, 5].map(domain::PatientId).to_vec()).await;
}

pub(super) async fn appointments_are_ordered_by_start_or_id(store: Store) {
    for (id, minutes) in [(1, 300), (2, 0), (3, 600), (4, 60), (5, 0)] {
        add(&store, appointment(id, id.into(), doctor(id), minutes)).await.expect("an appointment");
    }
    let ids = |ids: &[u64]| ids.iter().copied().map(domain::AppointmentId).collect::<Vec<_>>();
    in_both_orders::<Appointment>(&store, AppointmentFilter::default(), ids(&[2, 5, 4, 1, 3])).await;
    let by_id = AppointmentFilter { by_id: true, ..AppointmentFilter::default() };
    in_both_orders::<Appointment>(&store, by_id.clone(), ids(&[1, 2, 3, 4, 5])).await;
    let late = AppointmentFilter { from: Some(at(60)), ..by_id };
    in_both_orders::<Appointment>(&store, late, ids(&[1, 3, 4])).await;
}

pub(super) async fn sessions_are_ordered_by_start(store: Store) {
    for (id, owner, minutes) in [(9, 1, 0), (3, 2, 5), (5, 1, 3), (1, 1, 5)] {
        add(&store, session(id, owner, minutes)).await.expect("a session");
    }
    let ids = |ids: &[u128]| ids.iter().copied().map(domain::SessionId).collect::<Vec<_>>();
    in_both_orders::<Session>(&store, SessionFilter::default(), ids(&[9, 5, 1, 3])).await;
    let of_one = SessionFilter { user: Some(domain::UserId(1)), ..SessionFilter::default() };
    in_both_orders::<Session>(&store, of_one, ids(&[9, 5, 1])).await;
}
