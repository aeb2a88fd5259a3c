//! What is to be done on the waiting list as time goes by.

use super::{due, offer};
use crate::{Actor, Mode, Permit, ServiceError, Services, Subject, Unit, UseCase};
use async_trait::async_trait;
use domain::Action;

impl Services {
    /// Ends offers that nobody answered in time and places whose last day has passed, and offers what that frees to the
    /// next. Cheap when there is nothing to do; whoever calls it twice at once does no harm.
    ///
    /// # Errors
    /// What the store says.
    pub async fn offer_round(&self) -> Result<(), ServiceError> {
        if self.is_due(due(self.now())).await? {
            self.execute(&Actor::system("waiting-list"), OfferRound {}).await?;
        }
        Ok(())
    }
}

/// See [`Services::offer_round`].
#[derive(Clone, Debug)]
pub(crate) struct OfferRound {}

#[async_trait]
impl UseCase for OfferRound {
    type Out = ();
    const ACTION: Action = Action::OfferTime;
    const MODE: Mode = Mode::Write;

    async fn subject(&self, _unit: &mut Unit<'_>) -> Result<Subject, ServiceError> {
        Ok(Subject::any("waiting list"))
    }

    async fn run(&self, unit: &mut Unit<'_>, _permit: Permit) -> Result<Self::Out, ServiceError> {
        offer(unit, []).await
    }
}
