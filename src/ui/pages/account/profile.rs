//! The page of the own account: details, password; the devices stand in a file of their own.

use super::{access, devices, second_factor};
use crate::ui::components::tag;
use crate::ui::form::{self, FormState, Input, PasswordInput, error_summary, hidden, input, post_form};
use crate::ui::pages::home::links;
use domain::time::short_date;
use domain::{ClinicZone, Patient, Role, SessionId};
use leptos::prelude::*;
use service::identity::Profile;

/// The page. With `is_stale` the account was changed elsewhere while this form was open.
pub fn page(
    profile: &Profile,
    form: &FormState,
    is_stale: bool,
    current: Option<SessionId>,
    sends_mail: bool,
    is_acting: bool,
    zone: &ClinicZone,
) -> AnyView {
    view! {
        {error_summary(form)}
        {is_stale.then(|| overtaken(&profile.user.display_name, profile.user.email.as_str()))}
        <h1 class="govuk-heading-l">"Your account"</h1>
        <div class="hc-grid hc-grid--half">
            <div class="hc-stack">{details(profile, form, is_stale)} {password()}
                {second_factor::summary(profile.user.second_factor.as_ref())}</div>
            <div class="hc-stack">{account(profile, sends_mail, is_acting, zone)} {profile.patient.as_deref().map(patient)}</div>
        </div>
        {devices::list(&profile.sessions, current, zone)}
    }
    .into_any()
}

/// What is stored now, beside what was typed.
fn overtaken(name: &str, email: &str) -> AnyView {
    view! {
        <div class="govuk-error-summary" tabindex="-1" autofocus>
            <div role="alert">
                <h2 class="govuk-error-summary__title">"Your account was changed while you were editing"</h2>
                <div class="govuk-error-summary__body">
                    <p class="govuk-body">
                        "Stored now: " <b>{name.to_owned()}</b> ", " <b>{email.to_owned()}</b>
                        ". Your words are kept below and are not saved yet."
                    </p>
                    <ul class="govuk-list govuk-error-summary__list">
                        <li>
                            <a href="#displayName">"Check your words and save again"</a>
                        </li>
                    </ul>
                </div>
            </div>
        </div>
    }
    .into_any()
}

fn details(profile: &Profile, form: &FormState, is_stale: bool) -> AnyView {
    // A refused form keeps the version it was made from, so that a change in between is still noticed.
    let version = form.values.parse("version").filter(|_| !is_stale).unwrap_or(profile.user.version);
    let name = Input::text("displayName", "Name").autocomplete("name");
    let email = Input::text("email", "Email address").kind("email").autocomplete("email");
    let proof = PasswordInput::current("password", "Your password (only for another address)");
    view! {
        <section class="hc-panel hc-pad">
            <h2>"Your details"</h2>
            <p class="hc-sub">"Your name as others at the clinic read it, and where letters reach you."</p>
            {post_form("/profile", view! {
                {hidden("version", version)} {input(form, name)} {input(form, email)}
                {form::password(form, proof)}
                <button class="govuk-button hc-mb0">"Save details"</button>
            })}
        </section>
    }
    .into_any()
}

fn account(profile: &Profile, sends_mail: bool, is_acting: bool, zone: &ClinicZone) -> AnyView {
    let user = &profile.user;
    let is_verified = user.email_verified_at.is_some();
    let again = (sends_mail && !is_verified).then(|| {
        post_form("/profile/email/verification", view! {
            <button class="govuk-button govuk-button--secondary hc-mt hc-mb0">"Send a link to confirm it"</button>
        })
    });
    let since = short_date(zone.date(user.created_at));
    let calendar = matches!(user.role, Role::Patient | Role::Doctor).then(|| {
        let is_on = profile.calendar_since.is_some();
        view! {
            <p>
                <a class="govuk-link" href="/profile/calendar">"Your appointments in your calendar"</a> " "
                {is_on.then(|| tag("hc-ok", "On"))}
            </p>
        }
    });
    let (seen_at, seen) = match user.role {
        Role::Patient => (links::RECORD_ACCESS, access::title(is_acting)),
        _ => (links::OWN_ACTIONS, "Your actions"),
    };
    view! {
        <section class="hc-panel hc-pad">
            <h2>"Account"</h2>
            <dl class="hc-dl">
                <div>
                    <dt>"Username"</dt>
                    <dd>{user.username.to_string()}</dd>
                </div>
                <div>
                    <dt>"Email"</dt>
                    <dd>
                        {user.email.to_string()} " "
                        {if is_verified { tag("hc-ok", "Confirmed") } else { tag("hc-warn", "Not confirmed") }}
                    </dd>
                </div>
                <div>
                    <dt>"Role"</dt>
                    <dd>{user.role.title()}</dd>
                </div>
                <div>
                    <dt>"Since"</dt>
                    <dd class="hc-num">{since}</dd>
                </div>
            </dl>
            {again}
            {calendar}
            <p class="hc-mb0">
                <a class="govuk-link" href=seen_at>
                    {seen}
                </a>
            </p>
        </section>
    }
    .into_any()
}

fn patient(patient: &Patient) -> AnyView {
    let born = patient.birth_date.map_or_else(|| "Not recorded".to_owned(), short_date);
    let phone =
        patient.phone.as_ref().map_or_else(|| "Not recorded".to_owned(), |phone| phone.as_str().to_owned());
    view! {
        <section class="hc-panel hc-pad">
            <h2>"You as a patient"</h2>
            <dl class="hc-dl">
                <div>
                    <dt>"Name"</dt>
                    <dd>{patient.name.full()}</dd>
                </div>
                <div>
                    <dt>"Born"</dt>
                    <dd class="hc-num">{born}</dd>
                </div>
                <div>
                    <dt>"Phone"</dt>
                    <dd class="hc-num">{phone}</dd>
                </div>
                <div>
                    <dt>"Number (MRN)"</dt>
                    <dd class="hc-num">{patient.mrn.to_string()}</dd>
                </div>
            </dl>
            <p class="hc-sub">"Something wrong? Tell the front desk, they correct it."</p>
            <p class="hc-mb0">
                <a class="govuk-link" href="/profile/people">
                    "People you act for, and who acts for you"
                </a>
            </p>
        </section>
    }
    .into_any()
}

fn password() -> AnyView {
    view! {
        <section class="hc-panel hc-pad">
            <h2>"Password"</h2>
            <p class="govuk-body">"Changing it signs all your other devices out."</p>
            <a class="govuk-button govuk-button--secondary hc-mb0" role="button" draggable="false" href="/profile/password">
                "Change password"
            </a>
        </section>
    }
    .into_any()
}
