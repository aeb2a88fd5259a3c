//! Whatever happens in whatever order, nobody is booked twice.

use super::*;
use crate::fixture::clinic_on_files;
use proptest::prelude::*;
use storage::{AppointmentFilter, Order, PageRequest};

#[derive(Clone, Debug)]
enum Step {
    Book(u8, bool),
    Join(bool, bool),
    Cancel(u8),
    Accept(u8),
    Decline(u8),
    Leave(u8),
    Pass(u8),
    Round,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0u8..4, any::<bool>()).prop_map(|(slot, who)| Step::Book(slot, who)),
        2 => (any::<bool>(), any::<bool>()).prop_map(|(who, urgent)| Step::Join(who, urgent)),
        3 => any::<u8>().prop_map(Step::Cancel),
        2 => any::<u8>().prop_map(Step::Accept),
        1 => any::<u8>().prop_map(Step::Decline),
        1 => any::<u8>().prop_map(Step::Leave),
        1 => (1u8..100).prop_map(Step::Pass),
        1 => Just(Step::Round),
    ]
}

/// One of them, by any number.
fn pick<T: Clone>(of: &[T], number: u8) -> Option<T> {
    (!of.is_empty()).then(|| of[usize::from(number) % of.len()].clone())
}

async fn live(fixture: &Fixture) -> Vec<Versioned<Appointment>> {
    let all = fixture
        .store(|tx| {
            Box::pin(async move {
                let filter = AppointmentFilter { with_tentative: true, ..AppointmentFilter::default() };
                Ok(tx.appointments().list(&filter, &PageRequest::all(Order::Ascending)).await?.items)
            })
        })
        .await;
    all.into_iter().filter(|it| it.blocks_time()).collect()
}

async fn take(fixture: &Fixture, places: &mut Vec<PlanId>, step: Step) {
    let (desk, services) = (&fixture.receptionist, &fixture.services);
    let whose = |second: bool| Some(if second { fixture.tom } else { fixture.marta });
    // What is refused must only leave things as they were.
    match step {
        Step::Book(slot, second) => {
            let time = format!("{:02}:{:02}", 10 + slot / 2, 30 * (slot % 2));
            let form = BookAppointment { patient: whose(second), ..form(fixture, desk, "2026-11-25", &time) };
            let _ = services.book(desk, form).await;
        }
        Step::Join(second, urgent) => {
            let priority = if urgent { Priority::Urgent } else { Priority::Routine };
            let wish = JoinWaitingList { patient: whose(second), priority, ..wish(fixture, desk) };
            places.push(join(fixture, desk, wish).await);
        }
        Step::Cancel(number) => {
            if let Some(visit) = pick(&live(fixture).await, number) {
                let _ = cancel(fixture, desk, &visit).await;
            }
        }
        Step::Accept(number) => {
            if let Some(id) = pick(places, number) {
                let _ = accept(fixture, desk, id).await;
            }
        }
        Step::Decline(number) => {
            if let Some(id) = pick(places, number) {
                let _ = decline(fixture, desk, id).await;
            }
        }
        Step::Leave(number) => {
            if let Some(id) = pick(places, number) {
                let _ = services.execute(desk, LeaveWaitingList { id }).await;
            }
        }
        Step::Pass(minutes) => fixture.clock.advance(SignedDuration::from_mins(minutes.into())),
        Step::Round => services.offer_round().await.unwrap(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn nobody_is_booked_twice(steps in proptest::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let fixture = clinic_on_files().await;
            let mut places = Vec::new();
            for step in steps {
                take(&fixture, &mut places, step).await;
                let live = live(&fixture).await;
                for (at, one) in live.iter().enumerate() {
                    for other in &live[at + 1..] {
                        let same = one.doctor.key() == other.doctor.key() || one.patient.id == other.patient.id;
                        assert!(!same || !one.time.overlaps(&other.time), "{one:?} {other:?}");
                    }
                }
                // What is offered is held, and every held time is the offer of one place.
                for id in &places {
                    if let WaitingState::Offered { offer, .. } = place(&fixture, *id).await.waiting.state {
                        assert!(live.iter().any(|it| it.id == offer));
                    }
                }
            }
        });
    }
}
