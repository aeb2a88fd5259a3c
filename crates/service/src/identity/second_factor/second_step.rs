//! The second step of a sign-in: a code, and the session begins.

use super::codes::Offered;
use super::first_step::open_challenge;
use crate::identity::attempts::{self, Counted, Taken};
use crate::identity::device::{self, Device};
use crate::identity::{SignedInSession, sign_in};
use crate::{AccountNotice, Actor, Mode, Permit, ServiceError, Services, Subject, Unit, UseCase, Versioned};
use async_trait::async_trait;
use domain::access::AccessFact;
use domain::validation::Code;
use domain::{Action, UserId, UserStatus};

/// What is sent for the second step. Fields: challenge, code.
#[derive(Clone, Default)]
pub struct SecondStepForm {
    /// The secret of the first step.
    pub challenge: String,
    /// A code of the authenticator, or a recovery code.
    pub code: String,
    /// What the list of sessions calls this one.
    pub label: String,
    /// Where.
    pub device: Device,
}

impl std::fmt::Debug for SecondStepForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecondStepForm(hidden)")
    }
}

/// A sign-in that is complete.
#[derive(Clone, Debug)]
pub struct SecondStep {
    /// The session.
    pub signed_in: SignedInSession,
    /// How many recovery codes are left, when one was used.
    pub recovery_left: Option<usize>,
}

impl Services {
    /// Ends the second step of a sign-in and begins the session. A code that is wrong, one that was used and one that is
    /// over are answered alike.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] with [`Code::SecondFactorWrong`] at `code`, or with [`Code::SignInAgain`] at `challenge`
    /// when it is over, was used or had too many wrong codes; [`ServiceError::RateLimited`] after too many of the account.
    pub async fn finish_sign_in(
        &self,
        actor: &Actor,
        form: SecondStepForm,
    ) -> Result<SecondStep, ServiceError> {
        let offered = Offered::read(&form.code).map_err(|code| ServiceError::field("code", code))?;
        let challenge = form.challenge.trim().to_owned();
        let tried = self.count_code(&challenge, &form.device).await;
        let (label, device) = (form.label, form.device);
        let counted = tried.as_ref().ok().map(|tried| (tried.user, tried.taken));
        let outcome = self.execute(actor, FinishSignIn { challenge, tried, offered, label, device }).await;
        if let (Err(ServiceError::Invalid(_)), Some((user, taken))) = (&outcome, counted) {
            let owner = self.user_of(user).await?;
            self.tell_of_pause(taken, AccountNotice::CodesPaused, Some(&owner)).await;
        }
        outcome
    }

    /// Counts a code of a sign-in, before it is compared.
    async fn count_code(&self, challenge: &str, device: &Device) -> Result<Tried, ServiceError> {
        let (secret, now) = (challenge.to_owned(), self.now());
        let open = self
            .look(move |tx| {
                let secret = secret.clone();
                Box::pin(async move { open_challenge(tx, &secret, now).await })
            })
            .await?;
        let user = open.and_then(|entry| entry.user).ok_or_else(again)?;
        match self.take_try(&[Counted::challenge(challenge)]).await {
            Err(ServiceError::RateLimited(_)) => return Err(again()),
            taken => drop(taken?),
        }
        let of_code = self.counted_for_code(device, user).await?;
        let taken = self.take_try(&[of_code]).await?;
        let mut counted = self.counted_for_sign_in(None, device, Some(user), "").await?;
        counted.push(of_code);
        Ok(Tried { user, counted, taken })
    }
}

/// A try that was counted.
#[derive(Clone)]
struct Tried {
    /// Whose code it must be.
    user: UserId,
    /// What a success takes back: this try, and that of the first step.
    counted: Vec<Counted>,
    taken: Taken,
}

struct FinishSignIn {
    challenge: String,
    tried: Result<Tried, ServiceError>,
    offered: Offered,
    label: String,
    device: Device,
}

fn again() -> ServiceError {
    ServiceError::field("challenge", Code::SignInAgain)
}

#[async_trait]
impl UseCase for FinishSignIn {
    type Out = SecondStep;
    const ACTION: Action = Action::SignIn;
    const MODE: Mode = Mode::Write;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        // One that had too many tries still says whose it was.
        let entry = open_challenge(unit.tx, &self.challenge, unit.now).await?;
        let whose = entry.and_then(|entry| entry.user);
        let label = whose.map_or_else(|| "unknown account".to_owned(), |id| format!("user {id}"));
        Ok(Subject::any(label).because(self.offered.name()))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<SecondStep, ServiceError> {
        let tried = self.tried.clone()?;
        let mut entry = open_challenge(unit.tx, &self.challenge, unit.now).await?.ok_or_else(again)?;
        let Versioned { value: mut user, version } = unit.user(tried.user).await.map_err(|_| again())?;
        let is_active = user.status == UserStatus::Active;
        let Some(factor) = user.second_factor.as_mut().filter(|factor| factor.is_on() && is_active) else {
            return Err(again());
        };
        if !self.offered.take(factor, unit.now) {
            let is_last = attempts::is_used_up(unit, &Counted::challenge(&self.challenge)).await?;
            let wrong = ServiceError::field("code", Code::SecondFactorWrong);
            return Err(if is_last { again() } else { wrong });
        }
        let left = factor.recovery.len();
        if let AccessFact::Link { used_at, .. } = &mut entry.value.fact {
            *used_at = Some(unit.now);
        }
        unit.tx.access().update(entry.version, entry.value).await?;
        unit.tx.users().update(version, user.clone()).await?;
        attempts::forgive(unit, &tried.counted).await?;
        let device = device::remember(unit, &self.device, &user).await?;
        let session = sign_in::begin(unit, &user, &self.label).await?;
        let recovery_left = self.offered.is_recovery().then_some(left);
        Ok(SecondStep { signed_in: SignedInSession { session, user, device }, recovery_left })
    }
}
