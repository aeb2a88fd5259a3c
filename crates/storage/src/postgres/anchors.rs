//! Anchors of the audit chain in a table beside it, and following the whole chain past them.

use super::failure::Failure;
use super::moves;
use super::options::PgOptions;
use super::statement::{Statement, json_name};
use super::store::Shared;
use super::values::arg;
use super::{OpenError, schema, sql};
use crate::chain::{AnchorKey, ChainReport, Follower, Link};
use crate::json::Progress;
use domain::audit::AuditDraft;
use domain::{AuditAnchor, ChainHead};
use futures_util::TryStreamExt as _;
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::types::Uuid;

fn anchor_of(row: &PgRow) -> Result<AuditAnchor, sqlx::Error> {
    let body: &str = row.try_get(0)?;
    serde_json::from_str(body).map_err(|error| sqlx::Error::Decode(error.into()))
}

impl Shared {
    pub(super) async fn audit_head(&self) -> Result<Option<ChainHead>, Failure> {
        let found = self.audit_page(Statement::Fixed(sql::HEAD), Vec::new()).await?;
        let Some(row) = found.first() else { return Ok(None) };
        let seq: i64 = row.try_get(0)?;
        Ok(Some(ChainHead { seq: u64::try_from(seq).unwrap_or_default(), hash: row.try_get(1)? }))
    }

    pub(super) async fn keep_anchor(&self, anchor: &AuditAnchor) -> Result<(), Failure> {
        let body = serde_json::to_string(anchor).expect("an anchor has only string keys");
        let values = vec![arg::int(anchor.seq), arg::text(body)];
        self.alone(&self.logs, Statement::Fixed(sql::KEEP_ANCHOR), values).await?;
        Ok(())
    }

    pub(super) async fn newest_anchor(&self) -> Result<Option<AuditAnchor>, Failure> {
        let found = self.alone(&self.logs, Statement::Fixed(sql::NEWEST_ANCHOR), Vec::new()).await?;
        Ok(found.first().map(anchor_of).transpose()?)
    }
}

/// All anchors in the order in which they were kept.
pub(super) async fn all(connection: &mut PgConnection) -> Result<Vec<AuditAnchor>, OpenError> {
    let rows = sqlx::query(sql::ALL_ANCHORS).fetch_all(connection).await?;
    let anchors: Result<_, _> = rows.iter().map(anchor_of).collect();
    anchors.map_err(|error| OpenError::Damaged(format!("an anchor of the audit log: {error}")))
}

/// What lists are narrowed by must say what the event itself says: else an event could be hidden without a change of it.
fn columns_agree(row: &PgRow, event: &AuditDraft) -> Result<bool, sqlx::Error> {
    Ok(row.try_get::<i64, _>(4)? == event.at.as_microsecond()
        && row.try_get::<Option<i64>, _>(5)? == event.actor.map(|id| super::values::number(id.0))
        && row.try_get::<Option<Uuid>, _>(6)? == event.patient.map(|id| Uuid::from_u128(id.0))
        && row.try_get::<&str, _>(7)? == json_name(&event.action)
        && row.try_get::<&str, _>(8)? == event.outcome.name())
}

fn follow_row(follower: &mut Follower, row: &PgRow) -> Result<(), OpenError> {
    let damaged = |what: String| OpenError::Damaged(format!("audit log: {what}"));
    let (seq, body): (i64, &str) = (row.try_get(0)?, row.try_get(1)?);
    let seq = u64::try_from(seq).unwrap_or_default();
    let json = [body.as_bytes(), b"", b""];
    follower.follow(&Link { seq, json, prev: row.try_get(2)?, hash: row.try_get(3)? }).map_err(damaged)?;
    let event = serde_json::from_str(body).map_err(|error| damaged(format!("event {seq}: {error}")))?;
    if columns_agree(row, &event)? {
        Ok(())
    } else {
        Err(damaged(format!("the columns of event {seq} do not say what the event says")))
    }
}

/// Follows the whole audit chain of a database, row by row, also while servers run on it.
///
/// # Errors
/// [`OpenError::Damaged`] with the first thing that is wrong.
pub async fn follow_audit(
    options: &PgOptions,
    keys: &[AnchorKey],
    noted: Option<ChainHead>,
    progress: &dyn Progress,
) -> Result<ChainReport, OpenError> {
    let damaged = |what: String| OpenError::Damaged(format!("audit log: {what}"));
    let pool = moves::pool(options)?;
    let mut connection = moves::snapshot(&pool).await?;
    schema::check(&mut connection, true).await?;
    let anchors = all(&mut connection).await?;
    let mut follower = Follower::new(anchors, keys, noted).map_err(damaged)?;
    progress.begin("following the audit log", 0);
    {
        let mut rows = sqlx::query(sql::CHAIN_FROM_START).fetch(&mut *connection);
        while let Some(row) = rows.try_next().await? {
            follow_row(&mut follower, &row)?;
        }
    }
    connection.rollback().await?;
    pool.close().await;
    follower.finish().map_err(damaged)
}
