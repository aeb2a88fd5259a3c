//! Warns before a session that is not used ends, offers to go on, and says so when it has ended. What was typed stays
//! where it is. Without the island the sign-in page tells why one is there.

use super::dom::{by_id, listen, set, show};
use crate::rpc::session::{extend_session, session_left};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlElement;
use leptos::web_sys::js_sys::{Date, encode_uri_component};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

/// The offer to go on, and the button in it.
const OFFER: &str = "session-offer";
const STAY: &str = "session-stay";
/// How long there is, for those who see it and for those who hear it.
const LEFT: &str = "session-left";
const SPOKEN: &str = "session-spoken";
/// What is shown once the session has ended.
const OVER: &str = "session-over";
/// The link to the sign-in page in it.
const AGAIN: &str = "session-again";
/// That page, and why one comes to it.
const SIGN_IN: &str = "/?ended=idle";
/// Seconds before the end at which the offer is made.
const WARNING: f64 = 120.0;
/// Seconds between two looks at the clock while it is shown.
const STEP: f64 = 15.0;

struct Watch {
    /// When the session ends, in milliseconds of the browser's clock.
    end: Cell<f64>,
    timer: Cell<Option<TimeoutHandle>>,
    is_over: Cell<bool>,
}

fn say(id: &str, words: &str) {
    if let Some(element) = by_id(id)
        && element.text_content().as_deref() != Some(words)
    {
        element.unchecked_ref::<HtmlElement>().set_inner_text(words);
    }
}

fn toggle(id: &str, is_shown: bool) {
    if let Some(element) = by_id(id) {
        show(&element, is_shown);
    }
}

fn in_words(seconds: f64) -> &'static str {
    match seconds {
        seconds if seconds > 90.0 => "You will be signed out in 2 minutes",
        seconds if seconds > 45.0 => "You will be signed out in 1 minute",
        _ => "You will be signed out in less than a minute",
    }
}

impl Watch {
    fn left(&self) -> f64 {
        (self.end.get() - Date::now()) / 1000.0
    }

    fn ends_in(&self, seconds: i64) {
        #[expect(clippy::cast_precision_loss, reason = "a session lasts hours, not ages")]
        self.end.set(Date::now() + seconds as f64 * 1000.0);
    }

    fn after(self: &Rc<Self>, seconds: f64, act: fn(&Rc<Self>)) {
        if let Some(timer) = self.timer.take() {
            timer.clear();
        }
        let watch = Rc::clone(self);
        let pause = Duration::from_secs_f64(seconds.max(0.5));
        self.timer.set(set_timeout_with_handle(move || act(&watch), pause).ok());
    }

    /// Sleeps until there is something to say.
    fn rest(self: &Rc<Self>) {
        let left = self.left();
        if left > WARNING {
            toggle(OFFER, false);
            say(SPOKEN, "");
            self.after(left - WARNING, Self::ask);
        } else {
            let words = in_words(left);
            say(LEFT, words);
            say(SPOKEN, words);
            toggle(OFFER, true);
            self.after(left.min(STEP), if left <= STEP { Self::ask } else { Self::rest });
        }
    }

    /// Another page may have used the session, or ended it: only the server knows.
    fn ask(self: &Rc<Self>) {
        let watch = Rc::clone(self);
        leptos::task::spawn_local(async move {
            match session_left().await {
                Ok(seconds) => watch.ends_in(seconds),
                Err(error) if error.0 == "unauthenticated" => return watch.over(),
                // No connection: the clock here is all there is.
                Err(_) if watch.left() <= 0.0 => return watch.over(),
                Err(_) => {}
            }
            watch.rest();
        });
    }

    fn stay(self: &Rc<Self>) {
        let watch = Rc::clone(self);
        leptos::task::spawn_local(async move {
            match extend_session().await {
                Ok(seconds) => {
                    watch.ends_in(seconds);
                    watch.rest();
                    say(SPOKEN, "You stay signed in");
                }
                Err(_) => watch.ask(),
            }
        });
    }

    fn over(self: &Rc<Self>) {
        self.is_over.set(true);
        toggle(OFFER, false);
        let location = window().location();
        if let (Some(link), Ok(path), Ok(query)) = (by_id(AGAIN), location.pathname(), location.search()) {
            let here = String::from(encode_uri_component(&[path, query].concat()));
            set(&link, "href", &[SIGN_IN, "&next=", &here].concat());
        }
        toggle(OVER, true);
        say(SPOKEN, "You have been signed out");
    }
}

fn wake() {
    let (Some(offer), Some(button)) = (by_id(OFFER), by_id(STAY)) else { return };
    let seconds =
        offer.get_attribute("data-left").and_then(|seconds| seconds.parse().ok()).unwrap_or_default();
    let watch = Rc::new(Watch { end: Cell::new(0.0), timer: Cell::new(None), is_over: Cell::new(false) });
    watch.ends_in(seconds);
    watch.rest();
    let pressed = Rc::clone(&watch);
    listen(&button, "click", move |event| {
        event.prevent_default();
        pressed.stay();
    });
    // A computer that slept, or a page from the browser's memory.
    listen(&document(), "visibilitychange", move |_| {
        if !document().hidden() && !watch.is_over.get() {
            watch.ask();
        }
    });
    set(&offer, "data-awake", "");
}

#[island]
pub fn SessionWarningIsland(children: Children) -> impl IntoView {
    Effect::new(wake);
    children()
}

/// What is shown before and after the end of a session; hidden until then.
#[component]
pub fn SessionWarning(
    /// Seconds until the session ends if it is not used again.
    left: i64,
    /// How long it may go unused, in words.
    limit: String,
    /// The path of this page, to come back to.
    here: String,
) -> impl IntoView {
    view! {
        <SessionWarningIsland>
            <p class="hc-vh" id=SPOKEN role="status"></p>
            <section class="hc-idle" id=OFFER aria-labelledby="session-offer-title" data-left=left.to_string() hidden>
                <div class="govuk-width-container hc-idle__in">
                    <div>
                        <h2 class="hc-idle__title" id="session-offer-title">"Are you still there?"</h2>
                        <p class="hc-mb0" id=LEFT></p>
                    </div>
                    <form method="post" action="/session/extend">
                        <input type="hidden" name="next" value=here />
                        <button class="govuk-button hc-mb0" id=STAY>"Stay signed in"</button>
                    </form>
                </div>
            </section>
            <section class="hc-idle hc-idle--over" id=OVER aria-labelledby="session-over-title" hidden>
                <div class="govuk-width-container hc-idle__in">
                    <div>
                        <h2 class="hc-idle__title" id="session-over-title">"You have been signed out"</h2>
                        <p class="hc-mb0">
                            {format!("Nothing was done for {limit}. What you typed is still on this page: copy what you need before you sign in again.")}
                        </p>
                    </div>
                    <a class="govuk-button hc-mb0" role="button" draggable="false" id=AGAIN href=SIGN_IN>"Sign in again"</a>
                </div>
            </section>
        </SessionWarningIsland>
    }
}
