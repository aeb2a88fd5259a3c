//! Forms that change something.

use crate::ui::markup::Markup;
use crate::web::repeats;
use leptos::prelude::*;

/// A form that changes something; it goes to `action`, or to the page's own address when that is empty. Its hidden key is
/// new each time it is shown: however often it is then sent (a double click, a reload, a cut connection), it has its
/// effect once.
pub fn post_form(action: impl Into<String>, body: impl IntoView + 'static) -> AnyView {
    named_post_form(None, action, body)
}

/// The same with an id, by which fields elsewhere on the page belong to it.
pub fn named_post_form(
    id: Option<&'static str>,
    action: impl Into<String>,
    body: impl IntoView + 'static,
) -> AnyView {
    let action = Some(action.into()).filter(|action| !action.is_empty());
    view! {
        <form id=id method="post" action=action novalidate>
            <input type="hidden" name=repeats::FIELD value=repeats::new_key() autocomplete="off" />
            {body}
        </form>
    }
    .into_any()
}

/// The same in markup that is written.
pub fn write_post_form(markup: &mut Markup, action: &str, body: impl FnOnce(&mut Markup)) {
    let key = repeats::new_key();
    markup.element("form", &[("method", "post"), ("action", action), ("novalidate", "")], |form| {
        let hidden = [("type", "hidden"), ("name", repeats::FIELD), ("value", &key), ("autocomplete", "off")];
        form.void("input", &hidden);
        body(form);
    });
}
