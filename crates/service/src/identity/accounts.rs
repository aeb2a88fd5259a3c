//! Accounts as administrators see them: listing, reading, making.

use super::credentials::{self, Names};
use super::{linked, relation_to};
use crate::{
    Actor, Kept, Mode, Page, PageRequest, Permit, ServiceError, Services, Subject, Unit, UseCase, Versioned,
};
use async_trait::async_trait;
use domain::validation::{Code, text};
use domain::{Action, FieldErrors, PasswordHash, PasswordPlain, Role, Scope, User, UserId, UserStatus};
use storage::{Counter, UserFilter};

/// Most characters of the name people read.
pub(super) const LONGEST_NAME: usize = 120;

/// Accounts; whoever may see only their own account gets that one.
#[derive(Clone, Debug)]
pub struct ListUsers {
    /// Part of a name, username or e-mail address; empty for all.
    pub text: String,
    /// Only this role.
    pub role: Option<Role>,
    /// Which part of the list.
    pub page: PageRequest,
}

#[async_trait]
impl UseCase for ListUsers {
    type Out = Page<Versioned<User>>;
    const ACTION: Action = Action::ReadUsers;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any("users"))
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Self::Out, ServiceError> {
        let id = match permit.scope() {
            Scope::All => None,
            _ => Some(unit.actor.user().ok_or(ServiceError::Unauthenticated)?),
        };
        let words = self.text.trim().to_lowercase();
        let filter = UserFilter { id, role: self.role, text: Some(words).filter(|words| !words.is_empty()) };
        Ok(unit.tx.users().list(&filter, &self.page).await?)
    }
}

/// One account.
#[derive(Clone, Debug)]
pub struct ReadUser {
    /// Which.
    pub id: UserId,
}

#[async_trait]
impl UseCase for ReadUser {
    type Out = Versioned<User>;
    const ACTION: Action = Action::ReadUsers;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::object(relation_to(unit.actor, self.id), None, format!("user {}", self.id)))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        unit.user(self.id).await
    }
}

/// What is typed to make an account. Fields: username, email, role, displayName, password.
#[derive(Clone, Default)]
pub struct NewUserForm {
    /// Sign-in name.
    pub username: String,
    /// E-mail address.
    pub email: String,
    /// Name of the role.
    pub role: String,
    /// The name people read; the username when blank.
    pub display_name: Option<String>,
    /// The password; one is generated when blank. Either must be changed at the first sign-in.
    pub password: Option<String>,
}

impl std::fmt::Debug for NewUserForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewUserForm(hidden)")
    }
}

/// An account just made.
#[derive(Clone)]
pub struct CreatedUser {
    /// Its identity.
    pub id: UserId,
    /// The generated password, to be shown once. A request that is sent again gets another one: none is kept.
    pub password: Option<String>,
}

impl std::fmt::Debug for CreatedUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CreatedUser({})", self.id)
    }
}

/// The form once every field is accepted.
struct Checked {
    names: Names,
    role: Role,
    display_name: String,
    password: PasswordPlain,
}

fn check(form: &NewUserForm, password: Result<PasswordPlain, Code>) -> Result<Checked, FieldErrors> {
    let mut errors = FieldErrors::new();
    let names = credentials::names(&form.username, &form.email, &mut errors);
    let role = match form.role.trim() {
        "" => Err(Code::NotChosen("a role")),
        name => name.parse().map_err(|_| Code::UnknownChoice("a role")),
    };
    let role = errors.take("role", role);
    let typed = form.display_name.as_deref().unwrap_or_default();
    let display_name = errors.take("displayName", text(typed, "Name", LONGEST_NAME, false));
    let password = errors.take("password", password);
    match (names, role, display_name, password) {
        (Some(names), Some(role), Some(typed), Some(password)) => {
            let display_name = if typed.is_empty() { names.username.as_str().to_owned() } else { typed };
            Ok(Checked { names, role, display_name, password })
        }
        _ => Err(errors),
    }
}

impl Services {
    /// Makes an account with any role.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] with every refused field at once; [`ServiceError::Forbidden`].
    pub async fn create_user(&self, actor: &Actor, form: NewUserForm) -> Result<CreatedUser, ServiceError> {
        let typed = form.password.clone().filter(|password| !password.is_empty());
        let generated =
            if typed.is_none() { Some(credentials::generated(self.random.as_ref())) } else { None };
        let password = typed.or_else(|| generated.clone()).unwrap_or_default();
        let draft = if self.may(actor, Action::ManageUsers) {
            self.new_account(&form, &password, generated.is_some()).await
        } else {
            Err(ServiceError::Forbidden)
        };
        let id = self.execute(actor, CreateUser { draft }).await?;
        if generated.is_some() && actor.is_replayed() {
            return Ok(CreatedUser { id, password: self.password_again(actor, id).await? });
        }
        Ok(CreatedUser { id, password: generated })
    }

    /// Another password for an account whose first one perhaps nobody ever saw; `None` once its owner chose one.
    async fn password_again(&self, actor: &Actor, id: UserId) -> Result<Option<String>, ServiceError> {
        let user = self.execute(actor, ReadUser { id }).await?;
        if user.must_change_password { self.reset_password(actor, id).await.map(Some) } else { Ok(None) }
    }

    async fn new_account(
        &self,
        form: &NewUserForm,
        password: &str,
        is_generated: bool,
    ) -> Result<NewAccount, ServiceError> {
        let password = if is_generated {
            PasswordPlain::new(password, PasswordPlain::SHORTEST_ALONE)
        } else {
            // Whose role is not understood is told so; the password is then held to what everyone's must be.
            let role = form.role.trim().parse().unwrap_or(Role::Patient);
            let name = form.display_name.as_deref().unwrap_or_default();
            self.new_password(password, role, false, &[&form.username, &form.email, name]).await?
        };
        let Checked { names, role, display_name, password } = check(form, password)?;
        self.taken(&names).await??;
        let hash = self.passwords.hash(password).await?;
        Ok(NewAccount { names, role, display_name, hash, must_change_password: true })
    }
}

/// An account ready to be stored.
#[derive(Clone)]
pub(super) struct NewAccount {
    pub names: Names,
    pub role: Role,
    pub display_name: String,
    pub hash: PasswordHash,
    pub must_change_password: bool,
}

impl NewAccount {
    /// Stores it, with what its role needs.
    pub async fn store(self, unit: &mut Unit<'_>) -> Result<UserId, ServiceError> {
        let mut user = User {
            id: UserId(unit.tx.counters().next(Counter::User).await?),
            username: self.names.username,
            email: self.names.email,
            password_hash: self.hash,
            created_at: unit.now,
            role: self.role,
            status: UserStatus::Active,
            display_name: self.display_name,
            patient: None,
            security_version: 1,
            must_change_password: self.must_change_password,
            second_factor: None,
            email_verified_at: None,
            password_set_at: Some(unit.now),
        };
        linked::equip(unit, &mut user).await?;
        let id = user.id;
        unit.tx.users().insert(user).await?;
        Ok(id)
    }
}

/// Makes the account, once the password is hashed; a form that was refused is written down as failed.
struct CreateUser {
    draft: Result<NewAccount, ServiceError>,
}

#[async_trait]
impl UseCase for CreateUser {
    type Out = UserId;
    const ACTION: Action = Action::ManageUsers;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let role = self.draft.as_ref().map_or("", |draft| draft.role.name());
        Ok(Subject::any("new account").because(role))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<UserId, ServiceError> {
        self.draft.clone()?.store(unit).await
    }
}
