//! Suggests patients while one types into a search field; without it the surrounding form searches.
//! Keys and roles follow the combobox pattern of the ARIA Authoring Practices Guide.

use super::dom::{by_id, listen, set, show, target, value_of};
use crate::rpc::patients::find_patients;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, Event, KeyboardEvent};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

/// The search field; also its name.
const FIELD: &str = "q";
/// The list of suggestions.
const LIST: &str = "q-options";
/// How long typing must rest before a search.
const PAUSE: Duration = Duration::from_millis(160);
/// Fewest characters that are searched for.
const SHORTEST: usize = 2;

/// The widget at work.
struct Typeahead {
    field: Element,
    list: Element,
    /// Whether the list is shown.
    is_open: Cell<bool>,
    /// Counts the searches, so that a slow answer does not replace a later one.
    latest: Cell<u32>,
    timer: Cell<Option<TimeoutHandle>>,
}

impl Typeahead {
    fn active(&self) -> Option<Element> {
        self.field.get_attribute("aria-activedescendant").as_deref().and_then(by_id)
    }

    /// Puts the arrow keys on a suggestion, or on none.
    fn activate(&self, option: Option<&Element>) {
        if let Some(before) = self.active() {
            set(&before, "aria-selected", "false");
        }
        if let Some(option) = option {
            set(option, "aria-selected", "true");
            set(&self.field, "aria-activedescendant", &option.id());
            option.scroll_into_view_with_bool(false);
        } else {
            let _ = self.field.remove_attribute("aria-activedescendant");
        }
    }

    fn open(&self, is_open: bool) {
        if !is_open {
            self.activate(None);
        }
        self.is_open.set(is_open);
        set(&self.field, "aria-expanded", if is_open { "true" } else { "false" });
        show(&self.list, is_open);
    }

    /// Moves through the list, round at both ends.
    fn step(&self, forward: bool) {
        let end = || if forward { self.list.first_element_child() } else { self.list.last_element_child() };
        let beside = |option: Element| {
            if forward { option.next_element_sibling() } else { option.previous_element_sibling() }
        };
        let option = self.active().and_then(beside).or_else(end);
        if option.is_some() {
            self.open(true);
            self.activate(option.as_ref());
        }
    }

    fn pressed(&self, event: &KeyboardEvent) {
        match event.key().as_str() {
            "ArrowDown" => self.step(true),
            "ArrowUp" => self.step(false),
            "Escape" if self.is_open.get() => self.open(false),
            "Enter" if self.is_open.get() => match self.active() {
                Some(option) => go_to(&option),
                None => return,
            },
            _ => return,
        }
        event.prevent_default();
    }

    /// Searches when typing has rested.
    fn typed(self: &Rc<Self>) {
        if let Some(timer) = self.timer.take() {
            timer.clear();
        }
        self.latest.set(self.latest.get() + 1);
        let text = value_of(&self.field);
        if text.trim().chars().count() < SHORTEST {
            self.open(false);
            return;
        }
        let (typeahead, number) = (Rc::clone(self), self.latest.get());
        let search = move || leptos::task::spawn_local(typeahead.search(text, number));
        self.timer.set(set_timeout_with_handle(search, PAUSE).ok());
    }

    async fn search(self: Rc<Self>, text: String, number: u32) {
        let action = self.field.get_attribute("data-action").unwrap_or_default();
        let options = find_patients(text, action).await.unwrap_or_default();
        if self.latest.get() == number {
            self.open(false);
            // The server's own markup, escaped there by the view that makes it.
            self.list.set_inner_html(&options);
            self.open(!options.is_empty());
        }
    }
}

/// Goes to the patient of a suggestion.
fn go_to(option: &Element) {
    if let Some(address) = option.get_attribute("data-href") {
        let _ = window().location().set_href(&address);
    }
}

fn wake() {
    let (Some(field), Some(list)) = (by_id(FIELD), by_id(LIST)) else { return };
    // Without the island the field is a plain one, so the roles come with it.
    for (name, value) in [("role", "combobox"), ("aria-autocomplete", "list"), ("aria-controls", LIST)] {
        set(&field, name, value);
    }
    let typeahead = Rc::new(Typeahead {
        field: field.clone(),
        list: list.clone(),
        is_open: Cell::new(false),
        latest: Cell::new(0),
        timer: Cell::new(None),
    });
    typeahead.open(false);
    let on = |element: &Element, event: &str, handler: fn(&Rc<Typeahead>, &Event)| {
        let typeahead = Rc::clone(&typeahead);
        listen(element, event, move |event| handler(&typeahead, &event));
    };
    on(&field, "input", |typeahead, _| typeahead.typed());
    on(&field, "keydown", |typeahead, event| typeahead.pressed(event.unchecked_ref()));
    on(&field, "blur", |typeahead, _| typeahead.open(false));
    // The field keeps the focus while one clicks in the list.
    on(&list, "mousedown", |_, event| event.prevent_default());
    on(&list, "click", |_, event| {
        if let Some(option) = target(event).and_then(|element| element.closest("li").ok().flatten()) {
            go_to(&option);
        }
    });
}

#[island]
pub fn PatientTypeaheadIsland(children: Children) -> impl IntoView {
    Effect::new(wake);
    children()
}

/// The search field `q` with suggestions; the form around it is the caller's. A suggestion leads to
/// `action` followed by the patient's id.
#[component]
pub fn PatientTypeahead(
    /// Where suggestions lead, as `/patients/`.
    action: String,
    /// What was searched for.
    value: String,
) -> impl IntoView {
    view! {
        <PatientTypeaheadIsland>
            <div class="hc-typeahead">
                <input
                    class="govuk-input"
                    id=FIELD
                    name=FIELD
                    type="search"
                    value=value
                    maxlength="200"
                    autocomplete="off"
                    spellcheck="false"
                    data-action=action
                />
                <ul class="hc-typeahead__list" id=LIST role="listbox" aria-label="Patients found" hidden></ul>
            </div>
        </PatientTypeaheadIsland>
    }
}
