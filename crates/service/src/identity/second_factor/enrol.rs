//! Turning the second factor on: a secret is shown, a first code proves that an authenticator has it, recovery codes are
//! shown once.

use super::codes::{self, Offered, RecoveryCodes};
use super::own;
use crate::identity::password::begin_anew;
use crate::identity::{Proof, SignedInSession};
use crate::{
    AccountNotice, Actor, ConflictKind, Mode, Permit, ServiceError, Services, Subject, Unit, UseCase,
};
use async_trait::async_trait;
use domain::second_factor::TotpSecret;
use domain::validation::Code;
use domain::{Action, SecondFactor};

/// What an authenticator has to be told.
#[derive(Clone)]
pub struct Enrolment {
    secret: TotpSecret,
    uri: String,
}

impl Enrolment {
    /// Characters of a group of the secret as people read it.
    const GROUP: usize = 4;

    /// The secret (base 32).
    pub fn secret(&self) -> &str {
        self.secret.expose()
    }

    /// The secret in groups, for typing it in.
    pub fn grouped(&self) -> String {
        let characters: Vec<char> = self.secret().chars().collect();
        characters.chunks(Self::GROUP).map(|group| group.iter().collect()).collect::<Vec<String>>().join(" ")
    }

    /// The `otpauth:` address, for a QR code.
    pub fn uri(&self) -> &str {
        &self.uri
    }
}

impl std::fmt::Debug for Enrolment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Enrolment(hidden)")
    }
}

/// The second factor is on.
#[derive(Clone, Debug)]
pub struct TurnedOn {
    /// The session that goes on; all others ended.
    pub signed_in: SignedInSession,
    /// To be shown this once.
    pub recovery: RecoveryCodes,
}

fn is_on_already() -> ServiceError {
    ServiceError::Conflict(ConflictKind::SecondFactorOn)
}

impl Services {
    /// Makes the secret of a second factor for the caller, who gives the password once more.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] at `password`; [`ConflictKind::SecondFactorOn`]; [`ServiceError::RateLimited`].
    pub async fn begin_second_factor(&self, actor: &Actor, password: &str) -> Result<(), ServiceError> {
        let proof = self.prove(actor, password, "password").await;
        self.execute(actor, BeginSecondFactor { proof }).await
    }
}

struct BeginSecondFactor {
    proof: Result<Proof, ServiceError>,
}

#[async_trait]
impl UseCase for BeginSecondFactor {
    type Out = ();
    const ACTION: Action = Action::EditProfile;
    const MODE: Mode = Mode::Write;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        own(unit, "second factor begun").await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<(), ServiceError> {
        self.proof.clone()?.hold(unit).await?;
        let mut user = unit.own_user().await?;
        if user.has_second_factor() {
            return Err(is_on_already());
        }
        user.value.second_factor = Some(SecondFactor::begun(codes::new_secret(unit.random), unit.now));
        unit.tx.users().update(user.version, user.value).await?;
        Ok(())
    }
}

/// What the caller's authenticator has to be told, while the first code is waited for.
#[derive(Clone, Debug)]
pub struct ReadEnrolment {}

#[async_trait]
impl UseCase for ReadEnrolment {
    type Out = Option<Enrolment>;
    const ACTION: Action = Action::ReadProfile;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        own(unit, "").await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let user = unit.own_user().await?;
        let Some(factor) = user.second_factor.as_ref().filter(|factor| factor.awaits_first_code(unit.now))
        else {
            return Ok(None);
        };
        let uri = codes::uri(&factor.secret, &unit.clinic.name, user.username.as_str())?;
        Ok(Some(Enrolment { secret: factor.secret.clone(), uri }))
    }
}

/// Turns the second factor on with a first code. All other sessions end: they began without it. Field: code.
#[derive(Clone)]
pub struct ConfirmSecondFactor {
    /// The code that the authenticator shows.
    pub code: String,
}

impl std::fmt::Debug for ConfirmSecondFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ConfirmSecondFactor(hidden)")
    }
}

#[async_trait]
impl UseCase for ConfirmSecondFactor {
    type Out = TurnedOn;
    const ACTION: Action = Action::EditProfile;
    const MODE: Mode = Mode::Write;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        own(unit, "second factor turned on").await
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<TurnedOn, ServiceError> {
        let offered = Offered::read(&self.code).map_err(|code| ServiceError::field("code", code))?;
        let found = unit.own_user().await?;
        let (mut user, version) = (found.value, found.version);
        let Some(factor) = &mut user.second_factor else {
            return Err(ServiceError::Conflict(ConflictKind::SecondFactorNotBegun));
        };
        if factor.is_on() {
            return Err(is_on_already());
        }
        if !factor.awaits_first_code(unit.now) {
            return Err(ServiceError::Conflict(ConflictKind::SecondFactorNotBegun));
        }
        if !offered.take(factor, unit.now) {
            return Err(ServiceError::field("code", Code::SecondFactorWrong));
        }
        let (recovery, hashes) = codes::recovery_codes(unit.random);
        factor.confirmed_at = Some(unit.now);
        factor.recovery = hashes;
        unit.notify_account(&user, AccountNotice::SecondFactorOn);
        let signed_in = begin_anew(unit, user, version).await?;
        Ok(TurnedOn { signed_in, recovery })
    }
}
