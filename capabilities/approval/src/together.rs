//! A case that is handled together with others: whose child it is, what its decision waits for, and what it is told
//! when that comes.
//!
//! An earlier result that is still missing blocks the decision and nothing before it: everything else is examined
//! meanwhile. A case whose result is handed over together with others waits for them after its own decision.

use base::ids::CaseId;
use casework::{
    Case, Fact, Refusal, Step,
    case::{Hold, Link, Relation},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::flow::FLOW;

/// Key of a list of [`Shared`].
pub const SHARED: &str = "shared_results";
/// Key of the hold under which a decided case waits for the others it is delivered with.
pub const DELIVERY: &str = "joint_delivery";
/// Key of the hold under which a case is not granted before other bodies gave their opinion in favour.
pub const OPINIONS: &str = "opinions";
/// The commands that decide.
pub const DECIDING: &[&str] = &["grant", "refuse"];
/// What cannot be given while an earlier item was turned down; turning this one down as well is possible.
pub const GRANTING: &[&str] = &["grant"];
/// What hands a result over.
pub const DELIVERING: &[&str] = &["deliver"];
/// Results of other cases kept on one.
const SHARED_MAX: usize = 100;

/// Where a case stands among others when it is filed; the default stands alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Together {
    pub child_of: Option<CaseId>,
    pub waits: Vec<Wait>,
    /// Results that are there already.
    pub shared: Vec<Shared>,
}

/// Something a case waits for, and what it cannot do meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Unique in the case.
    pub key: String,
    /// Told to whoever tries.
    pub reason: String,
    pub blocks: &'static [&'static str],
}

impl Wait {
    /// Waiting for another case's result before deciding.
    pub fn result_of(other: CaseId, title: &str) -> Wait {
        Wait {
            key: prerequisite(other),
            reason: format!("要等“{title}”的结果，结果共享过来后才能作出决定；审查可以先进行"),
            blocks: DECIDING,
        }
    }

    /// An earlier case ended without what this one needs.
    pub fn without(other: CaseId, title: &str) -> Wait {
        Wait {
            key: format!("missing:{other}"),
            reason: format!("前序事项“{title}”没有准予，本件不能准予"),
            blocks: GRANTING,
        }
    }

    /// Other bodies have to be in favour first; turning it down is possible meanwhile.
    pub fn opinions(titles: &[&str]) -> Wait {
        let titles = titles.join("”“");
        Wait {
            key: OPINIONS.to_owned(),
            reason: format!("要等“{titles}”通过后才能准予；审查可以先进行"),
            blocks: GRANTING,
        }
    }

    /// Delivered together with others.
    pub fn delivery() -> Wait {
        Wait {
            key: DELIVERY.to_owned(),
            reason: "本件的结果与同一件事的其他结果一次送达，全部办结后由牵头部门统一送达"
                .to_owned(),
            blocks: DELIVERING,
        }
    }

    fn hold(&self, since: Timestamp) -> Hold {
        Hold {
            key: self.key.clone(),
            reason: self.reason.clone(),
            allows: FLOW
                .moves
                .iter()
                .map(|step| step.command)
                .filter(|command| !self.blocks.contains(command))
                .map(str::to_owned)
                .collect(),
            since,
        }
    }
}

/// Key of the hold under which a decision waits for another case.
pub fn prerequisite(other: CaseId) -> String {
    format!("prerequisite:{other}")
}

/// The result of another case, shared so that nobody hands it in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    pub case_id: CaseId,
    pub case_no: String,
    pub title: String,
    pub granted: bool,
    /// Number of the decision.
    pub doc_no: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license_id: Option<String>,
    pub at: Timestamp,
}

/// What a case waited for has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Key of the hold that ends.
    pub key: String,
    pub shared: Option<Shared>,
    /// What takes its place.
    pub instead: Option<Wait>,
}

/// Results that other cases shared with this one.
pub fn shared(case: &Case) -> Vec<Shared> {
    case.detail(SHARED).unwrap_or_default()
}

/// Whether the result of a decided case is handed over together with others.
pub fn delivered_jointly(case: &Case) -> bool {
    case.holds.iter().any(|hold| hold.key == DELIVERY)
}

/// Whether other bodies still have to be in favour.
pub fn waits_for_opinions(case: &Case) -> bool {
    case.holds.iter().any(|hold| hold.key == OPINIONS)
}

/// Notes the relation and the waiting when the case is filed.
pub(crate) fn file(step: &mut Step<'_>, together: &Together) {
    if let Some(other) = together.child_of {
        let link = Link {
            relation: Relation::ChildOf,
            other,
        };
        step.fact(Fact::Linked { link });
    }
    if !together.shared.is_empty() {
        step.note(SHARED, &together.shared);
    }
    for wait in &together.waits {
        let hold = wait.hold(step.at());
        step.fact(Fact::Held { hold });
    }
}

/// Ends a hold. The caller goes on to the delivery where that was what a decided case waited for.
pub(crate) fn release(step: &mut Step<'_>, release: &Release) -> Result<(), Refusal> {
    if !step.case().holds.iter().any(|hold| hold.key == release.key) {
        return Err(Refusal::invalid("key", "本件已经不在等待，无需解除"));
    }
    step.fact(Fact::Released {
        key: release.key.clone(),
    });
    if let Some(result) = &release.shared {
        let mut all = shared(step.case());
        all.retain(|known| known.case_id != result.case_id);
        all.push(result.clone());
        all.truncate(SHARED_MAX);
        step.note(SHARED, &all);
    }
    if let Some(wait) = &release.instead {
        let hold = wait.hold(step.at());
        step.fact(Fact::Held { hold });
    }
    Ok(())
}
