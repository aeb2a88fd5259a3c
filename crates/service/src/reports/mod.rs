//! Figures without names, and the audit log. Nothing here changes anything but that it writes down who looked.

mod activity;
mod audit;
#[cfg(test)]
mod tests;

pub use activity::{Activity, ReadActivity};
pub use audit::{
    Access, AccountEvents, AuditExport, AuditQuery, EventInPlace, ExportAudit, ExportFormat, Neighbour,
    NoteForgedRequest, ReadAccessLog, ReadAudit, ReadAuditEvent, ReadOwnActions, ReadSecurityEvents,
    SecurityEvents, SecurityKind,
};
