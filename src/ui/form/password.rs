//! Fields for passwords: never filled in again, shown on demand, new ones with a hint at how strong they are.

use super::{FormState, described_by, group};
use crate::islands::PasswordTools;
use leptos::prelude::*;

/// What a password field takes. Nothing limits how much is typed or pasted: a password that was cut is another one.
#[derive(Clone, Copy, Debug)]
pub struct PasswordInput {
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    autocomplete: &'static str,
    shortest: Option<usize>,
}

impl PasswordInput {
    /// A password that exists.
    pub const fn current(name: &'static str, label: &'static str) -> Self {
        Self { name, label, hint: "", autocomplete: "current-password", shortest: None }
    }

    /// A new password, or its repetition.
    pub const fn new(name: &'static str, label: &'static str) -> Self {
        Self { autocomplete: "new-password", ..Self::current(name, label) }
    }

    /// With a hint.
    #[must_use]
    pub const fn hint(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    /// With what it must be: at least so many characters, and words that say so.
    #[must_use]
    pub const fn at_least(mut self, shortest: usize, hint: &'static str) -> Self {
        self.shortest = Some(shortest);
        self.hint = hint;
        self
    }
}

/// The field with the button that shows it; scripts bring both to life.
pub fn password(form: &FormState, field: PasswordInput) -> AnyView {
    let error = form.error(field.name);
    let (is_wrong, described) = (error.is_some(), described_by(field.name, field.hint, error.is_some()));
    let class = if error.is_some() { "govuk-input govuk-input--error" } else { "govuk-input" };
    let words = field.label.to_lowercase();
    let strength = field.shortest.map(|_| {
        view! { <p class="hc-sub hc-strength" id=format!("{}-strength", field.name) role="status"></p> }
    });
    let control = view! {
        <PasswordTools>
            <div class="hc-pass">
                <input
                    class=class
                    id=field.name
                    name=field.name
                    type="password"
                    autocomplete=field.autocomplete
                    autocapitalize="none"
                    spellcheck="false"
                    data-shortest=field.shortest.map(|shortest| shortest.to_string())
                    aria-describedby=described
                    aria-invalid=is_wrong.then_some("true")
                />
                <button
                    class="govuk-button govuk-button--secondary hc-pass__show"
                    type="button"
                    data-shows=field.name
                    aria-controls=field.name
                    aria-pressed="false"
                    hidden
                >
                    "Show"
                    <span class="hc-vh">" "{words}</span>
                </button>
            </div>
            {strength}
        </PasswordTools>
    }
    .into_any();
    group(field.name, field.label, field.hint, error, control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::FormData;
    use domain::{Code, FieldErrors};

    #[test]
    fn a_refused_password_is_told_why_and_not_sent_back() {
        let values = FormData::default().with("password", "hunter22");
        let errors = FieldErrors::one("password", Code::PasswordTooShort(15));
        let form = FormState::refused(values, errors);
        let owner =
            Owner::new_root(Some(std::sync::Arc::new(hydration_context::SsrSharedContext::new_islands())));
        let html = owner.with(|| {
            password(&form, PasswordInput::new("password", "Password").at_least(15, "Hint")).to_html()
        });
        assert!(!html.contains("hunter22"));
        for part in [
            "Enter a password of at least 15 characters",
            "autocomplete=\"new-password\"",
            "aria-describedby=\"password-hint password-error\"",
            "data-shortest=\"15\"",
            "aria-pressed=\"false\"",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains("maxlength"));
    }
}
