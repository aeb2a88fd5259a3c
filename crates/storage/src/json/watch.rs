//! The thread that shows the other processes that this one is alive, looks at them, and raises the format of the directory
//! once everyone can follow.

use super::OpenError;
use super::committer::{Command, Shared};
use super::formats::StoreFormat;
use super::lock::Shares;
use super::peers::Peers;
use crate::StorageError;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// What the thread is told.
enum Order {
    /// Do now what is done at every heartbeat.
    Attend(oneshot::Sender<()>),
    /// Leave the others and end.
    Leave(oneshot::Sender<()>),
}

/// The thread as the store sees it.
pub struct Watch {
    orders: Option<Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Starts it.
    pub fn start(watcher: Watcher) -> io::Result<Self> {
        let (orders, received) = channel();
        let thread =
            std::thread::Builder::new().name("peers".to_owned()).spawn(move || watcher.run(&received));
        Ok(Self { orders: Some(orders), thread: Some(thread?) })
    }

    async fn order(&self, order: impl FnOnce(oneshot::Sender<()>) -> Order) {
        let (reply, answer) = oneshot::channel();
        // A thread that ended has nothing to do any more.
        if self.orders.as_ref().is_some_and(|orders| orders.send(order(reply)).is_ok()) {
            let _ = answer.await;
        }
    }

    /// Has it do now what it does at every heartbeat.
    pub async fn attend(&self) {
        self.order(Order::Attend).await;
    }

    /// Has it leave the other processes.
    pub async fn leave(&self) {
        self.order(Order::Leave).await;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.orders = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the watch over the other processes ended by a panic");
        }
    }
}

/// The thread's own things.
pub struct Watcher {
    /// This process among the others.
    pub peers: Peers,
    /// The locks of the directory.
    pub shares: Arc<Shares>,
    /// What readers see of the committer.
    pub shared: Arc<Shared>,
    /// Where commands for the committer go; it ends without regard to this.
    pub commands: mpsc::WeakSender<Command>,
    /// The format that this version writes.
    pub format: StoreFormat,
    /// The time between heartbeats.
    pub every: Duration,
}

impl Watcher {
    fn run(mut self, orders: &Receiver<Order>) {
        let mut trouble = None;
        loop {
            let reply = match orders.recv_timeout(self.every) {
                Ok(Order::Attend(reply)) => Some(reply),
                Err(RecvTimeoutError::Timeout) => None,
                Ok(Order::Leave(reply)) => {
                    drop(self);
                    let _ = reply.send(());
                    return;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let found = self.attend().map_err(|error| error.to_string()).err();
            if found != trouble
                && let Some(what) = &found
            {
                tracing::warn!("the other processes could not be looked at: {what}");
            }
            trouble = found;
            if let Some(reply) = reply {
                let _ = reply.send(());
            }
        }
    }

    fn attend(&mut self) -> Result<(), OpenError> {
        if self.shared.dead.load(Ordering::Acquire) {
            return Ok(());
        }
        if self.peers.is_registered() {
            self.peers.beat()?;
        } else if let Some(_opening) = self.shares.try_opening()? {
            // Whoever opens removes files whose lock is free, as that of a new one is for a moment.
            self.peers.beat()?;
        }
        match self.peers.look() {
            Err(error @ OpenError::LocksDoNotCross { .. }) => self.shared.give_up(error.to_string()),
            Err(error) => return Err(error),
            Ok(_) if self.shared.published.load().format.format < self.format.format => self.activate()?,
            Ok(_) => {}
        }
        Ok(())
    }

    /// Raises the format if every other process can follow. Nobody can join meanwhile.
    fn activate(&mut self) -> Result<(), OpenError> {
        let Some(_opening) = self.shares.try_opening()? else { return Ok(()) };
        if !self.peers.permit(self.format)? {
            return Ok(());
        }
        let (answer, answered) = oneshot::channel();
        let sent = self.commands.upgrade().map(|it| it.blocking_send(Command::Activate(self.format, answer)));
        match sent.and_then(Result::ok).map(|()| answered.blocking_recv()) {
            Some(Ok(Err(error))) if error != StorageError::Full => {
                tracing::warn!(%error, "the format was not raised");
            }
            // Later, or the store is being closed.
            _ => {}
        }
        Ok(())
    }
}
