//! What is known of who may get in, beside accounts and sessions: tries at passwords, one-time links, emergency access to
//! a record, who acts for a patient, and who is in a patient's care team.

use crate::{AccessId, Email, PatientId, UserId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// One such fact, for as long as it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessEntry {
    /// Identity. For tries and links a digest: neither what was typed nor the link's secret can be told from it.
    pub id: AccessId,
    /// Whose account it is about.
    pub user: Option<UserId>,
    /// The patient it opens, or whose it is.
    pub patient: Option<PatientId>,
    /// Since when it holds.
    pub created_at: Timestamp,
    /// When it ends; ending it early is setting this.
    pub expires_at: Timestamp,
    /// What it is.
    #[serde(flatten)]
    pub fact: AccessFact,
}

/// What an [`AccessEntry`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum AccessFact {
    /// Somebody tried to prove who they are and failed.
    Attempts {
        /// How often since the last success or pause.
        failures: u32,
        /// The last time.
        last: Timestamp,
        /// Whether they are those of a device that the account was signed in to before.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        of_device: bool,
    },
    /// A secret, sent or handed to somebody: good for one act, or, for a calendar, until it is ended.
    Link {
        /// For what.
        purpose: LinkPurpose,
        /// The address that it was sent to, if it was sent.
        address: Option<Email>,
        /// When it was used.
        used_at: Option<Timestamp>,
    },
    /// A clinician opened the record of a patient who is not assigned to them.
    Emergency {
        /// Why, in their words.
        reason: String,
        /// What the auditor made of it.
        review: Option<Review>,
    },
    /// Someone acts for a patient: a parent, a guardian, a carer.
    Proxy {
        /// What they are to the patient.
        relationship: String,
        /// How identity and right were proved.
        proof: IdentityProof,
        /// Who checked that.
        granted_by: UserId,
    },
    /// A clinician is in a patient's care team.
    CareTeam {
        /// What they do for the patient.
        reason: String,
        /// Who brought them in.
        added_by: UserId,
    },
}

/// What a one-time link is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkPurpose {
    /// Choosing a new password.
    PasswordReset,
    /// Proving that an address is one's own.
    EmailVerification,
    /// The second step of a sign-in.
    SecondFactor,
    /// Making an account for a patient who is registered already.
    PortalInvitation,
    /// The address at which a calendar program reads the owner's appointments, again and again until it is ended.
    CalendarFeed,
}

impl LinkPurpose {
    /// The name in digests and in the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PasswordReset => "password-reset",
            Self::EmailVerification => "email-verification",
            Self::SecondFactor => "second-factor",
            Self::PortalInvitation => "portal-invitation",
            Self::CalendarFeed => "calendar-feed",
        }
    }

    /// How long such a link is good.
    pub const fn lasts(self) -> SignedDuration {
        match self {
            Self::PasswordReset => SignedDuration::from_mins(60),
            Self::EmailVerification => SignedDuration::from_hours(24),
            Self::SecondFactor => SignedDuration::from_mins(5),
            Self::PortalInvitation => SignedDuration::from_hours(7 * 24),
            Self::CalendarFeed => SignedDuration::from_hours(10 * 365 * 24),
        }
    }
}

/// How staff made sure of who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityProof {
    /// A passport was shown.
    Passport,
    /// An identity card was shown.
    IdentityCard,
    /// A driving licence was shown.
    DrivingLicence,
    /// A court's or a notary's document that names both people was shown.
    CourtDocument,
    /// Whoever did it knows the person.
    KnownToClinic,
}

impl IdentityProof {
    /// What proves that somebody is the patient, in the order of the form.
    pub const OF_PATIENT: [Self; 4] =
        [Self::Passport, Self::IdentityCard, Self::DrivingLicence, Self::KnownToClinic];
    /// What proves that somebody may act for a patient, in the order of the form.
    pub const OF_PROXY: [Self; 5] =
        [Self::Passport, Self::IdentityCard, Self::DrivingLicence, Self::CourtDocument, Self::KnownToClinic];

    /// The name in forms, in the API and in the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Passport => "passport",
            Self::IdentityCard => "identity-card",
            Self::DrivingLicence => "driving-licence",
            Self::CourtDocument => "court-document",
            Self::KnownToClinic => "known-to-clinic",
        }
    }

    /// The words shown to people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Passport => "Passport",
            Self::IdentityCard => "Identity card",
            Self::DrivingLicence => "Driving licence",
            Self::CourtDocument => "Court or attorney document",
            Self::KnownToClinic => "Known to the clinic",
        }
    }

    /// The one of these proofs with this name.
    pub fn named(proofs: &[Self], name: &str) -> Option<Self> {
        proofs.iter().copied().find(|proof| proof.name() == name)
    }
}

/// An auditor's view of an emergency access.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Review {
    /// By whom.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
    /// Whether it was justified.
    pub justified: bool,
    /// Words on it.
    pub comment: String,
}

/// Which kind of fact, for lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessKind {
    /// [`AccessFact::Attempts`]
    Attempts,
    /// [`AccessFact::Link`]
    Link,
    /// [`AccessFact::Emergency`]
    Emergency,
    /// [`AccessFact::Proxy`]
    Proxy,
    /// [`AccessFact::CareTeam`]
    CareTeam,
}

impl AccessKind {
    /// The name in a database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::Link => "link",
            Self::Emergency => "emergency",
            Self::Proxy => "proxy",
            Self::CareTeam => "care-team",
        }
    }
}

impl AccessEntry {
    /// How long an emergency access lasts.
    pub const EMERGENCY: SignedDuration = SignedDuration::from_mins(60);
    /// Days for which somebody is in a care team when nothing else was said.
    pub const CARE_TEAM_DAYS: u16 = 90;
    /// Most days for which somebody can be put into a care team.
    pub const MOST_CARE_TEAM_DAYS: u16 = 365;

    /// Which kind it is.
    pub const fn kind(&self) -> AccessKind {
        match self.fact {
            AccessFact::Attempts { .. } => AccessKind::Attempts,
            AccessFact::Link { .. } => AccessKind::Link,
            AccessFact::Emergency { .. } => AccessKind::Emergency,
            AccessFact::Proxy { .. } => AccessKind::Proxy,
            AccessFact::CareTeam { .. } => AccessKind::CareTeam,
        }
    }

    /// Whether it holds at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }

    /// Whether nobody needs it any more once it has ended: the audit log has its story.
    pub const fn is_forgettable(&self) -> bool {
        matches!(self.kind(), AccessKind::Attempts | AccessKind::Link)
    }

    /// Whether it is an emergency access that no auditor has looked at.
    pub const fn awaits_review(&self) -> bool {
        matches!(self.fact, AccessFact::Emergency { review: None, .. })
    }
}

/// How long a patient is assigned to those who see them: a setting of the clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssignmentWindow {
    /// Days after an appointment, and after an entry that one wrote in the record.
    pub days_back: u16,
    /// Days before an appointment.
    pub days_ahead: u16,
}

impl Default for AssignmentWindow {
    fn default() -> Self {
        Self { days_back: 7, days_ahead: 30 }
    }
}

impl AssignmentWindow {
    /// From when and before when what assigns a patient must lie at `now`.
    pub fn around(self, now: Timestamp) -> (Timestamp, Timestamp) {
        let days = |count: u16| SignedDuration::from_hours(24 * i64::from(count));
        (
            now.checked_sub(days(self.days_back)).unwrap_or(Timestamp::MIN),
            now.checked_add(days(self.days_ahead)).unwrap_or(Timestamp::MAX),
        )
    }
}
