//! Runs the server: bind, open the doors, drain on SIGTERM, leave nothing behind.

use crate::bootstrap::{self, StartError};
use crate::config::ServeArgs;
use crate::dispatch::Dispatcher;
use crate::web::limits::MOST_HEADERS;
use crate::web::metrics;
use crate::web::router::router;
use crate::web::state::AppState;
use axum::Router;
use axum_server::{Handle, Server};
use service::{AnchorKey, Services};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal;

/// How long mail that waits is tried once more, however short the drain time.
const LEAST_DRAIN: Duration = Duration::from_secs(2);

/// Serves until it is told to stop; `say` prints a line for the person at the terminal.
pub async fn run(settings: &ServeArgs, say: impl Fn(String)) -> Result<(), StartError> {
    // What is wrong with the settings is said even where another server has the address.
    bootstrap::check(settings)?;
    let listener = TcpListener::bind(settings.addr)
        .await
        .map_err(|error| StartError::Io(format!("cannot listen on {}: {error}", settings.addr)))?;
    let address = listener.local_addr().unwrap_or(settings.addr);
    let figures = match settings.metrics_addr {
        Some(address) => Some(TcpListener::bind(address).await.map_err(|error| {
            StartError::Io(format!("cannot listen on {address} (METRICS_ADDR): {error}"))
        })?),
        None => None,
    };
    let (state, set_up) = bootstrap::application(settings).await?;
    let key = bootstrap::anchor_key(settings)?;
    let dispatcher = Dispatcher::start(state.services.clone());
    let anchoring = tokio::spawn(keep_anchored(state.services.clone(), key.clone()));
    if let Some(listener) = figures {
        let app = metrics::router(state.clone());
        tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                tracing::error!(%error, "figures are served no longer");
            }
        });
    }
    let app = router(state.clone());
    state.readiness.open();
    say(format!("{} is open at http://{address}", settings.store.clinic_name));
    if let Some(path) = set_up {
        say(format!("There is no administrator yet. Make the first one, once, at http://{address}{path}"));
    }
    let drain = Duration::from_secs(settings.drain_seconds);
    accept(listener, app, stopped(state.clone(), drain))
        .await
        .map_err(|error| StartError::Io(error.to_string()))?;
    anchoring.abort();
    dispatcher.stop().await;
    state.services.mail().drain(drain.max(LEAST_DRAIN)).await;
    let storage = state.services.storage_status();
    if storage.dead {
        return Err(StartError::GaveUp(storage.trouble.unwrap_or_default()));
    }
    anchor(&state.services, &key).await;
    state.services.close().await?;
    tracing::info!("closed");
    Ok(())
}

/// Time between two looks whether the audit log has grown; what is cut off it before it is anchored leaves no trace.
const ANCHORED_EVERY: Duration = Duration::from_mins(5);

/// Anchors the audit log from time to time, at the start too: commands may have written to it meanwhile.
async fn keep_anchored(services: Services, key: AnchorKey) {
    let mut ticks = tokio::time::interval(ANCHORED_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        anchor(&services, &key).await;
    }
}

async fn anchor(services: &Services, key: &AnchorKey) {
    if let Err(error) = services.anchor_audit(key).await {
        tracing::warn!(%error, "the audit log could not be anchored now");
    }
}

/// Longest wait for the first request of a connection: whoever dribbles it in holds nothing for longer.
const FIRST_REQUEST: Duration = Duration::from_secs(10);
/// Longest wait for the next one, idle time included: longer than the minute for which proxies keep connections, as
/// one that is closed in the very moment of a request makes the proxy report a fault.
const NEXT_REQUEST: Duration = Duration::from_secs(75);
/// Most requests at a time on one connection of HTTP/2.
const STREAMS: u32 = 100;
/// Most bytes of all headers.
const HEADER_BYTES: u32 = 32 * 1024;

/// Answers connections until `stop` ends, then the requests under way.
pub async fn accept(
    listener: TcpListener,
    app: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let handle = Handle::new();
    let mut server = Server::<SocketAddr>::from_listener(listener)
        .handle(handle.clone())
        .first_request_timeout(FIRST_REQUEST);
    let builder = server.http_builder();
    builder
        .http1()
        .header_read_timeout(NEXT_REQUEST)
        .max_headers(MOST_HEADERS)
        .max_buf_size(HEADER_BYTES as usize);
    builder
        .http2()
        .max_header_list_size(HEADER_BYTES)
        .keep_alive_interval(NEXT_REQUEST)
        .max_concurrent_streams(STREAMS);
    let stopping = tokio::spawn(async move {
        stop.await;
        handle.graceful_shutdown(None);
    });
    let ended = server.serve(app.into_make_service_with_connect_info::<SocketAddr>()).await;
    stopping.abort();
    ended
}

/// Ends when the process should stop taking connections: at once on an interrupt; on SIGTERM after the
/// drain time, in which `/ready` says no and requests are still answered; at once when the store gave up.
async fn stopped(state: AppState, drain: Duration) {
    let interrupted = async {
        if signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = interrupted => state.readiness.drain(),
        () = given_up(&state) => state.readiness.drain(),
        () = terminated() => {
            state.readiness.drain();
            tracing::info!(seconds = drain.as_secs(), "draining");
            tokio::time::sleep(drain).await;
        }
    }
}

/// Ends when the store gave up for good: the disk failed, or a newer version took over. Only a restart can help.
async fn given_up(state: &AppState) {
    let mut look = tokio::time::interval(Duration::from_secs(1));
    while !state.services.storage_status().dead {
        look.tick().await;
    }
}

#[cfg(unix)]
async fn terminated() {
    match signal::unix::signal(signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            terminate.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

/// Asks the server at `addr` for its health.
pub async fn probe(addr: SocketAddr) -> Result<(), StartError> {
    // A server that listens on all addresses is asked on the loopback one.
    let target = match addr {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => SocketAddr::from(([127, 0, 0, 1], v4.port())),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => {
            SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], v6.port()))
        }
        other => other,
    };
    let unwell = |why: String| StartError::Io(format!("{target} is not healthy: {why}"));
    let ask = async {
        let mut stream = TcpStream::connect(target).await?;
        stream.write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
        let mut answer = [0u8; 64];
        let read = stream.read(&mut answer).await?;
        Ok::<_, std::io::Error>(String::from_utf8_lossy(&answer[..read]).into_owned())
    };
    let answer = tokio::time::timeout(Duration::from_secs(3), ask)
        .await
        .map_err(|_| unwell("no answer within 3 seconds".to_owned()))?
        .map_err(|error| unwell(error.to_string()))?;
    if answer.starts_with("HTTP/1.1 200") {
        Ok(())
    } else {
        Err(unwell(answer.lines().next().unwrap_or_default().to_owned()))
    }
}
