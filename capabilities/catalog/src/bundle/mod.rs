//! 一件事一次办: several items asked for together, as one matter in the eyes of whoever asks.
//!
//! A [`Bundle`] only says which items belong together and in which order; everything a person is told (questions,
//! form, materials, days, visits) is derived from the items as they are published: [`derive()`].

mod check;
mod derive;
mod figures;
mod merge;
mod order;
mod shipped;

#[cfg(test)]
mod tests;

use base::crypto::Digest;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Item, Limit, digest_of};

pub use check::check;
pub use derive::{Derived, Lane, MergedField, MergedMaterial, MergedQuestion, derive};
pub use figures::Figures;
pub use merge::{Fate, Kind, Proof, field_identity, material_identity};
pub use shipped::shipped;

/// Items of one bundle, at most.
pub const ITEMS_MAX: usize = 30;

/// Whose matter it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum For {
    /// 个人事项.
    #[default]
    Person,
    /// 企业事项.
    Enterprise,
}

impl For {
    pub fn word(self) -> &'static str {
        match self {
            For::Person => "person",
            For::Enterprise => "enterprise",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            For::Person => "个人",
            For::Enterprise => "企业",
        }
    }
}

/// The content of one immutable version of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bundle {
    /// `[a-z][a-z0-9_]*`, part of its address.
    pub key: String,
    /// e.g. 我要开网约车
    pub name: String,
    pub aliases: Vec<String>,
    pub audience: For,
    /// What it is for, in a sentence or two.
    pub summary: String,
    /// Who needs it.
    pub who: String,
    /// 区划 that offers it.
    pub region: String,
    pub items: Vec<Member>,
    /// Keys of merged questions that are asked first, where the order of the items is not the best one.
    pub question_order: Vec<String>,
}

/// One item of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Member {
    /// 基本编码, unique in the bundle: what other members name it by.
    pub base_code: String,
    /// 实施编码 of the one body meant; empty where the body nearest to the person is meant.
    pub impl_code: String,
    /// Suffix of the 业务办理项; empty for the item itself.
    pub handling_item: String,
    /// Whoever asks may leave it out.
    pub optional: bool,
    /// Base codes of members whose result must be there first.
    pub depends_on: Vec<String>,
    /// Materials that another member's result is, beyond those whose definition says so.
    pub produced: Vec<Produced>,
    /// A shorter promise within the bundle, with its reason.
    pub promised: Option<Limit>,
    pub promised_reason: String,
    /// What has to be done in a place of its own, e.g. 到指定医院评定; such a visit is not saved by handing everything
    /// in at one window. Empty where there is no such act.
    pub on_site: String,
}

/// A material that comes out of another member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Produced {
    /// Key of the material.
    pub material: String,
    /// Base code of the member whose result it is.
    pub by: String,
}

impl Bundle {
    /// SM3 over the canonical JSON.
    pub fn digest(&self) -> Digest {
        digest_of(self)
    }
}

/// A published version of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedBundle {
    pub bundle: Bundle,
    /// 1, 2, 3 … per bundle.
    pub version: i64,
    pub digest: String,
    pub published_at: Timestamp,
    pub published_by: String,
    /// False where a newer version replaced it or the bundle was taken down.
    pub current: bool,
}

/// A member with the item it stands for.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    pub member: &'a Member,
    pub item: &'a Item,
    /// Name of the body that decides.
    pub body: &'a str,
}

impl Part<'_> {
    fn handling(&self) -> Option<&crate::model::HandlingItem> {
        self.item
            .handling_items
            .iter()
            .find(|handling| handling.suffix == self.member.handling_item)
    }

    /// The item's own promise, before the bundle.
    fn own_limit(&self) -> Option<&Limit> {
        self.handling()
            .and_then(|handling| handling.promised_limit.as_ref())
            .or(self.item.promised_limit.as_ref())
            .or(self.item.statutory_limit.as_ref())
    }

    /// Its promise within the bundle.
    fn limit(&self) -> Option<&Limit> {
        self.member.promised.as_ref().or_else(|| self.own_limit())
    }

    fn visits(&self) -> u32 {
        let own = self.handling().and_then(|handling| handling.visit_count);
        u32::from(own.unwrap_or(self.item.visit_count))
    }
}
