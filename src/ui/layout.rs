//! The frame of every page: head, header with navigation, main, footer with the theme switch.

use crate::islands::{SessionWarning, ThemeSwitch};
use crate::ui::components::length;
use crate::ui::form::post_form;
use crate::web::PageContext;
use crate::web::assets;
use crate::web::context::{PageHead, Section, Theme};
use domain::Role;
use leptos::prelude::*;

/// The entries of the main navigation that serve a role: section, path, words.
fn navigation(role: Role, is_acting: bool) -> &'static [(Section, &'static str, &'static str)] {
    const HOME: (Section, &str, &str) = (Section::Home, "/", "Today");
    const APPOINTMENTS: (Section, &str, &str) = (Section::Appointments, "/appointments", "Appointments");
    const PATIENTS: (Section, &str, &str) = (Section::Patients, "/patients", "Patients");
    const RECORDS: (Section, &str, &str) = (Section::Records, "/medical-records", "Records");
    const BILLING: (Section, &str, &str) = (Section::Billing, "/billing", "Billing");
    const ADMIN: (Section, &str, &str) = (Section::Admin, "/admin", "Admin");
    match role {
        Role::Patient if is_acting => &[
            (Section::Home, "/", "Home"),
            APPOINTMENTS,
            (Section::Records, "/medical-records", "Record"),
            (Section::Billing, "/billing", "Bills"),
        ],
        Role::Patient => &[
            (Section::Home, "/", "Home"),
            APPOINTMENTS,
            (Section::Records, "/medical-records", "My record"),
            (Section::Billing, "/billing", "My bills"),
        ],
        Role::Doctor | Role::Nurse => &[HOME, APPOINTMENTS, PATIENTS, RECORDS],
        Role::Receptionist => &[HOME, APPOINTMENTS, PATIENTS, BILLING],
        Role::Billing => &[HOME, BILLING, PATIENTS, APPOINTMENTS],
        Role::Admin | Role::Auditor => &[HOME, ADMIN],
    }
}

/// A whole HTML document (without the doctype).
pub fn document(context: &PageContext, head: &PageHead, body: AnyView) -> AnyView {
    let clinic = context.services().clinic().name.clone();
    let title = format!("{} – {clinic}", head.title);
    let theme = (context.theme != Theme::Auto).then(|| context.theme.name());
    let root = assets::ROOT.as_str();
    view! {
        <html lang="en-GB" class="govuk-template" data-theme=theme>
            <head>
                <meta charset="utf-8" />
                // As raw text: a title takes no markers of the framework.
                <title inner_html=crate::ui::form::escaped(&title)></title>
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" content="#0b5563" />
                <meta name="robots" content="noindex" />
                <link
                    rel="preload"
                    href="/fonts/atkinson-hyperlegible-next.woff2"
                    r#as="font"
                    r#type="font/woff2"
                    crossorigin="anonymous"
                />
                <link rel="stylesheet" href=format!("{root}/main.css") />
                <link rel="icon" href="/favicon.svg" r#type="image/svg+xml" />
                {assets::HAS_ISLANDS
                    .then(|| view! { <script r#type="module" src=format!("{root}/islands.js")></script> })}
            </head>
            <body class="govuk-template__body">
                <a href="#main" class="govuk-skip-link">"Skip to main content"</a>
                {(!head.bare).then(|| header(context, head, clinic.clone()))}
                <div class="govuk-width-container">
                    <main class="govuk-main-wrapper" id="main" tabindex="-1">
                        {context.actor.acts_for().map(acting)}
                        {context.notice.filter(|_| head.status.is_success()).map(banner)}
                        {if head.narrow { view! { <div class="hc-auth">{body}</div> }.into_any() } else { body }}
                    </main>
                </div>
                {(!head.bare).then(|| footer(context, clinic))} {(!head.bare).then(|| warning(context))}
            </body>
        </html>
    }
    .into_any()
}

fn header(context: &PageContext, head: &PageHead, clinic: String) -> AnyView {
    let links = context.role().map(|role| {
        let entries = navigation(role, context.actor.acts_for().is_some())
            .iter()
            .map(|(section, path, words)| {
                let current = (*section == head.section).then_some("page");
                view! { <a href=*path aria-current=current>{*words}</a> }
            })
            .collect_view();
        let name = context.actor.name().to_owned();
        view! {
            <nav class="hc-nav" aria-label="Main">{entries}</nav>
            <div class="hc-me">
                <a class="hc-me__name" href="/profile">
                    {name}<span class="hc-me__role">", "{role.title().to_lowercase()}</span>
                </a>
                <form method="post" action="/signout">
                    <button class="hc-linkbtn">"Sign out"</button>
                </form>
            </div>
        }
    });
    view! {
        <header class="hc-top">
            <div class="govuk-width-container hc-top__in">
                <a class="hc-logo" href="/">
                    <svg viewBox="0 0 28 28" aria-hidden="true">
                        <circle cx="14" cy="14" r="13" fill="none" stroke="currentColor" stroke-width="2"></circle>
                        <path
                            d="M5 15h5l2.5-6 3.5 11 2.5-5H23"
                            fill="none"
                            stroke="currentColor"
                            stroke-width="2.2"
                            stroke-linejoin="round"
                            stroke-linecap="round"
                        ></path>
                    </svg>
                    {clinic}
                </a>
                {links}
            </div>
        </header>
    }
    .into_any()
}

fn footer(context: &PageContext, clinic: String) -> AnyView {
    view! {
        <footer class="hc-foot">
            <div class="govuk-width-container hc-foot__in">
                <p>{clinic}</p>
                <nav class="hc-foot__nav" aria-label="Footer">
                    <a href="/api">"API"</a>
                </nav>
                <form class="hc-theme" method="post" action="/theme">
                    <input type="hidden" name="next" value=context.here.clone() />
                    <span id="theme-label">"Theme"</span>
                    <ThemeSwitch
                        current=context.theme.name()
                        cookie=Theme::cookie_name(context.state.cookie_secure)
                    />
                </form>
            </div>
        </footer>
    }
    .into_any()
}

/// For whom the reader acts, on every page.
fn acting(name: &str) -> AnyView {
    view! {
        <section class="hc-alert hc-alert--open hc-noprint" aria-label="Acting for a patient">
            <p>"You act for " <strong>{name.to_owned()}</strong> "."</p>
            {post_form("/profile/act-for", view! {
                <button class="govuk-button govuk-button--secondary hc-btn-s">"Act for yourself"</button>
            })}
        </section>
    }
    .into_any()
}

/// What warns before the session ends.
fn warning(context: &PageContext) -> Option<AnyView> {
    let session = context.actor.session_in_use()?;
    let left = session.idle_end.duration_since(context.services().now()).as_secs();
    let limit = length(context.services().clinic().sessions.idle);
    let here = context.here.clone();
    Some(view! { <SessionWarning left=left limit=limit here=here /> }.into_any())
}

/// The green banner that says what was just done.
fn banner(words: &'static str) -> AnyView {
    view! {
        <div
            class="govuk-notification-banner govuk-notification-banner--success hc-banner"
            role="alert"
            aria-labelledby="notice-title"
        >
            <div class="govuk-notification-banner__header">
                <h2 class="govuk-notification-banner__title" id="notice-title">"Success"</h2>
            </div>
            <div class="govuk-notification-banner__content">
                <p class="govuk-notification-banner__heading">{words}</p>
            </div>
        </div>
    }
    .into_any()
}
