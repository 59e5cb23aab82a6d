//! A route unfolded and numbered: parts in place, conditions read, what is missing or named wrongly told.

use std::collections::{HashMap, HashSet};

use crate::check::{Finding, error};
use crate::guard::{self, Facts, Guard, Scope, Ways};
use crate::model::{
    Body, EDGES_MAX, Edge, FACTS_MAX, FactDef, Graph, Kind, NAME_MAX, NODES_MAX, Route, SEATS_MAX,
    Signing, Step,
};

/// Deepest nesting of parts.
const PARTS_DEPTH_MAX: usize = 5;
/// Longest key.
const KEY_MAX: usize = 30;

/// A route that can be run: every name in it leads somewhere.
#[derive(Clone, Debug)]
pub struct Net {
    pub facts: Vec<FactDef>,
    pub nodes: Vec<NetNode>,
    pub edges: Vec<NetEdge>,
    pub start: usize,
    places: HashMap<String, usize>,
}

#[derive(Clone, Debug)]
pub struct NetNode {
    /// `key`, or `part/key` inside a part.
    pub key: String,
    pub role: Role,
    /// Ways in and out, as numbers of edges in the order they were written.
    pub entering: Vec<usize>,
    pub leaving: Vec<usize>,
    /// For a node that takes one of its ways: which of them can be taken.
    pub ways: Ways,
}

#[derive(Clone, Debug)]
pub enum Role {
    Step(Step),
    Choice,
    Fork,
    Join,
    End,
}

#[derive(Clone, Debug)]
pub struct NetEdge {
    pub from: usize,
    pub to: usize,
    pub guard: Option<Guard>,
    /// The condition in words; empty for the way taken otherwise.
    pub label: String,
}

impl NetNode {
    pub fn step(&self) -> Option<&Step> {
        match &self.role {
            Role::Step(step) => Some(step),
            _ => None,
        }
    }

    pub fn kind(&self) -> Option<Kind> {
        self.step().map(|step| step.kind)
    }

    pub fn is_join(&self) -> bool {
        matches!(self.role, Role::Join)
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        match &self.role {
            Role::Step(step) => &step.name,
            Role::Choice => "判断",
            Role::Fork => "并行开始",
            Role::Join => "汇合",
            Role::End => "结束",
        }
    }
}

impl Net {
    /// Unfolds and reads a route.
    ///
    /// # Errors
    /// Everything that is missing or wrong in names, edges and conditions.
    pub fn build(route: &Route) -> Result<Net, Vec<Finding>> {
        let mut builder = Builder {
            route,
            findings: Vec::new(),
            nodes: Vec::new(),
            edges: Vec::new(),
            places: HashMap::new(),
        };
        builder.facts();
        let start = builder.unfold(&route.graph, "", None, &mut Vec::new());
        if !builder.findings.is_empty() {
            return Err(builder.findings);
        }
        let Some(start) = start else {
            return Err(vec![error(
                "start_missing",
                "",
                "请指定第一个环节".to_owned(),
            )]);
        };
        builder.finish(start)
    }

    pub fn node(&self, key: &str) -> Option<&NetNode> {
        self.places.get(key).map(|at| &self.nodes[*at])
    }

    pub fn place(&self, key: &str) -> Option<usize> {
        self.places.get(key).copied()
    }

    /// Conditions of a node's ways, in order; `None` for the way taken otherwise.
    pub fn guards(&self, node: usize) -> Vec<Option<&Guard>> {
        self.nodes[node]
            .leaving
            .iter()
            .map(|edge| self.edges[*edge].guard.as_ref())
            .collect()
    }

    /// Facts that must be known before a node can go on, `agreed.…` left out.
    pub fn needed(&self, node: usize) -> Vec<&FactDef> {
        let mut keys: Vec<&String> = Vec::new();
        for edge in self.until_work(node) {
            if let Some(guard) = &self.edges[edge].guard {
                keys.extend(&guard.facts);
            }
        }
        self.facts
            .iter()
            .filter(|fact| keys.iter().any(|key| **key == fact.key))
            .collect()
    }

    /// Edges between a node and the next work.
    fn until_work(&self, node: usize) -> Vec<usize> {
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        let mut next = vec![node];
        while let Some(at) = next.pop() {
            for edge in &self.nodes[at].leaving {
                if seen.insert(*edge) {
                    found.push(*edge);
                    let to = self.edges[*edge].to;
                    if self.nodes[to].step().is_none() {
                        next.push(to);
                    }
                }
            }
        }
        found
    }

    /// The way a node takes with these facts.
    ///
    /// # Errors
    /// The label of the first fact that is not known; empty where no way is open.
    pub fn way(&self, node: usize, facts: &Facts) -> Result<usize, String> {
        let guards = self.guards(node);
        match guard::choose(&guards, facts) {
            Ok(Some(way)) => Ok(self.nodes[node].leaving[way]),
            Ok(None) => Err(String::new()),
            Err(key) => Err(self
                .facts
                .iter()
                .find(|fact| fact.key == key)
                .map_or(key.clone(), |fact| fact.label.clone())),
        }
    }

    /// Edges that can be taken from a node: all of them for a fork, the possible ones otherwise.
    pub fn possible(&self, node: usize) -> Vec<usize> {
        let known = &self.nodes[node];
        match known.role {
            Role::Fork | Role::Join => known.leaving.clone(),
            Role::Step(_) | Role::Choice => known
                .leaving
                .iter()
                .zip(&known.ways.taken)
                .filter(|(_, taken)| taken.is_some())
                .map(|(edge, _)| *edge)
                .collect(),
            Role::End => Vec::new(),
        }
    }

    /// Steps in the order they are first met.
    pub fn steps(&self) -> impl Iterator<Item = (usize, &Step)> {
        self.order()
            .into_iter()
            .filter_map(|at| Some((at, self.nodes[at].step()?)))
    }

    /// All nodes, each branch in one piece, from the start; what is out of reach comes last.
    pub fn order(&self) -> Vec<usize> {
        let mut seen = vec![false; self.nodes.len()];
        // Depth first, finished last comes first: what lies behind a join follows all that leads to it.
        let mut finished = Vec::with_capacity(self.nodes.len());
        let mut stack = vec![(self.start, 0_usize)];
        seen[self.start] = true;
        while let Some((at, next)) = stack.pop() {
            let leaving = &self.nodes[at].leaving;
            // Backwards, because the order is turned round at the end.
            match leaving.len().checked_sub(next + 1).map(|way| leaving[way]) {
                Some(edge) => {
                    stack.push((at, next + 1));
                    let to = self.edges[edge].to;
                    if !seen[to] {
                        seen[to] = true;
                        stack.push((to, 0));
                    }
                }
                None => finished.push(at),
            }
        }
        finished.reverse();
        finished.extend((0..self.nodes.len()).filter(|at| !seen[*at]));
        finished
    }
}

struct Builder<'a> {
    route: &'a Route,
    findings: Vec<Finding>,
    nodes: Vec<NetNode>,
    edges: Vec<(String, String, Edge, String)>,
    places: HashMap<String, usize>,
}

impl Builder<'_> {
    fn wrong(&mut self, code: &'static str, node: &str, message: String) {
        self.findings.push(error(code, node, message));
    }

    fn facts(&mut self) {
        if self.route.facts.len() > FACTS_MAX {
            self.wrong("too_many_facts", "", format!("事实最多{FACTS_MAX}个"));
        }
        let mut known = HashSet::new();
        for fact in &self.route.facts {
            if !is_key(&fact.key) || fact.key == guard::AGREED || fact.key.contains("__") {
                let message = format!("事实的键“{}”应为英文字母开头的字母、数字", fact.key);
                self.findings.push(error("bad_key", "", message));
            }
            if !known.insert(&fact.key) {
                let message = format!("事实的键“{}”重复", fact.key);
                self.findings.push(error("double_key", "", message));
            }
        }
    }

    /// Adds a graph's nodes and edges; `exit` is where the end of a part leads.
    fn unfold(
        &mut self,
        graph: &Graph,
        prefix: &str,
        exit: Option<&str>,
        open: &mut Vec<String>,
    ) -> Option<usize> {
        if open.len() > PARTS_DEPTH_MAX {
            self.wrong(
                "parts_too_deep",
                prefix,
                format!("子流程最多嵌套{PARTS_DEPTH_MAX}层"),
            );
            return None;
        }
        let mut known = HashSet::new();
        // Where an edge to a node really leads: the start of a part, or what follows it.
        let mut entries: HashMap<&str, String> = HashMap::new();
        for node in &graph.nodes {
            let full = format!("{prefix}{}", node.key);
            if !is_key(&node.key) {
                self.wrong(
                    "bad_key",
                    &full,
                    format!(
                        "环节的键“{}”应为英文字母开头的字母、数字和下划线，最多{KEY_MAX}个",
                        node.key
                    ),
                );
            }
            if !known.insert(node.key.as_str()) {
                self.wrong("double_key", &full, format!("环节的键“{}”重复", node.key));
                continue;
            }
            if self.nodes.len() >= NODES_MAX {
                self.wrong(
                    "too_large",
                    "",
                    format!("一条路线连同子流程最多{NODES_MAX}个节点"),
                );
                return None;
            }
            let role = match &node.body {
                Body::Step(step) => {
                    self.step(&full, step);
                    Role::Step(step.clone())
                }
                Body::Choice | Body::Part { .. } => Role::Choice,
                Body::Fork => Role::Fork,
                Body::Join => Role::Join,
                Body::End if exit.is_none() => Role::End,
                Body::End => {
                    entries.insert(&node.key, exit.unwrap_or_default().to_owned());
                    continue;
                }
            };
            let entry = match &node.body {
                Body::Part { part } => {
                    self.part(&full, part, open);
                    self.route
                        .part(part)
                        .map_or(full.clone(), |part| format!("{full}/{}", part.graph.start))
                }
                _ => full.clone(),
            };
            entries.insert(&node.key, entry);
            self.places.insert(full.clone(), self.nodes.len());
            self.nodes.push(NetNode {
                key: full,
                role,
                entering: Vec::new(),
                leaving: Vec::new(),
                ways: Ways::default(),
            });
        }
        for edge in &graph.edges {
            let ends = [&edge.from, &edge.to];
            if let Some(unknown) = ends.into_iter().find(|key| !known.contains(key.as_str())) {
                let message = format!("连线指向不存在的环节“{unknown}”");
                self.wrong("edge_nowhere", &format!("{prefix}{}", edge.from), message);
                continue;
            }
            let from = format!("{prefix}{}", edge.from);
            let to = entries.get(edge.to.as_str()).cloned().unwrap_or_default();
            self.edges.push((from, to, edge.clone(), prefix.to_owned()));
        }
        if !known.contains(graph.start.as_str()) {
            self.wrong("start_missing", prefix, "请指定第一个环节".to_owned());
            return None;
        }
        let start = entries.get(graph.start.as_str())?;
        self.places.get(start).copied()
    }

    /// Puts a part in the place of a node.
    fn part(&mut self, node: &str, key: &str, open: &mut Vec<String>) {
        let Some(part) = self.route.part(key) else {
            self.wrong("part_missing", node, format!("没有键为“{key}”的子流程"));
            return;
        };
        if open.iter().any(|known| known == key) {
            self.wrong(
                "part_recursive",
                node,
                format!("子流程“{}”又用到了自己，永远展不开", part.name),
            );
            return;
        }
        open.push(key.to_owned());
        self.unfold(&part.graph, &format!("{node}/"), Some(node), open);
        open.pop();
    }

    fn step(&mut self, full: &str, step: &Step) {
        if step.name.trim().is_empty() || step.name.chars().count() > NAME_MAX {
            self.wrong(
                "bad_name",
                full,
                format!("请填写环节名称，最多{NAME_MAX}字"),
            );
        }
        let seats = step.signing.seats().len();
        match &step.signing {
            Signing::One => {}
            _ if step.kind == Kind::Decide => {
                self.wrong(
                    "decision_signed_by_many",
                    full,
                    format!(
                        "“{}”是决定环节，由一人作出；多人意见请放在前面的集体讨论环节",
                        step.name
                    ),
                );
            }
            _ if seats == 0 => {
                self.wrong(
                    "no_signers",
                    full,
                    format!("“{}”没有签批人，永远办不完", step.name),
                );
            }
            Signing::Votes { needed, .. } if *needed == 0 || *needed as usize > seats => {
                self.wrong(
                    "votes_out_of_reach",
                    full,
                    format!(
                        "“{}”有{seats}名签批人，票数要求应在1至{seats}之间，现在是{needed}",
                        step.name
                    ),
                );
            }
            _ if seats > SEATS_MAX => {
                self.wrong(
                    "too_many_signers",
                    full,
                    format!("一个环节最多{SEATS_MAX}名签批人"),
                );
            }
            _ => {}
        }
    }

    fn finish(mut self, start: usize) -> Result<Net, Vec<Finding>> {
        if self.edges.len() > EDGES_MAX {
            return Err(vec![error(
                "too_large",
                "",
                format!("一条路线最多{EDGES_MAX}条连线"),
            )]);
        }
        let steps: Vec<String> = self
            .nodes
            .iter()
            .filter(|node| node.step().is_some())
            .map(|node| node.key.clone())
            .collect();
        let mut edges = Vec::with_capacity(self.edges.len());
        for (from, to, edge, prefix) in std::mem::take(&mut self.edges) {
            let (Some(&source), Some(&target)) = (self.places.get(&from), self.places.get(&to))
            else {
                self.wrong(
                    "edge_nowhere",
                    &from,
                    "连线指向的子流程没有开始环节".to_owned(),
                );
                continue;
            };
            let text = edge.when.trim();
            let guard = if text.is_empty() {
                None
            } else {
                let scope = Scope {
                    facts: &self.route.facts,
                    steps: &steps,
                    prefix: &prefix,
                };
                match Guard::read(text, &scope) {
                    Ok(guard) => Some(guard),
                    Err(why) => {
                        self.wrong("bad_condition", &from, format!("条件“{text}”：{why}"));
                        continue;
                    }
                }
            };
            let label = if edge.label.is_empty() {
                text.to_owned()
            } else {
                edge.label.clone()
            };
            let number = edges.len();
            self.nodes[source].leaving.push(number);
            self.nodes[target].entering.push(number);
            edges.push(NetEdge {
                from: source,
                to: target,
                guard,
                label,
            });
        }
        let mut net = Net {
            facts: self.route.facts.clone(),
            nodes: self.nodes,
            edges,
            start,
            places: self.places,
        };
        let mut findings = self.findings;
        for at in 0..net.nodes.len() {
            net.read_ways(at, &mut findings);
        }
        findings.extend(net.idle_loop());
        if net.nodes[start].is_join() {
            let key = &net.nodes[start].key;
            findings.push(error(
                "starts_with_join",
                key,
                "路线不能从汇合开始".to_owned(),
            ));
        }
        if findings.is_empty() {
            Ok(net)
        } else {
            Err(findings)
        }
    }
}

impl Net {
    /// A ring without a step: with the facts as they are, nothing would ever stop it.
    fn idle_loop(&self) -> Option<Finding> {
        let is_idle = |at: usize| self.nodes[at].step().is_none();
        // What has no way in from another idle node is in no ring; take it away until nothing changes.
        let mut left: Vec<usize> = (0..self.nodes.len()).filter(|at| is_idle(*at)).collect();
        loop {
            let before = left.len();
            let known = left.clone();
            left.retain(|at| {
                let mut entering = self.nodes[*at].entering.iter();
                entering.any(|edge| known.contains(&self.edges[*edge].from))
            });
            if left.len() == before {
                break;
            }
        }
        let first = left.first()?;
        Some(error(
            "idle_loop",
            &self.nodes[*first].key,
            "几个判断首尾相接，中间没有人办理的环节，会一直转下去".to_owned(),
        ))
    }

    fn read_ways(&mut self, at: usize, findings: &mut Vec<Finding>) {
        let node = &self.nodes[at];
        let conditions = node
            .leaving
            .iter()
            .filter(|edge| self.edges[**edge].guard.is_some())
            .count();
        let mut sources: Vec<usize> = node
            .entering
            .iter()
            .map(|edge| self.edges[*edge].from)
            .collect();
        let arrivals = sources.len();
        sources.sort_unstable();
        sources.dedup();
        match node.role {
            Role::Join if sources.len() < arrivals => findings.push(error(
                "double_edge",
                &node.key,
                "同一环节有两条连线通到同一个汇合，请合并成一条".to_owned(),
            )),
            Role::Fork | Role::Join if conditions > 0 => findings.push(error(
                "condition_on_branch",
                &node.key,
                "并行和汇合的连线不能带条件；需要时在分支里放一个判断".to_owned(),
            )),
            Role::Join if node.leaving.len() > 1 => findings.push(error(
                "join_forks",
                &node.key,
                "汇合之后只能有一条连线；要再分开请放一个并行或者判断".to_owned(),
            )),
            Role::End if !node.leaving.is_empty() => {
                findings.push(error(
                    "after_end",
                    &node.key,
                    "结束之后不能再有连线".to_owned(),
                ));
            }
            Role::Step(_) | Role::Choice => {
                if node.leaving.len() > conditions + 1 {
                    findings.push(error(
                        "two_otherwise",
                        &node.key,
                        format!("“{}”有多条没有条件的连线，不知道走哪一条", node.name()),
                    ));
                }
                match guard::ways(&self.guards(at), &self.facts) {
                    Ok(ways) => self.nodes[at].ways = ways,
                    Err(why) => findings.push(error("entangled", &self.nodes[at].key, why)),
                }
            }
            _ => {}
        }
    }
}

/// Letters, digits and `_`, beginning with a letter.
pub fn is_key(text: &str) -> bool {
    text.len() <= KEY_MAX
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .chars()
            .all(|sign| sign.is_ascii_alphanumeric() || sign == '_')
}
