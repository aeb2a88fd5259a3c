//! Tells open pages that the schedule has changed, here or at another process: server-sent events that carry a revision and
//! nothing else. One task of a process asks the store, while anybody listens.

use crate::web::auth::Caller;
use crate::web::errors::PageError;
use crate::web::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::http::header::{ACCEPT, CACHE_CONTROL, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use serde::Serialize;
use service::scheduling::WatchSchedule;
use service::{Actor, ServiceError};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// The address.
pub const PATH: &str = "/appointments/live";
/// Most streams of a process at once.
const MOST: usize = 256;
/// How often the store is asked.
const LOOK: Duration = Duration::from_secs(1);
/// How often a stream shows that it is alive, and looks whether its session still is.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// What the streams of a process share.
#[derive(Debug)]
pub struct Live {
    news: watch::Sender<News>,
    places: Arc<Semaphore>,
    is_watched: AtomicBool,
}

/// What the task last found.
#[derive(Clone, Copy, Debug, Default)]
struct News {
    /// The revision of the last change of the schedule.
    schedule: u64,
    /// The revision of the last change of anybody's session or rights.
    access: u64,
    /// The process stops.
    is_over: bool,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            news: watch::Sender::default(),
            places: Arc::new(Semaphore::new(MOST)),
            is_watched: AtomicBool::new(false),
        }
    }
}

impl Live {
    /// Listens; the task begins with the first who does, at `revision`.
    fn listen(&self, state: &AppState, revision: u64) -> watch::Receiver<News> {
        let receiver = self.news.subscribe();
        if !self.is_watched.swap(true, Ordering::AcqRel) {
            tokio::spawn(look(state.clone(), revision));
        }
        receiver
    }
}

/// Asks the store for as long as anybody listens and the process takes traffic.
async fn look(state: AppState, mut revision: u64) {
    let mut clock = tokio::time::interval(LOOK);
    loop {
        clock.tick().await;
        let news = &state.live.news;
        if !state.readiness.is_open() {
            news.send_modify(|news| news.is_over = true);
        }
        if news.receiver_count() == 0 {
            state.live.is_watched.store(false, Ordering::Release);
            // Somebody may have come just now, and seen a task that was still there.
            if news.receiver_count() == 0 || state.live.is_watched.swap(true, Ordering::AcqRel) {
                return;
            }
        }
        match state.services.changes_since(revision).await {
            Ok(changes) => {
                revision = changes.revision;
                if changes.schedule || changes.access {
                    news.send_modify(|news| {
                        news.schedule = if changes.schedule { revision } else { news.schedule };
                        news.access = if changes.access { revision } else { news.access };
                    });
                }
            }
            // The next look finds what this one could not.
            Err(error) => tracing::debug!(%error, "the schedule's changes could not be read"),
        }
    }
}

/// Where the page, or the stream before, ended.
fn since(headers: &HeaderMap, query: &str) -> Option<u64> {
    let header = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let asked = query.split('&').find_map(|pair| pair.strip_prefix("since="));
    header.or(asked)?.parse().ok()
}

#[derive(Serialize)]
struct Revision {
    revision: u64,
}

/// `GET /appointments/live`: `since`. As a stream for those who accept one, else the revision alone.
pub async fn live(
    State(state): State<AppState>,
    Caller(actor): Caller,
    uri: axum::http::Uri,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    state.services.execute(&actor, WatchSchedule {}).await?;
    let revision = state.services.revision().await?;
    let wants = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    if !wants.is_some_and(|accepted| accepted.contains("text/event-stream")) {
        let mut response = Json(Revision { revision }).into_response();
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        return Ok(response);
    }
    let place = Arc::clone(&state.live.places).try_acquire_owned().ok().filter(|_| state.readiness.is_open());
    let Some(place) = place else {
        let busy = [(RETRY_AFTER, HeaderValue::from_static("30"))];
        return Ok((StatusCode::SERVICE_UNAVAILABLE, busy).into_response());
    };
    let since = since(&headers, uri.query().unwrap_or_default()).unwrap_or(revision).min(revision);
    let news = state.live.listen(&state, revision);
    let listener =
        Listener { seen: since, access: revision, news, actor, state, is_first: true, _place: place };
    Ok(Sse::new(listener.events()).into_response())
}

/// One stream.
struct Listener {
    /// The revision that the page is known to show.
    seen: u64,
    /// The revision up to which the session was looked at.
    access: u64,
    news: watch::Receiver<News>,
    actor: Actor,
    state: AppState,
    is_first: bool,
    _place: OwnedSemaphorePermit,
}

impl Listener {
    fn events(self) -> impl Stream<Item = Result<Event, Infallible>> + Send {
        stream::unfold(self, |mut listener| async move {
            let event = listener.next().await?;
            Some((Ok(event), listener))
        })
    }

    /// The next event; none when the stream is over.
    async fn next(&mut self) -> Option<Event> {
        if std::mem::take(&mut self.is_first) {
            // What happened between the page and the stream is told at once.
            let changes = self.state.services.changes_since(self.seen).await.ok()?;
            self.seen = changes.revision;
            return Some(self.event(if changes.schedule { "changed" } else { "ready" }));
        }
        loop {
            let waited = tokio::time::timeout(HEARTBEAT, self.news.changed()).await;
            let news = *self.news.borrow_and_update();
            if news.is_over || matches!(waited, Ok(Err(_))) {
                return None;
            }
            if waited.is_err() || news.access > self.access {
                self.access = news.access.max(self.access);
                self.still_signed_in().await.ok()?;
            }
            if news.schedule > self.seen {
                self.seen = news.schedule;
                return Some(self.event("changed"));
            }
            if waited.is_err() {
                return Some(Event::default().comment("still here"));
            }
        }
    }

    fn event(&self, name: &str) -> Event {
        Event::default().event(name).id(self.seen.to_string()).data(self.seen.to_string())
    }

    /// Whether the session is still that of somebody who may listen; listening does not keep it alive.
    async fn still_signed_in(&mut self) -> Result<(), ServiceError> {
        let session = self.actor.session_in_use().ok_or(ServiceError::Unauthenticated)?;
        let id = self.actor.request_id.clone();
        let actor = self.state.services.authenticate_unattended(session.id, &id).await?;
        let now = actor.session_in_use().map(|session| session.security_version);
        if now != Some(session.security_version) {
            return Err(ServiceError::Unauthenticated);
        }
        self.actor = actor;
        self.state.services.execute(&self.actor, WatchSchedule {}).await
    }
}
