//! What patients are told, when, by which server, and what they answer.

use super::*;
use crate::scheduling::notices::{
    Answer, AnswerVisit, AppointmentMessages, Dispatched, LinkState, ListMessages, MessageQuery,
    MessageSummary, ReadReminders, ReadVisitLink, RetryMessage, SetReminders, VisitLink,
};
use crate::{MailError, Mailer, Message, Outbox, Services, Text, TextGateway};
use async_trait::async_trait;
use domain::message::{Channel, Notice};
use jiff::SignedDuration;
use std::sync::{Arc, Mutex};

const SITE: &str = "https://elmwood.example";
/// Words that must reach nobody.
const CANARY: &str = "swollen knee";

/// Takes what is sent, or answers what it was told to.
#[derive(Default)]
struct Told {
    mails: Mutex<Vec<Message>>,
    texts: Mutex<Vec<Text>>,
    /// The answer to mail to this address.
    refuses: Mutex<Option<(String, MailError)>>,
}

#[async_trait]
impl Mailer for Told {
    async fn send(&self, message: &Message) -> Result<(), MailError> {
        match &*self.refuses.lock().unwrap() {
            Some((to, error)) if message.to.as_str() == to => return Err(error.clone()),
            _ => {}
        }
        self.mails.lock().unwrap().push(message.clone());
        Ok(())
    }
}

#[async_trait]
impl TextGateway for Told {
    async fn send(&self, text: &Text) -> Result<(), MailError> {
        self.texts.lock().unwrap().push(text.clone());
        Ok(())
    }
}

impl Told {
    fn refuse(&self, to: &str, error: MailError) {
        *self.refuses.lock().unwrap() = Some((to.to_owned(), error));
    }

    /// The subjects of what came since the last look, without the clinic's name.
    fn subjects(&self) -> Vec<String> {
        let subject = |mail: Message| mail.subject.split(" - ").next().unwrap_or_default().to_owned();
        self.mails.lock().unwrap().drain(..).map(subject).collect()
    }
}

/// A clinic that sends mail, and texts if asked.
async fn telling(by_text: bool) -> (Fixture, Arc<Told>) {
    let mut fixture = clinic().await;
    let told = Arc::new(Told::default());
    fixture.services = sending(&fixture.services, &told, by_text);
    (fixture, told)
}

fn sending(services: &Services, told: &Arc<Told>, by_text: bool) -> Services {
    let outbox = Outbox::start(Arc::clone(told) as Arc<dyn Mailer>, SITE, &[]);
    let services = services.clone().with_mail(outbox);
    if by_text { services.with_texts(Arc::clone(told) as Arc<dyn TextGateway>) } else { services }
}

async fn dispatch(fixture: &Fixture) -> Dispatched {
    fixture.services.dispatch("one").await.unwrap()
}

fn pass_hours(fixture: &Fixture, hours: i64) {
    fixture.clock.advance(SignedDuration::from_hours(hours));
}

async fn messages(fixture: &Fixture, visit: &Appointment) -> Vec<MessageSummary> {
    let asked = AppointmentMessages { appointment: visit.id };
    fixture.services.execute(&fixture.receptionist, asked).await.unwrap()
}

async fn states(fixture: &Fixture, visit: &Appointment) -> Vec<(Notice, &'static str)> {
    let found = messages(fixture, visit).await;
    let mut states: Vec<_> = found.iter().map(|it| (it.notice, it.delivery.name())).collect();
    states.sort();
    states
}

async fn read(fixture: &Fixture, visit: &Appointment) -> Versioned<Appointment> {
    fixture.services.execute(&fixture.receptionist, ReadAppointment { id: visit.id }).await.unwrap()
}

fn reminder(hours: u16) -> Notice {
    Notice::Reminder { hours }
}

fn token(text: &str, page: &str) -> String {
    let (_, rest) = text.split_once(&format!("{page}?token=")).unwrap_or_else(|| panic!("no link: {text}"));
    rest.split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn a_booking_is_confirmed_at_once_and_reminded_of_when_it_is_due() {
    let (fixture, told) = telling(true).await;
    // Friday 27 November, 09:00: four days ahead.
    let mut form = form(&fixture, &fixture.patient, "2026-11-27", "09:00");
    form.reason = CANARY.to_owned();
    let visit = fixture.services.book(&fixture.patient, form).await.unwrap();
    assert_eq!(dispatch(&fixture).await.sent, 2);
    assert_eq!(told.subjects(), ["Your appointment"]);
    assert_eq!(dispatch(&fixture).await.sent, 0, "nothing twice");
    fixture.clock.advance(SignedDuration::from_mins(47 * 60 + 59));
    assert_eq!(dispatch(&fixture).await, Dispatched { is_leader: true, ..Dispatched::default() });
    fixture.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(dispatch(&fixture).await.sent, 2);
    pass_hours(&fixture, 46);
    assert_eq!(dispatch(&fixture).await.sent, 2);
    let mails = told.mails.lock().unwrap().clone();
    assert_eq!(mails.len(), 2);
    for mail in &mails {
        assert!(mail.text.contains("Friday 27 November 2026 at 09:00 (Europe/London time)"), "{}", mail.text);
        assert!(mail.text.contains("/reminders?token="), "{}", mail.text);
    }
    assert_ne!(mails[0].id, mails[1].id);
    let texts = told.texts.lock().unwrap().clone();
    assert_eq!(texts.iter().map(|it| it.notice).collect::<Vec<_>>(), ["booked", "reminder", "reminder"]);
    let all = format!(
        "{:?}{:?}",
        mails.iter().map(|it| (&it.subject, &it.text)).collect::<Vec<_>>(),
        texts.iter().map(|it| &it.text).collect::<Vec<_>>()
    );
    for secret in [CANARY, "onsultation", "Rahman", "Marta", "Kowalska"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
    let expected = [(Notice::Booked, "sent"), (reminder(2), "sent"), (reminder(48), "sent")];
    let mut twice = [expected, expected].concat();
    twice.sort();
    assert_eq!(states(&fixture, &visit).await, twice, "by mail and by text");
}

#[tokio::test]
async fn reminders_whose_time_has_passed_are_not_written_and_late_ones_not_sent_twice() {
    let (fixture, told) = telling(false).await;
    let soon = book(&fixture, &fixture.receptionist, "2026-11-24", "09:00").await.unwrap();
    assert_eq!(states(&fixture, &soon).await, [(Notice::Booked, "waiting"), (reminder(2), "waiting")]);
    let later = book(&fixture, &fixture.receptionist, "2026-11-26", "09:30").await.unwrap();
    dispatch(&fixture).await;
    told.subjects();
    // Nobody sent anything until an hour before the later one.
    pass_hours(&fixture, 24 * 3 - 1);
    assert_eq!(dispatch(&fixture).await.sent, 1);
    let dropped = [(Notice::Booked, "sent"), (reminder(2), "dropped")];
    assert_eq!(states(&fixture, &soon).await, dropped, "it began before");
    let expected = [(Notice::Booked, "sent"), (reminder(2), "sent"), (reminder(48), "dropped")];
    assert_eq!(states(&fixture, &later).await, expected);
    assert_eq!(told.subjects(), ["Reminder of your appointment"]);
}

#[tokio::test]
async fn what_a_move_or_a_cancellation_makes_useless_is_dropped() {
    let (fixture, told) = telling(false).await;
    let visit = book(&fixture, &fixture.receptionist, "2026-11-27", "09:00").await.unwrap();
    let moved = shift(&fixture, &fixture.receptionist, &visit, "2026-11-27", "10:00").await.unwrap();
    let expected = [
        (Notice::Booked, "dropped"),
        (reminder(2), "dropped"),
        (reminder(2), "waiting"),
        (reminder(48), "dropped"),
        (reminder(48), "waiting"),
        (Notice::Moved, "waiting"),
    ];
    assert_eq!(states(&fixture, &visit).await, expected);
    dispatch(&fixture).await;
    let mail = told.mails.lock().unwrap()[0].clone();
    assert!(mail.text.contains("10:00") && !mail.text.contains("09:00"), "{}", mail.text);
    assert_eq!(told.subjects(), ["Your appointment has changed"]);
    let gone = cancel(&fixture, &fixture.patient, &moved).await.unwrap();
    pass_hours(&fixture, 60);
    dispatch(&fixture).await;
    assert_eq!(told.subjects(), ["Your appointment was cancelled"]);
    // Taken back: it is told anew, with the reminders that are still to come.
    advance(&fixture, &fixture.receptionist, &gone, AppointmentStatus::Booked).await.unwrap();
    dispatch(&fixture).await;
    assert_eq!(told.subjects(), ["Your appointment"]);
    let waiting = messages(&fixture, &visit).await.into_iter().filter(|it| it.due_at.is_some());
    assert_eq!(waiting.map(|it| it.notice).collect::<Vec<_>>(), [reminder(2)]);
}

#[tokio::test]
async fn entries_that_name_no_patient_and_clinics_without_channels_tell_nobody() {
    let (fixture, _) = telling(true).await;
    let written = BookWritten {
        patient_name: "Somebody Else".to_owned(),
        date: "2026-11-27".to_owned(),
        time: "09:00".to_owned(),
        doctor: "Dr. Smith".to_owned(),
    };
    let visit = fixture.services.execute(&fixture.receptionist, written).await.unwrap();
    assert!(messages(&fixture, &visit).await.is_empty());
    let link = LinkAppointment { id: visit.id, expected: visit.version, patient: fixture.marta };
    let linked = fixture.services.execute(&fixture.receptionist, link).await.unwrap();
    assert_eq!(messages(&fixture, &linked).await.len(), 6, "from now on they are told");
    let silent = clinic().await;
    let visit = book(&silent, &silent.receptionist, "2026-11-27", "09:00").await.unwrap();
    assert!(messages(&silent, &visit).await.is_empty());
}

#[tokio::test]
async fn a_server_that_is_down_is_asked_again_ever_more_rarely_and_then_given_up() {
    let (fixture, told) = telling(false).await;
    let visit = book(&fixture, &fixture.receptionist, "2026-12-18", "09:00").await.unwrap();
    told.refuse("patient@example.org", MailError::Temporary("the server answered 451".to_owned()));
    let mut waits = Vec::new();
    for _ in 0..domain::message::Message::MOST_TRIES {
        let round = dispatch(&fixture).await;
        assert_eq!(round.delayed + round.failed, 1);
        assert_eq!(dispatch(&fixture).await.delayed, 0, "not before its time");
        let due =
            messages(&fixture, &visit).await.iter().find(|it| it.notice == Notice::Booked).unwrap().due_at;
        if let Some(due) = due {
            let wait = due.duration_since(fixture.services.now());
            waits.push(wait.as_mins());
            fixture.clock.advance(wait);
        }
    }
    assert_eq!(waits, [1, 4, 16, 64, 256, 360, 360]);
    let found = messages(&fixture, &visit).await;
    let failed = found.iter().find(|it| it.notice == Notice::Booked).unwrap();
    assert_eq!((failed.delivery.name(), failed.tries.len()), ("failed", 8));
    assert!(failed.tries.iter().all(|it| it.why == "the server answered 451"));
    // Staff have it tried once more, and only those that were given up.
    *told.refuses.lock().unwrap() = None;
    let retry = RetryMessage { id: failed.id };
    fixture.services.execute(&fixture.admin, retry.clone()).await.unwrap();
    assert_eq!(dispatch(&fixture).await.sent, 1);
    let again = fixture.services.execute(&fixture.receptionist, retry).await;
    assert_eq!(again, Err(ServiceError::Conflict(ConflictKind::NotFailed)));
}

#[tokio::test]
async fn one_address_that_is_refused_holds_nobody_else_up() {
    let (fixture, told) = telling(false).await;
    let tom = book(&fixture, &fixture.other_patient, "2026-11-24", "09:30").await.unwrap();
    let id = fixture.tom;
    fixture
        .store(move |tx| {
            Box::pin(async move {
                let key = storage::PatientKey::Id(id);
                let mut tom = tx.patients().lookup(&key).await?.unwrap();
                tom.value.email = Some(domain::Email::parse("tom@example.org").unwrap());
                tx.patients().update(tom.version, tom.value).await
            })
        })
        .await;
    let marta = book(&fixture, &fixture.patient, "2026-11-24", "10:30").await.unwrap();
    told.refuse("tom@example.org", MailError::Permanent("the server answered 550".to_owned()));
    let round = dispatch(&fixture).await;
    assert_eq!((round.sent, round.failed), (1, 1));
    assert_eq!(states(&fixture, &tom).await[0], (Notice::Booked, "failed"));
    assert_eq!(states(&fixture, &marta).await[0], (Notice::Booked, "sent"));
    // What failed is found by state, without names for administrators, and never shows an address.
    let failed = MessageQuery { state: "failed".to_owned(), ..MessageQuery::default() };
    let list = ListMessages { filter: failed, page: crate::PageRequest::first(10, crate::Order::Descending) };
    let seen = fixture.services.execute(&fixture.receptionist, list.clone()).await.unwrap().items;
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].patient, Some((fixture.tom, "Tom Baker".to_owned())));
    assert!(!format!("{seen:?}").contains("example.org"));
    let seen = fixture.services.execute(&fixture.admin, list).await.unwrap().items;
    assert_eq!(seen[0].patient, None);
}

#[tokio::test]
async fn the_log_is_narrowed_by_state_notice_and_day() {
    let (fixture, _) = telling(false).await;
    book(&fixture, &fixture.receptionist, "2026-11-24", "09:00").await.unwrap();
    book(&fixture, &fixture.receptionist, "2026-11-27", "09:00").await.unwrap();
    dispatch(&fixture).await;
    let count = async |state: Option<&str>, notice: Option<&str>, day: Option<&str>| {
        let filter = MessageQuery {
            state: state.unwrap_or_default().to_owned(),
            notice: notice.unwrap_or_default().to_owned(),
            day: day.unwrap_or_default().to_owned(),
        };
        let page = crate::PageRequest::first(50, crate::Order::Descending);
        let list = ListMessages { filter, page };
        fixture.services.execute(&fixture.receptionist, list).await.unwrap().items.len()
    };
    assert_eq!(count(None, None, None).await, 5);
    assert_eq!(count(Some("sent"), None, None).await, 2);
    assert_eq!(count(Some("waiting"), None, None).await, 3);
    assert_eq!(count(None, Some("booked"), Some("2026-11-27")).await, 1);
    assert_eq!(count(None, None, Some("2026-11-24")).await, 2);
    assert_eq!(count(Some("failed"), None, None).await, 0);
}

#[tokio::test]
async fn one_server_sends_and_another_takes_over_when_its_lease_ends() {
    let (fixture, first) = telling(false).await;
    let second = Arc::new(Told::default());
    let other = sending(&fixture.services, &second, false);
    book(&fixture, &fixture.receptionist, "2026-11-27", "09:00").await.unwrap();
    assert_eq!(dispatch(&fixture).await.sent, 1);
    book(&fixture, &fixture.receptionist, "2026-11-27", "10:00").await.unwrap();
    let round = other.dispatch("two").await.unwrap();
    assert_eq!((round.is_leader, round.sent), (false, 0));
    // The first one is killed: nobody else sends until its lease has ended.
    fixture.clock.advance(SignedDuration::from_secs(89));
    assert!(!other.dispatch("two").await.unwrap().is_leader);
    fixture.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(other.dispatch("two").await.unwrap().sent, 1);
    assert_eq!((first.subjects().len(), second.subjects().len()), (1, 1));
    // One that stops gives the lease up, and nobody gives up what others hold.
    book(&fixture, &fixture.receptionist, "2026-11-27", "11:00").await.unwrap();
    fixture.services.give_up_dispatch("one").await.unwrap();
    assert!(!dispatch(&fixture).await.is_leader);
    other.give_up_dispatch("two").await.unwrap();
    assert_eq!(dispatch(&fixture).await.sent, 1);
}

/// Whoever is killed while it sends: the message may have gone out, but nothing says so.
struct Killed;

#[async_trait]
impl Mailer for Killed {
    async fn send(&self, _: &Message) -> Result<(), MailError> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn what_a_killed_server_was_sending_is_sent_again_under_the_same_id() {
    let (fixture, told) = telling(false).await;
    let visit = book(&fixture, &fixture.receptionist, "2026-11-27", "09:00").await.unwrap();
    let id = messages(&fixture, &visit).await.iter().find(|it| it.notice == Notice::Booked).unwrap().id;
    let hanging = fixture.services.clone().with_mail(Outbox::start(Arc::new(Killed), SITE, &[]));
    {
        let mut round = std::pin::pin!(hanging.dispatch("killed"));
        let is_claimed = async {
            loop {
                let found = messages(&fixture, &visit).await;
                if found.iter().any(|it| it.id == id && it.due_at > Some(fixture.services.now())) {
                    break;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = &mut round => panic!("it was sent"),
            () = is_claimed => {}
        }
    }
    fixture.clock.advance(SignedDuration::from_secs(90));
    assert_eq!(dispatch(&fixture).await.sent, 0, "it may still be under way");
    fixture.clock.advance(SignedDuration::from_mins(4));
    assert_eq!(dispatch(&fixture).await.sent, 1);
    assert_eq!(told.mails.lock().unwrap()[0].id, Some(format!("<{id}@elmwood.example>")));
}

#[tokio::test]
async fn a_link_confirms_once_and_cancels_once_and_opening_it_changes_nothing() {
    let (fixture, told) = telling(false).await;
    let visit = book(&fixture, &fixture.receptionist, "2026-11-27", "09:00").await.unwrap();
    dispatch(&fixture).await;
    let text = told.mails.lock().unwrap()[0].text.clone();
    let nobody = Actor::anonymous("test");
    let link = fixture.services.visit_link(&token(&text, "/visit")).unwrap();
    let open = async || fixture.services.execute(&nobody, ReadVisitLink { link }).await.unwrap().state;
    let answer = async |answer| fixture.services.execute(&nobody, AnswerVisit { link, answer }).await;
    let state = |is_confirmed| LinkState::Open { is_confirmed, too_late: None };
    assert_eq!((open().await, open().await), (state(false), state(false)));
    assert_eq!(read(&fixture, &visit).await.version, visit.version);
    answer(Answer::Confirm).await.unwrap();
    let confirmed = read(&fixture, &visit).await;
    assert_eq!(confirmed.confirmed_at, Some(fixture.services.now()));
    assert_eq!(open().await, state(true));
    answer(Answer::Confirm).await.unwrap();
    assert_eq!(read(&fixture, &visit).await.version, confirmed.version, "it is confirmed already");
    answer(Answer::Cancel).await.unwrap();
    let cancelled = read(&fixture, &visit).await;
    assert_eq!((cancelled.status, cancelled.confirmed_at), (AppointmentStatus::CancelledByPatient, None));
    assert_eq!(open().await, LinkState::Cancelled);
    let refused = Err(ServiceError::field("token", Code::LinkEnded));
    assert_eq!(answer(Answer::Cancel).await, refused);
    assert_eq!(answer(Answer::Confirm).await, refused);
    // Booked again by staff, the old link stays used up.
    advance(&fixture, &fixture.receptionist, &cancelled, AppointmentStatus::Booked).await.unwrap();
    assert_eq!(open().await, LinkState::Changed);
    assert_eq!(answer(Answer::Cancel).await, refused);
    let event = fixture.audit().await.into_iter().rfind(|it| it.event.reason == "cancel").unwrap().event;
    assert_eq!((event.actor, event.patient), (None, Some(fixture.marta)));
}

#[tokio::test]
async fn a_link_of_before_a_move_says_so_and_a_late_one_cannot_cancel() {
    let (fixture, _) = telling(false).await;
    let nobody = Actor::anonymous("test");
    let visit = book(&fixture, &fixture.receptionist, "2026-11-26", "09:00").await.unwrap();
    let old = VisitLink::to(&visit);
    let moved = shift(&fixture, &fixture.receptionist, &visit, "2026-11-24", "09:00").await.unwrap();
    let seen = fixture.services.execute(&nobody, ReadVisitLink { link: old }).await.unwrap();
    assert_eq!((seen.state, seen.time), (LinkState::Changed, None));
    let link = VisitLink::to(&moved);
    assert!(
        fixture.services.execute(&nobody, AnswerVisit { link: old, answer: Answer::Cancel }).await.is_err()
    );
    pass_hours(&fixture, 1);
    let late = fixture.services.execute(&nobody, AnswerVisit { link, answer: Answer::Cancel }).await;
    assert_eq!(late, Err(ServiceError::field("time", Code::TooLateToChange(24))));
    assert_eq!(read(&fixture, &visit).await.status, AppointmentStatus::Booked);
    fixture.services.execute(&nobody, AnswerVisit { link, answer: Answer::Confirm }).await.unwrap();
    pass_hours(&fixture, 23);
    let seen = fixture.services.execute(&nobody, ReadVisitLink { link }).await.unwrap();
    assert_eq!(seen.state, LinkState::Past);
    for bad in ["", "x", "v1-0-00000000000000000000000000"] {
        assert_eq!(
            fixture.services.visit_link(bad).err(),
            Some(ServiceError::field("token", Code::LinkEnded))
        );
    }
}

#[tokio::test]
async fn whoever_wants_no_reminders_gets_none_on_that_way_and_everything_else() {
    let (fixture, told) = telling(true).await;
    book(&fixture, &fixture.receptionist, "2026-11-27", "09:00").await.unwrap();
    pass_hours(&fixture, 48);
    dispatch(&fixture).await;
    let text =
        told.mails.lock().unwrap().iter().find(|it| it.subject.starts_with("Reminder")).unwrap().text.clone();
    let nobody = Actor::anonymous("test");
    let link = fixture.services.reminder_link(&token(&text, "/reminders")).unwrap();
    let wanted = async || fixture.services.execute(&nobody, ReadReminders { link }).await.unwrap();
    assert_eq!(wanted().await, (Channel::Email, true));
    fixture.services.execute(&nobody, SetReminders { link, wanted: false }).await.unwrap();
    assert_eq!(wanted().await, (Channel::Email, false));
    told.subjects();
    told.texts.lock().unwrap().clear();
    pass_hours(&fixture, 46);
    dispatch(&fixture).await;
    assert!(told.subjects().is_empty());
    assert_eq!(told.texts.lock().unwrap().len(), 1, "texts go on");
    book(&fixture, &fixture.receptionist, "2026-12-04", "09:00").await.unwrap();
    dispatch(&fixture).await;
    assert_eq!(told.subjects(), ["Your appointment"], "what happened is always told");
}

#[tokio::test]
async fn a_way_that_was_turned_off_waits_for_it() {
    let (mut fixture, told) = telling(false).await;
    let visit = book(&fixture, &fixture.receptionist, "2026-11-27", "09:00").await.unwrap();
    let on = fixture.services.clone();
    fixture.services = fixture.services.clone().with_mail(Outbox::off(Some(SITE)));
    let round = dispatch(&fixture).await;
    assert_eq!((round.sent, round.delayed, round.failed, round.dropped), (0, 0, 0, 0));
    assert_eq!(states(&fixture, &visit).await[0], (Notice::Booked, "waiting"));
    fixture.services = on;
    pass_hours(&fixture, 1);
    assert_eq!(dispatch(&fixture).await.sent, 1);
    assert_eq!(told.subjects(), ["Your appointment"]);
}
