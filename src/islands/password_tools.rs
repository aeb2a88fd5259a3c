//! Shows a password on demand and says in words how strong a new one looks, by length and variety alone: what is
//! common is known to the server. Nothing typed leaves the page. Without the island the fields are plain ones.

use super::dom::{by_id, listen, set, show, value_of};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlElement};

/// Fewest different characters of what is more than a pattern.
const FEWEST_DIFFERENT: usize = 5;
/// From so many characters on a password is called good, and strong.
const GOOD: usize = 12;
/// See [`GOOD`].
const STRONG: usize = 18;

/// What the hint says of a new password that must have `shortest` characters.
fn verdict(typed: &str, shortest: usize) -> &'static str {
    let length = typed.chars().count();
    let mut different: Vec<char> = typed.chars().collect();
    different.sort_unstable();
    different.dedup();
    match () {
        () if length == 0 => "",
        () if length < shortest => "Too short so far",
        () if different.len() < FEWEST_DIFFERENT => "Weak: use more different letters or words",
        () if length < GOOD => "Fair: a few more words make it stronger",
        () if length < STRONG => "Good",
        () => "Strong",
    }
}

fn reveal(field: &Element, button: &Element, is_shown: bool) {
    set(field, "type", if is_shown { "text" } else { "password" });
    set(button, "aria-pressed", if is_shown { "true" } else { "false" });
}

/// Brings a button that is still hidden to life, with the field it shows.
fn bring_to_life(button: Element) {
    let Some(field) = button.get_attribute("data-shows").as_deref().and_then(by_id) else { return };
    show(&button, true);
    let (shown, pressed) = (field.clone(), button.clone());
    listen(&button, "click", move |_| {
        let is_hidden = shown.get_attribute("type").as_deref() == Some("password");
        reveal(&shown, &pressed, is_hidden);
    });
    // What is sent is a password again, so that the browser offers to keep it as one and never as a word to suggest.
    if let Ok(Some(form)) = field.closest("form") {
        let (shown, pressed) = (field.clone(), button);
        listen(&form, "submit", move |_| reveal(&shown, &pressed, false));
    }
    let shortest = field.get_attribute("data-shortest").and_then(|least| least.parse().ok());
    if let (Some(shortest), Some(hint)) = (shortest, by_id(&[&field.id(), "-strength"].concat())) {
        let typed = field.clone();
        listen(&field, "input", move |_| {
            let words = verdict(&value_of(&typed), shortest);
            // Only a change is read out.
            if hint.text_content().as_deref() != Some(words) {
                hint.unchecked_ref::<HtmlElement>().set_inner_text(words);
            }
        });
    }
}

fn wake() {
    while let Ok(Some(button)) = document().query_selector("[data-shows][hidden]") {
        let name = button.get_attribute("data-shows");
        bring_to_life(button.clone());
        // A button without its field stays out of sight, and is not looked at again.
        if name.as_deref().and_then(by_id).is_none() {
            let _ = button.remove_attribute("data-shows");
        }
    }
}

/// The tools of the password field inside it. Whichever of several wakes first brings all to life.
#[island]
pub fn PasswordTools(children: Children) -> impl IntoView {
    Effect::new(wake);
    children()
}

#[cfg(test)]
mod tests {
    use super::verdict;

    #[test]
    fn length_and_variety_decide() {
        for (typed, shortest, words) in [
            ("", 8, ""),
            ("seven77", 8, "Too short so far"),
            ("ten letter", 15, "Too short so far"),
            ("aaaaaaaaaaaaaaaa", 8, "Weak: use more different letters or words"),
            ("nine char", 8, "Fair: a few more words make it stronger"),
            ("correct horse", 8, "Good"),
            ("correct horse battery", 15, "Strong"),
            ("пароход у причала ночью", 8, "Strong"),
        ] {
            assert_eq!(verdict(typed, shortest), words, "{typed}");
        }
    }
}
