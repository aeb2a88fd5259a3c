//! Guessing at passwords: who has to wait, for how long, and who never does.

use super::*;
use std::net::IpAddr;

async fn attempt(
    fixture: &Fixture,
    (login, password): (&str, &str),
    address: Option<IpAddr>,
    device: Device,
) -> Result<SignedInSession, ServiceError> {
    let form =
        SignInForm { login: login.to_owned(), password: password.to_owned(), label: String::new(), device };
    fixture.services.sign_in(&nobody().at(address), form).await.map(|outcome| outcome.session().unwrap())
}

const RIGHT: (&str, &str) = ("marta.kowalska", Fixture::PASSWORD);
const WRONG: (&str, &str) = ("marta.kowalska", "wrong horse");

fn wrong() -> ServiceError {
    ServiceError::field("password", Code::CredentialsWrong)
}

#[tokio::test]
async fn after_five_wrong_passwords_even_the_right_one_has_to_wait_and_looks_the_same() {
    let fixture = clinic().await;
    for _ in 0..5 {
        assert_eq!(attempt(&fixture, WRONG, None, Device::Program).await.unwrap_err(), wrong());
    }
    for step in [0, 29] {
        fixture.clock.advance(SignedDuration::from_secs(step));
        assert_eq!(attempt(&fixture, RIGHT, None, Device::Program).await.unwrap_err(), wrong());
    }
    let event = fixture.audit().await.pop().unwrap().event;
    assert_eq!((event.outcome, event.reason.as_str()), (AuditOutcome::Denied, "rate-limited"));
    fixture.clock.advance(SignedDuration::from_secs(1));
    assert!(attempt(&fixture, RIGHT, None, Device::Program).await.is_ok());
    for _ in 0..4 {
        assert_eq!(attempt(&fixture, WRONG, None, Device::Program).await.unwrap_err(), wrong());
    }
    assert!(attempt(&fixture, RIGHT, None, Device::Program).await.is_ok(), "a success begins anew");
}

#[tokio::test]
async fn of_many_guesses_at_once_five_are_looked_at() {
    let fixture = clinic().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let services = fixture.services.clone();
        let form = SignInForm {
            login: WRONG.0.to_owned(),
            password: WRONG.1.to_owned(),
            label: String::new(),
            device: Device::Program,
        };
        tasks.spawn(async move { services.sign_in(&nobody(), form).await.unwrap_err() });
    }
    assert!(tasks.join_all().await.into_iter().all(|error| error == wrong()));
    let looked_at =
        fixture.audit().await.into_iter().filter(|event| event.event.outcome == AuditOutcome::Failed);
    assert_eq!(looked_at.count(), 5);
}

#[tokio::test]
async fn nobody_is_locked_out_where_they_signed_in_before() {
    let fixture = clinic().await;
    let first = attempt(&fixture, RIGHT, None, Device::Browser(None)).await.unwrap();
    let known = first.device.unwrap();
    for _ in 0..30 {
        let _ = attempt(&fixture, WRONG, None, Device::Program).await;
    }
    let stranger = attempt(&fixture, RIGHT, None, Device::Browser(None)).await;
    assert_eq!(stranger.unwrap_err(), wrong());
    let again = attempt(&fixture, RIGHT, None, Device::Browser(Some(known.clone()))).await.unwrap();
    assert_eq!(again.device, Some(known.clone()));
    let other = ("tom.baker", "wrong horse");
    for _ in 0..6 {
        let _ = attempt(&fixture, other, None, Device::Browser(Some(known.clone()))).await;
    }
    let tom = ("tom.baker", Fixture::PASSWORD);
    let foreign = attempt(&fixture, tom, None, Device::Browser(Some(known))).await;
    assert_eq!(foreign.unwrap_err(), wrong(), "it is a device of Marta’s, not of Tom’s");
}

#[tokio::test]
async fn the_own_device_counts_too() {
    let fixture = clinic().await;
    let known = attempt(&fixture, RIGHT, None, Device::Browser(None)).await.unwrap().device;
    for _ in 0..10 {
        let _ = attempt(&fixture, WRONG, None, Device::Browser(known.clone())).await;
    }
    let paused = attempt(&fixture, RIGHT, None, Device::Browser(known.clone())).await;
    assert_eq!(paused.unwrap_err(), wrong());
    fixture.clock.advance(SignedDuration::from_secs(30));
    assert!(attempt(&fixture, RIGHT, None, Device::Browser(known)).await.is_ok());
}

#[tokio::test]
async fn an_address_that_tries_many_accounts_has_to_wait() {
    let fixture = clinic().await;
    let (here, there) = (Some("192.0.2.7".parse().unwrap()), Some("192.0.2.8".parse().unwrap()));
    for number in 0..50 {
        let login = format!("nobody{number}");
        let _ = attempt(&fixture, (&login, "wrong horse"), here, Device::Program).await;
    }
    assert_eq!(attempt(&fixture, RIGHT, here, Device::Program).await.unwrap_err(), wrong());
    assert!(attempt(&fixture, RIGHT, there, Device::Program).await.is_ok());
    fixture.clock.advance(SignedDuration::from_mins(1));
    assert!(attempt(&fixture, RIGHT, here, Device::Program).await.is_ok());
}

#[tokio::test]
async fn a_busy_clinic_behind_one_address_never_waits() {
    let fixture = clinic().await;
    let here = Some("192.0.2.7".parse().unwrap());
    for _ in 0..80 {
        assert!(attempt(&fixture, RIGHT, here, Device::Program).await.is_ok());
    }
}

#[tokio::test]
async fn an_unknown_account_pauses_as_a_known_one_does() {
    let fixture = clinic().await;
    for login in ["nobody", "marta.kowalska"] {
        for _ in 0..6 {
            let _ = attempt(&fixture, (login, "wrong horse"), None, Device::Program).await;
        }
    }
    let outcomes: Vec<_> = fixture.audit().await.into_iter().map(|event| event.event.outcome).collect();
    let (unknown, known) = outcomes.split_at(6);
    assert_eq!(unknown, known);
    assert_eq!(unknown[5], AuditOutcome::Denied);
}

#[tokio::test]
async fn guessing_the_current_password_pauses_too() {
    let fixture = clinic().await;
    let marta = marta(&fixture).await;
    for _ in 0..5 {
        let form = change("wrong horse", "a kettle in the garden", "a kettle in the garden");
        let error = fixture.services.change_password(&marta, form).await.unwrap_err();
        assert_eq!(error, ServiceError::field("current", Code::PasswordWrong));
    }
    let form = change(Fixture::PASSWORD, "a kettle in the garden", "a kettle in the garden");
    let error = fixture.services.change_password(&marta, form).await.unwrap_err();
    assert_eq!(error, ServiceError::RateLimited(30));
}
