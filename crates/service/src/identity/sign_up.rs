//! Signing up: an account with the role of a patient and the patient it belongs to.

use super::credentials::{self, Names};
use super::linked::{self, Person};
use crate::links;
use crate::{
    Actor, Kept, LinkSecret, Mode, Permit, ServiceError, Services, Subject, Unit, UseCase, patients,
};
use async_trait::async_trait;
use domain::validation::Code;
use domain::{
    Action, FieldErrors, PasswordHash, PasswordPlain, PersonName, Phone, Role, User, UserId, UserStatus,
};
use jiff::civil::Date;
use storage::{Counter, UserKey};

/// What is typed to sign up. Fields: username, email, password, givenName, familyName, birthDate, phone.
#[derive(Clone, Default)]
pub struct SignUpForm {
    /// Sign-in name.
    pub username: String,
    /// E-mail address.
    pub email: String,
    /// Password.
    pub password: String,
    /// First names; without any name the username stands for it.
    pub given_name: Option<String>,
    /// Last name.
    pub family_name: Option<String>,
    /// Date of birth, `yyyy-mm-dd`.
    pub birth_date: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
    /// The secret of an invitation: the account is joined to the record of who was invited, whose name and birth date
    /// are known. Refused as `token`.
    pub invitation: Option<String>,
}

impl std::fmt::Debug for SignUpForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignUpForm(hidden)")
    }
}

/// The form once every field is accepted.
struct Checked {
    names: Names,
    password: PasswordPlain,
    person: Person,
    display_name: String,
}

/// The text unless it is blank.
fn filled(value: Option<&String>) -> Option<&str> {
    value.map(|text| text.trim()).filter(|text| !text.is_empty())
}

/// The name as given, `None` when both boxes are blank.
fn person_name(form: &SignUpForm, errors: &mut FieldErrors) -> Option<PersonName> {
    let (given, family) = (filled(form.given_name.as_ref()), filled(form.family_name.as_ref()));
    if given.is_none() && family.is_none() {
        return None;
    }
    match PersonName::parse(given.unwrap_or_default(), family.unwrap_or_default()) {
        Ok(name) => Some(name),
        Err(refused) => {
            for (field, code) in refused.iter() {
                errors.push(field, code.clone());
            }
            None
        }
    }
}

fn check(
    form: &SignUpForm,
    password: Result<PasswordPlain, Code>,
    today: Date,
) -> Result<Checked, FieldErrors> {
    let mut errors = FieldErrors::new();
    let names = credentials::names(&form.username, &form.email, &mut errors);
    let password = errors.take("password", password);
    let given = person_name(form, &mut errors);
    let born = form.birth_date.as_deref().unwrap_or_default();
    let birth_date = errors.take("birthDate", patients::birth_date(born, today, false)).flatten();
    let phone = filled(form.phone.as_ref()).and_then(|text| errors.take("phone", Phone::parse(text)));
    let (Some(names), Some(password), true) = (names, password, errors.is_empty()) else {
        return Err(errors);
    };
    let name = given.unwrap_or_else(|| PersonName::from_full(names.username.as_str()));
    let display_name = name.full();
    Ok(Checked { names, password, person: Person { name, birth_date, phone }, display_name })
}

impl Services {
    /// Makes an account with the role of a patient, and the patient it belongs to.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] with every refused field at once.
    pub async fn sign_up(&self, actor: &Actor, form: SignUpForm) -> Result<UserId, ServiceError> {
        let names =
            [Some(&form.username), Some(&form.email), form.given_name.as_ref(), form.family_name.as_ref()];
        let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
        let password = self.new_password(&form.password, Role::Patient, false, &names).await?;
        let checked = check(&form, password, self.today())?;
        let invitation = form.invitation;
        let taken = self.taken(&checked.names).await?;
        // Nobody waits for a hash that is not needed; that the names are free is made certain at commit.
        let Checked { names, password, person, display_name } = checked;
        let hash = match taken {
            Ok(()) => Ok(self.passwords.hash(password).await?),
            Err(errors) => Err(errors.into()),
        };
        let secret = invitation.as_deref().and_then(LinkSecret::parse);
        let hash = if invitation.is_some() && secret.is_none() { Err(links::ended()) } else { hash };
        self.execute(actor, SignUp { names, person, display_name, hash, invitation: secret }).await
    }

    /// Whether another account has one of the names: `Err` with the fields concerned.
    pub(super) async fn taken(&self, names: &Names) -> Result<Result<(), FieldErrors>, ServiceError> {
        let (username, email) = (names.username.folded(), names.email.folded());
        self.look(move |tx| {
            let keys = [
                ("username", UserKey::Username(username.clone()), Code::UsernameTaken),
                ("email", UserKey::Email(email.clone()), Code::EmailTaken),
            ];
            Box::pin(async move {
                let mut errors = FieldErrors::new();
                for (field, key, code) in keys {
                    if tx.users().lookup(&key).await?.is_some() {
                        errors.push(field, code);
                    }
                }
                Ok(errors.into_result())
            })
        })
        .await
    }
}

/// Makes the account, once the password is hashed.
struct SignUp {
    names: Names,
    person: Person,
    display_name: String,
    hash: Result<PasswordHash, ServiceError>,
    /// The secret of the invitation, if there is one.
    invitation: Option<LinkSecret>,
}

#[async_trait]
impl UseCase for SignUp {
    type Out = UserId;
    const ACTION: Action = Action::SignUp;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let mut subject = Subject::any("new account");
        if self.invitation.is_some() {
            let invited = unit.invitation(self.invitation.as_ref()).await.ok();
            subject.patient = invited.map(|(_, patient)| patient.value.id);
            subject = subject.because("invitation");
        }
        Ok(subject)
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<UserId, ServiceError> {
        let hash = self.hash.clone()?;
        let id = UserId(unit.tx.counters().next(Counter::User).await?);
        let (patient, display_name) = if self.invitation.is_some() {
            unit.accept_invitation(self.invitation.as_ref(), id).await?
        } else {
            let person = self.person.clone();
            (linked::register(unit, id, &self.names.email, person).await?, self.display_name.clone())
        };
        let user = User {
            id,
            username: self.names.username.clone(),
            email: self.names.email.clone(),
            password_hash: hash,
            created_at: unit.now,
            role: Role::Patient,
            status: UserStatus::Active,
            display_name,
            patient: Some(patient),
            security_version: 1,
            must_change_password: false,
            second_factor: None,
            email_verified_at: None,
            password_set_at: Some(unit.now),
        };
        unit.prove(&user);
        unit.ask_to_verify(&user).await?;
        unit.tx.users().insert(user).await?;
        Ok(id)
    }
}
