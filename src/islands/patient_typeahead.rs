//! Suggests patients while one types into a search field; without it the surrounding form searches.
//! Keys and roles follow the combobox pattern of the ARIA Authoring Practices Guide.
#![expect(missing_docs, reason = "the `island` macro makes public items without documentation")]

use crate::rpc::patients::find_patients;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long typing must rest before a search.
const PAUSE: Duration = Duration::from_millis(160);
/// Fewest characters that are searched for.
const SHORTEST: usize = 2;

/// A patient in the list of suggestions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientSuggestion {
    /// Identity.
    pub id: String,
    /// The name.
    pub name: String,
    /// Date of birth and number.
    pub detail: String,
}

/// What the widget knows.
#[derive(Clone, Copy)]
struct State {
    found: RwSignal<Vec<PatientSuggestion>>,
    /// Position of the suggestion that the arrow keys are on.
    active: RwSignal<Option<usize>>,
    is_open: RwSignal<bool>,
    /// Counts the searches, so that a slow answer does not replace a later one.
    latest: StoredValue<u32>,
    timer: StoredValue<Option<TimeoutHandle>>,
}

impl State {
    fn close(self) {
        self.is_open.set(false);
        self.active.set(None);
    }

    /// Searches when typing has rested.
    fn typed(self, text: String) {
        if let Some(timer) = self.timer.get_value() {
            timer.clear();
        }
        self.latest.update_value(|number| *number += 1);
        let number = self.latest.get_value();
        if text.trim().chars().count() < SHORTEST {
            self.close();
            return;
        }
        let search = move || {
            leptos::task::spawn_local(async move {
                let answer = find_patients(text).await.unwrap_or_default();
                if self.latest.get_value() == number {
                    self.active.set(None);
                    self.is_open.set(!answer.is_empty());
                    self.found.set(answer);
                }
            });
        };
        self.timer.set_value(set_timeout_with_handle(search, PAUSE).ok());
    }

    /// Moves through the list with the arrow keys, round at both ends.
    fn step(self, forward: bool) {
        let count = self.found.read_untracked().len();
        if count == 0 {
            return;
        }
        self.is_open.set(true);
        self.active.update(|active| {
            *active = Some(match (*active, forward) {
                (None, true) => 0,
                (None, false) => count - 1,
                (Some(position), true) => (position + 1) % count,
                (Some(position), false) => (position + count - 1) % count,
            });
        });
    }

    /// The id of the patient under the arrow keys.
    fn chosen(self) -> Option<String> {
        let position = self.active.get_untracked()?;
        self.found.read_untracked().get(position).map(|patient| patient.id.clone())
    }

    fn pressed(self, event: &KeyboardEvent, action: &str) {
        match event.key().as_str() {
            "ArrowDown" => self.step(true),
            "ArrowUp" => self.step(false),
            "Escape" if self.is_open.get_untracked() => self.close(),
            "Enter" if self.is_open.get_untracked() => match self.chosen() {
                Some(id) => go_to(action, &id),
                None => return,
            },
            _ => return,
        }
        event.prevent_default();
    }
}

fn go_to(action: &str, id: &str) {
    let _ = window().location().set_href(&[action, id].concat());
}

/// The id of the option at a position.
fn option_id(position: usize) -> String {
    // At most eight suggestions: one digit.
    let digit = u32::try_from(position).ok().and_then(|digit| char::from_digit(digit, 10)).unwrap_or('x');
    let mut id = String::from("q-option-");
    id.push(digit);
    id
}

fn option(state: State, action: StoredValue<String>, position: usize, patient: PatientSuggestion) -> AnyView {
    let is_active = move || state.active.get() == Some(position);
    let id = patient.id;
    view! {
        <li
            id=option_id(position)
            role="option"
            aria-selected=move || if is_active() { "true" } else { "false" }
            on:click=move |_| action.with_value(|action| go_to(action, &id))
        >
            <b>{patient.name}</b>
            <span class="hc-sub">{patient.detail}</span>
        </li>
    }
    .into_any()
}

/// The search field `q` with suggestions; the form around it is the caller's. A suggestion leads to
/// `action` followed by the patient's id.
#[island]
pub fn PatientTypeahead(
    /// Where suggestions lead, as `/patients/`.
    action: String,
    /// What was searched for.
    value: String,
) -> impl IntoView {
    let state = State {
        found: RwSignal::new(Vec::new()),
        active: RwSignal::new(None),
        is_open: RwSignal::new(false),
        latest: StoredValue::new(0),
        timer: StoredValue::new(None),
    };
    let action = StoredValue::new(action);
    // Without the island the field is a plain one, so the roles come with it.
    let awake = RwSignal::new(false);
    Effect::new(move || awake.set(true));
    let options = move || {
        let found = state.found.get().into_iter().enumerate();
        found.map(|(position, patient)| option(state, action, position, patient)).collect::<Vec<_>>()
    };
    view! {
        <div class="hc-typeahead">
            <input
                class="govuk-input"
                id="q"
                name="q"
                type="search"
                value=value
                maxlength="200"
                autocomplete="off"
                spellcheck="false"
                role=move || awake.get().then_some("combobox")
                aria-autocomplete=move || awake.get().then_some("list")
                aria-controls=move || awake.get().then_some("q-options")
                aria-expanded=move || awake.get().then(|| if state.is_open.get() { "true" } else { "false" })
                aria-activedescendant=move || state.active.get().map(option_id)
                on:input=move |event| state.typed(event_target_value(&event))
                on:keydown=move |event| action.with_value(|action| state.pressed(&event, action))
                on:blur=move |_| state.close()
            />
            <ul
                class="hc-typeahead__list"
                id="q-options"
                role="listbox"
                aria-label="Patients found"
                hidden=move || !state.is_open.get()
                on:mousedown=|event| event.prevent_default()
            >
                {options}
            </ul>
        </div>
    }
}
