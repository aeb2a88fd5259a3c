//! Accounts and sessions as their owners, administrators and strangers meet them.

mod accounts;
mod notices;
mod second_factor;
mod sessions;
mod throttling;

use super::*;
use crate::fixture::{Fixture, clinic, empty_clinic};
use crate::{ConflictKind, Order, PageRequest};
use domain::{
    Action, AuditOutcome, Code, FieldErrors, PasswordHash, PasswordPlain, Role, SessionId, SessionLimits,
    UserStatus,
};
use jiff::SignedDuration;

fn nobody() -> Actor {
    Actor::anonymous("test")
}

async fn sign_in(fixture: &Fixture, login: &str, password: &str) -> Result<SignedInSession, ServiceError> {
    let form = SignInForm {
        login: login.to_owned(),
        password: password.to_owned(),
        label: "Test".to_owned(),
        device: Device::Program,
    };
    fixture.services.sign_in(&nobody(), form).await.map(|outcome| outcome.session().unwrap())
}

/// Marta, signed in with a session of her own.
async fn marta(fixture: &Fixture) -> Actor {
    let begun = sign_in(fixture, "marta.kowalska", Fixture::PASSWORD).await.unwrap();
    fixture.services.authenticate(begun.session.id, "test").await.unwrap()
}

async fn is_signed_in(fixture: &Fixture, session: SessionId) -> bool {
    match fixture.services.authenticate(session, "test").await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error, ServiceError::Unauthenticated);
            false
        }
    }
}

async fn update(
    fixture: &Fixture,
    actor: &Actor,
    id: UserId,
    role: Option<Role>,
    status: Option<UserStatus>,
) -> Result<Versioned<User>, ServiceError> {
    let change = UpdateUser { id, expected: None, role, status, display_name: None };
    fixture.services.execute(actor, change).await
}

fn refused(error: ServiceError) -> FieldErrors {
    match error {
        ServiceError::Invalid(errors) => errors,
        other => panic!("no fields were refused: {other:?}"),
    }
}

fn sign_up_form(username: &str, email: &str) -> SignUpForm {
    SignUpForm {
        username: username.to_owned(),
        email: email.to_owned(),
        password: "a kettle in the garden".to_owned(),
        ..SignUpForm::default()
    }
}

fn change(current: &str, new: &str, repeat: &str) -> ChangePasswordForm {
    ChangePasswordForm { current: current.to_owned(), new: new.to_owned(), repeat: repeat.to_owned() }
}
