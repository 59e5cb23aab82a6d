//! A route as data: what an editor writes, a version keeps and a case follows.

use base::ids::OrgId;
use casework::Permission;
use serde::{Deserialize, Serialize};

/// Nodes of a route with its parts unfolded.
pub const NODES_MAX: usize = 200;
/// Edges of a route with its parts unfolded.
pub const EDGES_MAX: usize = 400;
/// Facts a route's conditions may look at.
pub const FACTS_MAX: usize = 20;
/// Signers of one step, added ones included.
pub const SEATS_MAX: usize = 20;
/// Characters of a name.
pub const NAME_MAX: usize = 40;

/// 办理流程: nodes joined by edges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// What conditions may ask.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<FactDef>,
    #[serde(flatten)]
    pub graph: Graph,
    /// 子流程, each used by nodes of the kind [`Body::Part`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
}

/// Nodes and edges, entered at `start`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Graph {
    pub start: String,
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
}

/// 子流程.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub key: String,
    pub name: String,
    #[serde(flatten)]
    pub graph: Graph,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Unique in its graph: letters, digits and `_`.
    pub key: String,
    #[serde(flatten)]
    pub body: Body,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "node")]
pub enum Body {
    /// Somebody works.
    Step(Step),
    /// The first outgoing edge whose condition holds is taken.
    Choice,
    /// Every outgoing edge is taken: 并行.
    Fork,
    /// Goes on when something has come by every incoming edge: 汇合.
    Join,
    /// Runs a part, then goes on like a choice.
    Part {
        part: String,
    },
    End,
}

/// 环节.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub name: String,
    pub kind: Kind,
    pub duty: Duty,
    #[serde(default, skip_serializing_if = "Signing::is_one")]
    pub signing: Signing,
}

/// What sort of work a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Receive,
    PreReview,
    Accept,
    Review,
    SiteVisit,
    Hearing,
    Inspection,
    ExpertReview,
    Publicity,
    Tender,
    Deliberation,
    Decide,
    Certificate,
    Deliver,
    Archive,
}

impl Kind {
    pub const ALL: [Kind; 15] = [
        Kind::Receive,
        Kind::PreReview,
        Kind::Accept,
        Kind::Review,
        Kind::SiteVisit,
        Kind::Hearing,
        Kind::Inspection,
        Kind::ExpertReview,
        Kind::Publicity,
        Kind::Tender,
        Kind::Deliberation,
        Kind::Decide,
        Kind::Certificate,
        Kind::Deliver,
        Kind::Archive,
    ];

    pub fn label(self) -> &'static str {
        match self {
            Kind::Receive => "收件",
            Kind::PreReview => "预审",
            Kind::Accept => "受理",
            Kind::Review => "审查",
            Kind::SiteVisit => "现场勘验",
            Kind::Hearing => "听证",
            Kind::Inspection => "检验检测检疫",
            Kind::ExpertReview => "专家评审",
            Kind::Publicity => "公示",
            Kind::Tender => "招标拍卖",
            Kind::Deliberation => "集体讨论",
            Kind::Decide => "决定",
            Kind::Certificate => "制证",
            Kind::Deliver => "送达",
            Kind::Archive => "归档",
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Kind::Receive => "receive",
            Kind::PreReview => "pre_review",
            Kind::Accept => "accept",
            Kind::Review => "review",
            Kind::SiteVisit => "site_visit",
            Kind::Hearing => "hearing",
            Kind::Inspection => "inspection",
            Kind::ExpertReview => "expert_review",
            Kind::Publicity => "publicity",
            Kind::Tender => "tender",
            Kind::Deliberation => "deliberation",
            Kind::Decide => "decide",
            Kind::Certificate => "certificate",
            Kind::Deliver => "deliver",
            Kind::Archive => "archive",
        }
    }

    pub fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Done when the case is accepted: these steps open a route.
    pub fn is_intake(self) -> bool {
        matches!(self, Kind::Receive | Kind::PreReview | Kind::Accept)
    }

    /// What may still follow the decision.
    pub fn is_after(self) -> bool {
        matches!(self, Kind::Certificate | Kind::Deliver | Kind::Archive)
    }

    /// A legal act of its own: neither undone nor skipped by a verb of the route.
    pub fn is_barrier(self) -> bool {
        self.is_intake() || self.is_after() || self == Kind::Decide
    }
}

/// Who is expected to work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    pub permission: Permission,
    pub office: Office,
}

/// Which body works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "office")]
pub enum Office {
    /// The one the case belongs to.
    Responsible,
    Other {
        org: OrgId,
        region: String,
        name: String,
    },
}

/// How many sign.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "mode")]
pub enum Signing {
    /// Whoever holds the duty.
    #[default]
    One,
    /// 会签: every seat.
    All { seats: Vec<Seat> },
    /// 票签: so many seats in favour.
    Votes { seats: Vec<Seat>, needed: u32 },
}

impl Signing {
    pub fn is_one(&self) -> bool {
        *self == Signing::One
    }

    pub fn seats(&self) -> &[Seat] {
        match self {
            Signing::One => &[],
            Signing::All { seats } | Signing::Votes { seats, .. } => seats,
        }
    }
}

/// One signer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    pub name: String,
    pub duty: Duty,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    pub from: String,
    pub to: String,
    /// CEL over the facts and `agreed.<step>`; empty: otherwise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub when: String,
    /// The condition in words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
}

/// What a condition may ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactDef {
    /// As conditions write it.
    pub key: String,
    /// As people read it.
    pub label: String,
    #[serde(flatten)]
    pub domain: Domain,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Domain {
    YesNo,
    Number { min: i64, max: i64 },
    Choice { options: Vec<String> },
}

impl Route {
    pub fn part(&self, key: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.key == key)
    }
}

impl Graph {
    pub fn node(&self, key: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.key == key)
    }

    pub fn step(&self, key: &str) -> Option<&Step> {
        match &self.node(key)?.body {
            Body::Step(step) => Some(step),
            _ => None,
        }
    }

    pub fn leaving<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Edge> {
        self.edges.iter().filter(move |edge| edge.from == key)
    }

    pub fn entering<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Edge> {
        self.edges.iter().filter(move |edge| edge.to == key)
    }
}
