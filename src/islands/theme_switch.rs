//! Changes the colours at once; without it the buttons send the form that they stand in.

use super::dom::{by_id, listen, set, target, value_of};
use leptos::prelude::*;
use leptos::web_sys::js_sys::Reflect;

/// The themes: value of the button and of the cookie, word on the button.
pub const THEMES: [(&str, &str); 3] = [("auto", "Device"), ("light", "Light"), ("dark", "Dark")];
/// The group of buttons.
const GROUP: &str = "theme-set";

/// Sets the theme of the page and remembers it for a year in the cookie of this name.
fn apply(name: &str, cookie: &str) {
    let document = document();
    if let Some(root) = document.document_element() {
        // Without the attribute the page follows the device.
        let _ = if name == "auto" {
            root.remove_attribute("data-theme")
        } else {
            root.set_attribute("data-theme", name)
        };
    }
    let secure = if cookie.starts_with("__Host-") { "; Secure" } else { "" };
    let cookie = [cookie, "=", name, "; Path=/; Max-Age=31536000; SameSite=Lax", secure].concat();
    let _ = Reflect::set(&document, &"cookie".into(), &cookie.into());
}

fn wake() {
    let Some(group) = by_id(GROUP) else { return };
    listen(&group.clone(), "click", move |event| {
        let Some(pressed) = target(&event).filter(|element| element.tag_name() == "BUTTON") else { return };
        event.prevent_default();
        apply(&value_of(&pressed), &group.get_attribute("data-cookie").unwrap_or_default());
        let mut button = group.first_element_child();
        while let Some(one) = button {
            set(&one, "aria-pressed", if one == pressed { "true" } else { "false" });
            button = one.next_element_sibling();
        }
    });
}

#[island]
pub fn ThemeSwitchIsland(children: Children) -> impl IntoView {
    Effect::new(wake);
    children()
}

/// The switch between the device's colours, light and dark.
#[component]
pub fn ThemeSwitch(
    /// The theme of the page, as in [`THEMES`].
    current: &'static str,
    /// The cookie that remembers it.
    cookie: &'static str,
) -> impl IntoView {
    let buttons = THEMES.map(|(name, title)| {
        view! {
            <button name="theme" value=name aria-pressed=if current == name { "true" } else { "false" }>
                {title}
            </button>
        }
    });
    view! {
        <ThemeSwitchIsland>
            <span class="hc-theme__set" id=GROUP role="group" aria-labelledby="theme-label" data-cookie=cookie>
                {buttons}
            </span>
        </ThemeSwitchIsland>
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
