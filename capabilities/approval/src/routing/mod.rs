//! An approval on its route: where it stands, what may be done there, who is expected. The engine is `kernel/route`.
//!
//! The route itself is noted on the case when it is accepted, so that a case keeps the version it began with and its
//! trail says all by itself. [`rules`] decides the verbs; [`store`] keeps versions; [`versions`] drafts, checks and
//! publishes them.

pub(crate) mod api;
pub(crate) mod migration;
pub(crate) mod pages;
pub(crate) mod panel;
pub mod rules;
pub mod store;
pub mod versions;

use ::route::{Facts, Marking, Net, Route};
use base::ids::VersionId;
use casework::{Case, Refusal};
use serde::{Deserialize, Serialize};

pub use rules::Command;

/// Key of [`Running`] among the details.
pub const RUNNING: &str = "route";
/// Key of [`Plan`] among the details.
pub const PLAN: &str = "route_plan";

/// The route a case follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub version: VersionId,
    /// 1, 2, 3 … per item.
    pub number: i64,
    pub route: Route,
}

/// Where the case stands on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    pub marking: Marking,
    /// What was found out on the way, for conditions.
    #[serde(default, skip_serializing_if = "Facts::is_empty")]
    pub facts: Facts,
    /// Which open task of the case stands for which seat.
    pub tasks: Vec<Standing>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub token: u32,
    pub seat: u32,
    pub task: u32,
}

/// A case's plan, read, and where it stands.
pub struct Run {
    pub plan: Plan,
    pub net: Net,
    pub running: Running,
}

impl Run {
    /// None for a case without a route.
    ///
    /// # Errors
    /// If the noted route cannot be read any more, which publishing excludes.
    pub fn of(case: &Case) -> Result<Option<Run>, Refusal> {
        let (Some(plan), Some(running)) =
            (case.detail::<Plan>(PLAN), case.detail::<Running>(RUNNING))
        else {
            return Ok(None);
        };
        let net = read(&plan.route)?;
        Ok(Some(Run { plan, net, running }))
    }
}

pub(crate) fn read(route: &Route) -> Result<Net, Refusal> {
    Net::build(route).map_err(|findings| {
        let why = findings.first().map_or("", |finding| &finding.message);
        Refusal::invalid("route", format!("办理流程读不出来：{why}"))
    })
}
