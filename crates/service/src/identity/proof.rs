//! The password once more, from somebody who is signed in: for acts that a borrowed screen must not do.

use super::attempts;
use super::credentials::normalised;
use crate::{Actor, ServiceError, Services, Unit};
use domain::validation::Code;
use domain::{PasswordHash, PasswordPlain};

/// The caller's password was right.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    compared: PasswordHash,
}

impl Proof {
    /// Whether it still is; within the unit of work that does what it was asked for.
    pub(crate) async fn hold(&self, unit: &mut Unit<'_>) -> Result<(), ServiceError> {
        let user = unit.own_user().await?;
        if user.password_hash != self.compared {
            return Err(ServiceError::Stale);
        }
        attempts::forgive(unit, &Services::counted_for_proof(user.id)).await
    }
}

impl Services {
    /// Compares what was typed with the caller's password. Every try is counted, by all replicas together.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] at `field`; [`ServiceError::RateLimited`] after too many wrong ones.
    pub(crate) async fn prove(
        &self,
        actor: &Actor,
        typed: &str,
        field: &'static str,
    ) -> Result<Proof, ServiceError> {
        let id = actor.user().ok_or(ServiceError::Unauthenticated)?;
        let plain =
            PasswordPlain::offered(&normalised(typed)).map_err(|code| ServiceError::field(field, code))?;
        let user = self.user_of(id).await?;
        self.take_try(&Self::counted_for_proof(id)).await?;
        if !self.passwords.verify(plain, Some(user.password_hash.clone())).await? {
            return Err(ServiceError::field(field, Code::PasswordWrong));
        }
        Ok(Proof { compared: user.password_hash })
    }
}
