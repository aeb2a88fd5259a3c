//! Requests that another site made somebody's browser send: refused before they get here, written down here.

use crate::{Mode, Permit, ServiceError, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::Action;

/// A change that did not come from a page of this site. No role may do this: every one ends as a denial in the log, under
/// the account whose session was to be used for it.
#[derive(Clone, Debug)]
pub struct NoteForgedRequest {
    /// Method and route, as `POST /patients/new`; never what was sent.
    pub route: String,
}

#[async_trait]
impl UseCase for NoteForgedRequest {
    type Out = ();
    const ACTION: Action = Action::ForgeRequest;
    const MODE: Mode = Mode::Read;

    fn asked(&self) -> String {
        self.route.clone()
    }

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any(self.asked()))
    }

    async fn run(&self, _unit: &mut Unit<'_>, _permit: Permit) -> Result<(), ServiceError> {
        Ok(())
    }
}
