//! Views of the home pages, one file a kind of work, and the parts that they share.

pub mod clinical;
pub mod day;
pub mod desk;
pub mod links;
pub mod money;
pub mod oversight;
pub mod patient;

use leptos::prelude::*;

/// The head of a page: caption, heading, tools at its end.
pub fn head(caption: impl Into<String>, title: impl Into<String>, tools: Option<AnyView>) -> AnyView {
    let (caption, title) = (caption.into(), title.into());
    view! {
        <div class="hc-head">
            <div>
                <span class="govuk-caption-l">{caption}</span>
                <h1 class="govuk-heading-l">{title}</h1>
            </div>
            {tools.map(|tools| view! { <div class="hc-tools">{tools}</div> })}
        </div>
    }
    .into_any()
}

/// A link that looks like the button of the page.
pub fn button_link(path: impl Into<String>, words: &'static str, is_main: bool) -> AnyView {
    let class = if is_main { "govuk-button" } else { "govuk-button govuk-button--secondary" };
    view! {
        <a class=class role="button" draggable="false" href=path.into()>
            {words}
        </a>
    }
    .into_any()
}

/// A figure that leads to the list behind it.
#[derive(Clone, Debug)]
pub struct Kpi {
    /// What is counted.
    pub label: &'static str,
    /// The figure as read.
    pub value: String,
    /// The list behind it.
    pub href: String,
    /// A few words beside it; may be empty.
    pub note: String,
    /// A bar below: value, most, and both in words.
    pub bar: Option<(u64, u64, String)>,
    /// Whether it asks for attention.
    pub alert: bool,
}

impl Kpi {
    /// A figure.
    pub fn new(label: &'static str, value: impl ToString, href: impl Into<String>) -> Self {
        Self {
            label,
            value: value.to_string(),
            href: href.into(),
            note: String::new(),
            bar: None,
            alert: false,
        }
    }

    /// With words beside it.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// With a bar of `value` out of `most`.
    #[must_use]
    pub fn bar(mut self, value: u64, most: u64, words: String) -> Self {
        self.bar = (most > 0).then_some((value, most, words));
        self
    }

    /// Asks for attention when `is_alert`.
    #[must_use]
    pub const fn alert(mut self, is_alert: bool) -> Self {
        self.alert = is_alert;
        self
    }
}

/// The strip of figures at the top of a home page.
pub fn kpis(tiles: Vec<Kpi>) -> AnyView {
    let tiles = tiles
        .into_iter()
        .map(|tile| {
            let bar = tile.bar.map(|(value, most, words)| {
                let spoken = words.clone();
                view! {
                    <progress class="hc-bar" max=most.to_string() value=value.min(most).to_string() aria-label=words>
                        {spoken}
                    </progress>
                }
            });
            let note = (!tile.note.is_empty()).then(|| view! { <small>{tile.note}</small> });
            view! {
                <div class=tile.alert.then_some("hc-kpi--alert")>
                    <dt>{tile.label}</dt>
                    <dd>
                        <a href=tile.href>{tile.value}</a> " " {note} {bar}
                    </dd>
                </div>
            }
        })
        .collect_view();
    view! { <dl class="hc-panel hc-kpis">{tiles}</dl> }.into_any()
}

/// A panel with a heading, a link at its end, and content up to its edges.
pub fn panel(
    id: &'static str,
    title: impl Into<String>,
    all: Option<(String, &'static str)>,
    content: AnyView,
) -> AnyView {
    let title = title.into();
    view! {
        <section class="hc-panel" aria-labelledby=id>
            <div class="hc-panel__head">
                <h2 id=id>{title}</h2>
                {all
                    .map(|(path, words)| {
                        view! {
                            <a class="govuk-link" href=path>
                                {words}
                            </a>
                        }
                    })}
            </div>
            {content}
        </section>
    }
    .into_any()
}

/// `1 bill`, `3 bills`: a count with its noun.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_of_nothing_is_left_out() {
        assert!(Kpi::new("Booked", 0, "/").bar(0, 0, String::new()).bar.is_none());
        assert!(Kpi::new("Booked", 3, "/").bar(3, 8, "3 of 8".to_owned()).bar.is_some());
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(1, "bill", "bills"), "1 bill");
        assert_eq!(counted(0, "bill", "bills"), "0 bills");
    }
}
