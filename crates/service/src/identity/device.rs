//! The devices that an account was signed in to on: what a browser keeps of it, and what its owner hears of a new one.

use super::attempts::{self, Counted};
use crate::{AccountNotice, Order, PageRequest, Random, ServiceError, Unit};
use domain::{AccessFact, AccessKind, User, UserId};
use jiff::SignedDuration;
use storage::AccessFilter;

/// Where somebody signs in.
#[derive(Clone, Debug, Default)]
pub enum Device {
    /// A program: it remembers nothing.
    #[default]
    Program,
    /// A browser, with what it kept from an earlier sign-in.
    Browser(Option<DeviceSecret>),
}

impl Device {
    /// What the browser shows.
    pub(super) const fn shown(&self) -> Option<&DeviceSecret> {
        match self {
            Self::Program => None,
            Self::Browser(shown) => shown.as_ref(),
        }
    }
}

/// What a browser keeps to show that its owner signed in here before.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceSecret(String);

impl DeviceSecret {
    /// How long a device is remembered.
    pub const KEPT: SignedDuration = attempts::DEVICE.memory;

    /// A new one.
    pub(crate) fn new(random: &dyn Random) -> Self {
        Self(format!("{:032x}{:032x}", random.bits(), random.bits()))
    }

    /// One that a browser shows; `None` for a text that is none.
    pub fn shown(text: &str) -> Option<Self> {
        (text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| Self(text.to_owned()))
    }

    /// For the cookie alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for DeviceSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceSecret(hidden)")
    }
}

/// Remembers where somebody signed in, and tells them if that is new to an account that was used elsewhere before; returns
/// what a browser is to keep. All programs are one place: they keep nothing that could tell one from another.
pub(crate) async fn remember(
    unit: &mut Unit<'_>,
    device: &Device,
    user: &User,
) -> Result<Option<DeviceSecret>, ServiceError> {
    let secret = match device {
        Device::Program => None,
        Device::Browser(shown) => Some(shown.clone().unwrap_or_else(|| DeviceSecret::new(unit.random))),
    };
    let place = Counted::device(secret.as_ref(), user.id);
    let found = unit.tx.access().lookup(&place.id).await?;
    let is_known = found.as_ref().is_some_and(|row| row.is_live(unit.now));
    if !is_known && has_device(unit, user.id).await? {
        unit.notify_account(user, AccountNotice::NewDevice);
    }
    attempts::store(unit.tx, found.map(|row| row.version), place.entry(unit.now, 0, unit.now)).await?;
    Ok(secret)
}

/// Whether an account was signed in to anywhere within the time that devices are remembered.
async fn has_device(unit: &mut Unit<'_>, user: UserId) -> Result<bool, ServiceError> {
    let filter = AccessFilter {
        kind: Some(AccessKind::Attempts),
        user: Some(user),
        live_at: Some(unit.now),
        ..AccessFilter::default()
    };
    let found = unit.tx.access().list(&filter, &PageRequest::all(Order::Ascending)).await?.items;
    Ok(found.iter().any(|row| matches!(row.fact, AccessFact::Attempts { of_device: true, .. })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_we_made_is_a_device() {
        assert!(DeviceSecret::shown(&"a1".repeat(32)).is_some());
        for text in ["", "a1", &"g".repeat(64), &"a1".repeat(33)] {
            assert!(DeviceSecret::shown(text).is_none());
        }
    }
}
