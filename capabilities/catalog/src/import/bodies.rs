//! Which organisation a word in a file means.

use std::collections::HashMap;

use base::ids::OrgId;
use base::text::{normalise_code, single_line};

/// The known bodies, by everything a file may call them.
#[derive(Clone, Debug, Default)]
pub struct Bodies {
    known: HashMap<OrgId, Known>,
    words: HashMap<String, Match>,
    mapped: HashMap<String, OrgId>,
    default: Option<OrgId>,
}

#[derive(Clone, Debug)]
struct Known {
    name: String,
    region: String,
    uscc: String,
}

/// What a file may call a body.
#[derive(Clone, Copy, Debug)]
pub struct Body<'a> {
    pub id: OrgId,
    pub key: &'a str,
    pub name: &'a str,
    pub short_name: &'a str,
    pub uscc: &'a str,
    pub region: &'a str,
}

#[derive(Clone, Copy, Debug)]
enum Match {
    One(OrgId),
    Several,
}

/// What a word means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    One(OrgId),
    /// Nobody is called so; the record goes to the body chosen for such records.
    Default(OrgId),
    Several,
    None,
}

impl Bodies {
    /// Adds a body under its key, names and credit code. A name two bodies share means neither.
    pub fn add(&mut self, body: &Body<'_>) {
        self.known.insert(
            body.id,
            Known {
                name: body.name.to_owned(),
                region: body.region.to_owned(),
                uscc: normalise_code(body.uscc),
            },
        );
        for word in [body.key, body.name, body.short_name] {
            self.word(&single_line(word), body.id);
        }
        self.word(&normalise_code(body.uscc), body.id);
    }

    fn word(&mut self, word: &str, id: OrgId) {
        if word.is_empty() {
            return;
        }
        self.words
            .entry(word.to_owned())
            .and_modify(|known| {
                if !matches!(known, Match::One(other) if *other == id) {
                    *known = Match::Several;
                }
            })
            .or_insert(Match::One(id));
    }

    /// Says whom a department of the file means; wins over names.
    pub fn map(&mut self, department: &str, id: OrgId) {
        self.mapped.insert(single_line(department), id);
    }

    /// The body for records whose department nobody answers to. Each of them is marked.
    #[must_use]
    pub fn with_default(mut self, id: Option<OrgId>) -> Bodies {
        self.default = id;
        self
    }

    /// Whom the word means.
    pub fn find(&self, word: &str) -> Found {
        let word = single_line(word);
        if let Some(id) = self.mapped.get(&word) {
            return Found::One(*id);
        }
        let known = self
            .words
            .get(&word)
            .or_else(|| self.words.get(&normalise_code(&word)));
        match (known, self.default) {
            (Some(Match::One(id)), _) => Found::One(*id),
            (Some(Match::Several), _) => Found::Several,
            (None, Some(id)) => Found::Default(id),
            (None, None) => Found::None,
        }
    }

    /// The full name of a known body; empty for one that is not.
    pub fn name(&self, id: OrgId) -> &str {
        self.known.get(&id).map_or("", |known| &known.name)
    }

    /// The credit code of a known body; empty where it has none.
    pub fn uscc(&self, id: OrgId) -> &str {
        self.known.get(&id).map_or("", |known| &known.uscc)
    }

    /// The region of a known body; empty for one that is not.
    pub fn region(&self, id: OrgId) -> &str {
        self.known.get(&id).map_or("", |known| &known.region)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::ids::Uuid;

    fn org(n: u128) -> OrgId {
        OrgId::from_uuid(Uuid::from_u128(n))
    }

    #[test]
    fn a_body_answers_to_its_names_and_codes() {
        let mut bodies = Bodies::default();
        let first = Body {
            id: org(1),
            key: "990102.civil",
            name: "云川区民政局",
            short_name: "云川民",
            uscc: "11990102MB0020298Q",
            region: "990102",
        };
        bodies.add(&first);
        bodies.add(&Body {
            id: org(2),
            key: "990103.civil",
            name: "临江区民政局",
            uscc: "11990103MB0020298R",
            region: "990103",
            ..first
        });
        assert_eq!(bodies.find("990102.civil"), Found::One(org(1)));
        assert_eq!(bodies.find(" 云川区民政局\n"), Found::One(org(1)));
        assert_eq!(bodies.find("１１990102mb0020298q"), Found::One(org(1)));
        assert_eq!(bodies.find("云川民"), Found::Several);
        assert_eq!(bodies.find("区民政局"), Found::None);
        bodies.map("区民政局", org(1));
        assert_eq!(bodies.find("区民政局"), Found::One(org(1)));
        let bodies = bodies.with_default(Some(org(2)));
        assert_eq!(bodies.find("区卫健局"), Found::Default(org(2)));
        assert_eq!(bodies.find(""), Found::Default(org(2)));
    }
}
