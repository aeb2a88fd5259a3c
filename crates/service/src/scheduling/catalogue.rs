//! What the clinic offers and by which rules.

use super::stranded::{self, Decision};
use super::{doctors, waiting, when};
use crate::{Kept, Mode, Permit, ServiceError, Subject, Unit, UseCase, Version, Versioned};
use async_trait::async_trait;
use domain::catalogue::Holiday;
use domain::schedule::Calendar;
use domain::validation::Code;
use domain::{Action, Catalogue, PlanEntry, PlanFact, Relation, Scope};

/// The version of a catalogue that nobody changed yet.
const UNTOUCHED: Version = 0;

/// What the clinic offers and by which rules, for everyone.
#[derive(Clone, Debug)]
pub struct ReadCatalogue {}

#[async_trait]
impl UseCase for ReadCatalogue {
    type Out = Versioned<Catalogue>;
    const ACTION: Action = Action::ReadPrices;
    const MODE: Mode = Mode::Read;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any("catalogue"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        let stored = unit.tx.plan().lookup(&PlanEntry::CATALOGUE).await?;
        let version = stored.map_or(UNTOUCHED, |entry| entry.version);
        Ok(Versioned { value: unit.catalogue().await?, version })
    }
}

/// Sets what the clinic offers. Fields: visitTypes, rooms, holidays, the names of the rules, reason.
#[derive(Clone, Debug)]
pub struct SetCatalogue {
    /// All of it.
    pub catalogue: Catalogue,
    /// The version that was edited; 0 when nobody changed it yet.
    pub expected: Version,
    /// What becomes of booked appointments on new holidays.
    pub stranded: Option<Decision>,
}

impl SetCatalogue {
    /// Prices are set by those who may set prices, and they alone; everything else by those who run the desk.
    fn check_rights(&self, unit: &Unit<'_>, permit: Permit, before: &Catalogue) -> Result<(), ServiceError> {
        let may_price = unit.scope(Action::SetPrices, Relation::Any).is_some();
        let may_rest = permit.scope() == Scope::All;
        let is_allowed = (may_price || !self.catalogue.changes_prices(before))
            && (may_rest || !self.catalogue.changes_more_than_prices(before));
        if is_allowed { Ok(()) } else { Err(ServiceError::Forbidden) }
    }

    /// Days that are no holidays any more are offered to those who wait.
    async fn offer_reopened(&self, unit: &mut Unit<'_>, before: &[Holiday]) -> Result<(), ServiceError> {
        let [before, after] =
            [before, &self.catalogue.holidays].map(|holidays| Calendar { zone: &unit.clinic.zone, holidays });
        let days = when::bookable_days(unit.clinic, &self.catalogue.rules, unit.now);
        let schedules = doctors::all(unit).await?.into_iter().filter_map(|doctor| doctor.schedule);
        let freed: Vec<_> = schedules
            .filter_map(|hours| waiting::by_hours(Some((&hours, &before)), (&hours, &after), days))
            .collect();
        waiting::offer(unit, freed).await
    }
}

#[async_trait]
impl UseCase for SetCatalogue {
    type Out = Version;
    const ACTION: Action = Action::SetCatalogue;
    const MODE: Mode = Mode::Write;
    const KEPT: Option<Kept<Self::Out>> = Some(Kept::WHOLE);

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any("catalogue"))
    }

    async fn run(&self, unit: &mut Unit<'_>, permit: Permit) -> Result<Version, ServiceError> {
        let stored = unit.tx.plan().lookup(&PlanEntry::CATALOGUE).await?;
        if stored.as_ref().map_or(UNTOUCHED, |entry| entry.version) != self.expected {
            return Err(ServiceError::Stale);
        }
        let before = unit.catalogue().await?;
        self.check_rights(unit, permit, &before)?;
        self.catalogue.validate().and_then(|()| self.catalogue.keeps(&before)).map_err(|why| {
            let field = why.field();
            ServiceError::field(field, Code::Catalogue(why))
        })?;
        let (old, new) = (&before.holidays, &self.catalogue.holidays);
        if old != new {
            stranded::settle_holidays(unit, old, new, self.stranded.as_ref()).await?;
        }
        let fact = PlanFact::Catalogue(self.catalogue.clone());
        if let Some(entry) = stored {
            let changed = PlanEntry { fact, ..entry.value };
            let version = unit.tx.plan().update(self.expected, changed).await?;
            if old != new {
                self.offer_reopened(unit, old).await?;
            }
            return Ok(version);
        }
        let entry = PlanEntry {
            id: PlanEntry::CATALOGUE,
            patient: None,
            doctor: None,
            appointment: None,
            created_at: unit.now,
            due_at: None,
            kept_until: None,
            fact,
        };
        Ok(unit.tx.plan().insert(entry).await?)
    }
}
