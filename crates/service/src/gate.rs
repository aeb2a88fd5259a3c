//! The one gate: whether a caller may do something, as the policy table says. Nothing else asks the table.

use crate::actor::Kind;
use crate::{Actor, ServiceError};
use domain::{Action, Decision, Relation, Scope, decide};

/// Proof that the policy allowed the action; only the gate makes one.
#[derive(Clone, Copy, Debug)]
pub struct Permit {
    scope: Scope,
}

impl Permit {
    /// How far the permission reaches.
    pub const fn scope(&self) -> Scope {
        self.scope
    }
}

/// How far the right of a caller reaches, `None` for not at all.
pub fn scope(actor: &Actor, action: Action, relation: Relation) -> Option<Scope> {
    if actor.is_system() {
        return Some(Scope::All);
    }
    match decide(actor.role(), action, relation) {
        Decision::Allow(scope) => Some(scope),
        Decision::Deny => None,
    }
}

/// The permit for an action, or why there is none.
pub fn ask(actor: &Actor, action: Action, relation: Relation) -> Result<Permit, ServiceError> {
    match scope(actor, action, relation) {
        Some(scope) => Ok(Permit { scope }),
        None if matches!(actor.kind, Kind::Anonymous) => Err(ServiceError::Unauthenticated),
        None => Err(ServiceError::Forbidden),
    }
}
