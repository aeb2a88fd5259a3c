//! How the audit log is chained and anchored, and how a whole chain is followed. Where it lies is for the backends.

use crate::cursor::hex;
use domain::audit::AuditDraft;
use domain::{AuditAnchor, AuditEvent, ChainHead};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::time::{Duration, Instant};

/// What the first event links to.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The hash of an event, given as its JSON text in any number of pieces, after the event with the hash `prev`.
fn link<'p>(prev: &str, json: impl IntoIterator<Item = &'p [u8]>) -> String {
    let start = Sha256::new().chain_update(prev);
    hex(&json.into_iter().fold(start, sha2::Digest::chain_update).finalize())
}

/// The hash of an event after the event with the hash `prev`.
///
/// # Panics
/// Never: an event has only string keys.
pub fn hash_of(prev: &str, event: &AuditDraft) -> String {
    link(prev, [serde_json::to_vec(event).expect("an event has only string keys").as_slice()])
}

/// A key for anchors.
#[derive(Clone, PartialEq, Eq)]
pub struct AnchorKey(Vec<u8>);

impl fmt::Debug for AnchorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnchorKey(hidden)")
    }
}

impl AnchorKey {
    /// A key of these bytes.
    pub fn new(secret: &[u8]) -> Self {
        Self(secret.to_vec())
    }

    /// A key made of a secret that serves another purpose, so that neither tells anything of the other.
    pub fn derived(secret: &[u8]) -> Self {
        Self(
            Sha256::new().chain_update("healthcare audit anchors\n").chain_update(secret).finalize().to_vec(),
        )
    }

    /// Names the key in its anchors.
    fn name(&self) -> String {
        hex(&Sha256::new().chain_update("healthcare audit key\n").chain_update(&self.0).finalize()[..8])
    }

    fn mac(&self, seq: u64, hash: &str, at: Timestamp) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.chain_update(format!("healthcare audit anchor\n{seq}\n{hash}\n{at}"))
    }

    /// Anchors the end of the chain.
    pub fn anchor(&self, head: ChainHead, at: Timestamp) -> AuditAnchor {
        let ChainHead { seq, hash } = head;
        let mac = hex(&self.mac(seq, &hash, at).finalize().into_bytes());
        AuditAnchor { seq, hash, at, key: self.name(), mac }
    }

    /// Whether an anchor was made under this key; `None` when it names another one.
    fn proves(&self, anchor: &AuditAnchor) -> Option<bool> {
        (anchor.key == self.name()).then(|| {
            let mac = self.mac(anchor.seq, &anchor.hash, anchor.at);
            crate::cursor::unhex(&anchor.mac).is_some_and(|tag| mac.verify_slice(&tag).is_ok())
        })
    }
}

/// An event as it lies in a store: its own text is looked at as bytes, so that not one of them can change unnoticed.
#[derive(Clone, Copy, Debug)]
pub struct Link<'l> {
    /// Its position.
    pub seq: u64,
    /// Its JSON text in pieces.
    pub json: [&'l [u8]; 3],
    /// The hash of the one before.
    pub prev: &'l str,
    /// Its own hash.
    pub hash: &'l str,
}

/// Characters of a hash.
const HASH: usize = 64;

impl<'l> Link<'l> {
    /// The event of one line of the files, `None` unless it stands there exactly as it is written.
    pub fn of_line(line: &'l [u8]) -> Option<Self> {
        let line = line.strip_suffix(b"\n")?.strip_suffix(b"\"}")?;
        let (line, hash) = line.split_at_checked(line.len().checked_sub(HASH)?)?;
        let line = line.strip_suffix(b"\",\"hash\":\"")?;
        let (line, prev) = line.split_at_checked(line.len().checked_sub(HASH)?)?;
        let line = line.strip_suffix(b",\"prev\":\"")?.strip_prefix(b"{\"seq\":")?;
        let comma = line.iter().position(|byte| *byte == b',')?;
        let number = std::str::from_utf8(&line[..comma]).ok()?;
        let seq: u64 = number.parse().ok().filter(|seq: &u64| seq.to_string() == number)?;
        let [prev, hash] = [prev, hash].map(|hash| std::str::from_utf8(hash).ok());
        Some(Self { seq, json: [b"{", &line[comma + 1..], b"}"], prev: prev?, hash: hash? })
    }
}

/// An anchor on its way to being met.
struct Anchored {
    seq: u64,
    hash: String,
    at: Option<Timestamp>,
    is_proven: bool,
}

impl fmt::Display for Anchored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => write!(f, "was anchored at {at}"),
            None => f.write_str("was noted"),
        }
    }
}

/// What a whole chain was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainReport {
    /// Events.
    pub events: u64,
    /// The hash of the last one; [`GENESIS`] when there is none.
    pub head: String,
    /// Anchors that were made under a key that was given, and met.
    pub proven: u64,
    /// Anchors that were met, but name a key that was not given.
    pub unproven: u64,
    /// The last proven anchor: how far the log is certainly whole, and since when.
    pub last_proven: Option<(u64, Timestamp)>,
    /// How long it took to follow the events.
    pub took: Duration,
}

/// Follows a chain from its first event, past its anchors.
pub struct Follower {
    seq: u64,
    hash: String,
    anchors: std::iter::Peekable<std::vec::IntoIter<Anchored>>,
    report: ChainReport,
    begun: Instant,
}

impl fmt::Debug for Follower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Follower(at event {})", self.seq)
    }
}

impl Follower {
    /// Begins. `noted` is an end of the chain that was kept elsewhere, as the log of the server has them.
    ///
    /// # Errors
    /// An anchor names a key of `keys` and was not made under it.
    pub fn new(
        anchors: impl IntoIterator<Item = AuditAnchor>,
        keys: &[AnchorKey],
        noted: Option<ChainHead>,
    ) -> Result<Self, String> {
        let mut all: Vec<Anchored> = noted
            .into_iter()
            .map(|head| Anchored { seq: head.seq, hash: head.hash, at: None, is_proven: true })
            .collect();
        for anchor in anchors {
            let verdict = keys.iter().find_map(|key| key.proves(&anchor));
            let AuditAnchor { seq, hash, at, .. } = anchor;
            if verdict == Some(false) {
                return Err(format!("the anchor of event {seq} of {at} was changed or forged"));
            }
            all.push(Anchored { seq, hash, at: Some(at), is_proven: verdict.is_some() });
        }
        all.sort_by_key(|anchor| anchor.seq);
        let report = ChainReport {
            events: 0,
            head: GENESIS.to_owned(),
            proven: 0,
            unproven: 0,
            last_proven: None,
            took: Duration::ZERO,
        };
        let begun = Instant::now();
        Ok(Self { seq: 0, hash: GENESIS.to_owned(), anchors: all.into_iter().peekable(), report, begun })
    }

    /// How many events were followed.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The next event.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn follow(&mut self, event: &Link<'_>) -> Result<(), String> {
        let expected = self.seq + 1;
        if event.seq != expected {
            return Err(format!("event {expected} is missing: event {} stands in its place", event.seq));
        }
        if event.prev != self.hash {
            return Err(format!("event {expected} does not follow the one before it"));
        }
        if link(event.prev, event.json) != event.hash {
            return Err(format!("event {expected} is not as it was written"));
        }
        self.seq = expected;
        self.hash.clear();
        self.hash.push_str(event.hash);
        while let Some(anchor) = self.anchors.next_if(|anchor| anchor.seq <= expected) {
            if (anchor.seq, anchor.hash.as_str()) != (expected, event.hash) {
                return Err(format!("event {} is not the one that {anchor}", anchor.seq));
            }
            if anchor.is_proven {
                self.report.proven += 1;
                self.report.last_proven = anchor.at.map(|at| (expected, at)).or(self.report.last_proven);
            } else {
                self.report.unproven += 1;
            }
        }
        Ok(())
    }

    /// The next event, from memory.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn follow_event(&mut self, event: &AuditEvent) -> Result<(), String> {
        let json = serde_json::to_vec(&event.event).map_err(|error| error.to_string())?;
        self.follow(&Link { seq: event.seq, json: [&json, b"", b""], prev: &event.prev, hash: &event.hash })
    }

    /// Ends.
    ///
    /// # Errors
    /// The chain was longer once.
    pub fn finish(mut self) -> Result<ChainReport, String> {
        // The last of them tells how much is missing at least.
        if let Some(anchor) = self.anchors.by_ref().last() {
            return Err(format!(
                "the log ends at event {}, but event {} {anchor}: its end was cut off",
                self.seq, anchor.seq
            ));
        }
        Ok(ChainReport { events: self.seq, head: self.hash, took: self.begun.elapsed(), ..self.report })
    }
}
