//! What patients of the demonstration clinic come with, and what is written of it. Invented, and no advice.

use domain::record::Severity;

/// One kind of visit to a doctor, as reason and note.
pub(super) struct Complaint {
    pub reason: &'static str,
    pub subjective: &'static str,
    pub objective: &'static str,
    pub assessment: &'static str,
    pub plan: &'static str,
    /// ICD-10 code of the assessment, when it is worth a place on the problem list.
    pub code: &'static str,
    /// Name, dosage and days of what is prescribed.
    pub medicine: Option<(&'static str, &'static str, u16)>,
}

/// Reasons for a visit.
pub(super) const COMPLAINTS: [Complaint; 12] = [
    Complaint {
        reason: "Cough for ten days",
        subjective: "Dry cough since a cold ten days ago, worse at night. No fever now, no breathlessness.",
        objective: "Chest clear on both sides. Throat slightly red. Temperature normal.",
        assessment: "Cough after a viral infection",
        plan: "Fluids and rest. Come back if it lasts longer than three weeks or fever returns.",
        code: "",
        medicine: None,
    },
    Complaint {
        reason: "Lower back pain",
        subjective: "Pain in the lower back since lifting boxes last weekend. No numbness, walks normally.",
        objective: "Tender beside the lumbar spine, movement limited by pain. Reflexes and strength equal.",
        assessment: "Mechanical low back pain",
        plan: "Keep moving, heat, simple pain relief. Exercises explained. Review in four weeks if no better.",
        code: "M54.5",
        medicine: Some(("Ibuprofen 400 mg", "three times a day with food", 7)),
    },
    Complaint {
        reason: "Sore throat and fever",
        subjective: "Three days of sore throat and fever up to 38.6 °C, painful to swallow.",
        objective: "Tonsils enlarged with exudate, tender neck nodes. No rash.",
        assessment: "Acute tonsillitis",
        plan: "Antibiotic for the full course, fluids, pain relief. Come back at once if swallowing gets impossible.",
        code: "J03.9",
        medicine: Some(("Clarithromycin 250 mg", "twice a day", 7)),
    },
    Complaint {
        reason: "Review of diabetes",
        subjective: "Feels well. Takes metformin regularly, walks for half an hour most days.",
        objective: "Feet: pulses and sensation normal. Weight one kilogram less than in spring.",
        assessment: "Type 2 diabetes, well controlled",
        plan: "Go on as before. Blood test in three months, eye screening is booked.",
        code: "E11.9",
        medicine: Some(("Metformin 500 mg", "twice a day with meals", 84)),
    },
    Complaint {
        reason: "Itchy rash on both hands",
        subjective: "Itchy, dry skin on both hands since changing work gloves a month ago.",
        objective: "Dry, red patches on the backs of both hands, no sign of infection.",
        assessment: "Contact dermatitis",
        plan: "Avoid the new gloves. Emollient several times a day, steroid cream for a week.",
        code: "L25.9",
        medicine: Some(("Hydrocortisone cream 1 %", "thin layer twice a day", 7)),
    },
    Complaint {
        reason: "Headaches",
        subjective: "Pressing headaches on most afternoons, better at weekends. No visual changes, no vomiting.",
        objective: "Neurological examination normal. Neck muscles tense.",
        assessment: "Tension-type headache",
        plan: "Breaks from the screen, posture, headache diary for four weeks.",
        code: "G44.2",
        medicine: None,
    },
    Complaint {
        reason: "Asthma review",
        subjective: "Uses the reliever about once a week, sleeps through. No attack since the last review.",
        objective: "Chest clear. Inhaler technique good. Peak flow 92 % of best.",
        assessment: "Asthma, controlled",
        plan: "Go on with the present inhalers. Written action plan renewed.",
        code: "J45.9",
        medicine: Some(("Beclometasone inhaler 100 micrograms", "two puffs twice a day", 84)),
    },
    Complaint {
        reason: "Knee pain on stairs",
        subjective: "Pain at the front of the right knee on stairs for two months, no injury, no locking.",
        objective: "No swelling, ligaments stable, pain on resisted extension.",
        assessment: "Osteoarthritis of the knee",
        plan: "Exercises to strengthen the thigh, physiotherapy referral, review in eight weeks.",
        code: "M17.9",
        medicine: None,
    },
    Complaint {
        reason: "Tiredness",
        subjective: "Tired for two months, sleeps seven hours, no loss of weight, mood fair.",
        objective: "Examination normal. Conjunctivae slightly pale.",
        assessment: "Tiredness, iron deficiency suspected",
        plan: "Blood count, ferritin and thyroid function today. Results by phone within a week.",
        code: "R53",
        medicine: None,
    },
    Complaint {
        reason: "Burning on passing water",
        subjective: "Burning and frequent passing of water for two days. No fever, no back pain.",
        objective: "Abdomen soft. Urine dipstick positive for nitrite and leucocytes.",
        assessment: "Urinary tract infection",
        plan: "Short course of antibiotic, plenty of fluids. Come back if fever or back pain begins.",
        code: "N39.0",
        medicine: Some(("Nitrofurantoin 100 mg", "twice a day", 3)),
    },
    Complaint {
        reason: "Sleep and mood",
        subjective: "Wakes early, worries about work, less joy in things for six weeks. No thoughts of self-harm.",
        objective: "Appears tired, good eye contact, speech normal.",
        assessment: "Low mood with stress at work",
        plan: "Talking therapy referral, regular exercise, sleep routine. Review in two weeks.",
        code: "F43.2",
        medicine: None,
    },
    Complaint {
        reason: "Heartburn",
        subjective: "Burning behind the breastbone after meals and when lying down, for a month.",
        objective: "Abdomen soft, slight tenderness in the upper part. No weight loss.",
        assessment: "Gastro-oesophageal reflux",
        plan: "Smaller meals, none late at night. Acid reducer for four weeks, then review.",
        code: "K21.9",
        medicine: Some(("Omeprazole 20 mg", "once a day before breakfast", 28)),
    },
];

/// What Marta Kowalska comes for.
pub(super) const BLOOD_PRESSURE: Complaint = Complaint {
    reason: "Blood pressure review",
    subjective: "Feels well. Takes the tablet every morning, eats less salt, walks to work. Ankles not swollen.",
    objective: "Blood pressure lower than at the last visit, pulse regular. Home readings agree.",
    assessment: "Essential hypertension, improving",
    plan: "Go on with amlodipine 5 mg. Home readings twice a week. Review in four weeks.",
    code: "",
    medicine: None,
};

/// Notes of visits that a nurse does alone: code of the visit type, what is found, what is done.
pub(super) const NURSING: [(&str, &str, &str); 2] = [
    (
        "vaccination",
        "Well today, no fever, no reaction to earlier vaccines.",
        "Vaccine given in the left arm, observed for 15 minutes.",
    ),
    ("blood-test", "Fasting since last night.", "Blood taken from the right arm, sent to the laboratory."),
];

/// What a doctor adds to a signed note when results are in.
pub(super) const ADDENDA: [&str; 4] = [
    "Blood results are in: all within normal limits. The patient was told by phone.",
    "The patient rang: symptoms are settling. No change of plan.",
    "Correction of the side: the right one was meant throughout.",
    "Referral letter sent today.",
];

/// Substance, reaction and severity.
pub(super) const ALLERGIES: [(&str, &str, Severity); 7] = [
    ("Ibuprofen", "Wheezing", Severity::Severe),
    ("Latex", "Itching and redness", Severity::Mild),
    ("Peanuts", "Swelling of the lips", Severity::Severe),
    ("Trimethoprim", "Rash", Severity::Moderate),
    ("Codeine", "Nausea", Severity::Mild),
    ("Bee venom", "Swelling of the whole arm", Severity::Moderate),
    ("Amoxicillin", "Hives", Severity::Moderate),
];

/// Long-standing problems: name, ICD-10 code, medicine and dosage.
pub(super) const PROBLEMS: [(&str, &str, &str, &str); 8] = [
    ("Essential hypertension", "I10", "Ramipril 5 mg", "once a day"),
    ("Type 2 diabetes", "E11.9", "Metformin 500 mg", "twice a day with meals"),
    ("Asthma", "J45.9", "Salbutamol inhaler 100 micrograms", "two puffs when needed"),
    ("Hypothyroidism", "E03.9", "Levothyroxine 75 micrograms", "once a day before breakfast"),
    ("Raised cholesterol", "E78.0", "Atorvastatin 20 mg", "once a day in the evening"),
    ("Migraine", "G43.9", "Sumatriptan 50 mg", "one tablet at the onset"),
    ("Osteoarthritis of the hip", "M16.9", "Paracetamol 500 mg", "two tablets up to four times a day"),
    ("Atrial fibrillation", "I48.9", "Apixaban 5 mg", "twice a day"),
];

/// Charges beside the visit itself: what for, and the price in minor units.
pub(super) const EXTRAS: [(&str, i64); 5] = [
    ("Laboratory analysis", 2_850),
    ("Wound dressing", 1_200),
    ("Electrocardiogram", 3_500),
    ("Medical certificate", 1_500),
    ("Influenza vaccine", 1_450),
];
