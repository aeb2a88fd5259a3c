//! Who may do what: one table, one pure and total function. No other file decides rights.

use crate::Role;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the table grants a role for an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// On every object.
    All,
    /// On the caller's own: own patient, own account, own notes, own schedule.
    Own,
    /// On patients assigned to the caller: by an appointment or an entry that they wrote, both within
    /// [`crate::AssignmentWindow`], or by being in the care team.
    Assigned,
    /// On every object, with the fields of the role's work only.
    Limited,
    /// Never.
    Never,
}

/// How the caller is related to the object of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// The action has no single object yet: a list, a search, something new. The scope narrows it.
    Any,
    /// The caller's own.
    Own,
    /// A patient assigned to the caller.
    Assigned,
    /// A patient whose record the caller opened in an emergency, while that lasts.
    Emergency,
    /// None of these.
    Other,
}

impl Relation {
    /// All relations.
    pub const ALL: [Self; 5] = [Self::Any, Self::Own, Self::Assigned, Self::Emergency, Self::Other];
}

/// How far a permission reaches; what runs under it must not reach further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every object.
    All,
    /// The caller's own objects.
    Own,
    /// Objects of patients assigned to the caller.
    Assigned,
    /// One patient’s record, to be read until the emergency access ends.
    Emergency,
    /// Every object, with the fields of the role's work only.
    Limited,
}

/// The answer of [`decide`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Go on, within the scope.
    Allow(Scope),
    /// Refuse, without saying whether the object exists.
    Deny,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident $text:literal [$($grant:ident)*];)*) => {
        /// Everything that can be done, one variant a row of the policy table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Action { $($(#[$doc])* $name,)* }

        impl Action {
            /// All actions in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The words shown to people in the audit log.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The row: grants in the order of [`Role::ALL`].
            pub const fn row(self) -> [Grant; 7] {
                match self { $(Self::$name => [$(g::$grant,)*],)* }
            }
        }
    };
}

/// One-letter names that let the table below be read as a table.
mod g {
    use super::Grant;
    pub const Y: Grant = Grant::All;
    pub const O: Grant = Grant::Own;
    pub const A: Grant = Grant::Assigned;
    pub const L: Grant = Grant::Limited;
    pub const N: Grant = Grant::Never;
}

// Columns: patient, doctor, nurse, receptionist, billing, admin, auditor.
actions! {
    /// Make an account for oneself (also open to callers who are not signed in).
    SignUp "Sign up" [N N N N N N N];
    /// Sign in (also open to callers who are not signed in).
    SignIn "Sign in" [Y Y Y Y Y Y Y];
    /// Give the right password where a second factor is asked for next (also open to callers who are not signed in).
    BeginSignIn "Begin sign-in" [Y Y Y Y Y Y Y];
    /// Ask for a link to choose a new password, or use it (also open to callers who are not signed in).
    ResetPassword "Reset own password" [Y Y Y Y Y Y Y];
    /// Prove by a link that an e-mail address is one's own (also open to callers who are not signed in).
    VerifyEmail "Verify email address" [Y Y Y Y Y Y Y];
    /// Join the own account to one's record by an invitation (also open to callers who are not signed in).
    UseInvitation "Use invitation" [O N N N N N N];
    /// Open the link in a message about an appointment (also open to callers who are not signed in).
    OpenMessageLink "Open link of message" [Y Y Y Y Y Y Y];
    /// Confirm or cancel an appointment, or stop reminders, by the link in a message (also open to callers who are not signed
    /// in).
    AnswerMessage "Answer message" [Y Y Y Y Y Y Y];
    /// Sign out.
    SignOut "Sign out" [O O O O O O O];
    /// Read the own account and sessions.
    ReadProfile "Read own profile" [O O O O O O O];
    /// Change the own name, e-mail address, password or second factor, or end own sessions.
    EditProfile "Edit own profile" [O O O O O O O];

    /// Read name, birth date, number, phone and address of a patient.
    ReadDemographics "Read demographics" [O Y Y Y L N N];
    /// Find patients by name, birth date, number or phone.
    SearchPatients "Search patients" [N Y Y L L N N];
    /// Register a patient.
    RegisterPatient "Register patient" [N N Y Y N N N];
    /// Invite a registered patient, whose identity was proved, to make an account.
    InvitePatient "Invite patient" [N N Y Y N N N];
    /// Change demographics.
    EditDemographics "Edit demographics" [O N Y Y L N N];

    /// See appointments.
    ReadAppointments "Read appointments" [O Y Y Y Y N N];
    /// Make or end the secret address at which a calendar program reads the own appointments.
    ManageCalendarFeed "Make or end calendar address" [O O N N N N N];
    /// Read the appointments of whoever made a calendar's address (also open to callers who are not signed in).
    ReadCalendarFeed "Read calendar" [Y Y Y Y Y Y Y];
    /// See doctors and their free times.
    ReadSchedule "Read schedule" [Y Y Y Y Y Y N];
    /// Book an appointment.
    BookAppointment "Book appointment" [O Y Y Y N N N];
    /// Give an appointment another time.
    MoveAppointment "Move appointment" [O Y Y Y N N N];
    /// Call an appointment off.
    CancelAppointment "Cancel appointment" [O Y Y Y N N N];
    /// Book over another appointment on purpose, with a reason.
    OverbookAppointment "Overbook appointment" [N Y N Y N N N];
    /// Check in, start, complete, note a no-show.
    AdvanceAppointment "Change visit status" [N Y Y Y N N N];
    /// See who is in the waiting room.
    ReadWaitingRoom "Read waiting room" [N Y Y Y N N N];
    /// See what was sent to patients about their appointments; limited: without names.
    ReadMessages "Read messages to patients" [N N N Y N L N];
    /// Try a message again that was given up.
    RetryMessage "Send message again" [N N N Y N Y N];
    /// Book visits that are repeated.
    BookSeries "Book a series of appointments" [N Y Y Y N N N];
    /// Move or call off a visit of a series and all that follow it.
    ChangeSeries "Change a series of appointments" [N Y Y Y N N N];
    /// Connect an unlinked entry with a patient.
    LinkPatient "Link entry to patient" [N Y Y Y N N N];
    /// See who waits for a free time, and what they were offered.
    ReadWaitingList "Read waiting list" [O Y Y Y N N N];
    /// Put a patient on the waiting list, or take them off it.
    ChangeWaitingList "Join or leave waiting list" [O Y Y Y N N N];
    /// Accept a time that is held for a patient on the waiting list, or let it go.
    AnswerOffer "Accept or let go an offered time" [O Y Y Y N N N];
    /// Offer a free time to a patient on the waiting list.
    OfferTime "Offer a time" [N Y Y Y N N N];
    /// Set working hours and leave.
    SetSchedule "Set schedule" [N O N Y N Y N];
    /// Set visit types, rooms, holidays and the rules of booking; limited: prices only.
    SetCatalogue "Set what the clinic offers" [N N N Y L Y N];
    /// Set the prices of visit types.
    SetPrices "Set prices" [N N N N Y Y N];

    /// Read notes, vitals, allergies, medicines and problems.
    ReadRecord "Read medical record" [O A A N N N N];
    /// Write vitals and allergies.
    WriteIntake "Write vitals or allergies" [N A A N N N N];
    /// Write or change an unsigned note.
    WriteNote "Write note" [N A A N N N N];
    /// Write a diagnosis or prescribe a medicine.
    Prescribe "Diagnose or prescribe" [N A N N N N N];
    /// Sign the own note.
    SignNote "Sign note" [N O O N N N N];
    /// Add words to the own signed note.
    AddAddendum "Add addendum" [N O O N N N N];
    /// Change a signed note: nobody.
    ChangeSignedNote "Change signed note" [N N N N N N N];
    /// Read a record without being assigned, for a stated reason.
    BreakGlass "Emergency access" [N Y Y N N N N];
    /// Judge emergency accesses.
    ReviewEmergency "Review emergency access" [N N N N N N Y];
    /// Let an account act for a patient, after its owner proved who they are.
    GrantProxy "Let someone act for a patient" [N N Y Y N N N];
    /// See who acts for a patient, and end it.
    ManageProxies "See or end who acts for a patient" [O N Y Y N N N];
    /// See who is in a patient's care team.
    ReadCareTeam "Read care team" [O Y Y Y N N N];
    /// Bring a doctor or nurse into a patient's care team, or end that. Whoever does not treat the patient cannot bring
    /// themselves in: that is what emergency access is for.
    ManageCareTeam "Change care team" [N A A Y N N N];

    /// See bills and receipts.
    ReadInvoices "Read bills" [O N N Y Y N N];
    /// Make or change a draft bill.
    WriteInvoice "Write bill" [N N N N Y N N];
    /// Issue a bill.
    IssueInvoice "Issue bill" [N N N N Y N N];
    /// Take a payment.
    TakePayment "Take payment" [O N N Y Y N N];
    /// Ask for a refund, or take the own request back.
    RequestRefund "Request refund" [O N N Y Y N N];
    /// See refunds; limited: without the patient and what the bill is for.
    ReadRefunds "Read refunds" [O N N Y Y L L];
    /// Approve or decline a refund that another person asked for.
    ApproveRefund "Approve or decline refund" [N N N N Y Y N];
    /// Read the price list.
    ReadPrices "Read price list" [Y Y Y Y Y Y Y];
    /// Read sums of takings and debts; limited: without names.
    ReadTakings "Read takings" [N N N N Y L Y];

    /// See accounts.
    ReadUsers "Read users" [O O O O O Y Y];
    /// Make accounts, give roles, disable, reset passwords and second factors.
    ManageUsers "Manage users" [N N N N N Y N];
    /// See activity figures, without names.
    ReadActivity "Read activity figures" [N N N N N Y Y];
    /// Read the audit log; limited: security events only.
    ReadAudit "Read audit log" [N N N N N L Y];
    /// Take the audit log away as a file; limited: security events only.
    ExportAudit "Export audit log" [N N N N N L Y];
    /// See who read or changed a patient's data.
    ReadAccessLog "Read who looked at a record" [O N N N N N Y];
    /// See what was written down of oneself.
    ReadOwnActions "Read own actions" [N O O O O O O];
    /// Make another site's request look like a page's of this one: nobody.
    ForgeRequest "Request from another site" [N N N N N N N];
    /// Take changes of the files in; only whoever has the files can, at the command line.
    ImportData "Import data" [N N N N N N N];
    /// Change or delete audit events: nobody.
    ChangeAudit "Change audit log" [N N N N N N N];
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

impl Action {
    /// Whether the event concerns accounts and access rather than patients.
    pub const fn is_security_event(self) -> bool {
        matches!(
            self,
            Self::SignUp
                | Self::SignIn
                | Self::BeginSignIn
                | Self::ResetPassword
                | Self::VerifyEmail
                | Self::UseInvitation
                | Self::InvitePatient
                | Self::ManageCalendarFeed
                | Self::SignOut
                | Self::EditProfile
                | Self::ReadUsers
                | Self::ManageUsers
                | Self::ReadAudit
                | Self::ExportAudit
                | Self::ChangeAudit
                | Self::BreakGlass
                | Self::ReviewEmergency
                | Self::GrantProxy
                | Self::ManageProxies
                | Self::ManageCareTeam
                | Self::ForgeRequest
        )
    }

    /// The name in files, addresses and the API: `read-record`.
    pub fn name(self) -> String {
        let mut name = String::new();
        for character in format!("{self:?}").chars() {
            if character.is_ascii_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.push(character.to_ascii_lowercase());
        }
        name
    }

    /// The action with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.name() == name)
    }

    /// Whether an emergency access allows it: reading, never writing.
    pub const fn opens_in_emergency(self) -> bool {
        matches!(self, Self::ReadRecord)
    }

    /// Whether callers who are not signed in may try it.
    pub const fn is_public(self) -> bool {
        matches!(
            self,
            Self::SignUp
                | Self::SignIn
                | Self::BeginSignIn
                | Self::ResetPassword
                | Self::VerifyEmail
                | Self::UseInvitation
                | Self::ReadCalendarFeed
                | Self::OpenMessageLink
                | Self::AnswerMessage
        )
    }
}

/// Whether `role` (`None`: not signed in) may do `action` to an object it is so related to.
pub fn decide(role: Option<Role>, action: Action, relation: Relation) -> Decision {
    let Some(role) = role else {
        return if action.is_public() { Decision::Allow(Scope::Own) } else { Decision::Deny };
    };
    match (action.row()[role as usize], relation) {
        (Grant::All, _) => Decision::Allow(Scope::All),
        (Grant::Limited, _) => Decision::Allow(Scope::Limited),
        (Grant::Own, Relation::Any | Relation::Own) => Decision::Allow(Scope::Own),
        (Grant::Assigned, Relation::Any | Relation::Assigned) => Decision::Allow(Scope::Assigned),
        (Grant::Assigned, Relation::Emergency) if action.opens_in_emergency() => {
            Decision::Allow(Scope::Emergency)
        }
        (Grant::Never | Grant::Own | Grant::Assigned, _) => Decision::Deny,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_signs_into_what_is_not_public() {
        for &action in Action::ALL {
            for relation in Relation::ALL {
                let allowed = decide(None, action, relation) != Decision::Deny;
                assert_eq!(allowed, action.is_public(), "{action:?}");
            }
        }
    }

    #[test]
    fn what_nobody_may_do_nobody_may_do() {
        for action in
            [Action::ChangeSignedNote, Action::ChangeAudit, Action::ForgeRequest, Action::ImportData]
        {
            for role in Role::ALL {
                for relation in Relation::ALL {
                    assert_eq!(decide(Some(role), action, relation), Decision::Deny);
                }
            }
        }
    }

    #[test]
    fn a_stranger_is_never_served_on_an_own_or_assigned_grant() {
        for &action in Action::ALL {
            for role in Role::ALL {
                if matches!(action.row()[role as usize], Grant::Own | Grant::Assigned | Grant::Never) {
                    assert_eq!(
                        decide(Some(role), action, Relation::Other),
                        Decision::Deny,
                        "{role} {action:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn an_emergency_opens_a_record_to_be_read_and_nothing_else() {
        let opened = |role: Role, action: Action| {
            decide(Some(role), action, Relation::Emergency) == Decision::Allow(Scope::Emergency)
        };
        for &action in Action::ALL {
            for role in Role::ALL {
                let expected = action == Action::ReadRecord && role.is_clinical();
                assert_eq!(opened(role, action), expected, "{role} {action:?}");
            }
        }
    }

    #[test]
    fn administrators_and_auditors_never_read_clinical_data() {
        for action in [
            Action::ReadRecord,
            Action::WriteNote,
            Action::ReadAppointments,
            Action::ReadDemographics,
            Action::ReadCareTeam,
        ] {
            for role in [Role::Admin, Role::Auditor] {
                for relation in Relation::ALL {
                    assert_eq!(decide(Some(role), action, relation), Decision::Deny);
                }
            }
        }
    }

    /// The table as reviewed: a change here is a change of rights and must be meant.
    #[test]
    fn the_table_is_the_reviewed_one() {
        let letter = |grant| match grant {
            Grant::All => 'Y',
            Grant::Own => 'O',
            Grant::Assigned => 'A',
            Grant::Limited => 'L',
            Grant::Never => '-',
        };
        let table: Vec<String> = Action::ALL
            .iter()
            .map(|action| {
                let row: String = action.row().into_iter().map(letter).collect();
                format!("{row} {action:?}\n")
            })
            .collect();
        assert_eq!(table.concat(), include_str!("policy.snapshot.txt"));
    }
}
