//! Tables and indexes of accounts, sessions and doctors' hours.

use super::formats::{WITH_ACCESS, WITH_PLAN};
use super::index::{Micros, Walk, micros, reindex, remap, rows_span, span};
use super::op::Op;
use super::state::{Rows, State, Stored};
use crate::{Constraint, Order, SessionFilter, UserFilter, UserKey, Versioned};
use domain::schedule::Validity;
use domain::{Schedule, Session, SessionId, User, UserId};
use imbl::{OrdMap, OrdSet};
use std::sync::Arc;

/// Accounts.
#[derive(Clone, Default)]
pub struct Users {
    /// By id.
    pub rows: Rows<User>,
    by_email: OrdMap<Arc<str>, UserId>,
    by_username: OrdMap<Arc<str>, UserId>,
}

/// Sessions.
#[derive(Clone, Default)]
pub struct Sessions {
    /// By id.
    pub rows: Rows<Session>,
    by_start: OrdSet<(Micros, u128)>,
    by_user: OrdSet<(u64, Micros, u128)>,
}

/// Doctors' hours.
#[derive(Clone, Default)]
pub struct Schedules {
    /// By doctor.
    pub rows: Rows<Schedule>,
}

fn email(user: &User) -> Arc<str> {
    user.email.folded().into()
}

fn username(user: &User) -> Arc<str> {
    user.username.folded().into()
}

impl Stored for User {
    type Sort = u64;

    fn rows(state: &State) -> &Rows<Self> {
        &state.users.rows
    }
    fn rows_mut(state: &mut State) -> &mut Rows<Self> {
        &mut state.users.rows
    }

    fn find(state: &State, key: &UserKey) -> Option<UserId> {
        match key {
            UserKey::Id(id) => Some(*id),
            UserKey::Email(folded) => state.users.by_email.get(folded.as_str()).copied(),
            UserKey::Username(folded) => state.users.by_username.get(folded.as_str()).copied(),
        }
    }

    fn check(state: &State, old: Option<&Self>, new: &Self) -> Result<(), Constraint> {
        let taken = |map: &OrdMap<Arc<str>, UserId>, key: fn(&User) -> Arc<str>| {
            let wanted = key(new);
            old.map(key).as_ref() != Some(&wanted) && map.get(&wanted).is_some_and(|holder| *holder != new.id)
        };
        if taken(&state.users.by_email, email) {
            return Err(Constraint::UserEmail);
        }
        if taken(&state.users.by_username, username) {
            return Err(Constraint::UserUsername);
        }
        Ok(())
    }

    fn since_format(&self) -> u32 {
        if self.second_factor.is_some() { WITH_ACCESS } else { 0 }
    }

    fn reindex(state: &mut State, old: Option<&Self>, new: Option<&Self>) {
        let Some(id) = new.or(old).map(|user| user.id) else { return };
        remap(&mut state.users.by_email, old.map(email), new.map(email), &id);
        remap(&mut state.users.by_username, old.map(username), new.map(username), &id);
    }

    fn walk<'s>(state: &'s State, filter: &'s UserFilter, order: Order, after: Option<u64>) -> Walk<'s, u64> {
        let bounds = filter.id.map_or((UserId(0), UserId(u64::MAX)), |id| (id, id));
        Box::new(rows_span(&state.users.rows, bounds, order, after.map(UserId)).map(|id| id.0))
    }

    fn sort_id(sort: &u64) -> UserId {
        UserId(*sort)
    }

    fn passes(&self, filter: &UserFilter) -> bool {
        let has = |text: &String| {
            self.display_name.to_lowercase().contains(text)
                || self.username.folded().contains(text)
                || self.email.folded().contains(text)
        };
        filter.id.is_none_or(|id| id == self.id)
            && filter.role.is_none_or(|role| role == self.role)
            && filter.text.as_ref().is_none_or(has)
    }

    fn is_everything(filter: &UserFilter) -> bool {
        *filter == UserFilter::default()
    }

    fn op(row: Arc<Versioned<Self>>) -> Op {
        Op::Users(row)
    }
}

fn session_start(session: &Session) -> (Micros, u128) {
    (micros(session.created_at), session.id.0)
}

fn session_user(session: &Session) -> (u64, Micros, u128) {
    (session.user.0, micros(session.created_at), session.id.0)
}

impl Stored for Session {
    type Sort = (Micros, u128);

    fn rows(state: &State) -> &Rows<Self> {
        &state.sessions.rows
    }
    fn rows_mut(state: &mut State) -> &mut Rows<Self> {
        &mut state.sessions.rows
    }

    fn find(_: &State, key: &SessionId) -> Option<SessionId> {
        Some(*key)
    }

    fn check(_: &State, _: Option<&Self>, _: &Self) -> Result<(), Constraint> {
        Ok(())
    }

    fn reindex(state: &mut State, old: Option<&Self>, new: Option<&Self>) {
        reindex(&mut state.sessions.by_start, old.map(session_start), new.map(session_start));
        reindex(&mut state.sessions.by_user, old.map(session_user), new.map(session_user));
    }

    fn walk<'s>(
        state: &'s State,
        filter: &'s SessionFilter,
        order: Order,
        after: Option<Self::Sort>,
    ) -> Walk<'s, Self::Sort> {
        if let Some(UserId(user)) = filter.user {
            let bounds = ((user, Micros::MIN, 0), (user, Micros::MAX, u128::MAX));
            let after = after.map(|(start, id)| (user, start, id));
            return Box::new(
                span(&state.sessions.by_user, bounds, order, after).map(|(_, start, id)| (*start, *id)),
            );
        }
        let bounds = ((Micros::MIN, 0), (Micros::MAX, u128::MAX));
        Box::new(span(&state.sessions.by_start, bounds, order, after).copied())
    }

    fn sort_id(sort: &Self::Sort) -> SessionId {
        SessionId(sort.1)
    }

    fn passes(&self, filter: &SessionFilter) -> bool {
        let live = |now: jiff::Timestamp| self.revoked_at.is_none() && now < self.expires_at;
        filter.user.is_none_or(|user| user == self.user) && filter.live_at.is_none_or(live)
    }

    fn is_everything(filter: &SessionFilter) -> bool {
        *filter == SessionFilter::default()
    }

    fn op(row: Arc<Versioned<Self>>) -> Op {
        Op::Sessions(row)
    }
}

impl Stored for Schedule {
    type Sort = u64;

    fn rows(state: &State) -> &Rows<Self> {
        &state.schedules.rows
    }
    fn rows_mut(state: &mut State) -> &mut Rows<Self> {
        &mut state.schedules.rows
    }

    fn find(_: &State, key: &UserId) -> Option<UserId> {
        Some(*key)
    }

    fn check(_: &State, _: Option<&Self>, _: &Self) -> Result<(), Constraint> {
        Ok(())
    }

    fn since_format(&self) -> u32 {
        let plain = self.breaks.is_empty()
            && self.extra.is_empty()
            && self.leave.iter().all(|leave| leave.hours.is_none() && leave.reason.is_empty())
            && self.weekly.iter().all(|hours| {
                hours.validity == Validity::default() && hours.room.is_none() && hours.visit_types.is_empty()
            });
        if plain { 0 } else { WITH_PLAN }
    }

    fn reindex(_: &mut State, _: Option<&Self>, _: Option<&Self>) {}

    fn walk<'s>(state: &'s State, (): &'s (), order: Order, after: Option<u64>) -> Walk<'s, u64> {
        let bounds = (UserId(0), UserId(u64::MAX));
        Box::new(rows_span(&state.schedules.rows, bounds, order, after.map(UserId)).map(|id| id.0))
    }

    fn sort_id(sort: &u64) -> UserId {
        UserId(*sort)
    }

    fn passes(&self, (): &()) -> bool {
        true
    }

    fn is_everything((): &()) -> bool {
        true
    }

    fn op(row: Arc<Versioned<Self>>) -> Op {
        Op::Schedules(row)
    }
}
