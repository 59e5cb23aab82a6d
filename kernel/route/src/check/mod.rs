//! The proof before a version is published: from every state a case can come to, with every verb and every outcome of
//! every condition, all work can be finished, nothing is left lying, and there is exactly one decision.
//!
//! README.md says why looking at the moves forward, one order of them, is enough. What is wrong comes with the
//! shortest run that shows it.

mod explore;
mod places;

use serde::Serialize;

pub use explore::{Explored, STATES_MAX, Search, explore, explore_from};
pub use places::State;

use crate::guard::Facts;
use crate::model::{Kind, Route};
use crate::net::{Net, Role};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Error,
    Warning,
}

/// Something that is wrong, and how it comes to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub severity: Severity,
    /// A stable word, e.g. `stranded`.
    pub code: &'static str,
    /// Key of the node it is about; empty for the whole route.
    pub node: String,
    pub message: String,
    /// The shortest run that leads to it; empty where none is needed to see it.
    pub run: Vec<Act>,
}

/// One node passed in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Act {
    pub node: String,
    pub name: String,
    /// Where it goes on: the way that was taken, or all ways of a fork.
    pub to: Vec<String>,
    /// The condition of the way, in words.
    pub label: String,
    /// Facts with which this way is taken.
    #[serde(skip_serializing_if = "Facts::is_empty")]
    pub facts: Facts,
    /// Where something stands afterwards: work to be done, or an arrival that waits for others.
    pub marked: Vec<String>,
}

/// What the check tells beside its findings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub findings: Vec<Finding>,
    /// States that were looked at.
    pub states: usize,
    pub steps: usize,
}

impl Report {
    /// Whether the route may be published.
    pub fn is_sound(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.severity != Severity::Error)
    }
}

pub(crate) fn error(code: &'static str, node: &str, message: String) -> Finding {
    Finding {
        severity: Severity::Error,
        code,
        node: node.to_owned(),
        message,
        run: Vec::new(),
    }
}

/// Checks a route.
pub fn check(route: &Route) -> Report {
    match Net::build(route) {
        Ok(net) => check_net(&net),
        Err(findings) => Report {
            findings,
            ..Report::default()
        },
    }
}

/// Checks a route that was read.
pub fn check_net(net: &Net) -> Report {
    let mut report = Report {
        steps: net.steps().count(),
        ..Report::default()
    };
    let explored = explore(net, &Search::default());
    report.states = explored.states;
    if let Some(finding) = explored.wrong {
        report.findings.push(shortest(net, finding));
        return report;
    }
    unreached(net, &explored.fired, &mut report.findings);
    intake(net, &mut report.findings);
    open_at_decision(net, &mut report);
    never_taken(net, &mut report.findings);
    report
}

/// What would go wrong for a running case on this route; nothing if it can be finished properly.
pub fn check_running(net: &Net, marking: &crate::Marking) -> Option<Finding> {
    match State::of(net, marking) {
        Ok(state) => explore_from(net, &Search::default(), state).wrong,
        Err(node) => Some(error(
            "unknown_node",
            &node,
            format!("这条路线里没有“{node}”，请指定它对应哪个环节"),
        )),
    }
}

/// A run through all orders may be shorter than one through a single order.
fn shortest(net: &Net, found: Finding) -> Finding {
    if found.code == "entangled" {
        return found;
    }
    let all = Search {
        every_order: true,
        states_max: STATES_MAX / 4,
        ..Search::default()
    };
    match explore(net, &all).wrong {
        Some(other) if other.code == found.code && other.run.len() < found.run.len() => other,
        _ => found,
    }
}

/// What no case ever comes to.
fn unreached(net: &Net, fired: &[bool], findings: &mut Vec<Finding>) {
    for (at, node) in net.nodes.iter().enumerate() {
        // What was taken over from a part or stands for its end is told by its steps.
        if fired[at] || (!matches!(node.role, Role::Step(_) | Role::Join)) {
            continue;
        }
        let (code, message) = match node.role {
            Role::Join => ("join_never", "这个汇合永远等不齐，走不到".to_owned()),
            _ => ("unreachable", format!("“{}”怎样都走不到", node.name())),
        };
        findings.push(error(code, &node.key, message));
    }
}

/// 收件, 预审 and 受理 are what a route opens with: they are done when the case is accepted.
fn intake(net: &Net, findings: &mut Vec<Finding>) {
    let mut opening = vec![false; net.nodes.len()];
    let mut at = net.start;
    while net.nodes[at].kind().is_some_and(Kind::is_intake)
        && !opening[at]
        && net.nodes[at].leaving.len() == 1
        && net.nodes[at].entering.len() == usize::from(at != net.start)
    {
        opening[at] = true;
        at = net.edges[net.nodes[at].leaving[0]].to;
    }
    // What is asked before anybody works cannot have been answered.
    let before_work = (0..net.nodes.len())
        .filter(|place| {
            opening[*place] || (*place == net.start && net.nodes[*place].step().is_none())
        })
        .find(|place| !net.needed(*place).is_empty());
    if let Some(place) = before_work {
        findings.push(error(
            "asked_before_work",
            &net.nodes[place].key,
            "受理之后马上就要判断，还没有人填写判断要用的内容；请先放一个审查环节".to_owned(),
        ));
    }
    for (place, node) in net.nodes.iter().enumerate() {
        if node.kind().is_some_and(Kind::is_intake) && !opening[place] {
            findings.push(error(
                "misplaced_intake",
                &node.key,
                format!(
                    "“{}”是受理前的环节，只能依次排在路线的最前面，不能退回到它",
                    node.name()
                ),
            ));
        }
    }
}

/// Nothing else may be open when the decision is made: each step is held back in turn, to see whether a decision can
/// pass it.
fn open_at_decision(net: &Net, report: &mut Report) {
    for (at, node) in net.nodes.iter().enumerate() {
        let Some(kind) = node.kind() else { continue };
        if kind == Kind::Decide || kind.is_intake() {
            continue;
        }
        let search = Search {
            frozen: Some(at),
            ..Search::default()
        };
        let explored = explore(net, &search);
        report.states += explored.states;
        if let Some(finding) = explored.wrong {
            report.findings.push(finding);
        }
    }
}

/// Ways that no combination of facts opens.
fn never_taken(net: &Net, findings: &mut Vec<Finding>) {
    for node in &net.nodes {
        if !matches!(node.role, Role::Step(_) | Role::Choice) {
            continue;
        }
        for (edge, taken) in node.leaving.iter().zip(&node.ways.taken) {
            if taken.is_none() {
                let edge = &net.edges[*edge];
                findings.push(Finding {
                    severity: Severity::Warning,
                    code: "never_taken",
                    node: node.key.clone(),
                    message: format!(
                        "“{}”通往“{}”的连线永远不会走",
                        node.name(),
                        net.nodes[edge.to].name()
                    ),
                    run: Vec::new(),
                });
            }
        }
    }
}
