//! A forgotten password: a link by mail, or one that an administrator hands over. Using it ends all sessions and signs
//! nobody in, so that a second factor is still asked for.

use super::attempts::{self, Counted};
use super::credentials::normalised;
use super::password::end_sessions;
use crate::links::{self, LinkFor};
use crate::mail::Contents;
use crate::{
    AccountNotice, Actor, ConflictKind, Kept, LinkSecret, Mode, Permit, ServiceError, Services, Subject,
    Unit, UseCase,
};
use async_trait::async_trait;
use domain::access::LinkPurpose;
use domain::validation::Code;
use domain::{Action, FieldErrors, PasswordHash, User, UserId, UserStatus};
use storage::{UserKey, Versioned};

const PURPOSE: LinkPurpose = LinkPurpose::PasswordReset;
/// Most messages to one account in an hour.
pub(super) const MOST_MAILS: u32 = 3;
/// How often an hour one name can be asked about, and one network can ask.
const MOST_ASKS: u32 = 20;
/// Most characters of a name or address that are looked at; no account has a longer one.
const LONGEST_LOGIN: usize = 254;

/// What is typed to choose a new password with a link. Fields: token, new, repeat.
#[derive(Clone, Default)]
pub struct ResetPasswordForm {
    /// The link's secret.
    pub token: String,
    /// The new password.
    pub new: String,
    /// The new one once more.
    pub repeat: String,
}

impl std::fmt::Debug for ResetPasswordForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ResetPasswordForm(hidden)")
    }
}

impl Services {
    /// Sends a link for a new password to the account's address. The answer, and the work for it, are the same whether
    /// there is such an account or not.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] at `login`; [`ConflictKind::NoMail`].
    pub async fn ask_for_reset(&self, actor: &Actor, login: &str) -> Result<(), ServiceError> {
        if !self.mail().is_on() {
            return Err(ServiceError::Conflict(ConflictKind::NoMail));
        }
        let login: String = login.trim().to_lowercase().chars().take(LONGEST_LOGIN).collect();
        if login.is_empty() {
            return Err(ServiceError::field("login", Code::LoginMissing));
        }
        self.execute(actor, AskForReset { login }).await
    }

    /// Gives the account of a link a new password.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] with the refused fields; [`Code::LinkEnded`] at `token` for every link that is not good.
    pub async fn reset_by_link(&self, actor: &Actor, form: ResetPasswordForm) -> Result<(), ServiceError> {
        let secret = LinkSecret::parse(&form.token);
        let hash = self.new_hash(secret.as_ref(), &form).await;
        self.execute(actor, UseResetLink { secret, hash }).await
    }

    async fn new_hash(
        &self,
        secret: Option<&LinkSecret>,
        form: &ResetPasswordForm,
    ) -> Result<PasswordHash, ServiceError> {
        // Nobody without a link costs a hash.
        let user = self.owner_of(secret).await?.ok_or_else(links::ended)?;
        let mut errors = FieldErrors::new();
        let names = [user.username.as_str(), user.email.as_str(), &user.display_name];
        let checked = self.new_password(&form.new, user.role, user.has_second_factor(), &names).await?;
        let new = errors.take("new", checked);
        if new.is_some() && normalised(&form.new) != normalised(&form.repeat) {
            errors.push("repeat", Code::PasswordsDiffer);
        }
        match new {
            Some(new) if errors.is_empty() => self.passwords.hash(new).await,
            _ => Err(errors.into()),
        }
    }

    /// The account that a link is for, while the link is good.
    async fn owner_of(&self, secret: Option<&LinkSecret>) -> Result<Option<User>, ServiceError> {
        let Some(id) = secret.map(|secret| secret.id(PURPOSE)) else { return Ok(None) };
        let now = self.now();
        self.look(move |tx| {
            Box::pin(async move {
                let link = tx.access().lookup(&id).await?.filter(|link| links::is_open(link, PURPOSE, now));
                let Some(user) = link.and_then(|link| link.user) else { return Ok(None) };
                Ok(tx.users().lookup(&UserKey::Id(user)).await?.map(|user| user.value))
            })
        })
        .await
    }
}

/// Makes a link and sends it, if there is such an account.
struct AskForReset {
    /// Folded e-mail address or username.
    login: String,
}

impl AskForReset {
    async fn account(&self, unit: &mut Unit<'_>) -> Result<Option<Versioned<User>>, ServiceError> {
        let by_email = unit.tx.users().lookup(&UserKey::Email(self.login.clone())).await?;
        let by_name = unit.tx.users().lookup(&UserKey::Username(self.login.clone())).await?;
        Ok(by_email.or(by_name))
    }
}

#[async_trait]
impl UseCase for AskForReset {
    type Out = ();
    const ACTION: Action = Action::ResetPassword;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let account = self.account(unit).await?;
        let label = account.map_or_else(|| "unknown account".to_owned(), |user| format!("user {}", user.id));
        Ok(Subject::any(label).because("link asked for"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<(), ServiceError> {
        let account = self.account(unit).await?;
        let account =
            account.filter(|user| user.status == UserStatus::Active && unit.post.reaches(&user.email));
        let whose = account.as_ref().map_or_else(|| self.login.clone(), |user| format!("user {}", user.id));
        let mut is_due = unit.count_hourly("asks for a password", &self.login, MOST_ASKS).await?;
        if let Some(network) = unit.actor.address() {
            is_due &= unit.count_hourly("asks from", &network.to_string(), MOST_ASKS).await?;
        }
        let is_due = is_due && unit.count_hourly("links for a password", &whose, MOST_MAILS).await?;
        let account = account.filter(|_| is_due);
        // Where there is no account a link is made all the same, which nobody gets: so the work tells nothing.
        let secret = unit
            .make_link(LinkFor {
                purpose: PURPOSE,
                user: account.as_ref().map(|user| user.id),
                patient: None,
                address: account.as_ref().map(|user| user.email.clone()),
            })
            .await?;
        if let Some(user) = account {
            unit.post.add(&user.email, Contents::PasswordReset(secret));
        }
        Ok(())
    }
}

/// Uses a link, once the new password is hashed.
struct UseResetLink {
    secret: Option<LinkSecret>,
    hash: Result<PasswordHash, ServiceError>,
}

#[async_trait]
impl UseCase for UseResetLink {
    type Out = ();
    const ACTION: Action = Action::ResetPassword;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let user = unit.open_link(PURPOSE, self.secret.as_ref()).await.ok().and_then(|link| link.user);
        let label = user.map_or_else(|| "unknown link".to_owned(), |id| format!("user {id}"));
        Ok(Subject::any(label).because("password changed by link"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<(), ServiceError> {
        let hash = self.hash.clone()?;
        let link = unit.open_link(PURPOSE, self.secret.as_ref()).await?;
        let found = unit.user(link.user.ok_or_else(links::ended)?).await?;
        let (mut user, version) = (found.value, found.version);
        if user.status != UserStatus::Active {
            return Err(links::ended());
        }
        user.password_hash = hash;
        user.password_set_at = Some(unit.now);
        user.must_change_password = false;
        user.security_version += 1;
        // Whoever has the link reads what comes to the address that it was sent to.
        if links::address(&link).is_some_and(|address| address.folded() == user.email.folded()) {
            user.email_verified_at = Some(unit.now);
        }
        unit.use_link(link).await?;
        // Guesses before it, whoever made them, must not keep its owner out now.
        attempts::forgive(unit, &[Counted::account(Some(user.id), "")]).await?;
        end_sessions(unit, user.id).await?;
        unit.notify_account(&user, AccountNotice::PasswordChanged);
        unit.tx.users().update(version, user).await?;
        Ok(())
    }
}

/// Makes a link with which the owner of another account chooses a new password; it is shown once, to be handed over.
#[derive(Clone, Debug)]
pub struct IssueResetLink {
    /// Whose.
    pub id: UserId,
}

#[async_trait]
impl UseCase for IssueResetLink {
    type Out = LinkSecret;
    const ACTION: Action = Action::ManageUsers;
    const MODE: Mode = Mode::Write;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let relation = super::relation_to(unit.actor, self.id);
        Ok(Subject::object(relation, None, format!("user {}", self.id)).because("reset link issued"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<LinkSecret, ServiceError> {
        let user = unit.user(self.id).await?;
        if unit.actor.user() == Some(user.id) {
            return Err(ServiceError::Conflict(ConflictKind::OwnAccount));
        }
        unit.notify_account(&user, AccountNotice::ResetLinkIssued);
        unit.make_link(LinkFor { purpose: PURPOSE, user: Some(user.id), patient: None, address: None }).await
    }
}
