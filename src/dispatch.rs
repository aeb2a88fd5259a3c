//! The server's own task beside requests: what is due is seen to by whichever server holds the lease.

use service::{OsRandom, Random as _, Services};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Time between two looks whether something is due.
const EVERY: Duration = Duration::from_secs(5);
/// How long a round under way may take once the server stops; what it was sending is repeated by the next one.
const LAST_ROUND: Duration = Duration::from_secs(5);

/// The task at work.
pub struct Dispatcher {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Dispatcher {
    /// Begins.
    pub fn start(services: Services) -> Self {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let holder = format!("{:032x}", OsRandom.bits());
            work(&services, &holder, stopped).await;
            if let Err(error) = services.give_up_dispatch(&holder).await {
                tracing::warn!(%error, "the lease on sending messages was not given up: it ends by itself");
            }
        });
        Self { stop, task }
    }

    /// Ends the round under way and lets another server go on at once.
    pub async fn stop(self) {
        // The task cannot be gone: it ends when it is told to.
        let _ = self.stop.send(());
        if self.task.await.is_err() {
            tracing::error!("the task that sends messages broke down");
        }
    }
}

/// Round after round until it is told to stop.
async fn work(services: &Services, holder: &str, mut stopped: oneshot::Receiver<()>) {
    loop {
        let is_more = {
            let mut round = std::pin::pin!(round(services, holder));
            tokio::select! {
                is_more = &mut round => is_more,
                _ = &mut stopped => {
                    let _ = tokio::time::timeout(LAST_ROUND, round).await;
                    return;
                }
            }
        };
        if !is_more {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                _ = &mut stopped => return,
            }
        }
    }
}

/// What is due now; whether there is more already.
async fn round(services: &Services, holder: &str) -> bool {
    // Offers that end free times for others, who are told of it in the same round. Two servers at once do no harm.
    if let Err(error) = services.offer_round().await {
        tracing::warn!(%error, "offers of the waiting list could not be looked after now");
    }
    match services.dispatch(holder).await {
        Ok(round) => round.is_more && round.has_moved(),
        Err(error) => {
            tracing::warn!(%error, "messages could not be sent now");
            false
        }
    }
}
