//! A use case on its way: gate, replay of an answered request, run, and the audit event of what came of it.

use crate::gate;
use crate::mail::{Letter, Post};
use crate::scheduling::lapsed;
use crate::use_case::Offers;
use crate::{Actor, Clinic, Random, ServiceError, Subject, Unit, UseCase};
use domain::audit::AuditDraft;
use domain::{Action, AuditOutcome, Relation};
use jiff::Timestamp;
use std::sync::{Arc, Mutex, PoisonError};
use storage::{StorageError, Tx};

/// A use case's result and the audit event that is still to be written, if any is.
pub type Done<T> = (Result<T, ServiceError>, Option<AuditDraft>);

/// What a use case came to.
enum Outcome<T> {
    /// It was done now.
    Fresh(T),
    /// The same request did it before.
    Replayed(T),
}

/// Reads of what every signed-in caller may see, and of oneself, leave no event when they succeed.
pub fn leaves_trace(action: Action, outcome: AuditOutcome) -> bool {
    let everyday = matches!(
        action,
        Action::OpenMessageLink
            | Action::ReadSchedule
            | Action::ReadPrices
            | Action::ReadProfile
            | Action::ReadOwnActions
    );
    !everyday || outcome != AuditOutcome::Success
}

/// A use case on its way through the pipeline.
pub struct Job<U> {
    pub use_case: U,
    pub actor: Actor,
    pub now: Timestamp,
    pub clinic: Arc<Clinic>,
    pub random: Arc<dyn Random>,
    /// Whether this clinic sends mail.
    pub sends_mail: bool,
    /// Whether this clinic sends text messages.
    pub sends_texts: bool,
    /// What the last attempt wrote.
    pub letters: Mutex<Vec<Letter>>,
}

impl<U: UseCase> Job<U> {
    /// Gate and run. A trouble of the store itself ends the whole unit of work; every other outcome is audited, but for
    /// that of a request that was answered before.
    pub async fn attempt(&self, tx: &mut dyn Tx) -> Result<Done<U::Out>, StorageError> {
        // An attempt before this one may have got further.
        self.letters.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let mut unit = Unit {
            tx,
            actor: &self.actor,
            now: self.now,
            clinic: &self.clinic,
            random: self.random.as_ref(),
            proven: None,
            wanted: None,
            offers: Offers::Made,
            post: Post::new(self.sends_mail),
            sends_texts: self.sends_texts,
        };
        let mut subject = Subject::any(self.use_case.asked());
        let mut outcome = self.gated(&mut unit, &mut subject).await;
        // Times that are held no more give way to whoever asks for them; then it is as if they had never stood there.
        if let Err(error) = &outcome
            && error.is_taken()
            && lapsed::make_way(&mut unit).await?
        {
            unit.post = Post::new(self.sends_mail);
            subject = Subject::any(self.use_case.asked());
            outcome = self.gated(&mut unit, &mut subject).await;
        }
        // Somebody took a time in the moment in which it was offered: what set the offer off must not fail for that.
        for last in [false, true] {
            if unit.offers == Offers::Crossed {
                unit.tx.undo().await?;
                unit.post = Post::new(self.sends_mail);
                unit.offers = if last { Offers::Off } else { Offers::Made };
                subject = Subject::any(self.use_case.asked());
                outcome = self.gated(&mut unit, &mut subject).await;
            }
        }
        let result = match outcome {
            Ok(Outcome::Replayed(out)) => return Ok((Ok(out), None)),
            Ok(Outcome::Fresh(out)) => Ok(out),
            Err(error) => Err(error),
        };
        if let Err(ServiceError::Unavailable(_)) = result {
            return Err(StorageError::Unavailable("the unit of work could not go on".to_owned()));
        }
        *self.letters.lock().unwrap_or_else(PoisonError::into_inner) = unit.post.take();
        let outcome = match &result {
            Ok(_) => AuditOutcome::Success,
            Err(error) if error.is_denial() => AuditOutcome::Denied,
            Err(_) => AuditOutcome::Failed,
        };
        if let Err(error) = &result {
            error.reason().clone_into(&mut subject.reason);
        }
        let event = unit.event(U::ACTION, subject, outcome);
        Ok((result, Some(event)))
    }

    async fn gated(
        &self,
        unit: &mut Unit<'_>,
        subject: &mut Subject,
    ) -> Result<Outcome<U::Out>, ServiceError> {
        // Whoever has a password or a second factor to see to does that before anything else.
        let before_all = matches!(U::ACTION, Action::ReadProfile | Action::EditProfile | Action::SignOut);
        if self.actor.first_duty().is_some() && !before_all {
            return Err(ServiceError::Forbidden);
        }
        // What a role never may is refused before any object is looked at, so that nothing shows through.
        gate::ask(&self.actor, U::ACTION, Relation::Any)?;
        // Before the object is looked at: what the first request did to it must not stand in the second one's way.
        if let Some(kept) = &U::KEPT
            && let Some(out) = unit.recall(kept).await?
        {
            return Ok(Outcome::Replayed(out));
        }
        *subject = self.use_case.subject(unit).await?;
        let permit = match gate::ask(&self.actor, U::ACTION, subject.relation) {
            Ok(permit) => permit,
            Err(ServiceError::Forbidden) if subject.relation != Relation::Any => {
                return Err(ServiceError::NotFound);
            }
            Err(error) => return Err(error),
        };
        let out = self.use_case.run(unit, permit).await?;
        if let Some(kept) = &U::KEPT
            && let Some(answered) = unit.answered(kept, &out)?
        {
            unit.tx.requests().keep(answered).await?;
        }
        Ok(Outcome::Fresh(out))
    }
}
