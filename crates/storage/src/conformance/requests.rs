//! Answered requests: kept with their effect, once, for a day.

use super::samples::{answered, at, user};
use super::{Store, all, get, read, write};
use crate::{BoxFuture, Constraint, StorageError, UserKey};
use domain::{AnsweredRequest, RequestId, User, UserId};

/// Minutes of a day.
const DAY: i64 = 24 * 60;

async fn keep(store: &Store, request: AnsweredRequest) -> Result<(), StorageError> {
    write(store, move |tx| {
        let request = request.clone();
        Box::pin(async move { tx.requests().keep(request).await })
    })
    .await
}

async fn recall(store: &Store, id: u128, minutes: i64) -> Option<AnsweredRequest> {
    let found = read(store, move |tx| {
        Box::pin(async move { tx.requests().recall(RequestId(id), at(minutes)).await })
    });
    found.await.expect("answered requests can be read")
}

pub(super) async fn an_answered_request_is_kept_for_a_day(store: Store) {
    assert_eq!(recall(&store, 1, 0).await, None);
    assert_eq!(keep(&store, answered(1, 0)).await, Ok(()));
    for minutes in [-5, 0, 1, DAY - 1] {
        assert_eq!(recall(&store, 1, minutes).await, Some(answered(1, 0)), "after {minutes} minutes");
    }
    assert_eq!(recall(&store, 1, DAY).await, None);
    assert_eq!(recall(&store, 2, 0).await, None, "another request is not this one");
}

pub(super) async fn a_request_is_answered_once(store: Store) {
    assert_eq!(keep(&store, answered(1, 0)).await, Ok(()));
    assert_eq!(keep(&store, answered(1, 5)).await, Err(StorageError::Conflict(Constraint::Id)));
    assert_eq!(recall(&store, 1, 5).await, Some(answered(1, 0)));
}

pub(super) async fn an_expired_request_can_be_answered_anew(store: Store) {
    assert_eq!(keep(&store, answered(1, 0)).await, Ok(()));
    assert_eq!(keep(&store, answered(1, DAY)).await, Ok(()));
    assert_eq!(recall(&store, 1, DAY + 1).await, Some(answered(1, DAY)));
}

pub(super) async fn a_unit_that_fails_keeps_no_answer(store: Store) {
    let failed = write(&store, |tx| {
        Box::pin(async move {
            tx.requests().keep(answered(1, 0)).await?;
            Err::<(), _>(StorageError::Stale)
        })
    });
    assert_eq!(failed.await, Err(StorageError::Stale));
    assert_eq!(recall(&store, 1, 0).await, None);
    let undone = write(&store, |tx| {
        Box::pin(async move {
            tx.requests().keep(answered(1, 0)).await?;
            tx.undo().await?;
            tx.users().insert(user(1)).await
        })
    });
    assert_eq!(undone.await, Ok(1));
    assert_eq!(recall(&store, 1, 0).await, None);
}

/// Does something unless the request was answered already; whether it did.
fn asked(store: Store, number: u64) -> BoxFuture<'static, Result<bool, StorageError>> {
    Box::pin(async move {
        write(&store, move |tx| {
            Box::pin(async move {
                if tx.requests().recall(RequestId(1), at(1)).await?.is_some() {
                    return Ok(false);
                }
                tx.users().insert(user(number)).await?;
                tx.requests().keep(answered(1, 0)).await?;
                Ok(true)
            })
        })
        .await
    })
}

pub(super) async fn of_sixty_four_units_one_answers_a_request(store: Store) {
    let results = all((1..=64).map(|number| asked(store.clone(), number)).collect()).await;
    assert_eq!(results.iter().filter(|result| **result == Ok(true)).count(), 1);
    assert_eq!(results.iter().filter(|result| **result == Ok(false)).count(), 63);
    let mut stored = 0;
    for number in 1..=64 {
        stored += u32::from(get::<User>(&store, UserKey::Id(UserId(number))).await.is_some());
    }
    assert_eq!(stored, 1);
}

pub(super) async fn expired_requests_are_in_nobodys_way(store: Store) {
    for id in 0..20 {
        assert_eq!(keep(&store, answered(id, 0)).await, Ok(()));
    }
    for id in 20..40 {
        assert_eq!(keep(&store, answered(id, DAY + 1)).await, Ok(()));
    }
    for id in 0..20 {
        assert_eq!(recall(&store, id, DAY + 2).await, None);
        assert_eq!(keep(&store, answered(id, DAY + 2)).await, Ok(()), "request {id} may come again");
    }
    for id in 20..40 {
        assert_eq!(recall(&store, id, DAY + 2).await, Some(answered(id, DAY + 1)));
    }
}
