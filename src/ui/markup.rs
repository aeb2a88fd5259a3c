//! Markup written straight into a string, for tables of some hundred cells: a view of each takes far longer than its text.
//! Texts and values of attributes are escaped here, and nothing else gets in.

/// A piece of a page while it is written.
#[derive(Debug, Default)]
pub struct Markup(String);

/// An attribute: its name, which is ours, and its value.
pub type Attribute<'a> = (&'static str, &'a str);

impl Markup {
    /// Nothing yet; there will be about so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    /// An element with what `content` writes into it.
    pub fn element(
        &mut self,
        tag: &'static str,
        attributes: &[Attribute<'_>],
        content: impl FnOnce(&mut Self),
    ) {
        self.open(tag, attributes);
        content(self);
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push('>');
    }

    /// An element that can hold nothing, as `br` and `input`.
    pub fn void(&mut self, tag: &'static str, attributes: &[Attribute<'_>]) {
        self.open(tag, attributes);
    }

    fn open(&mut self, tag: &'static str, attributes: &[Attribute<'_>]) {
        self.0.push('<');
        self.0.push_str(tag);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            self.escaped(value);
            self.0.push('"');
        }
        self.0.push('>');
    }

    /// An element that holds a text.
    pub fn text_element(&mut self, tag: &'static str, attributes: &[Attribute<'_>], text: &str) {
        self.element(tag, attributes, |markup| markup.text(text));
    }

    /// A text.
    pub fn text(&mut self, text: &str) {
        self.escaped(text);
    }

    fn escaped(&mut self, text: &str) {
        let mut rest = text;
        while let Some(place) = rest.find(['&', '<', '>', '"', '\'']) {
            let (plain, found) = rest.split_at(place);
            self.0.push_str(plain);
            self.0.push_str(match found.as_bytes()[0] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                _ => "&#39;",
            });
            rest = &found[1..];
        }
        self.0.push_str(rest);
    }

    /// What was written.
    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_attributes_cannot_become_markup() {
        let mut markup = Markup::default();
        let nasty = "<b>\"O'Hara\" & Co</b> ü";
        markup.element("p", &[("class", "a"), ("title", nasty)], |markup| {
            markup.text_element("i", &[], nasty);
            markup.text("!");
        });
        let escaped = "&lt;b&gt;&quot;O&#39;Hara&quot; &amp; Co&lt;/b&gt; ü";
        assert_eq!(markup.into_string(), format!("<p class=\"a\" title=\"{escaped}\"><i>{escaped}</i>!</p>"));
    }
}
