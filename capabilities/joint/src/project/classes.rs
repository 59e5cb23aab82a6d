//! The classes of construction projects, as data: which stages each has, who leads, what belongs to them.
//!
//! `data/projects/classes.json` ships with limits from the reports and matters that are a proposal; a deployment
//! replaces it with its own.

use std::sync::LazyLock;

use catalog::model::{Form, Material};
use serde::{Deserialize, Serialize};

const SHIPPED: &str = include_str!("../../../../data/projects/classes.json");

/// 项目类型 with its route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    pub key: String,
    pub name: String,
    /// Working days of approval over all stages, at most.
    pub days: u32,
    /// Who it is for.
    pub note: String,
    pub stages: Vec<StagePlan>,
}

/// One stage of a class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StagePlan {
    pub key: String,
    pub name: String,
    /// Key of the leading body.
    pub lead: String,
    pub days: u32,
    pub matters: Vec<Matter>,
    /// What the stage asks beside its matters' forms.
    #[serde(default)]
    pub form: Form,
    #[serde(default)]
    pub materials: Vec<Material>,
}

/// One matter of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matter {
    pub key: String,
    /// Shown where it is not an item of the catalogue.
    #[serde(default)]
    pub name: String,
    /// 基本编码: an approval of its own. Empty for an opinion.
    #[serde(default)]
    pub item: String,
    /// Key of the body that gives the opinion.
    #[serde(default)]
    pub body: String,
    /// Keys of matters of the stage whose result must be there first: approvals that come before it, opinions anywhere.
    #[serde(default)]
    pub after: Vec<String>,
    #[serde(default)]
    pub optional: bool,
    /// Key of the area assessment that stands for it.
    #[serde(default)]
    pub assessment: String,
    /// 联合验收 and 联合审图 are looked at together.
    #[serde(default)]
    pub together: String,
}

/// 区域评估 that a project may rely on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assessment {
    pub key: String,
    pub name: String,
}

/// 市政公用服务.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Utility {
    pub key: String,
    pub name: String,
    /// Key of the body that sees to it.
    pub body: String,
    /// Working days from asking to connection.
    pub days: u32,
}

/// Everything the file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Classes {
    pub source: String,
    pub classes: Vec<Class>,
    pub assessments: Vec<Assessment>,
    pub utilities: Vec<Utility>,
}

/// The shipped classes.
pub fn shipped() -> &'static Classes {
    static CLASSES: LazyLock<Classes> = LazyLock::new(|| {
        base::json::read(SHIPPED.as_bytes()).expect("a test reads the shipped classes")
    });
    &CLASSES
}

impl Classes {
    pub fn class(&self, key: &str) -> Option<&Class> {
        self.classes.iter().find(|class| class.key == key)
    }

    pub fn utility(&self, key: &str) -> Option<&Utility> {
        self.utilities.iter().find(|utility| utility.key == key)
    }

    pub fn assessment(&self, key: &str) -> Option<&Assessment> {
        self.assessments
            .iter()
            .find(|assessment| assessment.key == key)
    }
}

impl Class {
    pub fn stage(&self, key: &str) -> Option<&StagePlan> {
        self.stages.iter().find(|stage| stage.key == key)
    }

    /// Working days after the beginning on which each stage begins and ends as planned.
    pub fn spans(&self) -> Vec<(&StagePlan, u32, u32)> {
        let mut at = 0;
        self.stages
            .iter()
            .map(|stage| {
                let from = at;
                at += stage.days;
                (stage, from, at)
            })
            .collect()
    }
}
