//! The one pipeline: begin, subject, gate, run, audit, commit.

use crate::gate;
use crate::job::{Done, Job, leaves_trace};
use crate::scheduling::notices::LinkKeys;
use crate::{Actor, Clinic, Clock, Mode, Outbox, Passwords, Random, ServiceError, TextGateway, UseCase};
use domain::audit::{AuditDraft, AuditEvent};
use domain::{Action, AssignmentWindow, PlanEntry, Relation, Role, Scope, SessionLimits};
use jiff::Timestamp;
use std::sync::{Arc, Mutex, PoisonError};
use storage::{
    AuditFilter, BoxFuture, Figure, Page, PageRequest, PlanFilter, Storage, StorageError, StorageStatus, Tx,
    Work,
};

/// The door to everything the clinic does.
#[derive(Clone)]
pub struct Services {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) passwords: Passwords,
    pub(crate) outbox: Outbox,
    /// What takes text messages, if the clinic sends any.
    pub(crate) texts: Option<Arc<dyn TextGateway>>,
    /// What signs the links in messages.
    pub(crate) link_keys: Arc<LinkKeys>,
    clinic: Arc<Clinic>,
}

impl Services {
    /// Wires the services.
    pub fn new(
        storage: Arc<dyn Storage>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        passwords: Passwords,
        clinic: Clinic,
    ) -> Self {
        let outbox = Outbox::off(None);
        // Good for as long as this process runs, unless it is told which keys to use.
        let own = [random.bits(), random.bits()].map(u128::to_be_bytes).concat();
        let link_keys = Arc::new(LinkKeys::derived(&own, &[]));
        let clinic = Arc::new(clinic);
        Self { storage, clock, random, passwords, outbox, texts: None, link_keys, clinic }
    }

    /// The same services with mail.
    #[must_use]
    pub fn with_mail(self, outbox: Outbox) -> Self {
        Self { outbox, ..self }
    }

    /// The same services with text messages.
    #[must_use]
    pub fn with_texts(self, gateway: Arc<dyn TextGateway>) -> Self {
        Self { texts: Some(gateway), ..self }
    }

    /// The same services, which sign the links in messages under these keys: every server of a clinic under the same.
    #[must_use]
    pub fn with_link_keys(self, keys: LinkKeys) -> Self {
        Self { link_keys: Arc::new(keys), ..self }
    }

    /// Whether this clinic tells patients anything by text message.
    pub fn sends_texts(&self) -> bool {
        self.texts.is_some()
    }

    /// Where mail goes.
    pub fn mail(&self) -> &Outbox {
        &self.outbox
    }

    /// The same with other limits of sessions.
    #[must_use]
    pub fn with_session_limits(mut self, limits: SessionLimits) -> Self {
        Arc::make_mut(&mut self.clinic).sessions = limits;
        self
    }

    /// The same for a clinic where patients stay assigned for another time.
    #[must_use]
    pub fn with_assignment(mut self, window: AssignmentWindow) -> Self {
        Arc::make_mut(&mut self.clinic).assignment = window;
        self
    }

    /// The same for a clinic that asks a second factor of these roles.
    #[must_use]
    pub fn requiring_second_factor(mut self, roles: Vec<Role>) -> Self {
        Arc::make_mut(&mut self.clinic).second_factor_roles = roles;
        self
    }

    /// The same services, whose clinic has the catalogue that is stored now: for what one request shows.
    ///
    /// # Errors
    /// What the store says.
    pub async fn current(&self) -> Result<Self, ServiceError> {
        let found = self
            .read_unit(|tx| Box::pin(async move { tx.plan().lookup(&PlanEntry::CATALOGUE).await }))
            .await?;
        let mut services = self.clone();
        if let Some(catalogue) = found.as_ref().and_then(|entry| entry.catalogue()) {
            Arc::make_mut(&mut services.clinic).catalogue = catalogue.clone();
        }
        Ok(services)
    }

    /// Whether anything planned passes the filter: so that what is done by itself writes nothing when there is nothing to do.
    pub(crate) async fn is_due(&self, filter: PlanFilter) -> Result<bool, ServiceError> {
        self.read_unit(move |tx| {
            let filter = filter.clone();
            Box::pin(async move { Ok(tx.plan().count(&filter).await? > 0) })
        })
        .await
    }

    /// The clinic.
    pub fn clinic(&self) -> &Clinic {
        &self.clinic
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clinic's date today.
    pub fn today(&self) -> jiff::civil::Date {
        self.clinic.zone.date(self.now())
    }

    /// 128 random bits.
    pub fn random_bits(&self) -> u128 {
        self.random.bits()
    }

    /// Whether the caller's role has any right to an action: for showing or hiding its button, never for deciding.
    pub fn may(&self, actor: &Actor, action: Action) -> bool {
        actor.first_duty().is_none() && gate::scope(actor, action, Relation::Any).is_some()
    }

    /// The same, and with all of the action's fields.
    pub fn may_all(&self, actor: &Actor, action: Action) -> bool {
        actor.first_duty().is_none() && gate::scope(actor, action, Relation::Any) == Some(Scope::All)
    }

    /// How the store is doing.
    pub fn storage_status(&self) -> StorageStatus {
        self.storage.status()
    }

    /// Figures of the store for operators.
    pub fn storage_figures(&self) -> Vec<Figure> {
        self.storage.figures()
    }

    /// Makes everything durable and takes no more writes.
    pub async fn close(&self) -> Result<(), ServiceError> {
        Ok(self.storage.close().await?)
    }

    /// Runs a use case for a caller: the only way to the clinic's data.
    #[tracing::instrument(level = "debug", skip_all, fields(action = ?U::ACTION, outcome))]
    pub async fn execute<U: UseCase>(&self, actor: &Actor, use_case: U) -> Result<U::Out, ServiceError> {
        let job = Arc::new(Job {
            use_case,
            actor: actor.clone(),
            now: self.clock.now(),
            clinic: Arc::clone(&self.clinic),
            random: Arc::clone(&self.random),
            sends_mail: self.outbox.is_on(),
            sends_texts: self.texts.is_some(),
            letters: Mutex::default(),
        });
        let (result, audit) = match U::MODE {
            Mode::Read | Mode::ReadLately => self.read(&job).await?,
            Mode::Write => self.write(&job).await?,
        };
        if result.is_ok() {
            let letters = std::mem::take(&mut *job.letters.lock().unwrap_or_else(PoisonError::into_inner));
            self.outbox.post(letters, &self.clinic, job.now);
        }
        tracing::Span::current().record("outcome", result.as_ref().err().map_or("ok", ServiceError::code));
        if let Some(event) = audit {
            self.note_read(event).await?;
        }
        if let Err(ServiceError::Internal(why)) = &result {
            tracing::error!(request_id = actor.request_id, why, "internal fault");
        }
        result
    }

    async fn read<U: UseCase>(&self, job: &Arc<Job<U>>) -> Result<Done<U::Out>, ServiceError> {
        let (slot, job) = (Slot::default(), Arc::clone(job));
        let result = slot.clone();
        let work: Work = Box::new(move |tx| {
            let (job, slot) = (Arc::clone(&job), slot.clone());
            Box::pin(async move {
                let (outcome, event) = job.attempt(tx).await?;
                slot.put((outcome, event.filter(|event| leaves_trace(U::ACTION, event.outcome))));
                Ok(())
            })
        });
        match U::MODE {
            Mode::ReadLately => self.storage.read_lately(work).await?,
            _ => self.storage.read(work).await?,
        }
        result.take()
    }

    async fn write<U: UseCase>(&self, job: &Arc<Job<U>>) -> Result<Done<U::Out>, ServiceError> {
        let (slot, job) = (Slot::default(), Arc::clone(job));
        let result = slot.clone();
        let work: Work = Box::new(move |tx| {
            let (job, slot) = (Arc::clone(&job), slot.clone());
            Box::pin(async move {
                let (outcome, event) = job.attempt(tx).await?;
                if outcome.is_err() {
                    tx.undo().await?;
                }
                // A replay did nothing: its event was written when it was done.
                if let Some(event) = event {
                    tx.audit().append(event).await?;
                }
                slot.put((outcome, None));
                Ok(())
            })
        });
        self.storage.write(work).await?;
        result.take()
    }

    /// Makes the event of a read durable. On a full disk care goes on: the event goes to the log instead, where the
    /// operator finds who read what.
    async fn note_read(&self, event: AuditDraft) -> Result<(), ServiceError> {
        match self.append(event.clone()).await {
            Err(ServiceError::Full) => {
                let (user, patient) = (event.actor.map(|id| id.0), event.patient.map(|id| id.to_string()));
                tracing::error!(
                    request_id = event.request_id, at = %event.at, user, action = ?event.action, outcome = ?event.outcome,
                    subject = event.subject, patient, "storage is full: this audit event is in the log only"
                );
                Ok(())
            }
            outcome => outcome,
        }
    }

    /// A page of the audit log, for what was allowed and written down before.
    pub(crate) async fn audit_page(
        &self,
        filter: AuditFilter,
        page: PageRequest,
    ) -> Result<Page<AuditEvent>, ServiceError> {
        let slot = Slot::default();
        let result = slot.clone();
        let work: Work = Box::new(move |tx| {
            let (slot, filter, page) = (slot.clone(), filter.clone(), page.clone());
            Box::pin(async move {
                slot.put(tx.audit().list(&filter, &page).await?);
                Ok(())
            })
        });
        self.storage.read(work).await?;
        result.take()
    }

    /// Reads for this program itself: nobody asked, so that nothing is authorised or audited.
    pub(crate) async fn read_unit<T: Send + 'static>(
        &self,
        job: impl for<'t> Fn(&'t mut dyn Tx) -> BoxFuture<'t, Result<T, StorageError>> + Send + Sync + 'static,
    ) -> Result<T, ServiceError> {
        let (work, result) = own_work(job);
        self.storage.read(work).await?;
        result.take()
    }

    /// Writes for this program itself: nobody asked, so that nothing is authorised or audited.
    pub(crate) async fn write_unit<T: Send + 'static>(
        &self,
        job: impl for<'t> Fn(&'t mut dyn Tx) -> BoxFuture<'t, Result<T, StorageError>> + Send + Sync + 'static,
    ) -> Result<T, ServiceError> {
        let (work, result) = own_work(job);
        self.storage.write(work).await?;
        result.take()
    }

    async fn append(&self, event: AuditDraft) -> Result<(), ServiceError> {
        let work: Work = Box::new(move |tx| {
            let event = event.clone();
            Box::pin(async move { tx.audit().append(event).await })
        });
        Ok(self.storage.write(work).await?)
    }
}

fn own_work<T: Send + 'static>(
    job: impl for<'t> Fn(&'t mut dyn Tx) -> BoxFuture<'t, Result<T, StorageError>> + Send + Sync + 'static,
) -> (Work, Slot<T>) {
    let (job, slot) = (Arc::new(job), Slot::default());
    let result = slot.clone();
    let work: Work = Box::new(move |tx| {
        let (job, slot) = (Arc::clone(&job), slot.clone());
        Box::pin(async move {
            slot.put(job(tx).await?);
            Ok(())
        })
    });
    (work, result)
}

/// Where a unit of work leaves its result; a later run replaces that of an earlier one.
struct Slot<T>(Arc<Mutex<Option<T>>>);

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Slot<T> {
    fn put(&self, value: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }

    fn take(&self) -> Result<T, ServiceError> {
        let value = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or_else(|| ServiceError::Internal("the store did not run the unit of work".to_owned()))
    }
}
