//! Refreshes the free times without a reload when doctor, date or kind of visit change; without the island
//! the page's button does the same.

use super::dom::{by_id, listen, show, target, value_of};
use crate::rpc::free_slots::free_slots;
use leptos::prelude::*;
use std::cell::Cell;
use std::rc::Rc;

/// The fields that the times depend on, by id.
pub const DOCTOR: &str = "doctorId";
/// See [`DOCTOR`].
pub const DATE: &str = "date";
/// See [`DOCTOR`].
pub const VISIT_TYPE: &str = "visitType";
/// The button that shows the times without the island.
pub const BUTTON: &str = "show-times";
/// What is replaced: the times and the hidden fields that say what they are free for.
pub const TIMES: &str = "times";
/// Said when fresh times could not be had.
pub const FAILED: &str = "times-failed";

fn field(id: &str) -> String {
    by_id(id).as_ref().map(value_of).unwrap_or_default()
}

async fn refresh(number: u32, latest: Rc<Cell<u32>>) {
    let answer = free_slots(field(DOCTOR), field(DATE), field(VISIT_TYPE)).await;
    // A slow answer to an earlier choice must not replace a later one.
    if latest.get() != number {
        return;
    }
    if let Some(failed) = by_id(FAILED) {
        show(&failed, answer.is_err());
    }
    if let (Some(times), Ok(fresh)) = (by_id(TIMES), answer) {
        // The server's own markup, escaped there by the view that also makes the page.
        times.set_inner_html(&fresh);
    }
}

fn wake() {
    if let Some(button) = by_id(BUTTON) {
        show(&button, false);
    }
    let latest = Rc::new(Cell::new(0));
    listen(&document(), "change", move |event| {
        let id = target(&event).map(|element| element.id()).unwrap_or_default();
        if id == DOCTOR || id == DATE || id == VISIT_TYPE {
            latest.set(latest.get() + 1);
            leptos::task::spawn_local(refresh(latest.get(), Rc::clone(&latest)));
        }
    });
}

/// Keeps the free times inside it fresh.
#[island]
pub fn SlotPicker(children: Children) -> impl IntoView {
    Effect::new(wake);
    children()
}
