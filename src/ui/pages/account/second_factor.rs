//! The pages of the second factor in one's account: state, set-up, recovery codes, turning it off.

use super::qr::qr;
use crate::ui::components::{day, tag, warning};
use crate::ui::form::{FormState, Input, PasswordInput, error_summary, input, password, post_form};
use domain::{ClinicZone, SecondFactor};
use leptos::prelude::*;
use service::identity::{Enrolment, RecoveryCodes};

/// How much the clinic needs it.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// Whether the clinic asks it of the caller's role.
    pub is_required: bool,
    /// Whether nothing else opens before it is set up.
    pub is_first_duty: bool,
}

/// A field for a code of an authenticator.
pub fn code_field(label: &'static str) -> Input {
    Input::text("code", label)
        .hint("6 digits, new every 30 seconds")
        .autocomplete("one-time-code")
        .digits("govuk-input--width-10")
}

/// A field for a code of either kind, where one is signed in already.
fn any_code_field() -> Input {
    Input::text("code", "Code from the app, or a recovery code")
        .autocomplete("one-time-code")
        .width("govuk-input--width-20")
}

const fn password_field() -> PasswordInput {
    PasswordInput::current("password", "Your password")
}

fn frame(form: &FormState, heading: &'static str, body: AnyView) -> AnyView {
    view! {
        <div class="hc-narrow">
            {error_summary(form)} <h1 class="govuk-heading-l">{heading}</h1> {body}
        </div>
    }
    .into_any()
}

/// Whether it is on, and what can be done about it.
pub fn state(factor: Option<&SecondFactor>, need: Need, form: &FormState, zone: &ClinicZone) -> AnyView {
    let body = match factor.filter(|factor| factor.is_on()) {
        Some(factor) => on(factor, need, zone),
        None => turned_off(need, form),
    };
    frame(form, "Two-step sign-in", body)
}

/// How many recovery codes are left, with a warning when they are few.
pub fn codes_left(factor: &SecondFactor) -> AnyView {
    let left = factor.recovery.len();
    let few = factor.is_short_of_recovery_codes().then(|| {
        let words = if left == 0 { "None left" } else { "Few left" };
        view! { " " {tag("hc-warn", words)} }
    });
    view! { <span class="hc-num">{format!("{left} of {}", SecondFactor::RECOVERY_CODES)}</span> {few} }
        .into_any()
}

fn on(factor: &SecondFactor, need: Need, zone: &ClinicZone) -> AnyView {
    let since = factor.confirmed_at.map_or_else(String::new, |at| day(zone, at));
    let warning = factor.is_short_of_recovery_codes().then(|| {
        warning("Make new recovery codes: without your phone and without a recovery code you cannot sign in.")
    });
    let required = need.is_required.then_some(" Your role at the clinic needs it.");
    view! {
        <p class="govuk-body">
            "Signing in takes your password and a code from the app on your phone." {required}
        </p>
        {warning}
        <section class="hc-panel hc-pad">
            <h2>"Your set-up"</h2>
            <dl class="hc-dl">
                <div>
                    <dt>"Status"</dt>
                    <dd>{tag("hc-ok", "On")}</dd>
                </div>
                <div>
                    <dt>"Since"</dt>
                    <dd class="hc-num">{since}</dd>
                </div>
                <div>
                    <dt>"Recovery codes left"</dt>
                    <dd>{codes_left(factor)}</dd>
                </div>
            </dl>
            <div class="govuk-button-group hc-mt hc-mb0">
                {button("/profile/second-factor/recovery-codes", "New recovery codes")}
                {button("/profile/second-factor/off", "Turn off")}
            </div>
        </section>
        {back()}
    }
    .into_any()
}

fn button(path: &'static str, words: &'static str) -> AnyView {
    view! {
        <a class="govuk-button govuk-button--secondary" role="button" draggable="false" href=path>
            {words}
        </a>
    }
    .into_any()
}

fn back() -> AnyView {
    view! {
        <p class="govuk-body">
            <a class="govuk-link" href="/profile">"Back to your account"</a>
        </p>
    }
    .into_any()
}

fn turned_off(need: Need, form: &FormState) -> AnyView {
    let required = need.is_required.then(|| {
        let words = if need.is_first_duty {
            "Your role at the clinic needs two-step sign-in. Set it up now, then go on."
        } else {
            "Your role at the clinic needs two-step sign-in."
        };
        view! { <div class="govuk-inset-text">{words}</div> }
    });
    view! {
        {required}
        <p class="govuk-body">
            "With two-step sign-in a password that someone else finds out is not enough: a code from your phone is needed as
            well."
        </p>
        <h2 class="govuk-heading-m">"What you need"</h2>
        <ul class="govuk-list govuk-list--bullet">
            <li>
                "an authenticator app on your phone, for example Aegis, Google Authenticator, Microsoft Authenticator or the
                password app of your phone"
            </li>
            <li>"a safe place for ten recovery codes, in case the phone is lost"</li>
        </ul>
        <div class="hc-panel hc-pad">
            {post_form("/profile/second-factor", view! {
                {password(form, password_field().hint("So that nobody else does this while you are away"))}
                <button class="govuk-button hc-mb0">"Set up two-step sign-in"</button>
            })}
        </div>
        {back()}
    }
    .into_any()
}

/// What the authenticator needs, and the field for its first code.
pub fn set_up(enrolment: &Enrolment, username: &str, form: &FormState) -> AnyView {
    let picture = qr(enrolment.uri(), "QR code for your authenticator app");
    let body = view! {
        <div class="hc-panel hc-pad">
            <h2>"1. Add the clinic to your app"</h2>
            <p>"In your authenticator app choose to add an account, and point the camera at this code."</p>
            {picture}
            <details class="govuk-details">
                <summary class="govuk-details__summary">
                    <span class="govuk-details__summary-text">"I cannot scan the code"</span>
                </summary>
                <div class="govuk-details__text">
                    <p class="govuk-body" id="key">
                        "Choose to enter a key instead. The account is " <b>{username.to_owned()}</b> ", the kind is time-based,
                        the key is:"
                    </p>
                    <p class="hc-code" role="group" aria-labelledby="key">
                        <code translate="no">{enrolment.grouped()}</code>
                    </p>
                </div>
            </details>
        </div>
        <div class="hc-panel hc-pad">
            <h2>"2. Enter the code that the app shows"</h2>
            {post_form("/profile/second-factor/set-up", view! {
                {input(form, code_field("Code from the app"))}
                <div class="govuk-button-group hc-mb0">
                    <button class="govuk-button">"Turn on"</button>
                    <a class="govuk-link" href="/profile/second-factor">"Cancel"</a>
                </div>
            })}
        </div>
        <p class="hc-sub">"Your other devices are signed out when it is turned on."</p>
    };
    frame(form, "Set up two-step sign-in", body.into_any())
}

/// Why recovery codes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// The second factor was turned on.
    TurnedOn,
    /// New ones were asked for.
    Renewed,
}

/// The recovery codes, shown this once; `way_on` is where one goes from here.
pub fn codes(occasion: Occasion, recovery: &RecoveryCodes, way_on: &'static str) -> AnyView {
    let (title, words) = match occasion {
        Occasion::TurnedOn => ("Two-step sign-in is on", "Your other devices are signed out"),
        Occasion::Renewed => ("New recovery codes", "The ones you had no longer work"),
    };
    view! {
        <div class="hc-narrow">
            <div class="govuk-panel govuk-panel--confirmation hc-noprint">
                <h1 class="govuk-panel__title">{title}</h1>
                <div class="govuk-panel__body">{words}</div>
            </div>
            <h2 class="govuk-heading-m" id="codes">"Your recovery codes"</h2>
            <p class="govuk-body">
                "Each lets you sign in once without your phone. They are shown only now: print this page, or copy them to a place
                that only you can open."
            </p>
            <p class="hc-code hc-code--list" role="group" aria-labelledby="codes">
                <code translate="no">{recovery.expose().join("\n")}</code>
            </p>
            <a class="govuk-button" role="button" draggable="false" href=way_on>
                "I have kept them"
            </a>
        </div>
    }
    .into_any()
}

/// Asks for a code before new recovery codes are made.
pub fn renew(form: &FormState) -> AnyView {
    let body = view! {
        <p class="govuk-body">"You get ten new recovery codes. The ones you have now stop working."</p>
        <div class="hc-panel hc-pad">
            {post_form("/profile/second-factor/recovery-codes", view! {
                {input(form, any_code_field())}
                <div class="govuk-button-group hc-mb0">
                    <button class="govuk-button">"Make new codes"</button>
                    <a class="govuk-link" href="/profile/second-factor">"Cancel"</a>
                </div>
            })}
        </div>
    };
    frame(form, "New recovery codes", body.into_any())
}

/// Asks for both proofs before it is turned off.
pub fn off(form: &FormState, is_required: bool) -> AnyView {
    let consequence = if is_required {
        "Your role at the clinic needs two-step sign-in: nothing else opens until you have set it up again, for example on a new phone."
    } else {
        "Your password alone then opens your account. Your recovery codes stop working."
    };
    let body = view! {
        {warning(consequence)}
        <div class="hc-panel hc-pad">
            {post_form("/profile/second-factor/off", view! {
                {password(form, password_field())} {input(form, any_code_field())}
                <div class="govuk-button-group hc-mb0">
                    <button class="govuk-button govuk-button--warning">"Turn off two-step sign-in"</button>
                    <a class="govuk-link" href="/profile/second-factor">"Cancel"</a>
                </div>
            })}
        </div>
    };
    frame(form, "Turn off two-step sign-in", body.into_any())
}

/// The part of the account page.
pub fn summary(factor: Option<&SecondFactor>) -> AnyView {
    let factor = factor.filter(|factor| factor.is_on());
    let status = match factor {
        Some(factor) => view! {
            <p class="govuk-body">
                {tag("hc-ok", "On")} " Signing in takes your password and a code from your phone."
            </p>
            <p class="govuk-body">"Recovery codes left: " {codes_left(factor)}</p>
        }
        .into_any(),
        None => view! {
            <p class="govuk-body">{tag("hc-plain", "Off")} " Your password alone opens your account."</p>
        }
        .into_any(),
    };
    let words = if factor.is_some() { "Manage two-step sign-in" } else { "Set up two-step sign-in" };
    view! {
        <section class="hc-panel hc-pad">
            <h2>"Two-step sign-in"</h2>
            {status}
            <a class="govuk-button govuk-button--secondary hc-mb0" role="button" draggable="false" href="/profile/second-factor">
                {words}
            </a>
        </section>
    }
    .into_any()
}
