//! A second factor that is on: turning it off, new recovery codes, and an administrator's reset.

use super::codes::{self, Offered, RecoveryCodes};
use super::own;
use crate::identity::attempts::{self, Counted};
use crate::identity::password::{begin_anew, end_sessions};
use crate::identity::{Proof, SignedInSession, relation_to};
use crate::{
    AccountNotice, Actor, ConflictKind, Kept, Mode, Permit, ServiceError, Services, Subject, Unit, UseCase,
    Version, Versioned,
};
use async_trait::async_trait;
use domain::validation::Code;
use domain::{Action, FieldErrors, User, UserId};

/// What is typed to turn the second factor off. Fields: password, code.
#[derive(Clone, Default)]
pub struct TurnOffForm {
    /// The password.
    pub password: String,
    /// A code of the authenticator, or a recovery code.
    pub code: String,
}

impl std::fmt::Debug for TurnOffForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TurnOffForm(hidden)")
    }
}

impl Services {
    /// Turns the caller's second factor off, ends all their sessions and begins a new one.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] with the refused fields; [`ConflictKind::SecondFactorOff`]; [`ServiceError::RateLimited`].
    pub async fn turn_off_second_factor(
        &self,
        actor: &Actor,
        form: TurnOffForm,
    ) -> Result<SignedInSession, ServiceError> {
        let proved = self.both_proofs(actor, &form).await;
        self.execute(actor, TurnOffSecondFactor { proved }).await
    }

    /// The password was right; the code is for the transaction to judge.
    async fn both_proofs(
        &self,
        actor: &Actor,
        form: &TurnOffForm,
    ) -> Result<(Proof, CountedCode), ServiceError> {
        let mut errors = FieldErrors::new();
        if form.password.is_empty() {
            errors.push("password", Code::PasswordMissing);
        }
        let offered = errors.take("code", Offered::read(&form.code));
        let (Some(offered), true) = (offered, errors.is_empty()) else { return Err(errors.into()) };
        let proof = self.prove(actor, &form.password, "password").await?;
        Ok((proof, CountedCode { offered, counted: self.count_own_code(actor).await? }))
    }

    /// Gives the caller new recovery codes; the ones so far stop working. A code proves that it is the owner who asks.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] at `code`; [`ConflictKind::SecondFactorOff`]; [`ServiceError::RateLimited`].
    pub async fn renew_recovery_codes(
        &self,
        actor: &Actor,
        code: &str,
    ) -> Result<RecoveryCodes, ServiceError> {
        let offered = match Offered::read(code) {
            Ok(offered) => self.count_own_code(actor).await.map(|counted| CountedCode { offered, counted }),
            Err(code) => Err(ServiceError::field("code", code)),
        };
        self.execute(actor, RenewRecoveryCodes { offered }).await
    }
}

/// A code whose try was counted.
#[derive(Clone)]
struct CountedCode {
    offered: Offered,
    counted: Counted,
}

/// Uses a code up on the caller's account.
async fn take_code(unit: &mut Unit<'_>, code: &CountedCode) -> Result<Versioned<User>, ServiceError> {
    let mut user = unit.own_user().await?;
    let Some(factor) = user.value.second_factor.as_mut().filter(|factor| factor.is_on()) else {
        return Err(ServiceError::Conflict(ConflictKind::SecondFactorOff));
    };
    if !code.offered.take(factor, unit.now) {
        return Err(ServiceError::field("code", Code::SecondFactorWrong));
    }
    attempts::forgive(unit, &[code.counted]).await?;
    Ok(user)
}

struct TurnOffSecondFactor {
    proved: Result<(Proof, CountedCode), ServiceError>,
}

#[async_trait]
impl UseCase for TurnOffSecondFactor {
    type Out = SignedInSession;
    const ACTION: Action = Action::EditProfile;
    const MODE: Mode = Mode::Write;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        own(unit, "second factor turned off").await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let (proof, code) = self.proved.clone()?;
        proof.hold(unit).await?;
        let Versioned { value: mut user, version } = take_code(unit, &code).await?;
        user.second_factor = None;
        unit.notify_account(&user, AccountNotice::SecondFactorOff);
        begin_anew(unit, user, version).await
    }
}

struct RenewRecoveryCodes {
    offered: Result<CountedCode, ServiceError>,
}

#[async_trait]
impl UseCase for RenewRecoveryCodes {
    type Out = RecoveryCodes;
    const ACTION: Action = Action::EditProfile;
    const MODE: Mode = Mode::Write;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        own(unit, "new recovery codes").await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<RecoveryCodes, ServiceError> {
        let offered = self.offered.clone()?;
        let Versioned { value: mut user, version } = take_code(unit, &offered).await?;
        let (recovery, hashes) = codes::recovery_codes(unit.random);
        if let Some(factor) = &mut user.second_factor {
            factor.recovery = hashes;
        }
        unit.tx.users().update(version, user).await?;
        Ok(recovery)
    }
}

/// Takes the second factor away from someone who lost it, and ends their sessions. Not from oneself.
#[derive(Clone, Debug)]
pub struct ResetSecondFactor {
    /// Whose.
    pub id: UserId,
    /// The version that was looked at; `None` for whatever it is.
    pub expected: Option<Version>,
}

#[async_trait]
impl UseCase for ResetSecondFactor {
    type Out = ();
    const ACTION: Action = Action::ManageUsers;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let relation = relation_to(unit.actor, self.id);
        Ok(Subject::object(relation, None, format!("user {}", self.id)).because("second factor reset"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<(), ServiceError> {
        let Versioned { value: mut user, version } = unit.user(self.id).await?;
        if self.expected.is_some_and(|expected| expected != version) {
            return Err(ServiceError::Stale);
        }
        if unit.actor.user() == Some(user.id) {
            return Err(ServiceError::Conflict(ConflictKind::OwnSecondFactor));
        }
        if !user.has_second_factor() {
            return Err(ServiceError::Conflict(ConflictKind::SecondFactorOff));
        }
        user.second_factor = None;
        user.security_version += 1;
        end_sessions(unit, user.id).await?;
        unit.notify_account(&user, AccountNotice::SecondFactorReset);
        unit.tx.users().update(version, user).await?;
        Ok(())
    }
}
