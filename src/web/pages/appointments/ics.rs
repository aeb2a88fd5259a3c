//! Appointments as calendar files (RFC 5545). They say when and where, never why.

use domain::{Appointment, AppointmentStatus};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use service::scheduling::{Feed, FeedReader};
use service::{Clinic, Version, Versioned};

/// Most octets of a line without its line break (RFC 5545 §3.1).
const LINE: usize = 75;
const PRODUCT: &str = "PRODID:-//Healthcare//Appointments//EN";
/// How often calendar programs are asked to look again (RFC 7986 §5.7, and the older way to say so).
const REFRESH: [&str; 2] = ["REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H"];

/// What an entry says beside its time.
struct Words {
    summary: String,
    description: String,
    location: String,
}

/// The calendar file of one appointment.
pub fn event(clinic: &Clinic, appointment: &Appointment, version: Version, now: Timestamp) -> String {
    let mut lines = head();
    lines.push("METHOD:PUBLISH".to_owned());
    let words = for_patient(clinic, appointment, clinic.name.clone());
    lines.extend(entry(appointment, version, now, words));
    written(lines)
}

/// The calendar of a patient or a doctor; `site` is the address of this site, where it is known.
pub fn calendar(clinic: &Clinic, feed: &Feed, site: Option<&str>) -> String {
    let mut lines = head();
    let name = escaped(&format!("Appointments, {}", clinic.name));
    lines.extend([format!("NAME:{name}"), format!("X-WR-CALNAME:{name}")]);
    lines.extend(REFRESH.map(str::to_owned));
    for Versioned { value: appointment, version } in &feed.appointments {
        let room = appointment.room.as_deref().map(|room| feed.catalogue.room_name(room));
        let place = room.map_or_else(|| clinic.name.clone(), |room| format!("{}, {room}", clinic.name));
        let words = match feed.reader {
            FeedReader::Patient => for_patient(clinic, appointment, place),
            FeedReader::Doctor { names } => for_doctor(feed, appointment, place, names),
        };
        // An entry that did not change reads the same each time.
        let changed = appointment.history.last().map_or(appointment.created_at, |step| step.at);
        lines.extend(entry(appointment, *version, changed, words));
        if let Some(site) = site {
            lines.insert(lines.len() - 1, format!("URL:{site}/appointments/{}", appointment.id));
        }
    }
    written(lines)
}

fn for_patient(clinic: &Clinic, appointment: &Appointment, location: String) -> Words {
    let kind = if appointment.status == AppointmentStatus::Booked { "Appointment" } else { "Visit" };
    Words {
        summary: format!("{kind} at {}", clinic.name),
        description: format!("With {}.\nReference {}.", appointment.doctor.name, appointment.reference()),
        location,
    }
}

/// The doctor's phone lies about: patients are named only where the clinic allows it.
fn for_doctor(feed: &Feed, appointment: &Appointment, location: String, names: bool) -> Words {
    let code = &appointment.visit_type;
    let visit = feed.catalogue.visit_type(code).map_or("Appointment", |it| it.name.as_str());
    let who = if names { appointment.patient.name.clone() } else { appointment.reference() };
    Words {
        summary: format!("{visit}, {who}"),
        description: format!("Reference {}.", appointment.reference()),
        location,
    }
}

fn head() -> Vec<String> {
    ["BEGIN:VCALENDAR", "VERSION:2.0", PRODUCT, "CALSCALE:GREGORIAN"].map(str::to_owned).to_vec()
}

fn written(mut lines: Vec<String>) -> String {
    lines.push("END:VCALENDAR".to_owned());
    lines.iter().map(|line| folded(line)).collect()
}

fn entry(appointment: &Appointment, version: Version, stamp: Timestamp, words: Words) -> [String; 13] {
    let status = if appointment.status.is_cancelled() { "CANCELLED" } else { "CONFIRMED" };
    [
        "BEGIN:VEVENT".to_owned(),
        format!("UID:appointment-{}-{}@healthcare", appointment.id, appointment.created_at.as_second()),
        format!("DTSTAMP:{}", utc(stamp)),
        format!("SEQUENCE:{}", version.saturating_sub(1)),
        format!("DTSTART:{}", utc(appointment.time.start())),
        format!("DTEND:{}", utc(appointment.time.end())),
        format!("SUMMARY:{}", escaped(&words.summary)),
        format!("LOCATION:{}", escaped(&words.location)),
        format!("DESCRIPTION:{}", escaped(&words.description)),
        format!("STATUS:{status}"),
        "CLASS:PRIVATE".to_owned(),
        "TRANSP:OPAQUE".to_owned(),
        "END:VEVENT".to_owned(),
    ]
}

/// `20261123T093000Z` (RFC 5545 §3.3.5, form 2).
fn utc(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Text with its special characters escaped (RFC 5545 §3.3.11); other control characters are dropped.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            character if character.is_control() => {}
            character => out.push(character),
        }
    }
    out
}

/// A line with its line break, continued after 75 octets and never within a character (RFC 5545 §3.1).
fn folded(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + 2);
    let mut used = 0;
    for character in line.chars() {
        if used + character.len_utf8() > LINE {
            out.push_str("\r\n ");
            used = 1;
        }
        out.push(character);
        used += character.len_utf8();
    }
    out.push_str("\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Catalogue;
    use domain::{AppointmentId, ClinicZone, DoctorLink, PatientLink, TimeRange};
    use proptest::prelude::*;

    fn visit() -> Appointment {
        let start: Timestamp = "2026-11-23T09:30:00Z".parse().unwrap();
        Appointment {
            id: AppointmentId(7),
            patient: PatientLink { id: None, name: "Marta Kowalska".into() },
            doctor: DoctorLink { id: None, name: "Dr Amina Rahman; Øst, B\\C".into() },
            room: None,
            time: TimeRange::new(start, 30).unwrap(),
            visit_type: "consultation".into(),
            reason: "Chest pain".into(),
            status: AppointmentStatus::Booked,
            overbooked_because: None,
            held_until: None,
            buffer_minutes: 0,
            series: None,
            priority: domain::Priority::Routine,
            confirmed_at: None,
            created_by: None,
            created_at: Timestamp::UNIX_EPOCH,
            arrived_at: None,
            history: vec![],
        }
    }

    fn clinic() -> Clinic {
        Clinic {
            name: "Northgate Health".into(),
            zone: ClinicZone::named("Europe/London").unwrap(),
            currency: domain::Currency::GBP,
            catalogue: Catalogue::standard(),
            sessions: domain::SessionLimits::default(),
            second_factor_roles: Vec::new(),
            assignment: domain::AssignmentWindow::default(),
        }
    }

    #[test]
    fn the_file_says_when_in_utc_and_escapes_names() {
        let file = event(&clinic(), &visit(), 3, Timestamp::UNIX_EPOCH);
        let unfolded = file.replace("\r\n ", "");
        assert!(unfolded.contains("\r\nDTSTART:20261123T093000Z\r\nDTEND:20261123T100000Z\r\n"));
        assert!(unfolded.contains("DESCRIPTION:With Dr Amina Rahman\\; Øst\\, B\\\\C.\\nReference A-7.\r\n"));
        assert!(unfolded.contains("SEQUENCE:2\r\n") && unfolded.ends_with("END:VCALENDAR\r\n"));
    }

    #[test]
    fn the_reason_and_the_patient_stay_at_the_clinic() {
        let file = event(&clinic(), &visit(), 1, Timestamp::UNIX_EPOCH);
        assert!(!file.contains("Chest") && !file.contains("Kowalska") && !file.contains("onsultation"));
    }

    proptest! {
        #[test]
        fn lines_are_short_and_unfold_to_what_they_were(text in "[^\r\n]{0,300}") {
            let line = folded(&text);
            prop_assert!(line.trim_end_matches("\r\n").split("\r\n").all(|part| part.len() <= LINE));
            let body = line.strip_suffix("\r\n").unwrap();
            prop_assert_eq!(body.replace("\r\n ", ""), text);
        }
    }
}
