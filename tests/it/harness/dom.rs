//! Pages as a browser understands them: an HTML parser of browser grade reads them, so that markup that only looks
//! harmless to a search for text does not get through.

use super::Reply;
use scraper::{ElementRef, Html, Selector};
use std::collections::BTreeSet;

/// A form that a page shows.
#[derive(Clone, Debug)]
pub struct Form {
    pub is_post: bool,
    pub action: String,
    /// Name, value and whether people type it.
    pub fields: Vec<(String, String, bool)>,
}

fn select<'d>(document: &'d Html, selector: &str) -> Vec<ElementRef<'d>> {
    if selector == "*" {
        return document.tree.nodes().filter_map(ElementRef::wrap).collect();
    }
    document.select(&Selector::parse(selector).unwrap()).collect()
}

/// The addresses of this site that a page leads to.
pub fn links(html: &str) -> Vec<String> {
    let document = Html::parse_document(html);
    let targets = select(&document, "a[href]").into_iter().filter_map(|link| link.attr("href"));
    let local = |target: &&str| target.starts_with('/') && !target.starts_with("/assets");
    targets.filter(local).map(|target| target.split('#').next().unwrap().to_owned()).collect()
}

/// The forms of a page at `path`, with the values they are shown with.
pub fn forms(path: &str, html: &str) -> Vec<Form> {
    let document = Html::parse_document(html);
    select(&document, "form").into_iter().map(|form| read_form(path, form)).collect()
}

/// The names that a form of the page could send more than once; of radio buttons one at most is sent.
pub fn doubled(html: &str) -> Vec<String> {
    let document = Html::parse_document(html);
    let mut found = Vec::new();
    for form in select(&document, "form") {
        let mut names = BTreeSet::new();
        for field in form.select(&Selector::parse("input[name], textarea[name], select[name]").unwrap()) {
            let name = field.attr("name").unwrap();
            if field.attr("type") != Some("radio") && !names.insert(name) || field.attr("multiple").is_some()
            {
                found.push(name.to_owned());
            }
        }
    }
    found
}

fn read_form(path: &str, form: ElementRef<'_>) -> Form {
    let mut fields: Vec<(String, String, bool)> = Vec::new();
    for field in form.select(&Selector::parse("input[name], textarea[name], select[name]").unwrap()) {
        let name = field.attr("name").unwrap().to_owned();
        let kind = field.attr("type").unwrap_or("text");
        let value = match field.value().name() {
            "textarea" => field.text().collect(),
            "select" => chosen(field),
            _ => field.attr("value").unwrap_or_default().to_owned(),
        };
        let is_typed = field.value().name() == "textarea"
            || (field.value().name() == "input"
                && matches!(kind, "text" | "search" | "tel" | "email" | "password" | "url"));
        if !matches!(kind, "radio" | "checkbox") || !fields.iter().any(|(known, ..)| *known == name) {
            fields.push((name, value, is_typed));
        }
    }
    let action = form.attr("action").filter(|action| !action.is_empty()).unwrap_or(path);
    Form { is_post: form.attr("method") == Some("post"), action: action.to_owned(), fields }
}

fn chosen(select: ElementRef<'_>) -> String {
    let options: Vec<_> = select.select(&Selector::parse("option").unwrap()).collect();
    let marked = options.iter().find(|option| option.attr("selected").is_some());
    marked.or(options.last()).and_then(|option| option.attr("value")).unwrap_or_default().to_owned()
}

/// Elements that no page of this site has.
const FOREIGN: [&str; 16] = [
    "style",
    "iframe",
    "frame",
    "frameset",
    "object",
    "embed",
    "applet",
    "base",
    "math",
    "marquee",
    "foreignobject",
    "animate",
    "set",
    "video",
    "audio",
    "portal",
];
/// Attributes that a browser fetches or follows.
const ADDRESSES: [&str; 12] = [
    "href",
    "src",
    "action",
    "formaction",
    "srcset",
    "poster",
    "data",
    "background",
    "ping",
    "cite",
    "longdesc",
    "manifest",
];

/// Fails the test if a page has code that is not its own, or leads to another site.
#[track_caller]
pub fn check_inert(place: &str, reply: &Reply) {
    let policy = reply.header("content-security-policy");
    let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).unwrap_or("-");
    let document = Html::parse_document(&reply.text());
    for element in select(&document, "*") {
        let name = element.value().name().to_ascii_lowercase();
        let shown = || element.html().chars().take(300).collect::<String>();
        assert!(!FOREIGN.contains(&name.as_str()), "{place}: {}", shown());
        if name == "script" {
            let is_data = element.attr("type") == Some("application/json");
            let is_own = element.attr("nonce") == Some(nonce);
            let is_file = element.attr("src").is_some() && element.inner_html().is_empty();
            assert!(is_data || is_own || is_file, "{place}: {}", shown());
        }
        if name == "meta" {
            assert!(element.attr("http-equiv").is_none(), "{place}: {}", shown());
        }
        for (attribute, value) in element.value().attrs() {
            let attribute = attribute.rsplit(':').next().unwrap().to_ascii_lowercase();
            assert!(!attribute.starts_with("on"), "{place}: {}", shown());
            assert!(attribute != "style" && attribute != "srcdoc", "{place}: {}", shown());
            if ADDRESSES.contains(&attribute.as_str()) {
                assert!(is_own_address(value), "{place}: {}", shown());
            }
        }
    }
}

/// Whether an address is of this site, a telephone number or a mail address.
fn is_own_address(value: &str) -> bool {
    let bare: String =
        value.chars().filter(|character| !character.is_control() && !character.is_whitespace()).collect();
    let is_local = bare.is_empty() || bare.starts_with(['/', '#', '?']) && !bare.starts_with("//");
    (is_local && !bare.contains('\\')) || bare.starts_with("tel:") || bare.starts_with("mailto:")
}
