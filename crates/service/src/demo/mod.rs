//! Demonstration and benchmark data, written into an empty store only. Nothing of it touches a store in use.

mod bench;
mod bills;
mod cast;
mod charts;
mod clinic;
mod dice;
mod people;
mod refunds;
#[cfg(test)]
mod tests;
mod texts;
mod visits;
mod words;

pub use bench::BenchSize;

use crate::{Clinic, ConflictKind, ServiceError, Services};
use cast::{ACCOUNTS, PATIENTS, STAFF};
use clinic::Scene;
use dice::Dice;
use domain::{PasswordHash, PasswordPlain, Role};
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use storage::{BoxFuture, StorageError, Tx, Work};

/// How the demonstration clinic is made.
#[derive(Clone, Default)]
pub struct DemoOptions {
    /// The password of every account; `None` for a different one each.
    pub password: Option<String>,
    /// The same seed at the same time makes the same clinic.
    pub seed: u64,
}

impl std::fmt::Debug for DemoOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DemoOptions").field("seed", &self.seed).finish_non_exhaustive()
    }
}

/// An account of the demonstration clinic, to be shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct DemoAccount {
    /// Its role.
    pub role: Role,
    /// The name people read.
    pub name: String,
    /// The name to sign in with.
    pub username: String,
    /// The e-mail address to sign in with.
    pub email: String,
    /// The password.
    pub password: String,
}

impl DemoAccount {
    fn new(role: Role, name: &str, password: String) -> Self {
        Self {
            role,
            name: name.to_owned(),
            username: people::login(name),
            email: people::address(name),
            password,
        }
    }
}

impl std::fmt::Debug for DemoAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DemoAccount").field("username", &self.username).finish_non_exhaustive()
    }
}

/// A unit of work that fills a store; it may be run several times.
type Fill = Box<dyn for<'t> Fn(&'t mut dyn Tx) -> BoxFuture<'t, Result<(), StorageError>> + Send + Sync>;

impl Services {
    /// Fills an empty store (no patients, visits, records or bills, one account at most) with a lively clinic and
    /// gives its accounts. [`ConflictKind::NotEmpty`] when there is anything in it.
    pub async fn seed_demo(&self, options: DemoOptions) -> Result<Vec<DemoAccount>, ServiceError> {
        let people = STAFF
            .iter()
            .map(|staff| (staff.role, staff.name))
            .chain(ACCOUNTS.iter().map(|place| (Role::Patient, PATIENTS[*place].0)));
        let mut accounts = Vec::new();
        let mut hashes = Vec::new();
        for (role, name) in people {
            let password = self.demo_password(options.password.as_deref()).await?;
            hashes.push(self.passwords.hash(password.clone()).await?);
            accounts.push(DemoAccount::new(role, name, password.expose().to_owned()));
        }
        let (clinic, now) = (Arc::new(self.clinic().clone()), self.now());
        let hashes = Arc::new(hashes);
        self.fill_empty(Box::new(move |tx| {
            let (clinic, hashes) = (Arc::clone(&clinic), Arc::clone(&hashes));
            Box::pin(async move { furnish(tx, &clinic, &hashes, options.seed, now).await })
        }))
        .await?;
        Ok(accounts)
    }

    async fn demo_password(&self, given: Option<&str>) -> Result<PasswordPlain, ServiceError> {
        let text = given.map_or_else(|| words::password(self.random.as_ref()), str::to_owned);
        let password = self.new_password(&text, Role::Admin, false, &[]).await?;
        password.map_err(|code| ServiceError::field("password", code))
    }

    /// Runs `fill` in one unit of work, if the store is empty in that unit.
    async fn fill_empty(&self, fill: Fill) -> Result<(), ServiceError> {
        let refused = Arc::new(AtomicBool::new(false));
        let (fill, told) = (Arc::new(fill), Arc::clone(&refused));
        let work: Work = Box::new(move |tx| {
            let (fill, told) = (Arc::clone(&fill), Arc::clone(&told));
            Box::pin(async move {
                let totals = tx.totals().await?;
                let in_use = totals.patients + totals.appointments + totals.medical_records + totals.billings;
                let is_empty = in_use == 0 && totals.users <= 1;
                told.store(!is_empty, Ordering::Release);
                if is_empty { fill(tx).await } else { Ok(()) }
            })
        });
        self.storage.write(work).await?;
        if refused.load(Ordering::Acquire) {
            Err(ServiceError::Conflict(ConflictKind::NotEmpty))
        } else {
            Ok(())
        }
    }
}

/// Makes the whole demonstration clinic.
async fn furnish(
    tx: &mut dyn Tx,
    clinic: &Clinic,
    hashes: &[PasswordHash],
    seed: u64,
    now: Timestamp,
) -> Result<(), StorageError> {
    let today = clinic.zone.date(now);
    let (dice, staff, log) = (Dice::new(seed), Vec::new(), Vec::new());
    let mut scene = Scene { tx, clinic, dice, now, today, staff, has_rooms: false, log, hashes };
    scene.hire().await?;
    let patients = scene.register().await?;
    let visits = scene.book(&patients).await?;
    scene.chart(&patients, &visits).await?;
    scene.bill(&patients, &visits).await?;
    scene.note_sign_ins();
    scene.write_log().await
}
