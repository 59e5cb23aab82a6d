//! 不得再次申请 on the file of a case that was turned down for false materials (行政许可法第七十八条).
//!
//! Here it is noted with its letter; what it keeps its party from, and until when, is asked of [`crate::credit`].

use casework::{Case, Refusal, Step};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{credit, rules::needed};

/// Key of [`Noted`] among the details.
pub const BAN: &str = "reapply_ban";

/// 不得再次申请, as a refused case notes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    pub doc_no: String,
    /// What was concealed or false.
    pub facts: String,
    pub on: Date,
    /// The last day on which the item may not be applied for.
    pub until: Date,
}

pub fn noted(case: &Case) -> Option<Noted> {
    case.detail(BAN)
}

/// Whether a case may have a ban recorded: turned down, and none noted yet.
pub fn possible(case: &Case) -> bool {
    let turned_down = case
        .outcome
        .as_ref()
        .is_some_and(|outcome| matches!(outcome.code.as_str(), "refused" | "not_accepted"));
    turned_down && noted(case).is_none()
}

/// 行政许可法第七十八条: recorded by whoever turned the application down for false materials.
pub(super) fn decide(
    step: &mut Step<'_>,
    now: Timestamp,
    doc_no: &str,
    facts: &str,
) -> Result<(), Refusal> {
    if !possible(step.case()) {
        return Err(Refusal::invalid(
            "facts",
            "只有不予受理、不予许可的申请可以记录，而且只记录一次",
        ));
    }
    let facts = needed("facts", facts, "请写明隐瞒的情况或者虚假的材料")?;
    step.remark(&facts);
    let on = calendar::civil_date(now);
    let until = credit::Kind::FalseMaterials.until(on).unwrap_or(on);
    step.note(
        BAN,
        &Noted {
            doc_no: doc_no.to_owned(),
            facts,
            on,
            until,
        },
    );
    Ok(())
}
