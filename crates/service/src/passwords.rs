//! bcrypt in its own bounded pool: a storm of sign-ins fills the queue, never the request threads.

use crate::{ServiceError, blocklist};
use domain::{Code, PasswordHash, PasswordPlain};
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// Hashes and checks passwords.
#[derive(Clone, Debug)]
pub struct Passwords {
    cost: u32,
    jobs: Sender<Job>,
    waiting: Arc<AtomicUsize>,
    queue: usize,
    dummy: PasswordHash,
}

/// Most bytes that bcrypt reads: the 72nd is the end of the text.
const LONGEST_HASHED: usize = 71;

/// What stands for a password before bcrypt: itself, or, when it is too long to be read in full, a digest of all of it.
/// Only the length decides, so nothing need be remembered beside the hash. The domain in front makes the digest differ
/// from one that leaked elsewhere.
fn hashed_text(password: &str) -> Cow<'_, str> {
    if password.len() <= LONGEST_HASHED {
        return Cow::Borrowed(password);
    }
    let digest =
        Sha256::new().chain_update("healthcare: long password, 1\0").chain_update(password).finalize();
    Cow::Owned(digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

type Job = Box<dyn FnOnce() + Send>;

/// Counts a caller in the queue for as long as it lives.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Takes one job after the other until nobody can give any more.
fn work(jobs: &Mutex<Receiver<Job>>) {
    step_back();
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        // A job that panics is answered by its dropped channel; the thread is there for the next one.
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(job)).is_err() {
            tracing::error!("a password could not be hashed: panic");
        }
    }
}

/// Lets the threads that answer requests go first: a hash is a quarter of a second of nothing but arithmetic.
fn step_back() {
    /// How much less than others, from 0 to 19: a tenth of their share when all are busy.
    #[cfg(target_os = "linux")]
    const NICENESS: i32 = 10;
    // On Linux, and only there, "this process" is the calling thread (setpriority(2), "C library/kernel differences").
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::warn!(%error, "password hashing runs at full priority");
    }
}

impl Passwords {
    /// Cost of new hashes in production.
    pub const COST: u32 = 12;
    /// Seconds after which a caller who found the queue full may try again.
    const RETRY_AFTER: u32 = 2;

    /// A pool of `workers` threads and a queue of `queue` callers, for hashes of bcrypt cost `cost` (4 to 31).
    pub fn new(cost: u32, workers: usize, queue: usize) -> Self {
        // A hash of nothing anyone knows, so that unknown users cost as much time as known ones. It is made
        // cheaply and then claims the full cost: a start must not wait for it.
        let dummy = bcrypt::hash("no password has this text: \u{fffd}", 4).unwrap_or_default();
        let dummy = PasswordHash::new(dummy.replacen("$04$", &format!("${cost:02}$"), 1));
        let (jobs, receiver) = channel();
        let receiver = Arc::new(Mutex::new(receiver));
        for number in 1..=workers.max(1) {
            let receiver = Arc::clone(&receiver);
            let thread = std::thread::Builder::new().name(format!("password-{number}"));
            if let Err(error) = thread.spawn(move || work(&receiver)) {
                tracing::error!(%error, "no thread for hashing passwords");
            }
        }
        Self { cost, jobs, waiting: Arc::default(), queue, dummy }
    }

    /// Whether a new password may be used; `context` holds names that it must not be made of.
    pub(crate) async fn judge(
        &self,
        plain: &PasswordPlain,
        context: Vec<String>,
    ) -> Result<Result<(), Code>, ServiceError> {
        let plain = plain.clone();
        self.run(move || blocklist::judge(plain.expose(), &context)).await
    }

    /// Hashes a new password.
    pub async fn hash(&self, plain: PasswordPlain) -> Result<PasswordHash, ServiceError> {
        let cost = self.cost;
        self.run(move || bcrypt::non_truncating_hash(&*hashed_text(plain.expose()), cost))
            .await?
            .map(PasswordHash::new)
            .map_err(|error| ServiceError::Internal(error.to_string()))
    }

    /// Whether `plain` is the password of `hash`; without a hash the answer is no, after the same time.
    pub async fn verify(
        &self,
        plain: PasswordPlain,
        hash: Option<PasswordHash>,
    ) -> Result<bool, ServiceError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.dummy.clone());
        let equal = self
            .run(move || bcrypt::verify(&*hashed_text(plain.expose()), hash.expose()).unwrap_or(false))
            .await?;
        Ok(known && equal)
    }

    /// Whether `hash` was made at a lower cost than new ones are.
    pub(crate) fn is_weaker(&self, hash: &PasswordHash) -> bool {
        let cost = hash.expose().split('$').nth(2).and_then(|cost| cost.parse::<u32>().ok());
        cost.is_some_and(|cost| cost < self.cost)
    }

    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        if self.waiting.fetch_add(1, Ordering::AcqRel) >= self.queue {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
            return Err(ServiceError::Unavailable(Self::RETRY_AFTER));
        }
        let place = Place(Arc::clone(&self.waiting));
        let (answer, result) = oneshot::channel();
        let job: Job = Box::new(move || {
            // Whoever went away in the meantime costs nothing.
            if !answer.is_closed() {
                let _ = answer.send(job());
            }
            drop(place);
        });
        let gone = || ServiceError::Internal("the password threads are gone".to_owned());
        self.jobs.send(job).map_err(|_| gone())?;
        result.await.map_err(|_| gone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> PasswordPlain {
        PasswordPlain::offered(text).unwrap()
    }

    #[tokio::test]
    async fn a_password_matches_its_hash_and_nothing_else() {
        let passwords = Passwords::new(4, 1, 8);
        let hash = passwords.hash(plain("winter boots")).await.unwrap();
        assert!(passwords.verify(plain("winter boots"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(plain("winter boot"), Some(hash)).await.unwrap());
        assert!(!passwords.verify(plain("winter boots"), None).await.unwrap());
    }

    #[tokio::test]
    async fn hashes_of_the_old_system_are_understood_and_broken_ones_fail() {
        let passwords = Passwords::new(4, 1, 8);
        // $2a$ differs from $2b$ in the label only for texts below 256 bytes.
        let hash = bcrypt::hash("password1", 4).unwrap().replacen("$2b$", "$2a$", 1);
        assert!(passwords.verify(plain("password1"), Some(PasswordHash::new(hash))).await.unwrap());
    }

    /// Hashes as damage, other programs and attackers leave them: none opens, none stops the pool.
    #[tokio::test]
    async fn broken_hashes_open_nothing_and_break_nothing() {
        let passwords = Passwords::new(4, 1, 8);
        let good = passwords.hash(plain("winter boots")).await.unwrap().expose().to_owned();
        let mut corpus: Vec<String> = [
            "", "$", "$$$$", "$2a$", "$2b$04$", "plain text", "$2b$99$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "$2b$-4$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA",
            "$2b$04$\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "\0\0\0\0",
            "5f4dcc3b5aa765d61d8327deb882cf99", "{SSHA}x", "!", "*",
        ]
        .map(str::to_owned)
        .to_vec();
        corpus.extend((0..good.len()).map(|end| good[..end].to_owned()));
        corpus.extend((0..good.len()).map(|at| format!("{}\u{1f4a5}{}", &good[..at], &good[at + 1..])));
        corpus.extend([format!("{good}x"), format!(" {good}"), good.repeat(50), good.replace("$04$", "$4$")]);
        for broken in corpus {
            let answer = passwords.verify(plain("winter boots"), Some(PasswordHash::new(&broken))).await;
            assert_eq!(answer, Ok(false), "{broken}");
        }
        assert_eq!(passwords.verify(plain("winter boots"), Some(PasswordHash::new(good))).await, Ok(true));
    }

    #[tokio::test]
    async fn long_passwords_count_to_their_last_character() {
        let passwords = Passwords::new(4, 1, 8);
        for length in [70, 71, 72, 73, 100, 128] {
            let (one, other) =
                (format!("{}a", "x".repeat(length - 1)), format!("{}b", "x".repeat(length - 1)));
            let hash = passwords.hash(plain(&one)).await.unwrap();
            assert!(hash.expose().starts_with("$2b$04$"), "{length}");
            assert_eq!(passwords.verify(plain(&one), Some(hash.clone())).await, Ok(true), "{length}");
            assert_eq!(passwords.verify(plain(&other), Some(hash.clone())).await, Ok(false), "{length}");
            assert_eq!(passwords.verify(plain(&one[..length - 1]), Some(hash)).await, Ok(false), "{length}");
        }
        let emoji = "\u{1f600}".repeat(128);
        let hash = passwords.hash(plain(&emoji)).await.unwrap();
        assert_eq!(passwords.verify(plain(&emoji), Some(hash)).await, Ok(true));
    }

    #[test]
    fn only_the_length_decides_what_is_hashed() {
        assert_eq!(hashed_text(&"x".repeat(71)), "x".repeat(71));
        let digest = hashed_text(&"x".repeat(72)).into_owned();
        assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digest}");
        assert_ne!(digest, hashed_text(&"x".repeat(73)));
    }

    #[test]
    fn a_cheaper_hash_is_noticed() {
        let passwords = Passwords::new(5, 1, 8);
        for (hash, weaker) in [("$2a$04$x", true), ("$2b$05$x", false), ("$2b$10$x", false), ("plain", false)]
        {
            assert_eq!(passwords.is_weaker(&PasswordHash::new(hash)), weaker, "{hash}");
        }
    }

    /// One worker is busy, the queue is full: whoever comes next is told when to come back, and nobody is lost.
    #[tokio::test]
    async fn a_storm_fills_the_queue_and_no_more() {
        let passwords = Passwords::new(4, 1, 32);
        let (release, held) = channel::<()>();
        let busy = tokio::spawn({
            let passwords = passwords.clone();
            async move { passwords.run(move || held.recv().is_ok()).await }
        });
        let mut callers = Vec::new();
        while passwords.waiting.load(Ordering::Acquire) < 1 {
            tokio::task::yield_now().await;
        }
        for _ in 1..32 {
            let passwords = passwords.clone();
            callers.push(tokio::spawn(async move { passwords.run(|| true).await }));
        }
        while passwords.waiting.load(Ordering::Acquire) < 32 {
            tokio::task::yield_now().await;
        }
        for _ in 0..100 {
            assert_eq!(passwords.verify(plain("x"), None).await, Err(ServiceError::Unavailable(2)));
        }
        release.send(()).unwrap();
        assert_eq!(busy.await.unwrap(), Ok(true));
        for caller in callers {
            assert_eq!(caller.await.unwrap(), Ok(true));
        }
        assert_eq!(passwords.verify(plain("x"), None).await, Ok(false));
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let passwords = Passwords::new(4, 1, 0);
        assert_eq!(passwords.verify(plain("x"), None).await, Err(ServiceError::Unavailable(2)));
    }
}
