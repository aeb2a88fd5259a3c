//! The second factor: setting it up, signing in with it, losing it.

use super::*;
use crate::{FirstDuty, UseCase};
use domain::second_factor::TotpSecret;
use totp_rs::{Builder, Secret};

/// The code that an authenticator with this secret shows now.
pub(super) fn code(fixture: &Fixture, secret: &str) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let totp = Builder::new().with_secret(secret).build_noncompliant();
    totp.generate(u64::try_from(fixture.services.now().as_second()).unwrap()).to_string()
}

/// An authenticator waits for its next code.
pub(super) fn next_step(fixture: &Fixture) {
    fixture.clock.advance(SignedDuration::from_secs(30));
}

/// A code that is none.
pub(super) fn wrong(right: &str) -> String {
    right.chars().rev().map(|digit| if digit == '9' { '0' } else { char::from(digit as u8 + 1) }).collect()
}

/// Someone with a second factor.
pub(super) struct Owner {
    actor: Actor,
    pub(super) secret: String,
    recovery: Vec<String>,
}

async fn begun(fixture: &Fixture, login: &str) -> (Actor, String) {
    let session = sign_in(fixture, login, Fixture::PASSWORD).await.unwrap().session.id;
    let actor = fixture.services.authenticate(session, "test").await.unwrap();
    fixture.services.begin_second_factor(&actor, Fixture::PASSWORD).await.unwrap();
    let enrolment = fixture.services.execute(&actor, ReadEnrolment {}).await.unwrap().unwrap();
    (actor, enrolment.secret().to_owned())
}

pub(super) async fn owner(fixture: &Fixture, login: &str) -> Owner {
    let (actor, secret) = begun(fixture, login).await;
    let first = ConfirmSecondFactor { code: code(fixture, &secret) };
    let on = fixture.services.execute(&actor, first).await.unwrap();
    next_step(fixture);
    let actor = fixture.services.authenticate(on.signed_in.session.id, "test").await.unwrap();
    Owner { actor, secret, recovery: on.recovery.expose().to_vec() }
}

pub(super) async fn first_step(fixture: &Fixture, login: &str, password: &str) -> String {
    let form = SignInForm { login: login.to_owned(), password: password.to_owned(), ..SignInForm::default() };
    match fixture.services.sign_in(&nobody(), form).await.unwrap() {
        SignInOutcome::SecondFactor { challenge } => challenge.expose().to_owned(),
        SignInOutcome::Session(_) => panic!("no second step was asked for"),
    }
}

pub(super) async fn second_step(
    fixture: &Fixture,
    challenge: &str,
    code: &str,
) -> Result<SecondStep, ServiceError> {
    let form = SecondStepForm {
        challenge: challenge.to_owned(),
        code: code.to_owned(),
        ..SecondStepForm::default()
    };
    fixture.services.finish_sign_in(&nobody(), form).await
}

async fn both_steps(fixture: &Fixture, login: &str, code: &str) -> Result<SecondStep, ServiceError> {
    let challenge = first_step(fixture, login, Fixture::PASSWORD).await;
    second_step(fixture, &challenge, code).await
}

fn refusal() -> ServiceError {
    ServiceError::field("code", Code::SecondFactorWrong)
}

fn again() -> ServiceError {
    ServiceError::field("challenge", Code::SignInAgain)
}

/// The reasons of the events of an action, oldest first.
async fn reasons(fixture: &Fixture, action: Action) -> Vec<(AuditOutcome, String)> {
    let events = fixture.audit().await.into_iter().map(|event| event.event);
    events.filter(|event| event.action == action).map(|event| (event.outcome, event.reason)).collect()
}

#[tokio::test]
async fn it_is_set_up_with_the_password_and_a_first_code() {
    let fixture = clinic().await;
    let elsewhere = marta(&fixture).await.session().unwrap();
    let actor = marta(&fixture).await;
    assert!(fixture.services.execute(&actor, ReadEnrolment {}).await.unwrap().is_none());
    let wrong_password = fixture.services.begin_second_factor(&actor, "not this").await.unwrap_err();
    assert_eq!(wrong_password, ServiceError::field("password", Code::PasswordWrong));

    fixture.services.begin_second_factor(&actor, Fixture::PASSWORD).await.unwrap();
    let enrolment = fixture.services.execute(&actor, ReadEnrolment {}).await.unwrap().unwrap();
    assert!(enrolment.uri().starts_with("otpauth://totp/Elmwood%20Surgery:marta.kowalska?"));
    assert_eq!(enrolment.grouped().replace(' ', ""), enrolment.secret());
    assert!(sign_in(&fixture, "marta.kowalska", Fixture::PASSWORD).await.is_ok(), "it is not on yet");

    let right = code(&fixture, enrolment.secret());
    let first = |code: String| fixture.services.execute(&actor, ConfirmSecondFactor { code });
    assert_eq!(first(wrong(&right)).await.unwrap_err(), refusal());
    let on = first(format!("{} {}", &right[..3], &right[3..])).await.unwrap();
    assert_eq!(on.recovery.expose().len(), 10);
    assert!(is_signed_in(&fixture, on.signed_in.session.id).await);
    assert!(
        !is_signed_in(&fixture, elsewhere).await && !is_signed_in(&fixture, actor.session().unwrap()).await
    );
    let said: Vec<_> = reasons(&fixture, Action::EditProfile).await;
    assert_eq!(
        said,
        [
            (AuditOutcome::Failed, "invalid".to_owned()),
            (AuditOutcome::Success, "second factor begun".to_owned()),
            (AuditOutcome::Failed, "wrong second factor".to_owned()),
            (AuditOutcome::Success, "second factor turned on".to_owned()),
        ]
    );
}

#[tokio::test]
async fn a_set_up_that_takes_too_long_begins_again() {
    let fixture = clinic().await;
    let (actor, secret) = begun(&fixture, "marta.kowalska").await;
    for _ in 0..3 {
        fixture.clock.advance(SignedDuration::from_mins(14));
        fixture.services.authenticate(actor.session().unwrap(), "test").await.unwrap();
    }
    fixture.clock.advance(SignedDuration::from_mins(18));
    assert!(fixture.services.execute(&actor, ReadEnrolment {}).await.unwrap().is_none());
    let late = ConfirmSecondFactor { code: code(&fixture, &secret) };
    let error = fixture.services.execute(&actor, late).await.unwrap_err();
    assert_eq!(error, ServiceError::Conflict(ConflictKind::SecondFactorNotBegun));
}

#[tokio::test]
async fn signing_in_takes_both_steps_and_is_one_sign_in() {
    let fixture = clinic().await;
    let owner = owner(&fixture, "marta.kowalska").await;
    let before = reasons(&fixture, Action::SignIn).await.len();
    let challenge = first_step(&fixture, "marta.kowalska", Fixture::PASSWORD).await;
    let done = second_step(&fixture, &challenge, &code(&fixture, &owner.secret)).await.unwrap();
    assert!(is_signed_in(&fixture, done.signed_in.session.id).await);
    assert_eq!(done.recovery_left, None);
    assert_eq!(
        reasons(&fixture, Action::SignIn).await[before..],
        [(AuditOutcome::Success, "with a code of the second factor".to_owned())]
    );
    assert_eq!(
        reasons(&fixture, Action::BeginSignIn).await,
        [(AuditOutcome::Success, "password right, second factor asked for".to_owned())]
    );
    // What led to the second step is used up, even with a fresh code.
    next_step(&fixture);
    let replayed = second_step(&fixture, &challenge, &code(&fixture, &owner.secret)).await;
    assert_eq!(replayed.unwrap_err(), again());
}

#[tokio::test]
async fn a_wrong_password_is_answered_as_ever_and_leads_to_no_second_step() {
    let fixture = clinic().await;
    owner(&fixture, "marta.kowalska").await;
    let error = sign_in(&fixture, "marta.kowalska", "wrong").await.unwrap_err();
    assert_eq!(error, ServiceError::field("password", Code::CredentialsWrong));
}

#[tokio::test]
async fn wrong_used_and_old_codes_are_answered_alike() {
    let fixture = clinic().await;
    let owner = owner(&fixture, "marta.kowalska").await;
    let (old, used) = (code(&fixture, &owner.secret), {
        next_step(&fixture);
        code(&fixture, &owner.secret)
    });
    both_steps(&fixture, "marta.kowalska", &used).await.unwrap();
    let challenge = first_step(&fixture, "marta.kowalska", Fixture::PASSWORD).await;
    for (what, offered) in
        [("old", old), ("used", used.clone()), ("wrong", wrong(&used)), ("odd", "abc".to_owned())]
    {
        assert_eq!(second_step(&fixture, &challenge, &offered).await.unwrap_err(), refusal(), "{what}");
    }
    let empty = second_step(&fixture, &challenge, " ").await.unwrap_err();
    assert_eq!(empty, ServiceError::field("code", Code::Missing("the code")));
    let (outcome, reason) = reasons(&fixture, Action::SignIn).await.pop().unwrap();
    assert_eq!((outcome, reason.as_str()), (AuditOutcome::Failed, "wrong second factor"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_use_one_code_at_once_one_gets_in() {
    let fixture = clinic().await;
    let owner = owner(&fixture, "marta.kowalska").await;
    let right = code(&fixture, &owner.secret);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let challenge = first_step(&fixture, "marta.kowalska", Fixture::PASSWORD).await;
        let (services, code) = (fixture.services.clone(), right.clone());
        let form = SecondStepForm { challenge, code, ..SecondStepForm::default() };
        tasks.spawn(async move { services.finish_sign_in(&nobody(), form).await.is_ok() });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|got_in| *got_in).count(), 1);
}

#[tokio::test]
async fn a_recovery_code_signs_in_once_and_its_owner_learns_how_many_are_left() {
    let fixture = clinic().await;
    let owner = owner(&fixture, "marta.kowalska").await;
    for (used, recovery) in owner.recovery.iter().take(2).enumerate() {
        let typed = recovery.to_uppercase().replace('-', " ");
        let done = both_steps(&fixture, "marta.kowalska", &typed).await.unwrap();
        assert_eq!(done.recovery_left, Some(9 - used));
    }
    assert_eq!(both_steps(&fixture, "marta.kowalska", &owner.recovery[0]).await.unwrap_err(), refusal());
    let said = reasons(&fixture, Action::SignIn).await;
    assert!(said.contains(&(AuditOutcome::Success, "with a recovery code".to_owned())));
}

#[tokio::test]
async fn five_wrong_codes_end_a_sign_in_and_the_right_one_comes_too_late() {
    let fixture = clinic().await;
    let owner = owner(&fixture, "marta.kowalska").await;
    let right = code(&fixture, &owner.secret);
    let challenge = first_step(&fixture, "marta.kowalska", Fixture::PASSWORD).await;
    for _ in 0..4 {
        assert_eq!(second_step(&fixture, &challenge, &wrong(&right)).await.unwrap_err(), refusal());
    }
    assert_eq!(second_step(&fixture, &challenge, &wrong(&right)).await.unwrap_err(), again());
    assert_eq!(second_step(&fixture, &challenge, &right).await.unwrap_err(), again());
}

#[tokio::test]
async fn what_leads_to_the_second_step_ends_after_ten_minutes_and_cannot_be_guessed() {
    let fixture = clinic().await;
    let owner = owner(&fixture, "marta.kowalska").await;
    let challenge = first_step(&fixture, "marta.kowalska", Fixture::PASSWORD).await;
    assert_ne!(challenge, first_step(&fixture, "marta.kowalska", Fixture::PASSWORD).await);
    fixture.clock.advance(Challenge::LASTS);
    let right = code(&fixture, &owner.secret);
    for over in [challenge.as_str(), "", "0123456789abcdefghjkmnpqrs"] {
        assert_eq!(second_step(&fixture, over, &right).await.unwrap_err(), again(), "{over}");
    }
    both_steps(&fixture, "marta.kowalska", &right).await.unwrap();
}

#[tokio::test]
async fn five_wrong_codes_make_an_account_wait_and_a_right_one_clears_them() {
    let fixture = clinic().await;
    let owner = owner(&fixture, "marta.kowalska").await;
    let nonsense = "0000-0000-0000-0000";
    let challenge = first_step(&fixture, "marta.kowalska", Fixture::PASSWORD).await;
    for _ in 0..5 {
        second_step(&fixture, &challenge, nonsense).await.unwrap_err();
    }
    let soon = both_steps(&fixture, "marta.kowalska", &code(&fixture, &owner.secret)).await.unwrap_err();
    assert_eq!(soon, ServiceError::RateLimited(30));
    // Whoever is signed in guesses no quicker.
    let code_now = code(&fixture, &owner.secret);
    let error = fixture.services.renew_recovery_codes(&owner.actor, &code_now).await.unwrap_err();
    assert_eq!(error, ServiceError::RateLimited(30));
    let (outcome, reason) = reasons(&fixture, Action::SignIn).await.pop().unwrap();
    assert_eq!((outcome, reason.as_str()), (AuditOutcome::Denied, "rate-limited"));
    fixture.clock.advance(SignedDuration::from_secs(30));
    both_steps(&fixture, "marta.kowalska", &code(&fixture, &owner.secret)).await.unwrap();
    for _ in 0..4 {
        assert_eq!(both_steps(&fixture, "marta.kowalska", nonsense).await.unwrap_err(), refusal());
    }
}

#[tokio::test]
async fn whoever_knows_the_password_begins_no_more_sign_ins_than_others_guess() {
    let fixture = clinic().await;
    let owner = owner(&fixture, "marta.kowalska").await;
    for _ in 0..5 {
        first_step(&fixture, "marta.kowalska", Fixture::PASSWORD).await;
    }
    let error = sign_in(&fixture, "marta.kowalska", Fixture::PASSWORD).await.unwrap_err();
    assert_eq!(error, ServiceError::field("password", Code::CredentialsWrong));
    fixture.clock.advance(SignedDuration::from_secs(30));
    both_steps(&fixture, "marta.kowalska", &code(&fixture, &owner.secret)).await.unwrap();
    for _ in 0..5 {
        first_step(&fixture, "marta.kowalska", Fixture::PASSWORD).await;
    }
}

#[tokio::test]
async fn nobody_makes_the_owner_wait_on_a_device_that_the_account_knows() {
    let fixture = clinic().await;
    let owner = owner(&fixture, "marta.kowalska").await;
    let steps = |device: Device, code: String| {
        let services = fixture.services.clone();
        async move {
            let form = SignInForm {
                login: "marta.kowalska".to_owned(),
                password: Fixture::PASSWORD.to_owned(),
                label: String::new(),
                device: device.clone(),
            };
            let SignInOutcome::SecondFactor { challenge } = services.sign_in(&nobody(), form).await? else {
                panic!("no second step was asked for");
            };
            let challenge = challenge.expose().to_owned();
            let form = SecondStepForm { challenge, code, label: String::new(), device };
            services.finish_sign_in(&nobody(), form).await
        }
    };
    let first = steps(Device::Browser(None), code(&fixture, &owner.secret)).await.unwrap();
    let known = first.signed_in.device.unwrap();
    for _ in 0..12 {
        let _ = steps(Device::Program, "000000".to_owned()).await;
    }
    next_step(&fixture);
    let right = code(&fixture, &owner.secret);
    steps(Device::Browser(Some(known)), right).await.unwrap();
}

#[tokio::test]
async fn a_new_password_ends_sign_ins_between_the_steps() {
    let fixture = clinic().await;
    let owner = owner(&fixture, "marta.kowalska").await;
    let challenge = first_step(&fixture, "marta.kowalska", Fixture::PASSWORD).await;
    let new = "a kettle in the garden";
    fixture.services.change_password(&owner.actor, change(Fixture::PASSWORD, new, new)).await.unwrap();
    let right = code(&fixture, &owner.secret);
    assert_eq!(second_step(&fixture, &challenge, &right).await.unwrap_err(), again());
    let challenge = first_step(&fixture, "marta.kowalska", new).await;
    second_step(&fixture, &challenge, &right).await.unwrap();
}

#[tokio::test]
async fn a_forgotten_password_that_was_replaced_still_takes_the_second_step() {
    let fixture = clinic().await;
    let owner = owner(&fixture, "marta.kowalska").await;
    let id = owner.actor.user().unwrap();
    let link = fixture.services.execute(&fixture.admin, IssueResetLink { id }).await.unwrap();
    let new = "a kettle in the garden".to_owned();
    let form = ResetPasswordForm { token: link.expose(), new: new.clone(), repeat: new.clone() };
    fixture.services.reset_by_link(&nobody(), form).await.unwrap();
    assert!(!is_signed_in(&fixture, owner.actor.session().unwrap()).await);
    let challenge = first_step(&fixture, "marta.kowalska", &new).await;
    second_step(&fixture, &challenge, &code(&fixture, &owner.secret)).await.unwrap();
}

#[tokio::test]
async fn a_disabled_account_gets_no_further() {
    let fixture = clinic().await;
    let owner = owner(&fixture, "marta.kowalska").await;
    let challenge = first_step(&fixture, "marta.kowalska", Fixture::PASSWORD).await;
    let id = owner.actor.user().unwrap();
    update(&fixture, &fixture.admin, id, None, Some(UserStatus::Disabled)).await.unwrap();
    let right = code(&fixture, &owner.secret);
    assert_eq!(second_step(&fixture, &challenge, &right).await.unwrap_err(), again());
}

#[tokio::test]
async fn turning_it_off_takes_password_and_code() {
    let fixture = clinic().await;
    let owner = owner(&fixture, "marta.kowalska").await;
    let elsewhere = both_steps(&fixture, "marta.kowalska", &owner.recovery[0]).await.unwrap();
    let right = code(&fixture, &owner.secret);
    let off = |password: &str, code: &str| {
        let form = TurnOffForm { password: password.to_owned(), code: code.to_owned() };
        fixture.services.turn_off_second_factor(&owner.actor, form)
    };
    let errors = refused(off("", "").await.unwrap_err());
    assert!(errors.of("password").is_some() && errors.of("code").is_some());
    let error = off("not this", &right).await.unwrap_err();
    assert_eq!(error, ServiceError::field("password", Code::PasswordWrong));
    assert_eq!(off(Fixture::PASSWORD, &wrong(&right)).await.unwrap_err(), refusal());
    let signed_in = off(Fixture::PASSWORD, &right).await.unwrap();
    assert!(is_signed_in(&fixture, signed_in.session.id).await);
    assert!(!is_signed_in(&fixture, elsewhere.signed_in.session.id).await);
    assert!(sign_in(&fixture, "marta.kowalska", Fixture::PASSWORD).await.is_ok());
}

#[tokio::test]
async fn new_recovery_codes_take_a_code_and_replace_the_old_ones() {
    let fixture = clinic().await;
    let owner = owner(&fixture, "marta.kowalska").await;
    let right = code(&fixture, &owner.secret);
    let services = &fixture.services;
    let error = services.renew_recovery_codes(&owner.actor, &wrong(&right)).await.unwrap_err();
    assert_eq!(error, refusal());
    let new = services.renew_recovery_codes(&owner.actor, &right).await.unwrap();
    let error = services.renew_recovery_codes(&owner.actor, &right).await.unwrap_err();
    assert_eq!(error, refusal(), "a code works once, here as well");
    assert_eq!(both_steps(&fixture, "marta.kowalska", &owner.recovery[0]).await.unwrap_err(), refusal());
    both_steps(&fixture, "marta.kowalska", &new.expose()[9]).await.unwrap();
}

#[tokio::test]
async fn an_administrator_takes_a_lost_one_away_but_not_their_own() {
    let fixture = clinic().await;
    let owner = owner(&fixture, "marta.kowalska").await;
    let id = owner.actor.user().unwrap();
    let reset = |actor: &Actor, id| {
        let (services, actor) = (fixture.services.clone(), actor.clone());
        async move { services.execute(&actor, ResetSecondFactor { id, expected: None }).await }
    };
    assert_eq!(reset(&owner.actor, id).await, Err(ServiceError::Forbidden));
    let own = reset(&fixture.admin, fixture.admin.user().unwrap()).await;
    assert_eq!(own, Err(ServiceError::Conflict(ConflictKind::OwnSecondFactor)));
    reset(&fixture.admin, id).await.unwrap();
    assert!(!is_signed_in(&fixture, owner.actor.session().unwrap()).await);
    assert!(sign_in(&fixture, "marta.kowalska", Fixture::PASSWORD).await.is_ok());
    let (outcome, reason) = reasons(&fixture, Action::ManageUsers).await.pop().unwrap();
    assert_eq!((outcome, reason.as_str()), (AuditOutcome::Success, "second factor reset"));
    assert_eq!(reset(&fixture.admin, id).await, Err(ServiceError::Conflict(ConflictKind::SecondFactorOff)));
}

#[tokio::test]
async fn whose_role_needs_one_does_nothing_else_before_it_is_set_up() {
    let mut fixture = clinic().await;
    fixture.services = fixture.services.clone().requiring_second_factor(vec![Role::Admin]);
    let session = sign_in(&fixture, "olivia.bennett", Fixture::PASSWORD).await.unwrap().session.id;
    let admin = fixture.services.authenticate(session, "test").await.unwrap();
    assert_eq!(admin.first_duty(), Some(FirstDuty::SetUpSecondFactor));
    assert!(!fixture.services.may(&admin, Action::ManageUsers));
    let read = ReadUser { id: fixture.patient.user().unwrap() };
    assert_eq!(fixture.services.execute(&admin, read.clone()).await.unwrap_err(), ServiceError::Forbidden);
    fixture.services.execute(&admin, ReadProfile {}).await.unwrap();
    let owner = owner(&fixture, "olivia.bennett").await;
    assert_eq!(owner.actor.first_duty(), None);
    fixture.services.execute(&owner.actor, read).await.unwrap();
    assert_eq!(marta(&fixture).await.first_duty(), None);
}

#[tokio::test]
async fn what_is_kept_to_answer_a_repeated_request_has_no_secrets() {
    let fixture = clinic().await;
    let owner = owner(&fixture, "marta.kowalska").await;
    let read = ReadUser { id: owner.actor.user().unwrap() };
    let user = fixture.services.execute(&fixture.admin, read).await.unwrap();
    assert_eq!(user.second_factor.as_ref().unwrap().secret, TotpSecret::new(owner.secret.clone()));
    let kept = (UpdateUser::KEPT.unwrap().write)(&user).unwrap();
    let hash = &user.second_factor.as_ref().unwrap().recovery[0].0;
    assert!(!kept.contains(&owner.secret) && !kept.contains(hash), "{kept}");
}
