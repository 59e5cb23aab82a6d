//! Reading our own pages: elements, forms, links, visible text. Not a parser for the web at large.

/// A page as a flat list of tags and texts.
#[derive(Clone, Debug, Default)]
pub struct Document {
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Open(Element),
    Close(String),
    Text(String),
}

/// An opening tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
}

/// A form as it stands on a page, ready to be changed and sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    pub action: String,
    pub post: bool,
    pub multipart: bool,
    /// Names and values that would be sent, in order: hidden fields, defaults, ticked boxes, chosen options.
    pub values: Vec<(String, String)>,
    /// Every control, ticked or not.
    pub controls: Vec<Control>,
    pub buttons: Vec<Button>,
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    pub name: String,
    /// `text`, `radio`, `checkbox`, `select`, `textarea`, `file`, `hidden` …
    pub kind: String,
    /// Of a radio, checkbox or option.
    pub value: String,
}

/// A button that sends a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    pub text: String,
    /// What it adds to the form; none for a plain button.
    pub adds: Option<(String, String)>,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn has(&self, name: &str) -> bool {
        self.attribute(name).is_some()
    }
}

/// Elements without an end.
const VOID: [&str; 10] = [
    "area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source",
];

impl Document {
    pub fn parse(text: &str) -> Document {
        let mut nodes = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let Some(at) = rest.find('<') else {
                push_text(&mut nodes, rest);
                break;
            };
            push_text(&mut nodes, &rest[..at]);
            rest = &rest[at..];
            if let Some(comment) = rest.strip_prefix("<!--") {
                rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
                continue;
            }
            let (tag, after) = split_tag(rest);
            rest = after;
            if let Some(name) = tag.strip_prefix('/') {
                nodes.push(Node::Close(name.trim().to_ascii_lowercase()));
                continue;
            }
            if tag.starts_with('!') || tag.starts_with('?') {
                continue;
            }
            let element = element(tag);
            let name = element.name.clone();
            nodes.push(Node::Open(element));
            if matches!(name.as_str(), "script" | "style" | "textarea" | "title") {
                let end = rest.find(&format!("</{name}")).unwrap_or(rest.len());
                push_text(&mut nodes, &rest[..end]);
                rest = &rest[end..];
            }
        }
        Document { nodes }
    }

    /// Every opening tag.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Open(element) => Some(element),
            Node::Close(_) | Node::Text(_) => None,
        })
    }

    /// Opening tags of a name.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.elements().filter(move |element| element.name == name)
    }

    /// Opening tags that stand inside an element of a name.
    pub fn inside(&self, name: &str) -> Vec<&Element> {
        let mut depth = 0_usize;
        let mut found = Vec::new();
        for node in &self.nodes {
            match node {
                Node::Open(element) if element.name == name => depth += 1,
                Node::Open(element) if depth > 0 => found.push(element),
                Node::Close(closed) if closed == name => depth = depth.saturating_sub(1),
                Node::Open(_) | Node::Close(_) | Node::Text(_) => {}
            }
        }
        found
    }

    /// The visible text of every element of a name.
    pub fn texts(&self, name: &str) -> Vec<String> {
        (0..self.nodes.len())
            .filter(|at| matches!(&self.nodes[*at], Node::Open(element) if element.name == name))
            .map(|at| self.text_from(at))
            .collect()
    }

    /// The element with this id, and its text.
    pub fn by_id(&self, id: &str) -> Option<(&Element, String)> {
        self.nodes
            .iter()
            .enumerate()
            .find_map(|(at, node)| match node {
                Node::Open(element) if element.attribute("id") == Some(id) => {
                    Some((element, self.text_from(at)))
                }
                _ => None,
            })
    }

    /// Everything that is read on the page: texts outside scripts, in order.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut hidden = false;
        for node in &self.nodes {
            match node {
                Node::Open(element) if matches!(element.name.as_str(), "script" | "style") => {
                    hidden = true;
                }
                Node::Close(name) if matches!(name.as_str(), "script" | "style") => hidden = false,
                Node::Text(text) if !hidden => out.push_str(text),
                _ => {}
            }
        }
        out
    }

    /// Every text with the language it stands in, as the nearest `lang` says.
    pub fn spoken(&self) -> Vec<(String, &str)> {
        let mut open: Vec<(&str, &str)> = Vec::new();
        let mut spoken = Vec::new();
        for node in &self.nodes {
            let lang = open.last().map_or("", |(_, lang)| *lang);
            match node {
                Node::Open(element) => {
                    let own = element.attribute("lang").unwrap_or(lang);
                    if !VOID.contains(&element.name.as_str()) {
                        open.push((&element.name, own));
                    }
                }
                Node::Close(closed) => {
                    if let Some(at) = open.iter().rposition(|(name, _)| name == closed) {
                        open.truncate(at);
                    }
                }
                Node::Text(text) => spoken.push((lang.to_owned(), text.as_str())),
            }
        }
        spoken
    }

    /// Where the links of the page lead, with their text.
    pub fn links(&self) -> Vec<(String, String)> {
        self.nodes
            .iter()
            .enumerate()
            .filter_map(|(at, node)| match node {
                Node::Open(element) if element.name == "a" => {
                    Some((element.attribute("href")?.to_owned(), self.text_from(at)))
                }
                _ => None,
            })
            .collect()
    }

    /// The forms of the page, in order.
    pub fn forms(&self) -> Vec<Form> {
        let mut forms = Vec::new();
        let mut at = 0;
        while at < self.nodes.len() {
            if let Node::Open(element) = &self.nodes[at]
                && element.name == "form"
            {
                let end = self.end_of(at);
                forms.push(self.form(at, end));
                at = end;
            }
            at += 1;
        }
        forms
    }

    fn form(&self, start: usize, end: usize) -> Form {
        let Node::Open(head) = &self.nodes[start] else {
            return Form::default();
        };
        let mut form = Form {
            action: head.attribute("action").unwrap_or_default().to_owned(),
            post: head
                .attribute("method")
                .is_some_and(|method| method.eq_ignore_ascii_case("post")),
            multipart: head.attribute("enctype") == Some("multipart/form-data"),
            ..Form::default()
        };
        let mut select: Option<(String, bool)> = None;
        for at in start + 1..end {
            let Node::Open(element) = &self.nodes[at] else {
                if let Node::Close(name) = &self.nodes[at]
                    && name == "select"
                {
                    select = None;
                }
                continue;
            };
            if element.has("disabled") {
                continue;
            }
            let name = element.attribute("name").unwrap_or_default().to_owned();
            let value = element.attribute("value").unwrap_or_default().to_owned();
            match element.name.as_str() {
                "input" => {
                    let kind = element.attribute("type").unwrap_or("text").to_owned();
                    if kind == "submit" {
                        form.buttons.push(Button {
                            text: value.clone(),
                            adds: (!name.is_empty()).then_some((name, value)),
                        });
                        continue;
                    }
                    let ticks = matches!(kind.as_str(), "radio" | "checkbox");
                    let value = if ticks && !element.has("value") {
                        "on".to_owned()
                    } else {
                        value
                    };
                    if !name.is_empty() && kind != "file" && (!ticks || element.has("checked")) {
                        form.values.push((name.clone(), value.clone()));
                    }
                    form.controls.push(Control { name, kind, value });
                }
                "textarea" => {
                    form.values.push((name.clone(), self.held(at)));
                    form.controls.push(Control {
                        name,
                        kind: "textarea".to_owned(),
                        value: String::new(),
                    });
                }
                "select" => select = Some((name, false)),
                "option" => {
                    let Some((owner, chosen)) = &mut select else {
                        continue;
                    };
                    let value = if element.has("value") {
                        value
                    } else {
                        self.text_from(at)
                    };
                    form.controls.push(Control {
                        name: owner.clone(),
                        kind: "select".to_owned(),
                        value: value.clone(),
                    });
                    // The first option counts until another one is marked.
                    if element.has("selected") && *chosen {
                        form.values.retain(|(known, _)| known != owner);
                        *chosen = false;
                    }
                    if !*chosen {
                        *chosen = true;
                        form.values.push((owner.clone(), value));
                    }
                }
                "button" if element.attribute("type").unwrap_or("submit") == "submit" => {
                    form.buttons.push(Button {
                        text: self.text_from(at),
                        adds: (!name.is_empty()).then_some((name, value)),
                    });
                }
                _ => {}
            }
        }
        form
    }

    /// The place of the tag that ends the element opened at `start`.
    fn end_of(&self, start: usize) -> usize {
        let Node::Open(element) = &self.nodes[start] else {
            return start;
        };
        if VOID.contains(&element.name.as_str()) {
            return start;
        }
        let mut depth = 0;
        for (at, node) in self.nodes.iter().enumerate().skip(start) {
            match node {
                Node::Open(open) if open.name == element.name => depth += 1,
                Node::Close(name) if *name == element.name => {
                    depth -= 1;
                    if depth == 0 {
                        return at;
                    }
                }
                _ => {}
            }
        }
        self.nodes.len()
    }

    /// What a textarea holds, line by line; a line break right after the tag is the tag's.
    fn held(&self, start: usize) -> String {
        let mut out = String::new();
        for node in &self.nodes[start..self.end_of(start)] {
            if let Node::Text(text) = node {
                out.push_str(text);
            }
        }
        out.strip_prefix('\n').unwrap_or(&out).to_owned()
    }

    fn text_from(&self, start: usize) -> String {
        let end = self.end_of(start);
        let mut out = String::new();
        for node in &self.nodes[start..end] {
            if let Node::Text(text) = node {
                out.push_str(text);
            }
        }
        out.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl Form {
    /// Sets a field: replaces a text, chooses a radio or option, ticks a box.
    ///
    /// # Panics
    /// When the form has no such field or no such choice: a person could not do it either.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Form {
        let same: Vec<&Control> = self
            .controls
            .iter()
            .filter(|control| control.name == name)
            .collect();
        assert!(
            !same.is_empty(),
            "the form has no field {name}: {:?}",
            self.controls
        );
        let kind = same[0].kind.clone();
        if matches!(kind.as_str(), "radio" | "checkbox" | "select") {
            assert!(
                same.iter().any(|control| control.value == value),
                "field {name} has no choice {value}: {same:?}"
            );
        }
        if kind != "checkbox" {
            self.values.retain(|(known, _)| known != name);
        }
        self.values.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Takes a box's tick away, or leaves a field out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Form {
        self.values.retain(|(known, _)| known != name);
        self
    }

    /// Puts a value there that a browser would not send.
    #[must_use]
    pub fn forged(mut self, name: &str, value: impl Into<String>) -> Form {
        self.values.retain(|(known, _)| known != name);
        self.values.push((name.to_owned(), value.into()));
        self
    }

    /// As if the button with this text were pressed.
    ///
    /// # Panics
    /// When there is no such button.
    #[must_use]
    pub fn press(mut self, text: &str) -> Form {
        let button = self
            .buttons
            .iter()
            .find(|button| button.text.starts_with(text))
            .unwrap_or_else(|| panic!("the form has no button {text}: {:?}", self.buttons));
        self.values.extend(button.adds.clone());
        self
    }

    /// The value of a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

fn push_text(nodes: &mut Vec<Node>, text: &str) {
    if !text.is_empty() {
        nodes.push(Node::Text(decode(text)));
    }
}

/// The inside of a tag, and what follows it; quotes may hold `>`.
fn split_tag(text: &str) -> (&str, &str) {
    let mut quote = None;
    for (at, sign) in text.char_indices().skip(1) {
        match (quote, sign) {
            (None, '"' | '\'') => quote = Some(sign),
            (Some(open), close) if open == close => quote = None,
            (None, '>') => return (&text[1..at], &text[at + 1..]),
            _ => {}
        }
    }
    (&text[1..], "")
}

fn element(tag: &str) -> Element {
    let tag = tag.trim_end_matches('/').trim();
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            break;
        }
        let end = rest
            .find(|sign: char| sign == '=' || sign.is_whitespace())
            .unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let Some(value) = rest.strip_prefix('=') else {
            attributes.push((name, String::new()));
            continue;
        };
        let value = value.trim_start();
        let (value, after) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let value = &value[1..];
                value.split_once(quote).unwrap_or((value, ""))
            }
            _ => value.split_once(char::is_whitespace).unwrap_or((value, "")),
        };
        attributes.push((name, decode(value)));
        rest = after;
    }
    Element {
        name: name.to_ascii_lowercase(),
        attributes,
    }
}

/// Resolves character references.
fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let resolved = rest.find(';').filter(|end| *end <= 8).and_then(|end| {
            let sign = match &rest[1..end] {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "apos" => '\'',
                "nbsp" => '\u{a0}',
                number => {
                    let number = number.strip_prefix('#')?;
                    let code = match number.strip_prefix(['x', 'X']) {
                        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                        None => number.parse().ok()?,
                    };
                    char::from_u32(code)?
                }
            };
            Some((sign, end + 1))
        });
        let (sign, length) = resolved.unwrap_or(('&', 1));
        out.push(sign);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<!doctype html><title>查 &amp; 找</title><h1 id="top">您好</h1>
        <form method="post" action="/a?b=1&amp;c=2"><input type="hidden" name="csrf" value="x&#34;y">
        <label><input type="radio" name="way" value="1" checked>甲</label><label><input type="radio" name="way" value="2">乙</label>
        <input type="checkbox" name="agree" value="1"><textarea name="note">一&lt;二</textarea>
        <select name="year"><option value="2025">去年<option value="2026" selected>今年</select>
        <button type="submit" name="do" value="later">以后</button><button>提交</button></form>
        <a href="/x">去 <b>那里</b></a><script>if (1 < 2) { "<h1>" }</script>"#;

    #[test]
    fn forms_are_read_as_a_browser_would_send_them() {
        let page = Document::parse(PAGE);
        let form = &page.forms()[0];
        assert_eq!(form.action, "/a?b=1&c=2");
        let sent: Vec<(&str, &str)> = form
            .values
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        assert_eq!(
            sent,
            [
                ("csrf", "x\"y"),
                ("way", "1"),
                ("note", "一<二"),
                ("year", "2026")
            ]
        );
        let changed = form.clone().set("way", "2").set("agree", "1").press("以后");
        assert_eq!(changed.value("way"), Some("2"));
        assert_eq!(changed.value("do"), Some("later"));
        assert_eq!(changed.value("agree"), Some("1"));
    }

    #[test]
    #[should_panic(expected = "has no choice 3")]
    fn a_choice_that_is_not_offered_cannot_be_made() {
        drop(Document::parse(PAGE).forms()[0].clone().set("way", "3"));
    }

    #[test]
    fn texts_and_links_are_read_and_scripts_are_not() {
        let page = Document::parse(PAGE);
        assert_eq!(page.texts("h1"), ["您好"]);
        assert_eq!(page.links(), [("/x".to_owned(), "去 那里".to_owned())]);
        assert!(page.text().contains("查 & 找"));
        assert!(!page.text().contains("1 < 2"));
    }
}
