//! How much one caller may ask of a server: requests in a second, headers of a request. Bodies and answers have their
//! limits in the router, connections in `serve`.

use crate::web::ClientAddress;
use crate::web::auth::Caller;
use crate::web::errors::{PageError, for_surface};
use crate::web::state::AppState;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use domain::UserId;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use service::ServiceError;
use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Most headers of a request, on every version of HTTP.
pub const MOST_HEADERS: usize = 100;
/// How many seconds' worth of requests may come at once.
const BURST_SECONDS: u32 = 4;
/// How many forged requests for one account are written down at once; after them one a minute.
const NOTES: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
/// After so many requests, callers who have been quiet are forgotten.
const SWEEP: u32 = 4096;

/// Who is counted: an account, wherever it is used, or whoever has not signed in, by address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Counted {
    Account(UserId),
    Network(IpAddr),
}

/// Time that only goes forward. The wall clock may be set back, and would then shut everyone out until it has caught up.
#[derive(Clone)]
struct Ticks(Arc<dyn Fn() -> Duration + Send + Sync>);

impl Clock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        (self.0)()
    }
}

/// How many requests a second each caller may send to this process, and how many refusals of forged ones are written down.
pub struct RateLimits {
    requests: Option<Counters>,
    notes: Counters,
}

struct Counters {
    limiter: RateLimiter<Counted, DashMapStateStore<Counted>, Ticks, NoOpMiddleware<Duration>>,
    ticks: Ticks,
    since_sweep: AtomicU32,
}

impl Counters {
    fn new(quota: Quota, ticks: Ticks) -> Self {
        let limiter = RateLimiter::new(quota, DashMapStateStore::default(), ticks.clone());
        Self { limiter, ticks, since_sweep: AtomicU32::new(0) }
    }

    /// Counts one; how long to wait if it is one too many.
    fn count(&self, caller: Counted) -> Result<(), Duration> {
        if self.since_sweep.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&caller).map_err(|refusal| refusal.wait_time_from(self.ticks.now()))
    }
}

impl Default for RateLimits {
    fn default() -> Self {
        Self::per_second(0)
    }
}

impl fmt::Debug for RateLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.requests.is_some() { "RateLimits(on)" } else { "RateLimits(off)" })
    }
}

impl RateLimits {
    /// So many requests a second, in bursts of four times as many; 0 is no limit.
    pub fn per_second(rate: u32) -> Self {
        let start = Instant::now();
        Self::with_ticks(rate, move || start.elapsed())
    }

    /// The same by another clock.
    pub fn with_ticks(rate: u32, ticks: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        let ticks = Ticks(Arc::new(ticks));
        let requests = NonZeroU32::new(rate).map(|rate| {
            let burst = rate.saturating_mul(NonZeroU32::MIN.saturating_add(BURST_SECONDS - 1));
            Counters::new(Quota::per_second(rate).allow_burst(burst), ticks.clone())
        });
        let notes = Counters::new(Quota::per_minute(NonZeroU32::MIN).allow_burst(NOTES), ticks);
        Self { requests, notes }
    }

    /// Whether another refusal of a request forged in this account's name is written down.
    pub fn is_worth_noting(&self, user: UserId) -> bool {
        self.notes.count(Counted::Account(user)).is_ok()
    }

    /// Counts a request; the seconds to wait if it is one too many.
    fn count(&self, caller: Counted) -> Result<(), u32> {
        let Some(counters) = &self.requests else { return Ok(()) };
        counters.count(caller).map_err(|wait| {
            // Whoever waits for the seconds that were named is served.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            u32::try_from(seconds).unwrap_or(u32::MAX)
        })
    }
}

/// Refuses callers who ask too much; what is the same for everyone is not counted.
pub async fn refuse_too_much(
    State(state): State<AppState>,
    Caller(actor): Caller,
    address: ClientAddress,
    request: Request,
    next: Next,
) -> Response {
    if request.headers().len() > MOST_HEADERS {
        return PageError::status(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    let path = request.uri().path();
    if !is_asset(path) {
        let caller = actor.user().map_or_else(|| Counted::Network(address.network()), Counted::Account);
        if let Err(seconds) = state.rate_limits.count(caller) {
            return for_surface(path, ServiceError::RateLimited(seconds));
        }
    }
    next.run(request).await
}

/// Files of the program, which a page brings along by the dozen and browsers keep.
fn is_asset(path: &str) -> bool {
    ["/assets/", "/fonts/", "/licences/"].iter().any(|folder| path.starts_with(folder))
        || matches!(path, "/favicon.svg" | "/robots.txt")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU64;

    fn rigged(rate: u32) -> (RateLimits, Arc<AtomicU64>) {
        let millis = Arc::new(AtomicU64::new(0));
        let clock = Arc::clone(&millis);
        let limits =
            RateLimits::with_ticks(rate, move || Duration::from_millis(clock.load(Ordering::Relaxed)));
        (limits, millis)
    }

    fn served(limits: &RateLimits, caller: Counted) -> usize {
        (0..100).take_while(|_| limits.count(caller).is_ok()).count()
    }

    #[test]
    fn a_burst_is_served_and_then_the_rate() {
        let (limits, millis) = rigged(5);
        let (one, other) = (Counted::Account(UserId(1)), Counted::Account(UserId(2)));
        assert_eq!(served(&limits, one), 20);
        assert_eq!(limits.count(one), Err(1));
        assert_eq!(served(&limits, other), 20, "each caller has a count of their own");
        millis.fetch_add(1000, Ordering::Relaxed);
        assert_eq!(served(&limits, one), 5);
    }

    #[test]
    fn whoever_waits_as_told_is_served() {
        let (limits, millis) = rigged(1);
        let caller = Counted::Network([198, 51, 100, 7].into());
        served(&limits, caller);
        let seconds = limits.count(caller).unwrap_err();
        millis.fetch_add(u64::from(seconds) * 1000, Ordering::Relaxed);
        assert_eq!(limits.count(caller), Ok(()));
    }

    #[test]
    fn quiet_callers_are_forgotten() {
        let (limits, millis) = rigged(5);
        for user in 1..u64::from(SWEEP) {
            limits.count(Counted::Account(UserId(user))).unwrap();
        }
        millis.fetch_add(60_000, Ordering::Relaxed);
        limits.count(Counted::Account(UserId(1))).unwrap();
        assert_eq!(limits.requests.as_ref().unwrap().limiter.len(), 1);
    }

    #[test]
    fn of_many_forged_requests_the_first_are_noted_and_one_a_minute() {
        let (limits, millis) = rigged(0);
        let noted = |user| (0..100).filter(|_| limits.is_worth_noting(UserId(user))).count();
        assert_eq!((noted(1), noted(2)), (10, 10));
        millis.fetch_add(60_000, Ordering::Relaxed);
        assert_eq!(noted(1), 1);
    }

    #[test]
    fn no_rate_is_no_limit() {
        let (limits, _) = rigged(0);
        assert_eq!(served(&limits, Counted::Account(UserId(1))), 100);
    }
}
