//! Accounts, sessions and sign-in. Slow hashing happens here, outside every transaction; rights are not decided here.

mod accounts;
mod attempts;
mod credentials;
mod device;
mod forgotten;
mod joined;
mod linked;
mod password;
mod profile;
mod proof;
mod second_factor;
mod sessions;
mod set_up;
mod sign_in;
mod sign_up;
#[cfg(test)]
mod tests;
mod update;
mod verified;

pub use accounts::{CreatedUser, ListUsers, NewUserForm, ReadUser};
pub use device::{Device, DeviceSecret};
pub use forgotten::{IssueResetLink, ResetPasswordForm};
pub use joined::{Invited, ReadInvitation};
pub use password::ChangePasswordForm;
pub use profile::{EditProfile, EditProfileForm, Profile, ReadProfile, SignOut};
pub use second_factor::{
    Challenge, ConfirmSecondFactor, Enrolment, ReadEnrolment, RecoveryCodes, ResetSecondFactor, SecondStep,
    SecondStepForm, TurnOffForm, TurnedOn,
};
pub use sessions::{EndSessionsOf, Ending};
pub use set_up::SetUpForm;
pub use sign_in::{SignInForm, SignInOutcome, SignedInSession};
pub use sign_up::SignUpForm;
pub use update::UpdateUser;
pub use verified::{SendVerification, VerifyEmail};

pub(crate) use linked::equip;
pub(crate) use password::end_sessions;
pub(crate) use proof::Proof;
#[cfg(test)]
pub(crate) use sessions::EndOwnSessions;
pub(crate) use set_up::active_admins;

use crate::{Actor, ServiceError, Services, Unit, Versioned};
use domain::{Relation, User, UserId};
use std::sync::{Arc, Mutex, PoisonError};
use storage::{BoxFuture, StorageError, Tx, UserKey, Work};

/// Own or not: how the caller is related to an account.
fn relation_to(actor: &Actor, account: UserId) -> Relation {
    if actor.user() == Some(account) { Relation::Own } else { Relation::Other }
}

impl Unit<'_> {
    /// The account with this id.
    pub(crate) async fn user(&mut self, id: UserId) -> Result<Versioned<User>, ServiceError> {
        self.tx.users().lookup(&UserKey::Id(id)).await?.ok_or(ServiceError::NotFound)
    }

    /// The caller's own account; nobody and the system have none.
    pub(crate) async fn own_user(&mut self) -> Result<Versioned<User>, ServiceError> {
        let id = self.actor.user().ok_or(ServiceError::Unauthenticated)?;
        self.user(id).await
    }
}

impl Services {
    /// Looks at what is stored before anyone is signed in. Nothing of it may leave this module but through
    /// a flow that audits itself.
    async fn look<T: Send + 'static>(
        &self,
        job: impl for<'t> Fn(&'t mut dyn Tx) -> BoxFuture<'t, Result<T, StorageError>> + Send + Sync + 'static,
    ) -> Result<T, ServiceError> {
        let (slot, job) = (Arc::new(Mutex::new(None)), Arc::new(job));
        let result = Arc::clone(&slot);
        let work: Work = Box::new(move |tx| {
            let (slot, job) = (Arc::clone(&slot), Arc::clone(&job));
            Box::pin(async move {
                let value = job(tx).await?;
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
                Ok(())
            })
        });
        self.storage.read(work).await?;
        let value = result.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or_else(|| ServiceError::Internal("the store did not run the unit of work".to_owned()))
    }
}
