//! What the one pattern of staff lists is given: address, filters, columns, views. `templates/staff-list.html`
//! draws it, `assets/list.js` adds keys and live changes.
//!
//! A list's whole state stands in its address, so it can be saved, shared, exported and come back to.

use crate::{Page, View};

/// The address of a list as name/value pairs; empty values are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListAddress {
    path: &'static str,
    pairs: Vec<(&'static str, String)>,
}

impl ListAddress {
    pub fn new(path: &'static str) -> ListAddress {
        ListAddress {
            path,
            pairs: Vec::new(),
        }
    }

    /// The address with this value for the name; an empty one takes the name away.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> ListAddress {
        let value = value.into();
        self.pairs.retain(|(known, _)| *known != name);
        if !value.is_empty() {
            self.pairs.push((name, value));
        }
        self
    }

    /// The value of a name, or "".
    pub fn get(&self, name: &str) -> &str {
        self.pairs
            .iter()
            .find(|(known, _)| *known == name)
            .map_or("", |(_, value)| value)
    }

    /// Names and values, for the hidden fields of a form.
    pub fn pairs(&self) -> &[(&'static str, String)] {
        &self.pairs
    }

    /// What follows the question mark.
    pub fn query(&self) -> String {
        self.pairs
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect::<Vec<_>>()
            .join("&")
    }

    pub fn href(&self) -> String {
        match self.query() {
            query if query.is_empty() => self.path.to_owned(),
            query => format!("{}?{query}", self.path),
        }
    }
}

/// Percent-encodes a value of a query.
pub fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("a String takes everything");
        }
        out
    })
}

/// One control of the filter form; labels arrive translated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// `search`, `text`, `choice`, `day` or `tick`.
    pub kind: &'static str,
    pub name: &'static str,
    pub label: String,
    pub value: String,
    /// Of a choice: (value, label).
    pub options: Vec<(String, String)>,
}

impl Field {
    fn new(kind: &'static str, name: &'static str, label: &str, value: &str) -> Field {
        Field {
            kind,
            name,
            label: label.to_owned(),
            value: value.to_owned(),
            options: Vec::new(),
        }
    }

    /// The list's own search; `/` leads to it.
    pub fn search(name: &'static str, label: &str, value: &str) -> Field {
        Field::new("search", name, label, value)
    }

    /// A short text such as a code.
    pub fn text(name: &'static str, label: &str, value: &str) -> Field {
        Field::new("text", name, label, value)
    }

    /// One of some options; the first of them usually is everything.
    pub fn choice(
        name: &'static str,
        label: &str,
        value: &str,
        options: Vec<(String, String)>,
    ) -> Field {
        Field {
            options,
            ..Field::new("choice", name, label, value)
        }
    }

    /// A day, written 2026-05-18.
    pub fn day(name: &'static str, label: &str, value: &str) -> Field {
        Field::new("day", name, label, value)
    }

    /// A box that sends 1.
    pub fn tick(name: &'static str, label: &str, on: bool) -> Field {
        Field::new("tick", name, label, if on { "1" } else { "" })
    }
}

/// The filter form of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    pub action: &'static str,
    pub fields: Vec<Field>,
    /// What the form does not ask but keeps: the order, the tab.
    pub keep: Vec<(&'static str, String)>,
    /// Where everything is shown again; empty where nothing is filtered.
    pub clear: String,
    /// 共12件, and how they are ordered.
    pub said: String,
}

impl Filters {
    /// Conditions that always stand open: the texts a list begins with, or its only condition.
    fn open(&self) -> usize {
        let texts = self
            .fields
            .iter()
            .take_while(|field| matches!(field.kind, "search" | "text"));
        match (texts.count(), self.fields.len()) {
            (0, 1) => 1,
            (texts, _) => texts,
        }
    }

    pub(crate) fn first(&self) -> &[Field] {
        &self.fields[..self.open()]
    }

    /// The others, folded where there is little room.
    pub(crate) fn more(&self) -> &[Field] {
        &self.fields[self.open()..]
    }

    /// Whether one of the others narrows the list: then they are not folded.
    pub(crate) fn narrows(&self) -> bool {
        self.more().iter().any(|field| !field.value.is_empty())
    }
}

/// A column's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    pub label: String,
    /// Sorts by this column, or turns the order around; empty where the column does not sort.
    pub href: String,
    pub sorted: Sorted,
    /// Numbers stand on the right.
    pub right: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sorted {
    #[default]
    No,
    Up,
    Down,
}

impl Sorted {
    /// For `aria-sort`.
    pub fn word(self) -> &'static str {
        match self {
            Sorted::No => "none",
            Sorted::Up => "ascending",
            Sorted::Down => "descending",
        }
    }

    pub fn sign(self) -> &'static str {
        match self {
            Sorted::No => "",
            Sorted::Up => "↑",
            Sorted::Down => "↓",
        }
    }
}

impl Column {
    pub fn new(label: impl Into<String>) -> Column {
        Column {
            label: label.into(),
            href: String::new(),
            sorted: Sorted::No,
            right: false,
        }
    }

    /// A column that sorts: `sort=key`, the other way round `sort=-key`. `first` is the direction of the first
    /// press, `standing` the order of a list whose address names none.
    #[must_use]
    pub fn sorting(mut self, at: &ListAddress, key: &str, first: Sorted, standing: &str) -> Column {
        let (up, down) = (key.to_owned(), format!("-{key}"));
        let now = match at.get("sort") {
            "" => standing,
            sort => sort,
        };
        self.sorted = if now == up {
            Sorted::Up
        } else if now == down {
            Sorted::Down
        } else {
            Sorted::No
        };
        let next = match (self.sorted, first) {
            (Sorted::Up, _) | (Sorted::No, Sorted::Down) => down,
            _ => up,
        };
        let next = if next == standing {
            String::new()
        } else {
            next
        };
        self.href = at.clone().with("cursor", "").with("sort", next).href();
        self
    }

    #[must_use]
    pub fn right(mut self) -> Column {
        self.right = true;
        self
    }
}

/// Tabs of a list: what it always offers, then what was saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Views {
    /// Key of the list, under which views are saved.
    pub list: &'static str,
    pub tabs: Vec<View>,
    /// What would be saved; empty where nothing is filtered or sorted, so that there is nothing to save.
    pub query: String,
}

/// A button over the ticked rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkAct {
    pub value: &'static str,
    pub label: String,
}

/// Letters that lead to the places of the menu after `g`.
const GO: &[(&str, char)] = &[
    ("queue", 'q'),
    ("intake", 'n'),
    ("cases", 'c'),
    ("board", 'b'),
    ("wall", 'w'),
    ("ratings", 'r'),
    ("catalog", 'i'),
    ("admin-halls", 'h'),
    ("orgs", 'o'),
    ("admin-staff", 's'),
    ("admin-regions", 'l'),
    ("admin-calendar", 'd'),
    ("admin-acts", 'a'),
];

impl Page {
    /// The letter that leads to an entry of the menu after `g`; "" where none does.
    pub fn go_letter(&self, key: &str) -> String {
        GO.iter()
            .find(|(known, _)| *known == key)
            .map_or_else(String::new, |(_, letter)| letter.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> ListAddress {
        ListAddress::new("/staff")
            .with("q", "王&小 明")
            .with("light", "")
            .with("cursor", "abc")
    }

    #[test]
    fn an_address_keeps_what_is_given_and_encodes_it() {
        assert_eq!(
            at().href(),
            "/staff?q=%E7%8E%8B%26%E5%B0%8F%20%E6%98%8E&cursor=abc"
        );
        assert_eq!(at().with("q", "").with("cursor", "").href(), "/staff");
        assert_eq!(at().with("q", "1").with("q", "2").get("q"), "2");
    }

    #[test]
    fn a_head_turns_its_order_around_and_begins_at_the_first_page() {
        let head = |sort: &str, key: &str, first| {
            let at = at().with("q", "").with("sort", sort);
            let head = Column::new("x").sorting(&at, key, first, "due");
            (head.sorted, head.href)
        };
        assert_eq!(
            head("", "due", Sorted::Up),
            (Sorted::Up, "/staff?sort=-due".to_owned())
        );
        assert_eq!(
            head("-due", "due", Sorted::Up),
            (Sorted::Down, "/staff".to_owned())
        );
        assert_eq!(
            head("", "opened", Sorted::Down),
            (Sorted::No, "/staff?sort=-opened".to_owned())
        );
        assert_eq!(
            head("-opened", "opened", Sorted::Down),
            (Sorted::Down, "/staff?sort=opened".to_owned())
        );
        assert_eq!(
            head("unknown", "item", Sorted::Up),
            (Sorted::No, "/staff?sort=item".to_owned())
        );
    }
}
