//! bcrypt in its own bounded pool: a storm of sign-ins fills the queue, never the request threads.

use crate::ServiceError;
use domain::{PasswordHash, PasswordPlain};
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

    /// Hashes a new password.
    pub async fn hash(&self, plain: PasswordPlain) -> Result<PasswordHash, ServiceError> {
        let cost = self.cost;
        self.run(move || bcrypt::non_truncating_hash(plain.expose(), cost))
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
        let equal = self.run(move || bcrypt::verify(plain.expose(), hash.expose()).unwrap_or(false)).await?;
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
        for broken in
            ["", "$2a$", "plain text", "$2b$99$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
        {
            assert!(!passwords.verify(plain("x"), Some(PasswordHash::new(broken))).await.unwrap());
        }
    }

    #[test]
    fn a_cheaper_hash_is_noticed() {
        let passwords = Passwords::new(5, 1, 8);
        for (hash, weaker) in [("$2a$04$x", true), ("$2b$05$x", false), ("$2b$10$x", false), ("plain", false)]
        {
            assert_eq!(passwords.is_weaker(&PasswordHash::new(hash)), weaker, "{hash}");
        }
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let passwords = Passwords::new(4, 1, 0);
        assert_eq!(passwords.verify(plain("x"), None).await, Err(ServiceError::Unavailable(2)));
    }
}
