//! What a row of the route tables says, and what follows from it and the policy table.

use crate::harness::{Person, Stranger};
use domain::policy::Decision;
use domain::{Action, Relation, Role, decide};

/// Who is served.
#[derive(Clone, Copy, Debug)]
pub enum Need {
    /// Everyone, signed in or not.
    Nothing,
    /// Everyone who is signed in.
    Session,
    /// Whom the policy allows the first of these at all, and all of them on the object.
    May(&'static [Action]),
}

/// Whose object the address names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// None: a list, a form, something new.
    None,
    /// The stranger's account, and so on.
    User,
    Patient,
    Doctor,
    Appointment,
    Note,
    Draft,
    Bill,
    DraftBill,
    /// A paid bill with a refund that waits.
    Refund,
    /// An emergency access to the stranger's record.
    Emergency,
    /// Somebody who acts for the stranger.
    Proxy,
    /// A place in the stranger's care team.
    Place,
    /// A place of the stranger's on the waiting list.
    Waiting,
    /// Something new for the stranger.
    NewForPatient,
}

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub enum Body {
    Nothing,
    Json(&'static str),
    Form(&'static str),
}

/// A route with an example of its use that changes nothing, because something in it is wrong on purpose.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub route: &'static str,
    pub need: Need,
    pub what: What,
    pub body: Body,
    /// The statuses of an answer to someone who is served.
    pub served: &'static [u16],
}

/// An id that nobody has.
pub const UNKNOWN_NUMBER: &str = "999999";
/// A patient's id that nobody has.
pub const UNKNOWN_PATIENT: &str = "7zzzzzzzzzzzzzzzzzzzzzzzzz";

impl Row {
    /// The method.
    pub fn method(&self) -> &'static str {
        self.route.split_once(' ').unwrap().0
    }

    /// Whether the session that it is sent in may end with it.
    pub fn ends_a_session(&self) -> bool {
        self.route.contains("session") || self.route.contains("/signout")
    }

    /// Whether an emergency access of the caller's own ends with it.
    pub fn ends_an_emergency(&self) -> bool {
        self.route.ends_with("/emergency/end")
            || self.route.starts_with("DELETE /api/patients/{id}/emergency")
    }

    /// The type of its body.
    pub fn content_type(&self) -> &'static str {
        match self.body {
            Body::Form(_) => "application/x-www-form-urlencoded",
            Body::Json(_) => "application/json",
            Body::Nothing => "",
        }
    }

    /// Whether programs call it.
    pub fn is_api(&self) -> bool {
        self.route.contains(" /api/")
    }

    /// The stranger's id.
    pub fn id(&self, stranger: &Stranger) -> String {
        match self.what {
            What::None => String::new(),
            What::User => stranger.user.clone(),
            What::Patient | What::NewForPatient => stranger.patient.clone(),
            What::Doctor => stranger.doctor.clone(),
            What::Appointment => stranger.appointment.clone(),
            What::Note => stranger.note.clone(),
            What::Draft => stranger.draft.clone(),
            What::Bill => stranger.bill.clone(),
            What::DraftBill => stranger.draft_bill.clone(),
            What::Refund => stranger.refund_bill.clone(),
            What::Emergency => stranger.emergency.clone(),
            What::Proxy => stranger.proxy.clone(),
            What::Place => stranger.place.clone(),
            What::Waiting => stranger.waiting.clone(),
        }
    }

    /// An id of the same kind that nobody has.
    pub fn unknown_id(&self) -> &'static str {
        if matches!(
            self.what,
            What::Patient | What::NewForPatient | What::Emergency | What::Proxy | What::Place | What::Waiting
        ) {
            UNKNOWN_PATIENT
        } else {
            UNKNOWN_NUMBER
        }
    }

    /// The address, with `id` in the place of its parameter.
    pub fn path(&self, id: &str) -> String {
        let path = self.route.split_once(' ').unwrap().1;
        let filled = path.split('/').map(|part| match part {
            "{number}" => "2026-0001",
            "{event}" | "{refund}" => "1",
            "{version}" => "0",
            "{*name}" => "nothing.txt",
            part if part.starts_with('{') => id,
            part => part,
        });
        filled.collect::<Vec<_>>().join("/")
    }

    /// The body, with the ids in their places.
    pub fn text(&self, id: &str, stranger: &Stranger) -> String {
        let (Body::Json(text) | Body::Form(text)) = self.body else { return String::new() };
        text.replace("$id", id).replace("$doctor", &stranger.doctor).replace("$patient", &stranger.patient)
    }

    /// What a caller must get.
    pub fn expected(&self, caller: Option<&Person>, of: &Stranger) -> Expected {
        let Need::May(actions) = self.need else {
            let open = matches!(self.need, Need::Nothing) || caller.is_some();
            return if open { Expected::Served } else { Expected::SignInFirst };
        };
        let Some(caller) = caller else { return Expected::SignInFirst };
        let denied =
            |action: &Action, relation| decide(Some(caller.role), *action, relation) == Decision::Deny;
        if actions.first().is_some_and(|action| denied(action, Relation::Any)) {
            Expected::Forbidden
        } else if actions.iter().any(|action| denied(action, Relation::Any)) {
            Expected::Refused
        } else if actions.iter().any(|action| denied(action, self.relation(caller, *action, of))) {
            Expected::NotFound
        } else {
            Expected::Served
        }
    }
}

impl Row {
    /// How a caller is related to the object for an action: what there is to know of the two, not what follows from it.
    fn relation(&self, caller: &Person, action: Action, of: &Stranger) -> Relation {
        let is_author = caller.id.to_string() == of.doctor;
        let own = |is_own: bool| if is_own { Relation::Own } else { Relation::Other };
        match self.what {
            What::None => Relation::Any,
            What::User => own(caller.id.to_string() == of.user),
            What::Doctor => own(is_author),
            // Signing and adding is for the author, going on with a draft too.
            What::Note | What::Draft if matches!(action, Action::SignNote | Action::AddAddendum) => {
                own(is_author)
            }
            What::Draft if is_author => Relation::Assigned,
            What::Draft if action == Action::WriteNote => Relation::Other,
            // Patients do not see what is not finished.
            What::Draft | What::DraftBill if caller.patient.is_some() => Relation::Other,
            _ if caller.patient.is_some() => {
                own(caller.patient.map(|id| id.to_string()).as_ref() == Some(&of.patient))
            }
            _ if caller.role == Role::Nurse && of.is_expected => Relation::Assigned,
            // They wrote in the record this week, whatever became of the visit.
            _ if caller.role == Role::Doctor && is_author => Relation::Assigned,
            _ if of.opened_by == Some(caller.id) => Relation::Emergency,
            _ => Relation::Other,
        }
    }
}

/// What a caller must get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// 401, or the sign-in page.
    SignInFirst,
    /// 403; a page may also hide the object behind a 404.
    Forbidden,
    /// 403 or 404.
    Refused,
    /// 404, the same as for an unknown object.
    NotFound,
    /// One of the row's statuses.
    Served,
}

/// A row that programs call.
pub const fn row(route: &'static str, need: Need, what: What, body: Body, served: &'static [u16]) -> Row {
    Row { route, need, what, body, served }
}
