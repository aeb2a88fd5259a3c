//! The second factor of an account: turning it on and off, its codes, and the two steps of a sign-in that asks for it.

mod codes;
mod enrol;
mod first_step;
mod manage;
mod second_step;

pub use codes::RecoveryCodes;
pub use enrol::{ConfirmSecondFactor, Enrolment, ReadEnrolment, TurnedOn};
pub use first_step::Challenge;
pub use manage::{ResetSecondFactor, TurnOffForm};
pub use second_step::{SecondStep, SecondStepForm};

pub(super) use first_step::BeginSignIn;

use super::attempts::Counted;
use super::device::Device;
use crate::{Actor, ServiceError, Services, Subject, Unit};
use domain::Relation;

/// The subject of what callers do to their own second factor.
async fn own(unit: &mut Unit<'_>, what: &'static str) -> Result<Subject, ServiceError> {
    let user = unit.own_user().await?;
    Ok(Subject::object(Relation::Own, None, format!("user {}", user.id)).because(what))
}

impl Services {
    /// Counts a try at the caller's own second factor, before the code is compared.
    async fn count_own_code(&self, actor: &Actor) -> Result<Counted, ServiceError> {
        let user = actor.user().ok_or(ServiceError::Unauthenticated)?;
        let counted = self.counted_for_code(&Device::Program, user).await?;
        self.take_try(&[counted]).await?;
        Ok(counted)
    }
}
