//! What a page needs from its request, and the one function that renders a page.

use crate::ui::layout;
use crate::web::auth::{Caller, TimedOut, cookie};
use crate::web::errors::PageError;
use crate::web::security::Nonce;
use crate::web::state::AppState;
use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::Role;
use hydration_context::SsrSharedContext;
use leptos::prelude::*;
use service::{Actor, Services};
use std::convert::Infallible;
use std::sync::Arc;

/// The colour theme that the reader chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the device says.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All themes in the order of the switch.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];
    /// The cookie that remembers the choice; over TLS its name says that no other host set it.
    pub const fn cookie_name(secure: bool) -> &'static str {
        if secure { "__Host-theme" } else { "theme" }
    }

    /// The value in the cookie and in `data-theme`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The word on the switch.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Auto => "Device",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// The theme with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }
}

/// Whether the reader reviews emergency accesses: for the navigation of the admin pages.
#[derive(Clone, Copy, Debug)]
pub struct Reviews(pub bool);

/// Which entry of the main navigation a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// `/`
    Home,
    /// `/appointments`
    Appointments,
    /// `/patients`
    Patients,
    /// `/medical-records`
    Records,
    /// `/billing`
    Billing,
    /// `/admin`
    Admin,
    /// Pages outside the main navigation.
    None,
}

/// What a page needs from its request.
#[derive(Clone)]
pub struct PageContext {
    /// Settings.
    pub state: AppState,
    /// The services, of a clinic that offers what it does now.
    services: Services,
    /// The caller.
    pub actor: Actor,
    /// Allows this response's inline scripts, should there be any.
    pub nonce: String,
    /// Path and query of the request, where to return to.
    pub here: String,
    /// The colour theme.
    pub theme: Theme,
    /// Whether the session of this browser ended because it was not used; also from `?ended=idle`.
    pub is_timed_out: bool,
    /// The banner of what was just done, from `?notice=`.
    pub notice: Option<&'static str>,
}

/// What is particular to one page beside its body.
#[derive(Clone, Debug)]
pub struct PageHead {
    /// The title, without the clinic's name.
    pub title: String,
    /// The entry of the navigation.
    pub section: Section,
    /// The status, 422 for a form with refused fields.
    pub status: StatusCode,
    /// A narrow page without navigation (sign-in, sign-up).
    pub narrow: bool,
    /// A page for a screen that nobody sits at: without header and footer.
    pub bare: bool,
}

impl PageHead {
    /// A page that is all right.
    pub fn new(title: impl Into<String>, section: Section) -> Self {
        Self { title: title.into(), section, status: StatusCode::OK, narrow: false, bare: false }
    }

    /// The same page with refused fields or a conflict: the title says so.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        if status.is_client_error() {
            self.title = format!("Error: {}", self.title);
        }
        self.status = status;
        self
    }

    /// The status and title that go with a form's state.
    #[must_use]
    pub fn for_form(self, form: &crate::ui::form::FormState) -> Self {
        if form.errors.is_empty() { self } else { self.with_status(StatusCode::UNPROCESSABLE_ENTITY) }
    }
}

impl PageContext {
    /// The services.
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// Words for patients, or else those for who acts for one.
    pub fn words(&self, own: &'static str, theirs: &'static str) -> &'static str {
        if self.actor.acts_for().is_some() { theirs } else { own }
    }

    /// The caller's role.
    pub fn role(&self) -> Option<Role> {
        self.actor.role()
    }

    /// The caller's role, or 401 (which becomes a redirect to the sign-in page).
    pub fn signed_in(&self) -> Result<Role, PageError> {
        self.role().ok_or(PageError(service::ServiceError::Unauthenticated))
    }

    /// Whether the caller's role has any right to an action: for pages that only show a form. The services decide again.
    pub fn require(&self, action: domain::Action) -> Result<(), PageError> {
        self.signed_in()?;
        if self.services().may(&self.actor, action) {
            Ok(())
        } else {
            Err(PageError(service::ServiceError::Forbidden))
        }
    }

    /// Renders a page. The body is built inside the rendering context, so that islands work in it.
    pub fn render<V: IntoView + 'static>(&self, head: PageHead, body: impl FnOnce() -> V) -> Response {
        let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())));
        let reviews = self.services().may(&self.actor, domain::Action::ReviewEmergency);
        let html = owner.with(|| {
            provide_context(Reviews(reviews));
            let body = body().into_any();
            layout::document(self, &head, body).to_html()
        });
        owner.unset_with_forced_cleanup();
        let mut response = (head.status, format!("<!doctype html>{html}")).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl FromRequestParts<AppState> for PageContext {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let Caller(actor) = Caller::from_request_parts(parts, state).await?;
        let uri =
            parts.extensions.get::<OriginalUri>().map_or_else(|| parts.uri.clone(), |uri| uri.0.clone());
        let pairs = || uri.query().unwrap_or_default().split('&');
        let is_timed_out =
            parts.extensions.get::<TimedOut>().is_some() || pairs().any(|pair| pair == "ended=idle");
        let notice =
            pairs().find_map(|pair| pair.strip_prefix("notice=")).and_then(crate::ui::notices::words);
        // Where the store has trouble the page itself will say so.
        let services = match actor.user() {
            Some(_) => state.services.current().await.unwrap_or_else(|_| state.services.clone()),
            None => state.services.clone(),
        };
        Ok(Self {
            state: state.clone(),
            services,
            actor,
            nonce: parts.extensions.get::<Nonce>().map(|nonce| nonce.0.clone()).unwrap_or_default(),
            here: uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            theme: cookie(&parts.headers, Theme::cookie_name(state.cookie_secure))
                .and_then(|name| Theme::named(&name))
                .unwrap_or_default(),
            is_timed_out,
            notice,
        })
    }
}
