//! Objects to store, small and with room to vary.

use domain::appointment::HistoryEntry;
use domain::audit::AuditDraft;
use domain::invoice::{InvoiceLine, Issue, Refund, RefundOutcome, RefundStep, YearlyNumber};
use domain::patient::Sex;
use domain::record::{Note, Signature, Summary};
use domain::{
    AccessEntry, AccessFact, AccessId, Action, AnsweredRequest, Appointment, AppointmentId,
    AppointmentStatus, AuditOutcome, Currency, DoctorLink, Email, Invoice, InvoiceId, Mrn, PasswordHash,
    Patient, PatientId, PatientLink, Payment, PaymentMethod, PersonName, Phone, PlanEntry, PlanFact, PlanId,
    Record, RecordBody, RecordId, RequestDigest, RequestId, Role, Session, SessionId, TimeRange, User,
    UserId, UserStatus, Username,
};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};

/// An instant some minutes after Monday 23 November 2026, 09:00 UTC.
///
/// # Panics
/// Thousands of years away.
pub fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_795_424_400 + minutes * 60).expect("a time in this century")
}

/// A request that was answered some minutes after [`at`]`(0)`; its outcome tells which it was.
pub fn answered(id: u128, minutes: i64) -> AnsweredRequest {
    AnsweredRequest {
        id: RequestId(id),
        asked: RequestDigest(id << 64),
        outcome: format!("{{\"minutes\":{minutes}}}"),
        answered_at: at(minutes),
    }
}

/// A user with this number.
pub fn user(id: u64) -> User {
    User {
        id: UserId(id),
        username: Username::imported(&format!("user{id}")),
        email: Email::imported(&format!("user{id}@example.org")),
        password_hash: PasswordHash::new("$2b$04$abcdefghijklmnopqrstuu5s0oNn9qHSGtXQ5vSAVOq1Jq0NlWl9K"),
        created_at: at(0),
        role: Role::Patient,
        status: UserStatus::Active,
        display_name: format!("Number {id}"),
        patient: None,
        security_version: 1,
        must_change_password: false,
        second_factor: None,
        email_verified_at: None,
        password_set_at: None,
    }
}

/// A session of a user.
pub fn session(id: u128, owner: u64, minutes: i64) -> Session {
    Session {
        id: SessionId(id),
        user: UserId(owner),
        security_version: 1,
        created_at: at(minutes),
        last_seen_at: at(minutes),
        expires_at: at(minutes) + SignedDuration::from_hours(12),
        revoked_at: None,
        label: "Firefox on Linux".to_owned(),
        acts_for: None,
    }
}

/// Tries at the password of an account that began at `minutes` and are forgotten a day later.
pub fn attempts(id: u128, owner: u64, minutes: i64) -> AccessEntry {
    AccessEntry {
        id: AccessId(id),
        user: Some(UserId(owner)),
        patient: None,
        created_at: at(minutes),
        expires_at: at(minutes + 24 * 60),
        fact: AccessFact::Attempts { failures: 1, last: at(minutes), of_device: false },
    }
}

/// An account's emergency access to the record of a patient at `minutes`, which nobody has reviewed.
pub fn emergency(id: u128, owner: u64, patient: u128, minutes: i64) -> AccessEntry {
    AccessEntry {
        id: AccessId(id),
        user: Some(UserId(owner)),
        patient: Some(PatientId(patient)),
        created_at: at(minutes),
        expires_at: at(minutes) + AccessEntry::EMERGENCY,
        fact: AccessFact::Emergency { reason: "Unconscious on arrival".to_owned(), review: None },
    }
}

/// An account in the care team of a patient from `minutes` on, for a day.
pub fn care_team(id: u128, member: u64, patient: u128, minutes: i64) -> AccessEntry {
    AccessEntry {
        id: AccessId(id),
        user: Some(UserId(member)),
        patient: Some(PatientId(patient)),
        created_at: at(minutes),
        expires_at: at(minutes + 24 * 60),
        fact: AccessFact::CareTeam { reason: "Diabetes clinic".to_owned(), added_by: UserId(member) },
    }
}

/// Something planned since `minutes`, about which nothing is to be done.
pub fn planned(id: u128, fact: PlanFact, minutes: i64) -> PlanEntry {
    PlanEntry {
        id: PlanId(id),
        patient: None,
        doctor: None,
        appointment: None,
        created_at: at(minutes),
        due_at: None,
        kept_until: None,
        fact,
    }
}

/// The number of the `serial`-th patient, skipping those that have none.
///
/// # Panics
/// When all numbers are used up.
pub fn mrn(serial: u64) -> Mrn {
    (serial * 16..).find_map(Mrn::from_serial).expect("most serials have a number")
}

/// A patient of this name.
pub fn patient(id: u128, given: &str, family: &str) -> Patient {
    Patient {
        id: PatientId(id),
        mrn: mrn(u64::try_from(id % 1_000_000).unwrap_or_default()),
        name: PersonName { given: given.to_owned(), family: family.to_owned() },
        birth_date: Some(date(1980, 2, 29)),
        sex: Sex::Female,
        phone: Phone::parse("020 7946 0123").ok(),
        email: None,
        address: "1 High Street\nLondon".to_owned(),
        insurance: String::new(),
        reminders_off: std::collections::BTreeSet::new(),
        user: None,
        created_at: at(0),
    }
}

/// A link to a patient.
pub fn link(id: u128) -> PatientLink {
    PatientLink { id: Some(PatientId(id)), name: format!("Patient {id}") }
}

/// A link to a doctor with an account.
pub fn doctor(id: u64) -> DoctorLink {
    DoctorLink { id: Some(UserId(id)), name: format!("Dr Number {id}") }
}

/// A link to a doctor by name only.
pub fn written(name: &str) -> DoctorLink {
    DoctorLink { id: None, name: name.to_owned() }
}

/// An interval some minutes after [`at`] zero.
///
/// # Panics
/// When no appointment can be so long.
pub fn range(minutes: i64, length: u16) -> TimeRange {
    TimeRange::new(at(minutes), length).expect("a length that is allowed")
}

/// A booked appointment of half an hour.
pub fn appointment(id: u64, who: u128, with: DoctorLink, minutes: i64) -> Appointment {
    Appointment {
        id: AppointmentId(id),
        patient: link(who),
        doctor: with,
        room: None,
        time: range(minutes, 30),
        visit_type: "consultation".to_owned(),
        reason: "Cough \"since\" Monday\n— worse".to_owned(),
        status: AppointmentStatus::Booked,
        overbooked_because: None,
        held_until: None,
        buffer_minutes: 0,
        series: None,
        priority: domain::Priority::Routine,
        confirmed_at: None,
        created_by: Some(UserId(1)),
        created_at: at(-60),
        arrived_at: None,
        history: vec![HistoryEntry {
            at: at(-30),
            by: None,
            status: AppointmentStatus::Booked,
            moved_from: Some(at(-1000)),
            moved_from_doctor: None,
            reason: String::new(),
        }],
    }
}

/// An unsigned note.
pub fn note(id: u64, who: u128, author: u64) -> Record {
    let note = Note { assessment: "Bronchitis".to_owned(), plan: "Rest".to_owned(), ..Note::default() };
    Record {
        id: RecordId(id),
        patient: link(who),
        author: Some(UserId(author)),
        author_name: "Dr Number".to_owned(),
        author_role: Role::Doctor,
        appointment: None,
        created_at: at(0),
        body: RecordBody::Note(note),
    }
}

/// The same note, signed.
pub fn signed(mut record: Record) -> Record {
    if let RecordBody::Note(note) = &mut record.body {
        note.signature = Some(Signature { by: UserId(2), name: "Dr Number".to_owned(), at: at(5) });
    }
    record
}

/// An entry of the old kind, without a linked patient.
pub fn unlinked_summary(id: u64) -> Record {
    Record {
        patient: PatientLink { id: None, name: "John Doe".to_owned() },
        author: None,
        body: RecordBody::Summary(Summary { condition: "Flu".to_owned(), treatment: "Rest".to_owned() }),
        ..note(id, 0, 0)
    }
}

/// A draft bill of 42.50.
pub fn draft(id: u64, who: u128) -> Invoice {
    Invoice {
        id: InvoiceId(id),
        patient: link(who),
        appointment: None,
        currency: Currency::GBP,
        lines: vec![InvoiceLine { description: "Visit".to_owned(), quantity: 1, unit_minor: 4_250 }],
        issue: None,
        payments: Vec::new(),
        refunds: Vec::new(),
        created_by: Some(UserId(3)),
        created_at: at(0),
        legacy: None,
    }
}

/// The bill, issued under a number.
pub fn issued(mut invoice: Invoice, serial: u64) -> Invoice {
    let number = YearlyNumber { year: 2026, serial };
    invoice.issue = Some(Issue { number, at: at(10), due: date(2026, 12, 23) });
    invoice
}

/// The bill with one more payment.
pub fn paid(mut invoice: Invoice, serial: u64, minor: i64, minutes: i64) -> Invoice {
    invoice.payments.push(Payment {
        receipt: YearlyNumber { year: 2026, serial },
        minor,
        method: PaymentMethod::Card,
        at: at(minutes),
        by: UserId(3),
        by_name: "Till".to_owned(),
    });
    invoice
}

fn refund_step(by: u64, minutes: i64) -> RefundStep {
    RefundStep { at: at(minutes), by: UserId(by), by_name: "Till".to_owned(), by_role: Role::Billing }
}

/// The bill with one more refund that waits.
pub fn refund_asked(mut invoice: Invoice, minor: i64, minutes: i64) -> Invoice {
    let requested = refund_step(3, minutes);
    invoice.refunds.push(Refund { minor, reason: "Paid twice".to_owned(), requested, outcome: None });
    invoice
}

/// The bill with one more refund that was given.
pub fn refunded(invoice: Invoice, serial: u64, minor: i64, minutes: i64) -> Invoice {
    let mut invoice = refund_asked(invoice, minor, minutes);
    let outcome = RefundOutcome::Approved {
        credit_note: YearlyNumber { year: 2026, serial },
        method: PaymentMethod::Cash,
        step: refund_step(4, minutes),
    };
    if let Some(refund) = invoice.refunds.last_mut() {
        refund.outcome = Some(outcome);
    }
    invoice
}

/// An event.
pub fn event(minutes: i64, action: Action) -> AuditDraft {
    AuditDraft {
        at: at(minutes) + SignedDuration::from_nanos(1),
        actor: Some(UserId(1)),
        actor_name: "Number 1".to_owned(),
        role: Some(Role::Admin),
        action,
        subject: "user 1".to_owned(),
        patient: None,
        outcome: AuditOutcome::Success,
        reason: String::new(),
        request_id: "r-1".to_owned(),
    }
}
