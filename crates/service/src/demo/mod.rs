//! Demonstration and benchmark data, written into an empty store only.

use crate::{ServiceError, Services};
use domain::Role;

/// How the demonstration clinic is made.
#[derive(Clone, Debug, Default)]
pub struct DemoOptions {
    /// The password of every account; `None` for a different one each.
    pub password: Option<String>,
    /// The same seed on the same day makes the same clinic.
    pub seed: u64,
}

/// An account of the demonstration clinic.
#[derive(Clone, Debug, PartialEq, Eq)]
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

impl Services {
    /// Fills an empty store with a lively clinic.
    pub async fn seed_demo(&self, _options: DemoOptions) -> Result<Vec<DemoAccount>, ServiceError> {
        Ok(Vec::new())
    }

    /// Fills an empty store with ten doctors, 1,000 patients and so many appointments.
    pub async fn seed_bench(&self, _appointments: u64) -> Result<DemoAccount, ServiceError> {
        Err(ServiceError::NotFound)
    }
}
