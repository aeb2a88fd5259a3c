//! Figures without names, and the audit log. Nothing here changes anything.

mod activity;
mod audit;
#[cfg(test)]
mod tests;

pub use activity::{Activity, ReadActivity};
pub use audit::{AuditQuery, ReadAudit};
