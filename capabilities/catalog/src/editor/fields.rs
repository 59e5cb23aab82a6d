//! What a field is: where it stands, whose it is, how it is typed.

/// Whose a field is (the ownership column of the element list in `docs/glossary.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Fixed by the base item.
    Base,
    /// The base item's list, to which a body may add what belongs to it: bases of its own level, clarifications.
    BaseAndLocal,
    /// May only become better for the applicant.
    Narrow,
    /// The body's own.
    Local,
    /// Made by the platform.
    Made,
}

impl Owner {
    /// The letter beside the field.
    pub fn mark(self) -> &'static str {
        match self {
            Owner::Base => "B",
            Owner::BaseAndLocal => "B/L",
            Owner::Narrow => "N",
            Owner::Local => "L",
            Owner::Made => "",
        }
    }

    /// What the letter means.
    pub fn meaning(self) -> &'static str {
        match self {
            Owner::Base => "基本目录统一规定",
            Owner::BaseAndLocal => "基本目录规定，本地可补充",
            Owner::Narrow => "本地只能优化",
            Owner::Local => "本地自定",
            Owner::Made => "系统生成",
        }
    }
}

/// How a field is typed.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// One line.
    Text,
    /// Several lines.
    Long,
    /// A list of texts, one a line.
    Lines,
    /// A whole number; empty is 0.
    Number(u64),
    /// A whole number or nothing.
    Optional(u64),
    /// A whole number of either sign, or nothing.
    Signed,
    Yes,
    /// One of some words, as stored and as read.
    Word(&'static [(&'static str, &'static str)]),
    /// One of some numeric codes; null where nothing is chosen.
    Code(&'static [(u8, &'static str)]),
    /// One of some numeric codes; 0 where nothing is chosen.
    Level(&'static [(u8, &'static str)]),
    /// Several of some numeric codes.
    Codes(&'static [(u8, &'static str)]),
    /// Several of some words.
    Words(&'static [(&'static str, &'static str)]),
    /// Number, unit and note.
    Limit,
    Day,
    /// Options, one a line: 值|名称|提示.
    Choices,
    /// Entries with fields of their own.
    Rows(&'static [Field]),
    /// What has no form of its own here.
    Json,
}

/// One field of a record.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// From the record, or from the row it stands in.
    pub path: &'static str,
    pub owner: Owner,
    pub kind: Kind,
    pub hint: &'static str,
}

impl Field {
    pub(super) const fn new(path: &'static str, owner: Owner, kind: Kind) -> Field {
        Field {
            path,
            owner,
            kind,
            hint: "",
        }
    }

    pub(super) const fn hint(mut self, hint: &'static str) -> Field {
        self.hint = hint;
        self
    }
}

/// Fields that are edited on one page.
#[derive(Clone, Copy, Debug)]
pub struct Section {
    /// Part of the address.
    pub key: &'static str,
    pub title: &'static str,
    pub fields: &'static [Field],
}
