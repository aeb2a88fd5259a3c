//! Taking the audit log away as a file, part by part: nobody holds all of it in memory.

use super::AuditQuery;
use crate::{Mode, Permit, ServiceError, Services, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::{Action, AuditEvent};
use storage::{AuditFilter, Order, PageRequest};

/// How the file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// One JSON object a line, exactly as it is chained: the hashes can be checked.
    JsonLines,
    /// A table for people and spreadsheets.
    Csv,
}

impl ExportFormat {
    /// All formats.
    pub const ALL: [Self; 2] = [Self::Csv, Self::JsonLines];

    /// The name in addresses and at the command line, and the ending of the file's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
        }
    }

    /// The format with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::JsonLines => "application/jsonl; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }
}

/// Begins an export of the audit log.
#[derive(Clone, Debug)]
pub struct ExportAudit {
    /// Which events.
    pub query: AuditQuery,
    /// As what.
    pub format: ExportFormat,
}

/// An export that was allowed and written down; [`Services::next_of`] gives its parts.
#[derive(Clone, Debug)]
pub struct AuditExport {
    filter: Option<AuditFilter>,
    format: ExportFormat,
    /// The last event before the export: it does not chase its own tail.
    last: u64,
    page: PageRequest,
    has_begun: bool,
}

impl AuditExport {
    /// The format.
    pub const fn format(&self) -> ExportFormat {
        self.format
    }
}

#[async_trait]
impl UseCase for ExportAudit {
    type Out = AuditExport;
    const ACTION: Action = Action::ExportAudit;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        let query = &self.query;
        let mut what = vec![format!("audit log as {}", self.format.name())];
        what.extend(query.action.map(|action| action.title().to_lowercase()));
        what.extend(query.outcome.map(|outcome| outcome.name().to_owned()));
        what.extend(query.from.map(|date| format!("from {date}")));
        what.extend(query.until.map(|date| format!("before {date}")));
        Ok(Subject { patient: query.patient(unit).await?, ..Subject::any(what.join(", ")) })
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<AuditExport, ServiceError> {
        /// Events of one part.
        const PART: usize = 1_000;
        let newest = PageRequest::first(1, Order::Descending);
        let newest = unit.tx.audit().list(&AuditFilter::default(), &newest).await?;
        Ok(AuditExport {
            filter: self.query.narrowed(unit, permit.scope()).await?,
            format: self.format,
            last: newest.items.first().map_or(0, |event| event.seq),
            page: PageRequest::first(PART, Order::Ascending),
            has_begun: false,
        })
    }
}

/// The columns of a table.
const COLUMNS: [&str; 14] = [
    "seq",
    "at",
    "actorId",
    "actor",
    "role",
    "action",
    "subject",
    "patientId",
    "outcome",
    "reason",
    "requestId",
    "what",
    "prev",
    "hash",
];

/// A cell that a spreadsheet does not take for a formula (OWASP, CSV injection).
fn cell(text: String) -> String {
    const BEGIN_FORMULAS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];
    if text.trim_start_matches(' ').starts_with(BEGIN_FORMULAS) { format!("'{text}") } else { text }
}

fn cells(event: &AuditEvent) -> [String; 14] {
    let it = event.event.clone().plain();
    [
        event.seq.to_string(),
        it.at.to_string(),
        it.actor.map(|id| id.to_string()).unwrap_or_default(),
        it.actor_name,
        it.role.map(|role| role.name().to_owned()).unwrap_or_default(),
        it.action.name(),
        it.subject,
        it.patient.map(|id| id.to_string()).unwrap_or_default(),
        it.outcome.name().to_owned(),
        it.reason,
        it.request_id,
        it.action.title().to_owned(),
        event.prev.clone(),
        event.hash.clone(),
    ]
    .map(cell)
}

fn table(events: &[AuditEvent], with_columns: bool) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    if with_columns {
        writer.write_record(COLUMNS)?;
    }
    for event in events {
        writer.write_record(cells(event))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn lines(events: &[AuditEvent]) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::new();
    for event in events {
        serde_json::to_writer(&mut bytes, event)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

impl Services {
    /// The next part of an export, `None` after the last one.
    ///
    /// # Errors
    /// [`ServiceError::Unavailable`]: the part can be asked for again.
    pub async fn next_of(&self, export: &mut AuditExport) -> Result<Option<Vec<u8>>, ServiceError> {
        let is_first = !export.has_begun;
        let mut events = Vec::new();
        if let Some(filter) = &export.filter {
            let page = self.audit_page(filter.clone(), export.page.clone()).await?;
            let is_over = page.items.last().is_some_and(|event| event.seq >= export.last);
            events = page.items;
            events.retain(|event| event.seq <= export.last);
            export.page.after = page.next;
            if export.page.after.is_none() || is_over {
                export.filter = None;
            }
        } else if export.has_begun {
            return Ok(None);
        }
        export.has_begun = true;
        let odd = |error: String| ServiceError::Internal(format!("an export could not be written: {error}"));
        let bytes = match export.format {
            ExportFormat::Csv => table(&events, is_first).map_err(|error| odd(error.to_string()))?,
            ExportFormat::JsonLines => lines(&events).map_err(|error| odd(error.to_string()))?,
        };
        Ok(Some(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "＠x"] {
            assert!(cell(text.to_owned()).starts_with('\''), "{text}");
        }
        for text in ["Dr Amina Rahman", "a=b", "2026-11-23", ""] {
            assert_eq!(cell(text.to_owned()), text);
        }
    }
}
