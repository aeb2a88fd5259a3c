//! Changes the colours at once; without it the buttons send the form that they stand in.
#![expect(missing_docs, reason = "the `island` macro makes public items without documentation")]

use leptos::prelude::*;
use leptos::web_sys::js_sys::Reflect;

/// The themes: value of the button and of the cookie, word on the button.
pub const THEMES: [(&str, &str); 3] = [("auto", "Device"), ("light", "Light"), ("dark", "Dark")];

/// Sets the theme of the page and remembers it for a year.
fn apply(name: &str) {
    let document = document();
    if let Some(root) = document.document_element() {
        // Without the attribute the page follows the device.
        let _ = if name == "auto" { root.remove_attribute("data-theme") } else { root.set_attribute("data-theme", name) };
    }
    let is_secure = window().location().protocol().is_ok_and(|protocol| protocol == "https:");
    let mut cookie = String::from("theme=");
    cookie.push_str(name);
    cookie.push_str("; Path=/; Max-Age=31536000; SameSite=Lax");
    if is_secure {
        cookie.push_str("; Secure");
    }
    let _ = Reflect::set(&document, &"cookie".into(), &cookie.into());
}

/// The switch between the device's colours, light and dark.
#[island]
pub fn ThemeSwitch(
    /// The theme of the page, as in [`THEMES`].
    current: String,
) -> impl IntoView {
    let current = RwSignal::new(current);
    let buttons = THEMES.map(|(name, title)| {
        view! {
            <button
                name="theme"
                value=name
                aria-pressed=move || if current.read().as_str() == name { "true" } else { "false" }
                on:click=move |event| {
                    event.prevent_default();
                    apply(name);
                    current.set(name.to_owned());
                }
            >
                {title}
            </button>
        }
    });
    view! {
        <span class="hc-theme__set" role="group" aria-labelledby="theme-label">
            {buttons}
        </span>
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::THEMES;
    use crate::web::context::Theme;

    #[test]
    fn the_switch_offers_the_themes_that_the_server_knows() {
        assert_eq!(THEMES, Theme::ALL.map(|theme| (theme.name(), theme.title())));
    }
}
