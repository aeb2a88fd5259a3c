//! What a security officer looks at first: failed sign-ins, lockouts, refusals, changes of accounts, emergencies.

use super::access::CLOSED;
use super::readable;
use crate::{Mode, Permit, ServiceError, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::{Action, AuditEvent, AuditOutcome, Scope, UserId};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use storage::{AuditFilter, Order, PageRequest, UserKey};

/// Kinds of security events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SecurityKind {
    /// Wrong password, unknown or disabled account.
    FailedSignIn,
    /// A sign-in that was not even tried, after too many.
    Lockout,
    /// Something that the policy refused.
    Refusal,
    /// A role, a password or a status changed.
    AccountChange,
    /// A record was opened in an emergency.
    Emergency,
}

impl SecurityKind {
    /// All kinds in the order of the table.
    pub const ALL: [Self; 5] =
        [Self::FailedSignIn, Self::Lockout, Self::Refusal, Self::AccountChange, Self::Emergency];

    /// The words over its column.
    pub const fn title(self) -> &'static str {
        match self {
            Self::FailedSignIn => "Failed sign-ins",
            Self::Lockout => "Lockouts",
            Self::Refusal => "Refused actions",
            Self::AccountChange => "Account changes",
            Self::Emergency => "Emergency access",
        }
    }

    /// The kind of an event, `None` for what is no concern here.
    pub fn of(event: &AuditEvent) -> Option<Self> {
        let event = &event.event;
        match (event.action, event.outcome) {
            (Action::SignIn, AuditOutcome::Success) => None,
            (Action::SignIn, _) if event.reason.contains("lock") || event.reason == "rate-limited" => {
                Some(Self::Lockout)
            }
            (Action::SignIn, _) => Some(Self::FailedSignIn),
            (_, AuditOutcome::Denied) => Some(Self::Refusal),
            // Closing it again is none.
            (Action::BreakGlass, AuditOutcome::Success) if event.reason != CLOSED => Some(Self::Emergency),
            (Action::ManageUsers, AuditOutcome::Success) => Some(Self::AccountChange),
            // A new name is no concern, a new password is: the event says why.
            (Action::EditProfile, AuditOutcome::Success) if !event.reason.is_empty() => {
                Some(Self::AccountChange)
            }
            _ => None,
        }
    }
}

/// Reads the security events of the last days.
#[derive(Clone, Copy, Debug)]
pub struct ReadSecurityEvents {
    /// How many times 24 hours to look back.
    pub days: u8,
}

/// How often what happened to or by one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountEvents {
    /// The account; `None` for callers who gave none that exists.
    pub account: Option<UserId>,
    /// The name people read.
    pub name: String,
    /// In the order of [`SecurityKind::ALL`].
    pub counts: [u64; 5],
}

/// Security events of some days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityEvents {
    /// Since when.
    pub since: Timestamp,
    /// In the order of [`SecurityKind::ALL`].
    pub totals: [u64; 5],
    /// By account, those with the most events first.
    pub accounts: Vec<AccountEvents>,
    /// The newest ones, newest first.
    pub newest: Vec<AuditEvent>,
    /// Whether there were more than are counted here.
    pub is_cut: bool,
}

impl ReadSecurityEvents {
    /// Most days.
    pub const MOST_DAYS: u8 = 31;
    /// Newest events that are listed.
    const LISTED: usize = 50;
    /// Events read at a time.
    const BATCH: usize = 1_000;
    /// Most events of each question that are counted.
    const MOST: usize = 20_000;

    /// Three questions that indexes answer, instead of one that reads everything.
    fn questions(scope: Scope, since: Timestamp) -> [AuditFilter; 3] {
        let ask = |actions: Vec<Action>, outcome| AuditFilter {
            actions,
            outcome: Some(outcome),
            from: Some(since),
            ..AuditFilter::default()
        };
        let all = if scope == Scope::All { Vec::new() } else { readable(None, scope) };
        [
            ask(vec![Action::SignIn], AuditOutcome::Failed),
            ask(all, AuditOutcome::Denied),
            ask(vec![Action::ManageUsers, Action::EditProfile, Action::BreakGlass], AuditOutcome::Success),
        ]
    }
}

/// Whom an event is counted for: the account that was tried or changed, or the one that was refused.
fn account_of(kind: SecurityKind, event: &AuditEvent) -> Option<UserId> {
    let named = || event.event.subject.strip_prefix("user ").and_then(|id| id.parse().ok());
    match kind {
        SecurityKind::FailedSignIn | SecurityKind::Lockout | SecurityKind::AccountChange => {
            named().or(event.event.actor)
        }
        SecurityKind::Refusal | SecurityKind::Emergency => event.event.actor,
    }
}

async fn named(
    unit: &mut Unit<'_>,
    counted: BTreeMap<Option<UserId>, [u64; 5]>,
) -> Result<Vec<AccountEvents>, ServiceError> {
    let keys: Vec<UserKey> = counted.keys().flatten().map(|id| UserKey::Id(*id)).collect();
    let users = unit.tx.users().lookup_all(&keys).await?;
    let name = |id: Option<UserId>| match id {
        None => "No known account".to_owned(),
        Some(id) => users
            .iter()
            .find(|user| user.value.id == id)
            .map_or_else(|| format!("Account {id}"), |user| user.value.display_name.clone()),
    };
    let mut accounts: Vec<_> = counted
        .into_iter()
        .map(|(account, counts)| AccountEvents { account, name: name(account), counts })
        .collect();
    accounts.sort_by_key(|account| std::cmp::Reverse(account.counts.iter().sum::<u64>()));
    Ok(accounts)
}

#[async_trait]
impl UseCase for ReadSecurityEvents {
    type Out = SecurityEvents;
    const ACTION: Action = Action::ReadAudit;
    const MODE: Mode = Mode::ReadLately;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any("security events"))
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<SecurityEvents, ServiceError> {
        let days = self.days.clamp(1, Self::MOST_DAYS);
        let back = SignedDuration::from_hours(24 * i64::from(days));
        let since = unit.now.checked_sub(back).unwrap_or(Timestamp::MIN);
        let mut found =
            SecurityEvents { since, totals: [0; 5], accounts: Vec::new(), newest: Vec::new(), is_cut: false };
        let mut counted: BTreeMap<Option<UserId>, [u64; 5]> = BTreeMap::new();
        for filter in Self::questions(permit.scope(), since) {
            let (mut page, mut read) = (PageRequest::first(Self::BATCH, Order::Descending), 0);
            loop {
                let events = unit.tx.audit().list(&filter, &page).await?;
                read += events.items.len();
                for event in events.items {
                    let Some(kind) = SecurityKind::of(&event) else { continue };
                    found.totals[kind as usize] += 1;
                    counted.entry(account_of(kind, &event)).or_default()[kind as usize] += 1;
                    found.newest.push(event);
                }
                found.newest.sort_by_key(|event| std::cmp::Reverse(event.seq));
                found.newest.truncate(Self::LISTED);
                page.after = events.next;
                found.is_cut |= page.after.is_some() && read >= Self::MOST;
                if page.after.is_none() || read >= Self::MOST {
                    break;
                }
            }
        }
        found.accounts = named(unit, counted).await?;
        Ok(found)
    }
}
