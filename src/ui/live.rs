//! The part of a page that is kept fresh while it is open; without JavaScript a reload does the same.

use crate::web::{assets, live};
use leptos::prelude::*;

/// Wraps what changes. `since` is the revision before it was read, `here` the page's own address.
pub fn view(since: u64, here: String, body: impl IntoView + 'static) -> AnyView {
    let script = format!("{}/live.js", assets::ROOT.as_str());
    view! {
        <div id="live" class="hc-noprint" data-since=since data-path=live::PATH>
            <p id="live-said" class="hc-vh" role="status"></p>
            <p id="live-offer" class="hc-alert hc-alert--open" hidden>
                "There are changes. "
                <a class="govuk-link" href=here>
                    "Reload to see them"
                </a>
            </p>
        </div>
        <div id="live-view">{body}</div>
        <script type="module" src=script></script>
    }
    .into_any()
}
