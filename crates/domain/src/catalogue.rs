//! What the clinic offers: visit types with their length and price.

use serde::{Deserialize, Serialize};

/// A kind of visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VisitType {
    /// Stable code in files and in the API.
    pub code: String,
    /// The name people read.
    pub name: String,
    /// Length in minutes.
    pub minutes: u16,
    /// Price in minor units of the clinic's currency.
    pub price_minor: i64,
    /// Whether patients may book it themselves.
    pub self_service: bool,
}

/// The visit types that a new clinic starts with.
pub fn standard_visit_types() -> Vec<VisitType> {
    [
        ("consultation", "Consultation", 30, 6_000, true),
        ("follow-up", "Follow-up", 30, 4_200, true),
        ("new-patient", "New patient assessment", 60, 9_500, true),
        ("medication-review", "Medication review", 30, 4_200, true),
        ("vaccination", "Vaccination", 30, 2_500, true),
        ("blood-test", "Blood test", 30, 3_000, true),
        ("minor-surgery", "Minor surgery", 60, 14_000, false),
        ("urgent", "Urgent", 30, 7_500, false),
    ]
    .map(|(code, name, minutes, price_minor, self_service)| VisitType {
        code: code.to_owned(),
        name: name.to_owned(),
        minutes,
        price_minor,
        self_service,
    })
    .to_vec()
}
