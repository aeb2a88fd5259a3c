//! Two patients and what belongs to them. One is nobody's: Tom Baker was Dr Price's patient once and has a visit far ahead. To everyone but
//! himself and Dr Price his objects are a stranger's.

use super::Clinic;
use domain::{Role, UserId};
use serde_json::json;

/// Ids of what belongs to Tom Baker.
#[derive(Clone, Debug)]
pub struct Stranger {
    pub user: String,
    pub patient: String,
    pub doctor: String,
    pub appointment: String,
    /// Whether a visit is near, which assigns the patient to the doctor and to the nurses.
    pub is_expected: bool,
    /// The clinician who is looking at the record in an emergency.
    pub opened_by: Option<UserId>,
    /// A visit of this week.
    pub soon: String,
    pub note: String,
    pub draft: String,
    pub bill: String,
    pub draft_bill: String,
    /// A paid bill with a refund that the front desk asked for.
    pub refund_bill: String,
    pub emergency: String,
    pub proxy: String,
    /// A place in the care team.
    pub place: String,
    /// A place on the waiting list, for days far ahead.
    pub waiting: String,
}

/// Words that stand in Tom's record and nowhere else.
pub const CANARY: &str = "Zebrafish allergy of the stranger";

/// Makes Tom's objects.
pub async fn stranger(clinic: &Clinic) -> Stranger {
    let of = belongings(clinic, "Tom Baker", "Dr Owen Price", ["Dr Visiting Locum", "Ruth Baker"]).await;
    let of = Stranger { is_expected: false, ..of };
    let desk = clinic.the(Role::Receptionist);
    let cancel = format!("/api/appointments/{}/cancellation", of.soon);
    clinic.post(&cancel).bearer(desk).if_match(1).json(json!({"reason": "Moved away"})).expect(200).await;
    of
}

/// Makes objects of the same kinds for Marta Kowalska, whom Dr Rahman sees this week.
pub async fn regular(clinic: &Clinic) -> Stranger {
    belongings(clinic, "Marta Kowalska", "Dr Amina Rahman", ["Dr Other Locum", "Jan Kowalski"]).await
}

async fn belongings(clinic: &Clinic, patient: &str, doctor: &str, others: [&'static str; 2]) -> Stranger {
    let owner = clinic.named(patient).clone();
    let doctor = clinic.named(doctor).clone();
    let desk = clinic.the(Role::Receptionist);
    let patient = owner.patient.unwrap().to_string();
    let book = |start: &'static str| {
        let body =
            json!({"patientId": patient, "doctorId": doctor.id, "start": start, "visitType": "consultation"});
        clinic.post("/api/appointments").bearer(desk).json(body).expect(201)
    };
    let soon = book("2026-11-25T10:00").await;
    let far = book("2027-01-13T10:00").await;
    let write = |kind: &'static str, body: serde_json::Value| {
        clinic.post(&format!("/api/patients/{patient}/{kind}")).bearer(&doctor).json(body).expect(201)
    };
    let note = write("notes", json!({"assessment": CANARY, "plan": "Rest"})).await;
    let draft = write("notes", json!({"assessment": CANARY})).await;
    write("vitals", json!({"pulse": 71})).await;
    let sign = format!("/api/medicalrecords/{}/signature", note.id());
    clinic.post(&sign).bearer(&doctor).if_match(1).expect(200).await;
    let clerk = clinic.the(Role::Billing);
    let charge = || {
        let lines = json!([{"description": "Consultation", "unitAmount": "60.00"}]);
        clinic
            .post("/api/billings")
            .bearer(clerk)
            .json(json!({"patientId": patient, "lines": lines}))
            .expect(201)
    };
    let (bill, draft_bill, refund_bill) = (charge().await, charge().await, charge().await);
    for bill in [&bill, &refund_bill] {
        clinic
            .post(&format!("/api/billings/{}/issue", bill.id()))
            .bearer(clerk)
            .if_match(1)
            .expect(200)
            .await;
    }
    let refunds = format!("/api/billings/{}/refunds", refund_bill.id());
    let pay = clinic.post(&format!("/api/billings/{}/payments", refund_bill.id())).bearer(desk).if_match(2);
    pay.json(json!({"amount": "60.00", "method": "card"})).expect(200).await;
    let ask = json!({"amount": "10.00", "reason": "Paid twice"});
    clinic.post(&refunds).bearer(desk).if_match(3).json(ask).expect(201).await;
    let [emergency, proxy, place] = ways_in(clinic, &patient, others).await;
    let wait = json!({"patientId": patient, "visitType": "consultation", "from": "2027-02-01", "until": "2027-02-05"});
    let waiting = clinic.post("/api/waiting-list").bearer(desk).json(wait).expect(201).await.id();
    Stranger {
        emergency,
        proxy,
        place,
        waiting,
        user: owner.id.to_string(),
        doctor: doctor.id.to_string(),
        appointment: far.id(),
        is_expected: true,
        opened_by: None,
        soon: soon.id(),
        note: note.id(),
        draft: draft.id(),
        bill: bill.id(),
        draft_bill: draft_bill.id(),
        refund_bill: refund_bill.id(),
        patient,
    }
}

/// An emergency access of a doctor who has nothing to do with anyone else and then comes into the care team, and a parent
/// who acts for the patient.
async fn ways_in(clinic: &Clinic, patient: &str, [visiting, parent]: [&'static str; 2]) -> [String; 3] {
    let visiting = clinic.hire(Role::Doctor, visiting).await;
    let parent = clinic.hire(Role::Patient, parent).await;
    let path = format!("/api/patients/{patient}");
    let reason = json!({"reason": "Unconscious on arrival", "password": super::PASSWORD});
    let opened =
        clinic.post(&format!("{path}/emergency-access")).bearer(&visiting).json(reason).expect(201).await;
    let body = json!({"login": parent.username, "relationship": "Parent", "proof": "passport"});
    let desk = clinic.the(Role::Receptionist);
    let granted = clinic.post(&format!("{path}/proxies")).bearer(desk).json(body).expect(201).await;
    let body = json!({"userId": visiting.id, "reason": "Chest clinic"});
    let place = clinic.post(&format!("{path}/care-team")).bearer(desk).json(body).expect(201).await;
    [opened.id(), granted.id(), place.id()]
}
