//! Every use case × every role against the policy table, on an object that is a stranger's. A use case
//! without a row here fails the tests, and so does a second place that decides rights.

use crate::fixture::{Fixture, clinic};
use crate::job::leaves_trace;
use crate::patients::PatientForm;
use crate::records::{NoteForm, VitalsForm};
use crate::scheduling::AppointmentQuery;
use crate::{Actor, Order, PageRequest, ServiceError, UseCase};
use crate::{access, billing, identity, imports, patients, records, reports, scheduling};
use domain::access::IdentityProof;
use domain::invoice::{InvoiceLine, Issue, RefundStep, YearlyNumber};
use domain::message::{Channel, Delivery, Message, Notice};
use domain::record::Note;
use domain::validation::Code;
use domain::{
    AccessEntry, AccessFact, AccessId, Action, AppointmentId, AppointmentStatus, AuditOutcome, Decision,
    Invoice, InvoiceId, PatientId, PatientLink, Payment, PaymentMethod, PlanEntry, PlanFact, PlanId, Record,
    RecordBody, RecordId, Relation, Role, Schedule, SessionId, UserId, decide,
};
use jiff::Timestamp;
use jiff::civil::date;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use storage::Counter;

/// What belongs to Tom, who is a stranger to everyone who asks.
#[derive(Clone, Copy)]
struct Strangers {
    patient: PatientId,
    user: UserId,
    doctor: UserId,
    visit: AppointmentId,
    note: RecordId,
    bill: InvoiceId,
    /// A paid bill with a refund that a doctor asked for.
    paid: InvoiceId,
    /// An emergency access to Tom's record by the other doctor.
    emergency: AccessId,
    /// Somebody who acts for Tom.
    proxy: AccessId,
    /// A place in Tom's care team.
    place: AccessId,
    /// A place on the waiting list.
    waiting: PlanId,
    /// A message to Tom that was given up.
    message: PlanId,
}

async fn strangers(fixture: &Fixture) -> Strangers {
    let (patient, doctor) = (fixture.tom, fixture.other_doctor.user().unwrap());
    // Too far ahead to make anyone assigned.
    let far = fixture.in_hours(24 * 40);
    let visit = fixture.visit(&fixture.other_doctor, patient, far, AppointmentStatus::Booked).await;
    let (now, currency) = (fixture.services.now(), fixture.services.clinic().currency);
    let link = PatientLink { id: Some(patient), name: "Tom Baker".to_owned() };
    let [emergency, proxy, place] = entries(fixture, patient, doctor).await;
    let (note, bill, paid) = fixture
        .store(move |tx| {
            let link = link.clone();
            Box::pin(async move {
                let note = RecordId(tx.counters().next(Counter::MedicalRecord).await?);
                let sections = ["cough", "", "", ""].map(str::to_owned);
                let mut body = Note::default();
                body.rewrite(sections).unwrap();
                let record = Record {
                    id: note,
                    patient: link.clone(),
                    author: Some(doctor),
                    author_name: "Dr Owen Price".to_owned(),
                    author_role: Role::Doctor,
                    appointment: None,
                    created_at: now,
                    body: RecordBody::Note(body),
                };
                tx.records().insert(record).await?;
                let bill = InvoiceId(tx.counters().next(Counter::Billing).await?);
                let invoice = Invoice {
                    id: bill,
                    patient: link,
                    appointment: None,
                    currency,
                    lines: Vec::new(),
                    issue: None,
                    payments: Vec::new(),
                    refunds: Vec::new(),
                    created_by: None,
                    created_at: now,
                    legacy: None,
                };
                tx.invoices().insert(invoice.clone()).await?;
                let paid = InvoiceId(tx.counters().next(Counter::Billing).await?);
                tx.invoices().insert(refund_asked(Invoice { id: paid, ..invoice }, doctor, now)).await?;
                Ok((note, bill, paid))
            })
        })
        .await;
    let waiting = fixture.place_on_waiting_list(patient).await;
    Strangers {
        patient,
        waiting,
        user: fixture.other_patient.user().unwrap(),
        doctor,
        visit,
        note,
        bill,
        paid,
        emergency,
        proxy,
        place,
        message: given_up(fixture, patient, visit).await,
    }
}

/// A message about a visit that was given up.
async fn given_up(fixture: &Fixture, patient: PatientId, visit: AppointmentId) -> PlanId {
    let (id, now) = (PlanId(7), fixture.services.now());
    let entry = PlanEntry {
        id,
        patient: Some(patient),
        doctor: None,
        appointment: Some(visit),
        created_at: now,
        due_at: None,
        kept_until: None,
        fact: PlanFact::Message(Message {
            notice: Notice::Booked,
            channel: Channel::Email,
            patient_name: "Tom Baker".to_owned(),
            email: None,
            start: fixture.in_hours(24 * 40),
            delivery: Delivery::Failed { at: now },
            tries: Vec::new(),
        }),
    };
    fixture
        .store(move |tx| {
            let entry = entry.clone();
            Box::pin(async move { tx.plan().insert(entry).await })
        })
        .await;
    id
}

/// The bill, issued and paid, with a refund that waits.
fn refund_asked(mut bill: Invoice, by: UserId, at: Timestamp) -> Invoice {
    let (number, due) = (YearlyNumber { year: 2026, serial: 1 }, date(2026, 12, 23));
    let (by_name, method) = ("Dr Owen Price".to_owned(), PaymentMethod::Card);
    bill.lines.push(InvoiceLine { description: "Consultation".to_owned(), quantity: 1, unit_minor: 6_000 });
    bill.issue(Issue { number, at, due }).unwrap();
    bill.take(Payment { receipt: number, minor: 6_000, method, at, by, by_name: by_name.clone() }).unwrap();
    let step = RefundStep { at, by, by_name, by_role: Role::Doctor };
    bill.request_refund(1_000, "Paid twice".to_owned(), step).unwrap();
    bill
}

/// How others came to Tom's data.
async fn entries(fixture: &Fixture, patient: PatientId, doctor: UserId) -> [AccessId; 3] {
    let (now, until) = (fixture.services.now(), fixture.in_hours(1));
    let facts = [
        AccessFact::Emergency { reason: "Fall".to_owned(), review: None },
        AccessFact::Proxy {
            relationship: "Parent".to_owned(),
            proof: IdentityProof::Passport,
            granted_by: doctor,
        },
        AccessFact::CareTeam { reason: "Asthma".to_owned(), added_by: doctor },
    ];
    fixture
        .store(move |tx| {
            let facts = facts.clone();
            Box::pin(async move {
                for (id, fact) in (1..).map(AccessId).zip(facts) {
                    let (user, patient) = (Some(doctor), Some(patient));
                    let entry = AccessEntry { id, user, patient, created_at: now, expires_at: until, fact };
                    tx.access().insert(entry).await?;
                }
                Ok([1, 2, 3].map(AccessId))
            })
        })
        .await
}

/// One caller's walk through the use cases.
struct Walk<'f> {
    fixture: &'f Fixture,
    actor: &'f Actor,
    covered: BTreeSet<Action>,
}

impl Walk<'_> {
    /// Asks and compares the answer, and what was written down of it, with the table.
    async fn ask<U: UseCase>(&mut self, relation: Relation, use_case: U) {
        self.covered.insert(U::ACTION);
        let role = self.actor.role();
        let name = std::any::type_name::<U>();
        let before = self.fixture.audit().await.len();
        let error = self.fixture.services.execute(self.actor, use_case).await.err();
        let expected = match [Relation::Any, relation].map(|relation| decide(role, U::ACTION, relation)) {
            [Decision::Deny, _] if role.is_none() => Some(ServiceError::Unauthenticated),
            [Decision::Deny, _] => Some(ServiceError::Forbidden),
            [_, Decision::Deny] => Some(ServiceError::NotFound),
            [_, Decision::Allow(_)] => None,
        };
        let who = role.map_or("nobody", Role::name);
        if let Some(expected) = expected {
            assert_eq!(error, Some(expected), "{who} {name}");
            let trace = self.fixture.audit().await.split_off(before);
            assert_eq!(trace.len(), 1, "{who} {name}");
            assert_eq!((trace[0].event.action, trace[0].event.outcome), (U::ACTION, AuditOutcome::Denied));
        } else {
            // Narrower than the table: no booking by name and no clinic-wide day for patients, and a record is
            // linked only by those who may read it. What is held is its holder's alone.
            let is_hold = ["ReadHold", "ConfirmHold", "LetGo"].iter().any(|hold| name.ends_with(hold));
            let narrowed = match role {
                _ if is_hold => true,
                Some(Role::Patient) => {
                    let staff = ["BookWritten", "DayView", "WeekView", "ReadLoad", "ReadVisits"];
                    staff.iter().any(|it| name.ends_with(it))
                }
                _ => name.ends_with("LinkRecord"),
            };
            let refused = matches!(
                error,
                Some(ServiceError::Forbidden | ServiceError::Unauthenticated | ServiceError::NotFound)
            );
            assert!(!refused || narrowed, "{who} {name} {error:?}");
            self.is_written_down::<U>(before, error.as_ref()).await;
        }
    }

    /// Who, in which role, what, with which outcome, in which request: the last event of the trace says it of every use
    /// case, but for the everyday reads.
    async fn is_written_down<U: UseCase>(&self, before: usize, error: Option<&ServiceError>) {
        let trace = self.fixture.audit().await.split_off(before);
        let name = std::any::type_name::<U>();
        let outcome = match error {
            None => AuditOutcome::Success,
            Some(
                ServiceError::Forbidden
                | ServiceError::Unauthenticated
                | ServiceError::NotFound
                | ServiceError::RateLimited(_),
            ) => AuditOutcome::Denied,
            Some(_) => AuditOutcome::Failed,
        };
        if !leaves_trace(U::ACTION, outcome) {
            assert!(trace.is_empty(), "{name}");
            return;
        }
        let event = &trace.last().unwrap_or_else(|| panic!("{name} is not written down")).event;
        assert_eq!((event.action, event.outcome), (U::ACTION, outcome), "{name}");
        assert_eq!((event.actor, event.role), (self.actor.user(), self.actor.role()), "{name}");
        assert_eq!((&*event.actor_name, &event.request_id), (self.actor.name(), &self.actor.request_id));
        assert_eq!(event.at, self.fixture.services.now());
        if let Some(error) = error {
            assert_eq!(event.reason, error.code(), "{name}");
        }
    }

    async fn identity(&mut self, of: Strangers) {
        let page = PageRequest::first(5, Order::Ascending);
        self.ask(Relation::Own, identity::ReadProfile {}).await;
        let proof = Err(ServiceError::field("password", Code::PasswordMissing));
        let ending = identity::Ending::Others;
        self.ask(Relation::Own, identity::EndOwnSessions { ending, proof }).await;
        self.ask(Relation::Other, identity::EndSessionsOf { user: of.user }).await;
        let edit = identity::EditProfile {
            expected: 1,
            display_name: "A".to_owned(),
            email: "a@example.org".to_owned(),
            proof: Ok(None),
        };
        self.ask(Relation::Own, edit).await;
        self.ask(Relation::Any, identity::ListUsers { text: String::new(), role: None, page }).await;
        self.ask(Relation::Other, identity::ReadUser { id: of.user }).await;
        let name = Some("Tom B.".to_owned());
        let update = identity::UpdateUser {
            id: of.user,
            expected: None,
            role: None,
            status: None,
            display_name: name,
        };
        self.ask(Relation::Other, update).await;
        self.ask(Relation::Own, identity::ReadEnrolment {}).await;
        self.ask(Relation::Own, identity::ConfirmSecondFactor { code: "123456".to_owned() }).await;
        self.ask(Relation::Other, identity::ResetSecondFactor { id: of.user, expected: None }).await;
        self.ask(Relation::Other, identity::IssueResetLink { id: of.user }).await;
        self.ask(Relation::Own, identity::SendVerification {}).await;
        self.ask(Relation::Any, identity::VerifyEmail::new("x")).await;
        self.ask(Relation::Own, scheduling::ReadFeedState {}).await;
        self.ask(Relation::Own, scheduling::MakeFeed {}).await;
        self.ask(Relation::Own, scheduling::EndFeed {}).await;
        self.ask(Relation::Any, identity::ReadInvitation::new("x")).await;
    }

    async fn scheduling(&mut self, of: Strangers) {
        use scheduling::{
            AdvanceAppointment, BookAppointment, BookWritten, CancelAppointment, CheckOutVisits, ConfirmHold,
            DayView, FreeSlots, HoldSlot, LetGo, LinkAppointment, ListAppointments, ListDoctors,
            MoveAppointment, ReadAppointment, ReadCatalogue, ReadHall, ReadHold, ReadLoad, ReadSchedule,
            ReadVisits, ReadWaitingRoom, RestoreAppointment, SetCatalogue, SetPriority, SetSchedule, WalkIn,
            WatchSchedule, WeekView,
        };
        let page = PageRequest::first(5, Order::Ascending);
        let (id, day) = (of.visit, date(2026, 11, 24));
        self.ask(Relation::Any, ListDoctors {}).await;
        self.ask(Relation::Any, FreeSlots { doctor: None, from: day, days: 2, visit_type: None }).await;
        self.ask(Relation::Any, DayView { date: day }).await;
        self.ask(Relation::Any, WeekView { from: day, doctor: None }).await;
        self.ask(Relation::Any, ReadLoad { from: day, to: day, doctor: None }).await;
        self.ask(Relation::Any, ReadWaitingRoom { doctor: None }).await;
        self.ask(Relation::Any, ReadHall {}).await;
        self.ask(Relation::Any, WatchSchedule {}).await;
        self.ask(Relation::Any, ReadVisits { ids: vec![id] }).await;
        self.ask(Relation::Any, CheckOutVisits { visits: [(id, 9)].into() }).await;
        self.ask(Relation::Any, ListAppointments { filter: AppointmentQuery::default(), page }).await;
        self.ask(Relation::Other, ReadAppointment { id }).await;
        let [date, time, name, visit_type] =
            ["2026-11-24", "09:30", "A name", "consultation"].map(str::to_owned);
        let written = BookWritten {
            patient_name: name.clone(),
            date: date.clone(),
            time: time.clone(),
            doctor: "Dr. Smith".to_owned(),
        };
        self.ask(Relation::Any, written).await;
        let book = BookAppointment {
            patient: Some(of.patient),
            doctor: of.doctor,
            date: date.clone(),
            time: time.clone(),
            visit_type,
            reason: String::new(),
            overbook_reason: String::new(),
        };
        self.ask(Relation::Other, book.clone()).await;
        let walk_in = WalkIn { booking: book.clone(), priority: domain::Priority::Routine };
        self.ask(Relation::Other, walk_in).await;
        self.ask(Relation::Other, HoldSlot { booking: book }).await;
        let reason = String::new;
        self.ask(Relation::Other, ReadHold { id }).await;
        self.ask(Relation::Other, ConfirmHold { id, reason: reason() }).await;
        self.ask(Relation::Other, LetGo { id }).await;
        self.ask(Relation::Other, RestoreAppointment { id, expected: 1 }).await;
        let shift = MoveAppointment {
            id,
            expected: 1,
            doctor: of.doctor,
            date,
            time: "14:00".to_owned(),
            reason: reason(),
        };
        self.ask(Relation::Other, shift).await;
        let step = AdvanceAppointment { id, expected: 2, to: AppointmentStatus::Arrived, reason: reason() };
        self.ask(Relation::Other, step).await;
        self.ask(Relation::Other, SetPriority { id, expected: 3, priority: domain::Priority::Urgent }).await;
        let asked = scheduling::notices::AppointmentMessages { appointment: id };
        self.ask(Relation::Other, asked).await;
        self.ask(Relation::Other, CancelAppointment { id, expected: 3, reason: reason() }).await;
        self.ask(Relation::Other, LinkAppointment { id, expected: 1, patient: of.patient }).await;
        self.waiting_list(of).await;
        self.series(of).await;
        self.ask(Relation::Any, ReadSchedule { doctor: of.doctor }).await;
        let hours =
            SetSchedule { schedule: Schedule::office_hours(of.doctor), expected: Some(1), stranded: None };
        self.ask(Relation::Other, hours).await;
        self.ask(Relation::Any, ReadCatalogue {}).await;
        let catalogue = self.fixture.services.clinic().catalogue.clone();
        self.ask(Relation::Any, SetCatalogue { catalogue, expected: 9, stranded: None }).await;
    }

    async fn series(&mut self, of: Strangers) {
        use scheduling::{BookSeries, CancelFollowing, MoveFollowing, PlanSeries, ReadSeries, SeriesWish};
        let text = str::to_owned;
        let wish = SeriesWish {
            patient: of.patient,
            doctor: of.doctor,
            date: text("2026-11-24"),
            time: text("11:00"),
            visit_type: text("none"),
            reason: String::new(),
            count: text("1"),
            every: domain::series::Every::Weeks,
            number: text("2"),
            until: String::new(),
        };
        self.ask(Relation::Other, PlanSeries { wish: wish.clone() }).await;
        self.ask(Relation::Other, BookSeries { wish, chosen: Vec::new() }).await;
        let id = of.visit;
        self.ask(Relation::Other, ReadSeries { id }).await;
        self.ask(Relation::Other, CancelFollowing { id, expected: 9, reason: String::new() }).await;
        let (date, time, reason) = (text("2026-11-24"), text("11:00"), String::new());
        self.ask(Relation::Other, MoveFollowing { id, expected: 9, doctor: of.doctor, date, time, reason })
            .await;
    }

    async fn waiting_list(&mut self, of: Strangers) {
        use scheduling::{
            AcceptOffer, DeclineOffer, JoinWaitingList, LeaveWaitingList, ListWaiting, OfferTime,
            ReadWaiting, WaitingQuery,
        };
        let id = of.waiting;
        let page = PageRequest::first(5, Order::Ascending);
        self.ask(Relation::Any, ListWaiting { filter: WaitingQuery::default(), page }).await;
        self.ask(Relation::Other, ReadWaiting { id }).await;
        let join = JoinWaitingList {
            patient: Some(of.patient),
            visit_type: "consultation".to_owned(),
            doctor: None,
            from: String::new(),
            until: "2026-12-24".to_owned(),
            part: domain::waiting::DayPart::Any,
            priority: domain::Priority::Routine,
            reason: String::new(),
            instead_of: None,
        };
        self.ask(Relation::Other, join).await;
        let (date, time) = ("2026-12-01".to_owned(), "nonsense".to_owned());
        self.ask(Relation::Other, OfferTime { id, doctor: of.doctor, date, time }).await;
        self.ask(Relation::Any, scheduling::OfferRound {}).await;
        self.ask(Relation::Other, AcceptOffer { id }).await;
        self.ask(Relation::Other, DeclineOffer { id }).await;
        self.ask(Relation::Other, LeaveWaitingList { id }).await;
    }

    async fn messages(&mut self, of: Strangers) {
        use scheduling::notices::{
            Answer, AnswerVisit, ListMessages, MessageQuery, ReadReminders, ReadVisitLink, ReminderLink,
            RetryMessage, SetReminders, VisitLink,
        };
        let page = PageRequest::first(5, Order::Ascending);
        self.ask(Relation::Any, ListMessages { filter: MessageQuery::default(), page }).await;
        self.ask(Relation::Any, RetryMessage { id: of.message }).await;
        // Whoever has a link answers by it, signed in or not.
        let visit = of.visit;
        let visit = self
            .fixture
            .store(move |tx| Box::pin(async move { tx.appointments().lookup(&visit).await }))
            .await
            .unwrap();
        let link = VisitLink::to(&visit);
        self.ask(Relation::Any, ReadVisitLink { link }).await;
        self.ask(Relation::Any, AnswerVisit { link, answer: Answer::Confirm }).await;
        let link = ReminderLink { patient: of.patient, channel: Channel::Email };
        self.ask(Relation::Any, ReadReminders { link }).await;
        self.ask(Relation::Any, SetReminders { link, wanted: false }).await;
    }

    async fn patients(&mut self, of: Strangers) {
        let page = PageRequest::first(5, Order::Ascending);
        self.ask(Relation::Any, patients::SearchPatients { text: "to".to_owned(), page }).await;
        self.ask(Relation::Other, patients::ReadPatient { id: of.patient }).await;
        let form = PatientForm::default;
        self.ask(Relation::Any, patients::RegisterPatient { form: form(), confirm_duplicate: false }).await;
        self.ask(Relation::Other, patients::EditPatient { id: of.patient, expected: 1, form: form() }).await;
        self.ask(Relation::Other, patients::InvitePatient { patient: of.patient, proof: String::new() })
            .await;
    }

    async fn records(&mut self, of: Strangers) {
        use records::{
            AddAddendum, Diagnose, LinkRecord, ListRecords, Prescribe, ReadChart, ReadEntry, ReviseNote,
            SignNote, UnsignedNotes, WriteAllergy, WriteNote, WriteSummary, WriteVitals,
        };
        let (patient, id, appointment) = (of.patient, of.note, None);
        let word = || "word".to_owned();
        self.ask(Relation::Other, ReadChart { patient }).await;
        self.ask(Relation::Any, ListRecords { page: PageRequest::first(5, Order::Ascending) }).await;
        self.ask(Relation::Any, UnsignedNotes {}).await;
        self.ask(Relation::Other, ReadEntry { id }).await;
        self.ask(Relation::Other, WriteVitals { patient, appointment, form: VitalsForm::default() }).await;
        let allergy = WriteAllergy { patient, substance: word(), reaction: word(), severity: word() };
        self.ask(Relation::Other, allergy).await;
        self.ask(Relation::Other, WriteNote { patient, appointment, form: NoteForm::default() }).await;
        self.ask(Relation::Other, ReviseNote { id, expected: 1, form: NoteForm::default() }).await;
        self.ask(Relation::Other, SignNote { id, expected: 1 }).await;
        self.ask(Relation::Other, AddAddendum { id, expected: 1, text: word() }).await;
        let medicine = Prescribe { patient, appointment, name: word(), dosage: word(), days: word() };
        self.ask(Relation::Other, medicine).await;
        self.ask(Relation::Other, Diagnose { patient, appointment, name: word(), code: word() }).await;
        let summary =
            WriteSummary { patient_name: "Nobody Known".to_owned(), condition: word(), treatment: word() };
        self.ask(Relation::Assigned, summary).await;
        self.ask(Relation::Other, LinkRecord { id, expected: 1, patient }).await;
    }

    async fn billing(&mut self, of: Strangers) {
        use billing::{
            BillWritten, IssueInvoice, LinkInvoice, ListInvoices, ReadInvoice, ReviseInvoice, TakePayment,
            Takings, VisitsNotBilled, WriteInvoice,
        };
        let (patient, id, lines) = (of.patient, of.bill, Vec::new);
        let page = PageRequest::first(5, Order::Ascending);
        self.ask(Relation::Any, ListInvoices { patient: None, statuses: Vec::new(), page }).await;
        self.ask(Relation::Other, ReadInvoice { id }).await;
        self.ask(Relation::Other, WriteInvoice { patient, appointment: None, lines: lines() }).await;
        self.ask(Relation::Other, ReviseInvoice { id, expected: 1, lines: lines() }).await;
        self.ask(Relation::Other, IssueInvoice { id, expected: 1 }).await;
        let payment = TakePayment { id, expected: None, amount: "1".to_owned(), method: "card".to_owned() };
        self.ask(Relation::Other, payment).await;
        let [patient_name, amount, payment_method] = ["Nobody Known", "1.00", "cash"].map(str::to_owned);
        self.ask(Relation::Any, BillWritten { patient_name, amount, payment_method }).await;
        self.ask(Relation::Other, LinkInvoice { id, expected: 1, patient }).await;
        self.ask(Relation::Any, VisitsNotBilled {}).await;
        self.ask(Relation::Any, Takings { from: date(2026, 11, 1), until: date(2026, 12, 1) }).await;
        self.refunds(of.paid).await;
    }

    async fn refunds(&mut self, id: InvoiceId) {
        use billing::{
            ApproveRefund, CountRefunds, DeclineRefund, ListRefunds, ReadRefund, RequestRefund,
            WithdrawRefund,
        };
        let (number, expected, reason) = (1, 1, || "Paid twice".to_owned());
        let page = PageRequest::first(5, Order::Ascending);
        self.ask(Relation::Any, ListRefunds { waiting: true, page }).await;
        self.ask(Relation::Any, CountRefunds {}).await;
        self.ask(Relation::Other, ReadRefund { id, number }).await;
        self.ask(Relation::Other, RequestRefund { id, expected, amount: "1".to_owned(), reason: reason() })
            .await;
        self.ask(Relation::Other, WithdrawRefund { id, number, expected }).await;
        self.ask(Relation::Other, ApproveRefund { id, number, expected, method: "card".to_owned() }).await;
        self.ask(Relation::Other, DeclineRefund { id, number, expected, reason: reason() }).await;
    }

    async fn access(&mut self, of: Strangers) {
        use access::{
            ActFor, AddToCareTeam, CountEmergencies, EndCareTeam, EndEmergency, EndProxy, GrantProxy,
            ListEmergencies, ListProxies, ListWards, ReadCareTeam, ReadEmergency, ReviewEmergency,
        };
        let (patient, word) = (of.patient, String::new);
        self.ask(Relation::Other, EndEmergency { patient }).await;
        let page = PageRequest::first(5, Order::Ascending);
        self.ask(Relation::Any, ListEmergencies { awaiting: true, page }).await;
        self.ask(Relation::Any, ReadEmergency { id: of.emergency }).await;
        self.ask(Relation::Any, CountEmergencies {}).await;
        let review = ReviewEmergency { id: of.emergency, justified: None, comment: word() };
        self.ask(Relation::Any, review).await;
        let grant = GrantProxy { patient, login: word(), relationship: word(), proof: word(), until: word() };
        self.ask(Relation::Other, grant).await;
        self.ask(Relation::Other, ListProxies { patient }).await;
        self.ask(Relation::Other, EndProxy { id: of.proxy }).await;
        self.ask(Relation::Other, ReadCareTeam { patient }).await;
        self.ask(Relation::Other, AddToCareTeam { patient, user: None, reason: word(), until: word() }).await;
        self.ask(Relation::Other, EndCareTeam { id: of.place }).await;
        self.ask(Relation::Own, ListWards {}).await;
        self.ask(Relation::Other, ActFor { patient: Some(patient) }).await;
    }

    async fn reports(&mut self, of: Strangers) {
        let page = PageRequest::first(5, Order::Ascending);
        self.ask(Relation::Any, imports::ImportEdits { edits: Vec::new() }).await;
        self.ask(Relation::Any, reports::ReadActivity {}).await;
        let query = reports::AuditQuery::default;
        self.ask(Relation::Any, reports::ReadAudit { query: query(), page: page.clone() }).await;
        self.ask(Relation::Any, reports::ReadAuditEvent { seq: 1 }).await;
        self.ask(Relation::Any, reports::ReadSecurityEvents { days: 1 }).await;
        let format = reports::ExportFormat::Csv;
        self.ask(Relation::Any, reports::ExportAudit { query: query(), format }).await;
        self.ask(Relation::Other, reports::ReadAccessLog { patient: of.patient, page: page.clone() }).await;
        self.ask(Relation::Own, reports::ReadOwnActions { page }).await;
        self.ask(Relation::Any, reports::NoteForgedRequest { route: "POST /profile".to_owned() }).await;
    }
}

async fn walk(actor: impl Fn(&Fixture) -> Actor) -> BTreeSet<Action> {
    let fixture = clinic().await;
    let of = strangers(&fixture).await;
    let actor = actor(&fixture);
    let mut walk = Walk { fixture: &fixture, actor: &actor, covered: BTreeSet::new() };
    walk.identity(of).await;
    walk.patients(of).await;
    walk.records(of).await;
    walk.access(of).await;
    walk.billing(of).await;
    walk.reports(of).await;
    // Last: a booking makes its patient assigned.
    walk.messages(of).await;
    walk.scheduling(of).await;
    walk.covered
}

#[tokio::test]
async fn every_role_gets_what_the_table_grants_on_a_strangers_object_and_no_more() {
    for role in Role::ALL {
        let covered = walk(|fixture| fixture.actor_for(role).clone()).await;
        // These have no use case of their own or are asked below and in their own areas' tests.
        let elsewhere = [
            Action::SignIn,
            Action::BeginSignIn,
            Action::ResetPassword,
            Action::SignOut,
            Action::OverbookAppointment,
            Action::SetPrices,
            Action::ReadCalendarFeed,
        ]
        .map(|action| action as u8);
        for action in Action::ALL {
            let is_granted = action.row().iter().any(|grant| *grant != domain::policy::Grant::Never);
            let is_asked = covered.contains(action) || elsewhere.contains(&(*action as u8));
            assert!(is_asked || !is_granted, "{action:?} is granted to someone and asked by nobody here");
        }
    }
}

#[tokio::test]
async fn whoever_is_not_signed_in_gets_nothing() {
    walk(|_| Actor::anonymous("test")).await;
}

#[tokio::test]
async fn signing_out_and_ending_sessions_concern_own_sessions_only() {
    let fixture = clinic().await;
    for role in Role::ALL {
        let actor = fixture.actor_for(role);
        let end = identity::Ending::One(SessionId(1));
        let ended = fixture.services.end_own_sessions(actor, end, Fixture::PASSWORD).await;
        assert_eq!(ended, Err(ServiceError::NotFound));
        // The fixture's callers have no session that could end.
        let out = fixture.services.execute(actor, identity::SignOut {}).await;
        assert_eq!(out, Err(ServiceError::Unauthenticated));
    }
}

fn sources(directory: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

/// The crate's files by their path below `src`, without tests.
fn product() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    let relative = |path: &Path| path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
    let is_test = |name: &str| name.contains("tests") || matches!(name, "matrix.rs" | "fixture.rs");
    found.into_iter().map(|(path, text)| (relative(&path), text)).filter(|(name, _)| !is_test(name)).collect()
}

#[test]
fn rights_are_decided_in_one_file() {
    let deciders: Vec<_> =
        product().into_iter().filter(|(_, text)| text.contains("decide(")).map(|(name, _)| name).collect();
    assert_eq!(deciders, ["gate.rs"]);
}

#[test]
fn only_the_pipeline_sign_in_and_the_seeding_reach_the_store_directly() {
    let reaches = |text: &str| text.contains("storage.read(") || text.contains("storage.write(");
    for (name, _) in product().into_iter().filter(|(_, text)| reaches(text)) {
        let known = matches!(
            name.as_str(),
            "pipeline.rs" | "identity/mod.rs" | "identity/sign_in.rs" | "identity/attempts.rs"
        );
        assert!(known || name.starts_with("demo/"), "{name} goes around the pipeline");
    }
}

#[test]
fn every_use_case_is_asked_here() {
    // Reached through flows that hash passwords or count tries first; each is asked of every role in the tests of its area.
    let flows = [
        "AskForReset",
        "UseResetLink",
        "JoinRecord",
        "VerifyEmail",
        "ReadInvitation",
        "ReadFeed",
        "SignIn",
        "BeginSignIn",
        "FinishSignIn",
        "SignUp",
        "SetUpAdmin",
        "CreateUser",
        "ChangePassword",
        "ResetPassword",
        "BeginSecondFactor",
        "TurnOffSecondFactor",
        "RenewRecoveryCodes",
        "Overbook",
        "BreakGlass",
    ];
    let asked = include_str!("matrix.rs");
    let mut count = 0;
    for (file, text) in product() {
        for line in text.lines().filter_map(|line| line.strip_prefix("impl UseCase for ")) {
            let name = line.trim_end_matches(" {");
            count += 1;
            let is_asked = asked.contains(&format!("{name} {{"));
            assert!(
                is_asked || flows.contains(&name) || file.starts_with("demo/"),
                "{name} in {file} has no row"
            );
        }
    }
    assert!(count > 50);
}
