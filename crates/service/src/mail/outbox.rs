//! The queue of messages: bounded, in memory, with one worker that tries again what may go later. What waits when the
//! process dies is lost, and its reader asks again: the secrets of links are stored nowhere.

use super::{Letter, MailError, Mailer, Message, words};
use crate::{Clinic, Figure, FigureKind};
use jiff::Timestamp;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

/// Most messages that wait, those that wait to be tried again included.
const ROOM: usize = 1_000;
/// How long one try may take.
const TRY_LIMIT: Duration = Duration::from_secs(30);
/// How long to wait after each try that failed for now; after the last the message is given up. Altogether less than
/// the shortest life of a link in a message.
pub const RETRY_AFTER: &[Duration] = &[
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(10),
    Duration::from_mins(30),
];

/// Takes letters and never makes anyone wait.
#[derive(Clone)]
pub struct Outbox {
    /// The address under which people reach the clinic.
    site: Option<Arc<str>>,
    queue: Option<Arc<Queue>>,
}

struct Queue {
    mailer: Arc<dyn Mailer>,
    room: Arc<Semaphore>,
    /// Closed by dropping it.
    jobs: Mutex<Option<UnboundedSender<Job>>>,
    worker: Mutex<Option<JoinHandle<()>>>,
    counts: Arc<Counts>,
}

/// What became of messages since the start.
#[derive(Default)]
struct Counts {
    sent: AtomicU64,
    retried: AtomicU64,
    failed: AtomicU64,
}

struct Job {
    message: Message,
    tries: usize,
    _place: OwnedSemaphorePermit,
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outbox({})", if self.is_on() { "on" } else { "off" })
    }
}

impl Outbox {
    /// One that takes nothing: this clinic sends no mail.
    pub fn off(site: Option<&str>) -> Self {
        Self { site: site.map(Arc::from), queue: None }
    }

    /// Sends through `mailer`, from a task of its own. `site` is the address under which people reach the clinic, as
    /// `https://clinic.example`, without a slash at the end.
    pub fn start(mailer: Arc<dyn Mailer>, site: &str, retry_after: &'static [Duration]) -> Self {
        let (jobs, receiver) = unbounded_channel();
        let counts = Arc::new(Counts::default());
        let worker = tokio::spawn(work(Arc::clone(&mailer), receiver, retry_after, Arc::clone(&counts)));
        let queue = Arc::new(Queue {
            mailer,
            room: Arc::new(Semaphore::new(ROOM)),
            jobs: Mutex::new(Some(jobs)),
            worker: Mutex::new(Some(worker)),
            counts,
        });
        Self { site: Some(Arc::from(site)), queue: Some(queue) }
    }

    /// Whether this clinic sends mail.
    pub fn is_on(&self) -> bool {
        self.queue.is_some()
    }

    /// What sends, for messages that wait in the store and not in this queue.
    pub(crate) fn mailer(&self) -> Option<&dyn Mailer> {
        self.queue.as_deref().map(|queue| queue.mailer.as_ref())
    }

    /// The address under which people reach the clinic, if it is known.
    pub fn site(&self) -> Option<&str> {
        self.site.as_deref()
    }

    /// Takes letters whose cause is durable.
    pub(crate) fn post(&self, letters: Vec<Letter>, clinic: &Clinic, now: Timestamp) {
        let Some(queue) = &self.queue else { return };
        for letter in letters {
            let message = words::message(&letter, self.site().unwrap_or_default(), clinic, now);
            if queue.take(message).is_none() {
                queue.counts.failed.fetch_add(1, Ordering::Relaxed);
                tracing::error!("a message was given up: too many wait, or the server is about to stop");
            }
        }
    }

    /// Takes no more and tries what waits once more, for no longer than `limit`.
    pub async fn drain(&self, limit: Duration) {
        let Some(queue) = &self.queue else { return };
        queue.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        let worker = queue.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut worker) = worker else { return };
        if timeout_at(Instant::now() + limit, &mut worker).await.is_err() {
            worker.abort();
            let left = queue.waiting();
            queue.counts.failed.fetch_add(left, Ordering::Relaxed);
            tracing::error!(left, "messages were given up: the server stops");
        }
    }

    /// Figures for operators; none without mail.
    pub fn figures(&self) -> Vec<Figure> {
        let Some(queue) = &self.queue else { return Vec::new() };
        let figure = |name, help, kind, value: u64| {
            #[expect(clippy::cast_precision_loss, reason = "a figure on a chart")]
            let value = value as f64;
            Figure { name, help, kind, label: None, value }
        };
        let counter = |name, help, count: &AtomicU64| {
            figure(name, help, FigureKind::Counter, count.load(Ordering::Relaxed))
        };
        vec![
            counter("healthcare_mails_sent_total", "Messages that were handed over", &queue.counts.sent),
            counter("healthcare_mails_retried_total", "Tries that failed for now", &queue.counts.retried),
            counter("healthcare_mails_failed_total", "Messages that were given up", &queue.counts.failed),
            figure(
                "healthcare_mails_waiting",
                "Messages that wait to be sent",
                FigureKind::Gauge,
                queue.waiting(),
            ),
        ]
    }
}

impl Queue {
    fn take(&self, message: Message) -> Option<()> {
        let place = Arc::clone(&self.room).try_acquire_owned().ok()?;
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.as_ref()?.send(Job { message, tries: 0, _place: place }).ok()
    }

    fn waiting(&self) -> u64 {
        ROOM.saturating_sub(self.room.available_permits()) as u64
    }
}

/// Sends one message after the other until nobody can give any more and none waits.
async fn work(
    mailer: Arc<dyn Mailer>,
    mut jobs: UnboundedReceiver<Job>,
    retry_after: &'static [Duration],
    counts: Arc<Counts>,
) {
    let mut later: Vec<(Instant, Job)> = Vec::new();
    let mut is_open = true;
    while is_open || !later.is_empty() {
        let Some(job) = next(&mut jobs, &mut later, is_open).await else {
            is_open = false;
            continue;
        };
        let tried = timeout(TRY_LIMIT, mailer.send(&job.message)).await;
        match tried.unwrap_or_else(|_| Err(MailError::Temporary("no answer in time".to_owned()))) {
            Ok(()) => {
                counts.sent.fetch_add(1, Ordering::Relaxed);
            }
            Err(MailError::Temporary(why)) if is_open && job.tries < retry_after.len() => {
                counts.retried.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(why, tries = job.tries + 1, "a message could not be sent yet");
                later.push((Instant::now() + retry_after[job.tries], Job { tries: job.tries + 1, ..job }));
            }
            Err(error) => {
                counts.failed.fetch_add(1, Ordering::Relaxed);
                tracing::error!(why = %error, tries = job.tries + 1, "a message was given up");
            }
        }
    }
}

/// The next message to try: a new one, or one whose time has come again. `None` once nobody can give any more; then what
/// waits is due at once.
async fn next(
    jobs: &mut UnboundedReceiver<Job>,
    later: &mut Vec<(Instant, Job)>,
    is_open: bool,
) -> Option<Job> {
    let soonest = later.iter().enumerate().min_by_key(|(_, (due, _))| *due).map(|(at, (due, _))| (at, *due));
    match soonest {
        Some((at, _)) if !is_open => Some(later.swap_remove(at).1),
        Some((at, due)) => tokio::select! {
            job = jobs.recv() => job,
            () = sleep_until(due) => Some(later.swap_remove(at).1),
        },
        None => jobs.recv().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{AccountNotice, Contents};
    use async_trait::async_trait;
    use domain::Email;
    use std::collections::VecDeque;

    type Answer = Result<(), MailError>;

    /// Answers as it was told and then that all is well; notes when it was asked.
    #[derive(Default)]
    struct Told {
        answers: Mutex<VecDeque<Answer>>,
        asked: Mutex<Vec<(String, Instant)>>,
    }

    #[async_trait]
    impl Mailer for Told {
        async fn send(&self, message: &Message) -> Answer {
            self.asked.lock().unwrap().push((message.to.as_str().to_owned(), Instant::now()));
            self.answers.lock().unwrap().pop_front().unwrap_or(Ok(()))
        }
    }

    fn temporary() -> Answer {
        Err(MailError::Temporary("busy".to_owned()))
    }

    fn told(answers: impl IntoIterator<Item = Answer>) -> (Arc<Told>, Outbox) {
        let told = Arc::new(Told { answers: Mutex::new(answers.into_iter().collect()), ..Told::default() });
        let outbox = Outbox::start(Arc::clone(&told) as Arc<dyn Mailer>, "https://c.example", RETRY_AFTER);
        (told, outbox)
    }

    fn post(outbox: &Outbox, to: &str) {
        let zone = domain::ClinicZone::named("Europe/London").unwrap();
        let clinic = Clinic {
            name: "Elm\r\nwood".to_owned(),
            zone,
            currency: domain::Currency::GBP,
            catalogue: domain::Catalogue::standard(),
            sessions: domain::SessionLimits::default(),
            second_factor_roles: Vec::new(),
            assignment: domain::AssignmentWindow::default(),
        };
        let contents = Contents::Notice(AccountNotice::PasswordChanged);
        outbox.post(vec![Letter { to: Email::parse(to).unwrap(), contents }], &clinic, Timestamp::UNIX_EPOCH);
    }

    fn figure(outbox: &Outbox, name: &str) -> u64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
        let value = outbox.figures().iter().find(|figure| figure.name.contains(name)).unwrap().value as u64;
        value
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_for_now_is_tried_again_later_and_holds_nothing_up() {
        let (told, outbox) = told([temporary(), Ok(()), temporary()]);
        let start = Instant::now();
        post(&outbox, "a@example.org");
        post(&outbox, "b@example.org");
        while figure(&outbox, "sent") < 2 {
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        let asked = told.asked.lock().unwrap().clone();
        let order: Vec<_> = asked.iter().map(|(to, at)| (to.as_str(), (*at - start).as_secs())).collect();
        let again = [("a@example.org", 0), ("b@example.org", 0), ("a@example.org", 5), ("a@example.org", 35)];
        assert_eq!(order.len(), 4);
        for ((to, at), (wanted, least)) in order.into_iter().zip(again) {
            assert!(to == wanted && (least..least + 10).contains(&at), "{to} at {at}");
        }
        assert_eq!(figure(&outbox, "waiting"), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn what_never_goes_is_given_up() {
        let (told, outbox) = told(std::iter::repeat_with(temporary).take(RETRY_AFTER.len() + 1));
        post(&outbox, "a@example.org");
        while figure(&outbox, "failed") < 1 {
            tokio::time::advance(Duration::from_mins(1)).await;
        }
        assert_eq!(told.asked.lock().unwrap().len(), RETRY_AFTER.len() + 1);
        told.answers.lock().unwrap().push_back(Err(MailError::Permanent("gone".to_owned())));
        post(&outbox, "b@example.org");
        outbox.drain(Duration::from_secs(1)).await;
        assert_eq!((figure(&outbox, "failed"), figure(&outbox, "waiting")), (2, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_stops_tries_what_waits_once_more() {
        let (told, outbox) = told([temporary()]);
        post(&outbox, "a@example.org");
        while figure(&outbox, "retried") < 1 {
            tokio::task::yield_now().await;
        }
        outbox.drain(Duration::from_secs(2)).await;
        assert_eq!(told.asked.lock().unwrap().len(), 2);
        assert_eq!(figure(&outbox, "sent"), 1);
        // Nothing is taken any more.
        post(&outbox, "b@example.org");
        assert_eq!(figure(&outbox, "failed"), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_queue_that_is_full_makes_nobody_wait() {
        let (_told, outbox) = told([]);
        for _ in 0..=ROOM {
            post(&outbox, "a@example.org");
        }
        assert_eq!((figure(&outbox, "failed"), figure(&outbox, "waiting")), (1, ROOM as u64));
        outbox.drain(Duration::from_mins(1)).await;
        assert_eq!(figure(&outbox, "sent"), ROOM as u64);
    }

    #[tokio::test]
    async fn a_subject_is_one_line() {
        struct Checks;
        #[async_trait]
        impl Mailer for Checks {
            async fn send(&self, message: &Message) -> Answer {
                let is_plain = !message.subject.chars().any(char::is_control);
                if is_plain { Ok(()) } else { Err(MailError::Permanent("two lines".to_owned())) }
            }
        }
        let outbox = Outbox::start(Arc::new(Checks), "https://c.example", &[]);
        post(&outbox, "a@example.org");
        outbox.drain(Duration::from_secs(5)).await;
        assert_eq!(figure(&outbox, "sent"), 1);
    }
}
