//! Table, indexes and number constraints of bills.

use super::index::{Micros, Walk, merged, micros, reindex, remap, rows_span, sorted, span};
use super::op::Op;
use super::state::{Rows, State, Stored};
use crate::{Constraint, InvoiceFilter, Order, RefundFilter, Versioned};
use domain::invoice::YearlyNumber;
use domain::{Invoice, InvoiceId};
use imbl::{OrdMap, OrdSet};
use std::sync::Arc;

/// Bills.
#[derive(Clone, Default)]
pub struct Invoices {
    /// By id.
    pub rows: Rows<Invoice>,
    by_patient: OrdSet<(u128, u64)>,
    by_appointment: OrdSet<(u64, u64)>,
    by_status: OrdSet<(u64, u64)>,
    by_payment: OrdSet<(Micros, u64)>,
    numbers: OrdMap<YearlyNumber, u64>,
    receipts: OrdMap<YearlyNumber, u64>,
    /// Whether a refund waits, of those of which one was asked for.
    by_refund: OrdSet<(u64, u64)>,
    by_credit_note: OrdSet<(Micros, u64)>,
    credit_notes: OrdMap<YearlyNumber, u64>,
}

const WAITING: u64 = 1;
const SETTLED: u64 = 0;

fn patient_key(invoice: &Invoice) -> Option<(u128, u64)> {
    invoice.patient.id.map(|id| (id.0, invoice.id.0))
}

fn appointment_key(invoice: &Invoice) -> Option<(u64, u64)> {
    invoice.appointment.map(|id| (id.0, invoice.id.0))
}

fn status_key(invoice: &Invoice) -> (u64, u64) {
    (invoice.status() as u64, invoice.id.0)
}

fn refund_key(invoice: &Invoice) -> Option<(u64, u64)> {
    let mark = if invoice.has_waiting_refund() { WAITING } else { SETTLED };
    (!invoice.refunds.is_empty()).then_some((mark, invoice.id.0))
}

fn number(invoice: &Invoice) -> Option<YearlyNumber> {
    invoice.issue.map(|issue| issue.number)
}

impl Stored for Invoice {
    type Sort = u64;

    fn rows(state: &State) -> &Rows<Self> {
        &state.invoices.rows
    }
    fn rows_mut(state: &mut State) -> &mut Rows<Self> {
        &mut state.invoices.rows
    }

    fn find(_: &State, key: &InvoiceId) -> Option<InvoiceId> {
        Some(*key)
    }

    fn check(state: &State, _: Option<&Self>, new: &Self) -> Result<(), Constraint> {
        let held = |map: &OrdMap<YearlyNumber, u64>, number: YearlyNumber| {
            map.get(&number).is_some_and(|holder| *holder != new.id.0)
        };
        if number(new).is_some_and(|number| held(&state.invoices.numbers, number)) {
            return Err(Constraint::InvoiceNumber);
        }
        for (index, payment) in new.payments.iter().enumerate() {
            let twice_here = new.payments[..index].iter().any(|other| other.receipt == payment.receipt);
            if twice_here || held(&state.invoices.receipts, payment.receipt) {
                return Err(Constraint::ReceiptNumber);
            }
        }
        for (index, note) in new.credit_notes().enumerate() {
            let twice_here = new.credit_notes().take(index).any(|other| other.number == note.number);
            if twice_here || held(&state.invoices.credit_notes, note.number) {
                return Err(Constraint::CreditNoteNumber);
            }
        }
        Ok(())
    }

    fn reindex(state: &mut State, old: Option<&Self>, new: Option<&Self>) {
        let all = &mut state.invoices;
        let Some(id) = new.or(old).map(|invoice| invoice.id.0) else { return };
        reindex(&mut all.by_patient, old.and_then(patient_key), new.and_then(patient_key));
        reindex(&mut all.by_appointment, old.and_then(appointment_key), new.and_then(appointment_key));
        reindex(&mut all.by_status, old.map(status_key), new.map(status_key));
        remap(&mut all.numbers, old.and_then(number), new.and_then(number), &id);
        reindex(&mut all.by_refund, old.and_then(refund_key), new.and_then(refund_key));
        for note in old.iter().flat_map(|invoice| invoice.credit_notes()) {
            all.by_credit_note.remove(&(micros(note.at), id));
            remap(&mut all.credit_notes, Some(note.number), None, &id);
        }
        for note in new.iter().flat_map(|invoice| invoice.credit_notes()) {
            all.by_credit_note.insert((micros(note.at), id));
            remap(&mut all.credit_notes, None, Some(note.number), &id);
        }
        let payments = |side: Option<&Self>| side.map_or_else(Vec::new, |invoice| invoice.payments.clone());
        let (before, now) = (payments(old), payments(new));
        if before == now {
            return;
        }
        for payment in before {
            all.by_payment.remove(&(micros(payment.at), id));
            remap(&mut all.receipts, Some(payment.receipt), None, &id);
        }
        for payment in now {
            all.by_payment.insert((micros(payment.at), id));
            remap(&mut all.receipts, None, Some(payment.receipt), &id);
        }
    }

    fn walk<'s>(
        state: &'s State,
        filter: &'s InvoiceFilter,
        order: Order,
        after: Option<u64>,
    ) -> Walk<'s, u64> {
        let all = &state.invoices;
        let of_number = |set: &'s OrdSet<(u64, u64)>, number: u64| -> Walk<'s, u64> {
            let bounds = ((number, 0), (number, u64::MAX));
            Box::new(span(set, bounds, order, after.map(|id| (number, id))).map(|(_, id)| *id))
        };
        if let Some(appointment) = filter.appointment {
            return of_number(&all.by_appointment, appointment.0);
        }
        if let Some(visits) = &filter.appointments {
            let walks = visits.iter().map(|visit| of_number(&all.by_appointment, visit.0)).collect();
            return merged(walks, order);
        }
        if let Some(patient) = filter.patient {
            let bounds = ((patient.0, 0), (patient.0, u64::MAX));
            let after = after.map(|id| (patient.0, id));
            return Box::new(span(&all.by_patient, bounds, order, after).map(|(_, id)| *id));
        }
        if filter.paid_from.is_some() || filter.paid_until.is_some() {
            let from = filter.paid_from.map_or(Micros::MIN, micros);
            let until = filter.paid_until.map_or(Micros::MAX, micros);
            let paid = span(&all.by_payment, ((from, 0), (until, u64::MAX)), Order::Ascending, None);
            return sorted(paid.map(|(_, id)| *id), order, after.as_ref());
        }
        if let Some((from, until)) = filter.refunded_in {
            let bounds = ((micros(from), 0), (micros(until), u64::MAX));
            let given = span(&all.by_credit_note, bounds, Order::Ascending, None);
            return sorted(given.map(|(_, id)| *id), order, after.as_ref());
        }
        match filter.refunds {
            Some(RefundFilter::Waiting) => return of_number(&all.by_refund, WAITING),
            Some(RefundFilter::Any) => {
                let walks = [SETTLED, WAITING].map(|mark| of_number(&all.by_refund, mark)).into();
                return merged(walks, order);
            }
            None => {}
        }
        if !filter.statuses.is_empty() {
            let walks =
                filter.statuses.iter().map(|status| of_number(&all.by_status, *status as u64)).collect();
            return merged(walks, order);
        }
        let bounds = (InvoiceId(0), InvoiceId(u64::MAX));
        Box::new(rows_span(&all.rows, bounds, order, after.map(InvoiceId)).map(|id| id.0))
    }

    fn sort_id(sort: &u64) -> InvoiceId {
        InvoiceId(*sort)
    }

    fn passes(&self, filter: &InvoiceFilter) -> bool {
        let paid_in_time = || {
            self.payments.iter().any(|payment| {
                filter.paid_from.is_none_or(|from| payment.at >= from)
                    && filter.paid_until.is_none_or(|until| payment.at < until)
            })
        };
        let by_time = filter.paid_from.is_some() || filter.paid_until.is_some();
        filter.patient.is_none_or(|patient| self.patient.id == Some(patient))
            && (filter.statuses.is_empty() || filter.statuses.contains(&self.status()))
            && filter.appointment.is_none_or(|appointment| self.appointment == Some(appointment))
            && filter
                .appointments
                .as_ref()
                .is_none_or(|visits| self.appointment.is_some_and(|visit| visits.contains(&visit)))
            && !(filter.issued_only && self.status() == domain::invoice::InvoiceStatus::Draft)
            && (!by_time || paid_in_time())
            && filter.refunded_in.is_none_or(|(from, until)| {
                self.credit_notes().any(|note| note.at >= from && note.at < until)
            })
            && filter.refunds.is_none_or(|wanted| match wanted {
                RefundFilter::Waiting => self.has_waiting_refund(),
                RefundFilter::Any => !self.refunds.is_empty(),
            })
    }

    fn is_everything(filter: &InvoiceFilter) -> bool {
        *filter == InvoiceFilter::default()
    }

    fn op(row: Arc<Versioned<Self>>) -> Op {
        Op::Invoices(row)
    }
}
