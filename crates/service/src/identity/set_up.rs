//! The first administrator of a new clinic.

use super::accounts::NewAccount;
use super::credentials;
use crate::{Actor, ConflictKind, Kept, Mode, Permit, ServiceError, Services, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::{Action, FieldErrors, Role, UserId, UserStatus};
use storage::{Order, PageRequest, StorageError, Tx, UserFilter};

/// What is typed to make the first administrator. Fields: username, email, password.
#[derive(Clone, Default)]
pub struct SetUpForm {
    /// Sign-in name.
    pub username: String,
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: String,
}

impl std::fmt::Debug for SetUpForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SetUpForm(hidden)")
    }
}

/// How many administrators can sign in.
pub(crate) async fn active_admins(tx: &mut dyn Tx) -> Result<usize, StorageError> {
    let admins = tx.users().list(&UserFilter::role(Role::Admin), &PageRequest::all(Order::Ascending)).await?;
    Ok(admins.items.iter().filter(|user| user.status == UserStatus::Active).count())
}

impl Services {
    /// Whether no administrator can sign in yet. While the store cannot tell, the answer is no.
    pub async fn needs_set_up(&self) -> bool {
        let admins = self.look(|tx| Box::pin(active_admins(tx))).await;
        admins.is_ok_and(|count| count == 0)
    }

    /// Makes the first administrator. Whoever calls this has shown the one-time set-up token; nobody is signed in yet.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] with every refused field at once; [`ConflictKind::SetUpDone`].
    pub async fn set_up_admin(&self, actor: &Actor, form: SetUpForm) -> Result<UserId, ServiceError> {
        let mut errors = FieldErrors::new();
        let names = credentials::names(&form.username, &form.email, &mut errors);
        let password =
            self.new_password(&form.password, Role::Admin, false, &[&form.username, &form.email]).await?;
        let password = errors.take("password", password);
        let (Some(names), Some(password)) = (names, password) else { return Err(errors.into()) };
        let account = if self.needs_set_up().await {
            Ok(NewAccount {
                display_name: names.username.as_str().to_owned(),
                names,
                role: Role::Admin,
                hash: self.passwords.hash(password).await?,
                must_change_password: false,
            })
        } else {
            Err(ServiceError::Conflict(ConflictKind::SetUpDone))
        };
        let system = Actor::system("set-up").repeating(actor.request.clone());
        self.execute(&system, SetUpAdmin { account }).await
    }
}

struct SetUpAdmin {
    account: Result<NewAccount, ServiceError>,
}

#[async_trait]
impl UseCase for SetUpAdmin {
    type Out = UserId;
    const ACTION: Action = Action::ManageUsers;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any("first administrator"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<UserId, ServiceError> {
        if active_admins(unit.tx).await? > 0 {
            return Err(ServiceError::Conflict(ConflictKind::SetUpDone));
        }
        self.account.clone()?.store(unit).await
    }
}
