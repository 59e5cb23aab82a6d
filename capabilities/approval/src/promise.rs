//! 告知承诺: the body tells what has to hold and what follows from a false promise; the applicant promises in writing; the
//! proof is no longer asked for. Whether it was true is checked after the decision (see `aftercheck`).
//!
//! A promise is made at filing, material by material. Who made a false one, or has lost trust otherwise, may make none
//! until their credit is repaired (see `credit`).

use casework::{Case, Refusal, Step};
use catalog::model::CommitmentMode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::details::MaterialGiven;
use crate::law::{Law, Named};
use crate::rules::Filing;

/// Key of [`Promise`].
pub const PROMISE: &str = "promise";

/// What was promised, in the words it was promised in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    pub mode: CommitmentMode,
    /// Materials the promise stands in place of.
    pub materials: Vec<Named>,
    /// What has to hold.
    pub conditions: Vec<String>,
    pub at: Timestamp,
    /// Who promised.
    pub by: String,
}

/// The promise of a case; `None` where none was made.
pub fn of(case: &Case) -> Option<Promise> {
    case.detail(PROMISE)
}

/// Whether the materials of an application may stand as they are promised.
///
/// # Errors
/// Names the material that no promise may replace.
pub fn check(law: &Law, materials: &[MaterialGiven]) -> Result<(), Refusal> {
    for given in materials.iter().filter(|given| given.promised) {
        let replaceable = law.promise.as_ref().is_some_and(|promise| {
            promise
                .replaceable
                .iter()
                .any(|named| named.key == given.key)
        });
        if !replaceable {
            return Err(Refusal::invalid(
                "materials",
                format!("这项材料不能用承诺代替，请提交材料：{}", given.key),
            ));
        }
        if given.is_here() {
            return Err(Refusal::invalid(
                "materials",
                "已经提交的材料不需要承诺，请二选一",
            ));
        }
    }
    Ok(())
}

/// Whether anything is promised.
pub fn is_made(materials: &[MaterialGiven]) -> bool {
    materials.iter().any(|given| given.promised)
}

/// Writes the promise down with the application it belongs to.
pub(crate) fn note(step: &mut Step<'_>, filing: &Filing) {
    let Some(law) = filing
        .terms
        .law
        .promise
        .as_ref()
        .filter(|_| is_made(&filing.materials))
    else {
        return;
    };
    let promised = |key: &str| {
        filing
            .materials
            .iter()
            .any(|given| given.promised && given.key == key)
    };
    let promise = Promise {
        mode: law.mode,
        materials: law
            .replaceable
            .iter()
            .filter(|named| promised(&named.key))
            .cloned()
            .collect(),
        conditions: law.conditions.clone(),
        at: step.at(),
        by: filing.applicant_name.clone(),
    };
    step.note(PROMISE, &promise);
}

/// A sentence of the letter: its source string with blanks, and what stands in them, so that a page can translate it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub template: &'static str,
    pub blank: Option<(&'static str, String)>,
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.blank {
            Some((name, value)) => {
                f.write_str(&self.template.replace(&format!("{{{name}}}"), value))
            }
            None => f.write_str(self.template),
        }
    }
}

/// What the letter says of duties, content and liability (国办发〔2020〕42号): what is told, what is promised.
pub fn words(promise: &Promise) -> (Vec<Line>, Vec<Line>) {
    let plain = |template| Line {
        template,
        blank: None,
    };
    let names: Vec<&str> = promise
        .materials
        .iter()
        .map(|named| named.name.as_str())
        .collect();
    let told = vec![
        Line {
            template: "以下材料可以用书面承诺代替，不再索要：{names}。",
            blank: Some(("names", names.join("、"))),
        },
        if promise.conditions.is_empty() {
            plain("承诺的内容：上述材料所证明的情况属实，符合办理条件。")
        } else {
            Line {
                template: "应当符合的条件：{conditions}。",
                blank: Some(("conditions", promise.conditions.join("；"))),
            }
        },
        plain(
            "作出决定后，本机关对承诺内容进行核查。承诺不实的，责令停止、限期整改；逾期拒不整改或者整改后仍不符合条件的，撤销决定，依法处罚，并记入信用记录；在信用修复前不再适用告知承诺。",
        ),
    ];
    let promised = vec![
        plain("已经知晓上述告知的全部内容；"),
        plain("所作承诺是真实意思表示，承诺的情况真实、准确；"),
        plain("愿意承担承诺不实的法律责任，同意本机关核查。"),
    ];
    (told, promised)
}
