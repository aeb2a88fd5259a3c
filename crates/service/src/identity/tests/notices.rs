//! What the owner of an account hears of sign-ins.

use super::second_factor::{code, first_step, next_step, owner, second_step, wrong};
use super::*;
use crate::{MailError, Mailer, Message, Outbox};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;
use storage::AccessFilter;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

struct Recording(UnboundedSender<Message>);

#[async_trait]
impl Mailer for Recording {
    async fn send(&self, message: &Message) -> Result<(), MailError> {
        self.0.send(message.clone()).map_err(|_| MailError::Permanent("nobody listens".to_owned()))
    }
}

/// A clinic whose mail can be read.
struct Mailing {
    fixture: Fixture,
    inbox: UnboundedReceiver<Message>,
}

impl Mailing {
    async fn new() -> Self {
        let mut mailing = Self { fixture: clinic().await, inbox: unbounded_channel().1 };
        mailing.listen();
        mailing
    }

    fn listen(&mut self) {
        let (sender, inbox) = unbounded_channel();
        let outbox = Outbox::start(Arc::new(Recording(sender)), "https://elmwood.example", &[]);
        self.fixture.services = self.fixture.services.clone().with_mail(outbox);
        self.inbox = inbox;
    }

    /// What was sent since the last look.
    async fn sent(&mut self) -> Vec<Message> {
        self.fixture.services.mail().drain(Duration::from_mins(1)).await;
        let mut sent = Vec::new();
        while let Ok(message) = self.inbox.try_recv() {
            sent.push(message);
        }
        self.listen();
        sent
    }

    /// The subjects of what was sent since the last look, without the clinic's name.
    async fn subjects(&mut self) -> Vec<String> {
        let subject = |message: Message| message.subject.split(" - ").next().unwrap_or_default().to_owned();
        self.sent().await.into_iter().map(subject).collect()
    }

    async fn attempt(&self, login: &str, password: &str, device: Device) -> Option<SignedInSession> {
        let (login, password, label) = (login.to_owned(), password.to_owned(), String::new());
        let form = SignInForm { login, password, label, device };
        self.fixture.services.sign_in(&nobody(), form).await.ok().and_then(SignInOutcome::session)
    }

    /// A sign-in with the right password; what the browser keeps.
    async fn enter(&self, login: &str, device: Device) -> Device {
        let session = self.attempt(login, Fixture::PASSWORD, device).await.unwrap();
        Device::Browser(session.device)
    }

    async fn guess(&self, login: &str, times: usize) {
        for _ in 0..times {
            assert!(self.attempt(login, "wrong horse", Device::Program).await.is_none());
        }
    }

    fn wait(&self, minutes: i64) {
        self.fixture.clock.advance(SignedDuration::from_mins(minutes));
    }

    async fn entries(&self) -> u64 {
        let count = self
            .fixture
            .store(|tx| Box::pin(async move { tx.access().count(&AccessFilter::default()).await }));
        count.await
    }
}

const MARTA: &str = "marta.kowalska";
const NEW: &str = "Your account was signed in to on a new device";
const PAUSE: &str = "Sign-in to your account pauses";

#[tokio::test]
async fn the_first_sign_in_ever_is_no_news_and_one_on_another_device_is_told_once() {
    let mut clinic = Mailing::new().await;
    let home = clinic.enter(MARTA, Device::Browser(None)).await;
    clinic.enter(MARTA, home.clone()).await;
    assert!(clinic.sent().await.is_empty());
    let phone = clinic.enter(MARTA, Device::Browser(None)).await;
    let told = clinic.sent().await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].to.as_str(), "marta.kowalska@example.org");
    assert_eq!(told[0].subject, format!("{NEW} - Elmwood Surgery"));
    for part in [
        "23 Nov 2026 at 09:00",
        "https://elmwood.example/password/forgot",
        "Sign out everywhere",
        "https://elmwood.example/profile",
    ] {
        assert!(told[0].text.contains(part), "{part}: {}", told[0].text);
    }
    assert!(!told[0].text.contains("Marta") && !told[0].text.contains("token="));
    for device in [home, phone] {
        clinic.enter(MARTA, device).await;
    }
    assert!(clinic.sent().await.is_empty());
}

#[tokio::test]
async fn a_device_of_one_account_is_new_to_another() {
    let mut clinic = Mailing::new().await;
    let shared = clinic.enter(MARTA, Device::Browser(None)).await;
    clinic.enter("tom.baker", shared.clone()).await;
    assert!(clinic.sent().await.is_empty(), "Tom signs in for the first time");
    clinic.enter("grace.hall", Device::Browser(None)).await;
    clinic.enter("grace.hall", shared).await;
    assert_eq!(clinic.subjects().await, [NEW]);
}

#[tokio::test]
async fn a_program_is_a_device_like_others() {
    let mut clinic = Mailing::new().await;
    clinic.enter(MARTA, Device::Browser(None)).await;
    clinic.enter(MARTA, Device::Program).await;
    clinic.enter(MARTA, Device::Program).await;
    assert_eq!(clinic.subjects().await, [NEW]);
    clinic.enter("tom.baker", Device::Program).await;
    assert!(clinic.sent().await.is_empty());
}

#[tokio::test]
async fn devices_are_remembered_for_half_a_year() {
    let mut clinic = Mailing::new().await;
    clinic.enter(MARTA, Device::Browser(None)).await;
    clinic.wait(180 * 24 * 60);
    clinic.enter(MARTA, Device::Browser(None)).await;
    assert!(clinic.sent().await.is_empty());
}

#[tokio::test]
async fn what_fails_is_no_sign_in() {
    let mut clinic = Mailing::new().await;
    clinic.enter(MARTA, Device::Browser(None)).await;
    assert!(clinic.attempt(MARTA, "wrong horse", Device::Browser(None)).await.is_none());
    assert!(clinic.sent().await.is_empty());
}

#[tokio::test]
async fn a_pause_is_told_once_however_long_the_guessing_goes_on() {
    let mut clinic = Mailing::new().await;
    clinic.guess(MARTA, 4).await;
    assert!(clinic.sent().await.is_empty());
    clinic.guess(MARTA, 1).await;
    let told = clinic.sent().await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].to.as_str(), "marta.kowalska@example.org");
    assert_eq!(told[0].subject, format!("{PAUSE} - Elmwood Surgery"));
    for part in ["wrong passwords", "23 Nov 2026 at 09:00", "/password/forgot", "Sign out everywhere"] {
        assert!(told[0].text.contains(part), "{part}: {}", told[0].text);
    }
    for _ in 0..100 {
        clinic.guess(MARTA, 2).await;
        clinic.wait(15);
    }
    assert!(clinic.sent().await.is_empty());
}

#[tokio::test]
async fn a_pause_is_told_once_a_day() {
    let mut clinic = Mailing::new().await;
    for _ in 0..3 {
        clinic.guess(MARTA, 6).await;
        clinic.wait(15);
        clinic.enter(MARTA, Device::Program).await;
    }
    clinic.guess("tom.baker", 5).await;
    assert_eq!(clinic.subjects().await, [PAUSE, PAUSE], "Marta's and Tom's");
    clinic.wait(24 * 60);
    clinic.guess(MARTA, 5).await;
    assert_eq!(clinic.subjects().await, [PAUSE]);
}

#[tokio::test]
async fn the_right_password_at_the_last_moment_is_no_pause() {
    let mut clinic = Mailing::new().await;
    clinic.guess(MARTA, 4).await;
    clinic.enter(MARTA, Device::Program).await;
    assert!(clinic.sent().await.is_empty());
    clinic.guess(MARTA, 5).await;
    assert_eq!(clinic.subjects().await, [PAUSE]);
}

#[tokio::test]
async fn a_pause_on_the_own_device_is_told_too() {
    let mut clinic = Mailing::new().await;
    let known = clinic.enter(MARTA, Device::Browser(None)).await;
    for _ in 0..12 {
        assert!(clinic.attempt(MARTA, "wrong horse", known.clone()).await.is_none());
    }
    clinic.guess(MARTA, 6).await;
    assert_eq!(clinic.subjects().await, [PAUSE]);
}

#[tokio::test]
async fn guessing_at_an_unknown_account_leaves_the_same_traces_and_is_told_to_nobody() {
    let mut clinic = Mailing::new().await;
    let mut traces = Vec::new();
    for login in [MARTA, "nobody"] {
        let before = clinic.entries().await;
        clinic.guess(login, 7).await;
        traces.push(clinic.entries().await - before);
    }
    assert_eq!(traces, [2, 2]);
    assert_eq!(clinic.subjects().await, [PAUSE], "Marta's");
}

#[tokio::test]
async fn the_owner_of_a_disabled_account_hears_nothing() {
    let mut clinic = Mailing::new().await;
    let tom = clinic.fixture.other_patient.user().unwrap();
    update(&clinic.fixture, &clinic.fixture.admin, tom, None, Some(UserStatus::Disabled)).await.unwrap();
    clinic.sent().await;
    clinic.guess("tom.baker", 7).await;
    assert!(clinic.sent().await.is_empty());
}

#[tokio::test]
async fn a_new_device_is_told_once_the_code_was_right_and_wrong_codes_say_that_the_password_is_known() {
    let mut clinic = Mailing::new().await;
    let marta = owner(&clinic.fixture, MARTA).await;
    clinic.sent().await;
    let challenge = first_step(&clinic.fixture, MARTA, Fixture::PASSWORD).await;
    assert!(clinic.sent().await.is_empty());
    let form = |challenge: &str, code: String| SecondStepForm {
        challenge: challenge.to_owned(),
        code,
        label: String::new(),
        device: Device::Browser(None),
    };
    let right = code(&clinic.fixture, &marta.secret);
    clinic.fixture.services.finish_sign_in(&nobody(), form(&challenge, right)).await.unwrap();
    assert_eq!(clinic.subjects().await, [NEW]);
    next_step(&clinic.fixture);
    let challenge = first_step(&clinic.fixture, MARTA, Fixture::PASSWORD).await;
    let nonsense = wrong(&code(&clinic.fixture, &marta.secret));
    for _ in 0..7 {
        second_step(&clinic.fixture, &challenge, &nonsense).await.unwrap_err();
    }
    let told = clinic.sent().await;
    assert_eq!(told.len(), 1);
    assert!(told[0].text.contains("the right password"), "{}", told[0].text);
    assert!(told[0].text.contains("/password/forgot"), "{}", told[0].text);
}
