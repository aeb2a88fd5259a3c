//! Proving that an e-mail address is one's own: whoever has the link reads what comes there.

use super::forgotten::MOST_MAILS;
use super::relation_to;
use crate::links::{self, LinkFor};
use crate::mail::Contents;
use crate::{ConflictKind, Kept, LinkSecret, Mode, Permit, ServiceError, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::access::LinkPurpose;
use domain::{Action, User};

const PURPOSE: LinkPurpose = LinkPurpose::EmailVerification;
/// Seconds after which another message can be asked for.
const RETRY_AFTER: u32 = 3_600;

impl Unit<'_> {
    /// Sends a link to the account's address, if this clinic sends mail.
    pub(crate) async fn ask_to_verify(&mut self, user: &User) -> Result<(), ServiceError> {
        if !self.post.reaches(&user.email) {
            return Ok(());
        }
        let of = LinkFor {
            purpose: PURPOSE,
            user: Some(user.id),
            patient: None,
            address: Some(user.email.clone()),
        };
        let secret = match self.make_link(of).await {
            // Beside an older version of the program no link can be kept yet; its owner asks for one later.
            Err(ServiceError::Unavailable(_)) => return Ok(()),
            made => made?,
        };
        self.post.add(&user.email, Contents::EmailVerification(secret));
        Ok(())
    }
}

/// Sends the caller the link once more.
#[derive(Clone, Debug)]
pub struct SendVerification {}

#[async_trait]
impl UseCase for SendVerification {
    type Out = ();
    const ACTION: Action = Action::EditProfile;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let user = unit.own_user().await?;
        let relation = relation_to(unit.actor, user.id);
        Ok(Subject::object(relation, None, format!("user {}", user.id)).because("verification asked for"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<(), ServiceError> {
        let user = unit.own_user().await?;
        if !unit.post.is_on() {
            return Err(ServiceError::Conflict(ConflictKind::NoMail));
        }
        if user.email_verified_at.is_some() {
            return Ok(());
        }
        if !unit.count_hourly("links for an address", &user.id.to_string(), MOST_MAILS).await? {
            return Err(ServiceError::RateLimited(RETRY_AFTER));
        }
        unit.ask_to_verify(&user).await
    }
}

/// Uses the link. Field: token.
#[derive(Clone)]
pub struct VerifyEmail {
    secret: Option<LinkSecret>,
}

impl VerifyEmail {
    /// With the secret of a link.
    pub fn new(token: &str) -> Self {
        Self { secret: LinkSecret::parse(token) }
    }
}

#[async_trait]
impl UseCase for VerifyEmail {
    type Out = ();
    const ACTION: Action = Action::VerifyEmail;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let user = unit.open_link(PURPOSE, self.secret.as_ref()).await.ok().and_then(|link| link.user);
        Ok(Subject::any(user.map_or_else(|| "unknown link".to_owned(), |id| format!("user {id}"))))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<(), ServiceError> {
        let link = unit.open_link(PURPOSE, self.secret.as_ref()).await?;
        let found = unit.user(link.user.ok_or_else(links::ended)?).await?;
        let (mut user, version) = (found.value, found.version);
        // A link to an address that the account has no more proves nothing.
        if links::address(&link).is_none_or(|address| address.folded() != user.email.folded()) {
            return Err(links::ended());
        }
        user.email_verified_at = Some(unit.now);
        unit.use_link(link).await?;
        unit.tx.users().update(version, user).await?;
        Ok(())
    }
}
