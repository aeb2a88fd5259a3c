//! The question of what becomes of booked appointments that would lie outside new hours, as a part of the form that
//! would set these.

use crate::ui::components::moment;
use crate::ui::form::{self, FormState};
use domain::ClinicZone;
use leptos::prelude::*;
use service::scheduling::Stranded;

/// The question and what it is about.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// The appointments; nothing is asked when there are none.
    pub stranded: Vec<Stranded>,
    /// Whether the reader may cancel appointments.
    pub may_cancel: bool,
    /// Where nothing is changed.
    pub back: String,
}

fn rows(stranded: &[Stranded], zone: &ClinicZone) -> Vec<AnyView> {
    let row = |it: &Stranded| {
        let who = match &it.patient {
            Some(patient) => view! {
                <a class="govuk-link" href=format!("/appointments/{}", it.id)>
                    {patient.name.clone()}
                </a>
            }
            .into_any(),
            None => format!("A-{}", it.id).into_any(),
        };
        view! {
            <tr>
                <td data-label="When">{moment(zone, it.time.start())}</td>
                <td data-label="Doctor">{it.doctor.name.clone()}</td>
                <td data-label="Appointment">{who}</td>
            </tr>
        }
        .into_any()
    };
    stranded.iter().map(row).collect()
}

/// The list and the choices; nothing when nothing is asked.
pub fn question(question: &Question, form: &FormState, zone: &ClinicZone) -> Option<AnyView> {
    if question.stranded.is_empty() {
        return None;
    }
    let ids: Vec<String> = question.stranded.iter().map(|it| it.id.to_string()).collect();
    let option = |value: &str, words: &str, hint: &str| (value.to_owned(), words.to_owned(), hint.to_owned());
    let mut options = vec![option(
        "keep",
        "Keep them",
        "They stay booked at their times, though these lie outside the hours",
    )];
    if question.may_cancel {
        options.push(option(
            "cancel",
            "Cancel them all",
            "The clinic cancels each one, for the reason below",
        ));
    }
    let reason =
        question.may_cancel.then(|| form::text_area(form, "reason", "Reason, if you cancel them", "", 2));
    Some(
        view! {
            <div class="hc-panel">
                <table class="hc-tbl">
                    <caption>"Booked appointments outside the new hours"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"When"</th>
                            <th scope="col">"Doctor"</th>
                            <th scope="col">"Appointment"</th>
                        </tr>
                    </thead>
                    <tbody>{rows(&question.stranded, zone)}</tbody>
                </table>
            </div>
            {form::hidden("decisionOf", ids.join(","))}
            {form::radios(form, "decision", "What becomes of these appointments?", false, options)}
            {reason}
            <div class="govuk-button-group">
                <button class="govuk-button">"Save with this decision"</button>
                <a class="govuk-link" href=question.back.clone()>
                    "Go back without saving"
                </a>
            </div>
        }
        .into_any(),
    )
}
