//! Walking over all states, nearest first.

use std::collections::{HashMap, VecDeque};

use super::places::{Doubled, State};
use super::{Act, Finding, error};
use crate::guard::Facts;
use crate::model::Kind;
use crate::net::{Net, Role};

/// States looked at before a route is refused as too entangled to be proved.
pub const STATES_MAX: usize = 200_000;

/// How to look.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    /// Every order of what stands side by side; otherwise one order, which finds the same faults.
    pub every_order: bool,
    /// A step that never goes on: shows whether a decision can pass it.
    pub frozen: Option<usize>,
    pub states_max: usize,
}

impl Default for Search {
    fn default() -> Search {
        Search {
            every_order: false,
            frozen: None,
            states_max: STATES_MAX,
        }
    }
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Explored {
    pub wrong: Option<Finding>,
    pub states: usize,
    /// By node: whether it ever went on.
    pub fired: Vec<bool>,
}

/// A state and how it was come to: the state before, the node that went on, its edges.
type Step = Option<(usize, usize, Vec<usize>)>;

struct Walk<'a> {
    net: &'a Net,
    search: &'a Search,
    /// Place of each node in the order of the route: one branch is walked to its end before the next.
    rank: Vec<usize>,
    states: Vec<State>,
    came: Vec<Step>,
    known: HashMap<State, usize>,
    /// By state: the states before it.
    before: Vec<Vec<usize>>,
    fired: Vec<bool>,
}

/// Walks from the first state to all that can be come to, and tells the first fault.
pub fn explore(net: &Net, search: &Search) -> Explored {
    explore_from(net, search, State::first(net))
}

/// The same from a state a running case is in.
pub fn explore_from(net: &Net, search: &Search, first: State) -> Explored {
    let mut rank = vec![0; net.nodes.len()];
    for (place, node) in net.order().into_iter().enumerate() {
        rank[node] = place;
    }
    let mut walk = Walk {
        net,
        search,
        rank,
        states: Vec::new(),
        came: Vec::new(),
        known: HashMap::new(),
        before: Vec::new(),
        fired: vec![false; net.nodes.len()],
    };
    let wrong = walk.run(first);
    Explored {
        wrong,
        states: walk.states.len(),
        fired: walk.fired,
    }
}

impl Walk<'_> {
    fn run(&mut self, first: State) -> Option<Finding> {
        let net = self.net;
        self.add(first, None);
        let mut ends = Vec::new();
        let mut queue = VecDeque::from([0]);
        while let Some(at) = queue.pop_front() {
            let state = self.states[at].clone();
            let mut ready = state.enabled(net);
            if let Some(frozen) = self.search.frozen {
                ready.retain(|node| *node != frozen);
            }
            if ready.is_empty() {
                if self.search.frozen.is_none() {
                    if let Some(finding) = self.over(at) {
                        return Some(finding);
                    }
                    ends.push(at);
                }
                continue;
            }
            if !self.search.every_order {
                ready.sort_by_key(|node| self.rank[*node]);
                ready.truncate(1);
            }
            for node in ready {
                if let Some(finding) = self.passes_frozen(at, node) {
                    return Some(finding);
                }
                let moves = moves(net, node);
                if let Some(finding) = self.no_way(at, node, moves.is_empty()) {
                    return Some(finding);
                }
                self.fired[node] = true;
                for by in moves {
                    match state.fire(net, node, &by) {
                        Err(Doubled(place)) => {
                            return self.doubled(at, node, by, place.node(net));
                        }
                        Ok(next) => {
                            if let Some(finding) = self.counts(at, node, &by, &state, &next) {
                                return Some(finding);
                            }
                            let (place, is_new) = self.add(next, Some((at, node, by)));
                            if is_new {
                                queue.push_back(place);
                            }
                            self.before[place].push(at);
                        }
                    }
                }
                if self.states.len() > self.search.states_max {
                    return Some(error(
                        "entangled",
                        "",
                        "并行与判断交错得太多，无法逐一检查，请把它们拆成成对的分支与汇合"
                            .to_owned(),
                    ));
                }
            }
        }
        if self.search.frozen.is_some() {
            return None;
        }
        self.endless(&ends)
    }

    fn add(&mut self, state: State, came: Step) -> (usize, bool) {
        if let Some(at) = self.known.get(&state) {
            return (*at, false);
        }
        let at = self.states.len();
        self.known.insert(state.clone(), at);
        self.states.push(state);
        self.came.push(came);
        self.before.push(Vec::new());
        (at, true)
    }

    /// Nothing can go on here: it must be the end, of everything.
    fn over(&self, at: usize) -> Option<Finding> {
        let state = &self.states[at];
        let net = self.net;
        if let Some(place) = state.places.first() {
            let node = &net.nodes[place.node(net)];
            let waiting: Vec<&str> = node
                .entering
                .iter()
                .filter(|edge| {
                    let key = &net.nodes[net.edges[**edge].from].key;
                    !self.passed(at).contains(key)
                })
                .map(|edge| net.nodes[net.edges[*edge].from].name())
                .collect();
            let message = if state.ended > 0 {
                "流程已经到了结束，还有分支停在汇合处，永远办不完".to_owned()
            } else if waiting.is_empty() {
                "分支停在汇合处，再也等不齐，办件卡住".to_owned()
            } else {
                format!(
                    "汇合要等“{}”，这一次却不会经过，办件卡住",
                    waiting.join("”“")
                )
            };
            return Some(self.told("stranded", &node.key, message, at, None));
        }
        if state.ended > 1 {
            let end = net.nodes.iter().find(|node| matches!(node.role, Role::End));
            return Some(self.told(
                "ends_twice",
                end.map_or("", |node| &node.key),
                "并行的分支没有汇合就各自到了结束，结束后还有环节在办".to_owned(),
                at,
                None,
            ));
        }
        if state.decided == 0 {
            return Some(self.told(
                "no_decision",
                "",
                "可以走到结束而没有经过决定环节，申请人得不到答复".to_owned(),
                at,
                None,
            ));
        }
        None
    }

    fn passed(&self, mut at: usize) -> Vec<String> {
        let mut keys = Vec::new();
        while let Some((before, node, _)) = &self.came[at] {
            keys.push(self.net.nodes[*node].key.clone());
            at = *before;
        }
        keys
    }

    /// A node that is come to and has no way that is open for some facts.
    fn no_way(&self, at: usize, node: usize, is_closed: bool) -> Option<Finding> {
        let known = &self.net.nodes[node];
        match known.role {
            Role::End => None,
            Role::Fork | Role::Join if is_closed || known.leaving.is_empty() => Some(self.told(
                "dead_end",
                &known.key,
                format!("“{}”之后没有连线，走到这里就断了", known.name()),
                at,
                None,
            )),
            Role::Fork | Role::Join => None,
            _ if known.leaving.is_empty() => Some(self.told(
                "dead_end",
                &known.key,
                format!("“{}”之后没有连线，办完这一步就断了", known.name()),
                at,
                None,
            )),
            _ => known.ways.none.as_ref().map(|facts| {
                self.told(
                    "no_way_out",
                    &known.key,
                    format!(
                        "“{}”之后的条件可能都不成立（{}），又没有“其他情况”的连线",
                        known.name(),
                        in_words(self.net, facts)
                    ),
                    at,
                    None,
                )
            }),
        }
    }

    fn doubled(&self, at: usize, node: usize, by: Vec<usize>, place: usize) -> Option<Finding> {
        let known = &self.net.nodes[place];
        let mut finding = self.told(
            "doubled",
            &known.key,
            format!(
                "“{}”会同时来两份：并行的分支没有汇合就走到了同一处，其中一份会丢",
                known.name()
            ),
            at,
            None,
        );
        finding
            .run
            .push(self.act(node, &by, vec![known.key.clone()]));
        Some(finding)
    }

    fn counts(
        &self,
        at: usize,
        node: usize,
        by: &[usize],
        before: &State,
        after: &State,
    ) -> Option<Finding> {
        if self.search.frozen.is_some() {
            return None;
        }
        let known = &self.net.nodes[node];
        let (code, message) = match known.kind() {
            Some(Kind::Decide) if after.decided > 1 => (
                "two_decisions",
                format!(
                    "“{}”可能第二次作出决定，一件办件只能有一个决定",
                    known.name()
                ),
            ),
            Some(kind) if before.decided > 0 && !kind.is_after() && kind != Kind::Decide => (
                "work_after_decision",
                format!(
                    "“{}”可能排在决定之后；决定之后只能是制证、送达、归档",
                    known.name()
                ),
            ),
            Some(kind) if before.decided == 0 && kind.is_after() => (
                "before_decision",
                format!("“{}”可能排在决定之前", known.name()),
            ),
            _ => return None,
        };
        let mut finding = self.told(code, &known.key, message, at, None);
        finding.run.push(self.act(node, by, after.marked(self.net)));
        Some(finding)
    }

    /// With a step held back: a decision that does not wait for it.
    fn passes_frozen(&self, at: usize, node: usize) -> Option<Finding> {
        let frozen = self.search.frozen?;
        if self.net.nodes[node].kind() != Some(Kind::Decide) || !self.states[at].works_at(frozen) {
            return None;
        }
        let held = &self.net.nodes[frozen];
        Some(self.told(
            "open_at_decision",
            &held.key,
            format!("作出决定时，“{}”可能还没有办完", held.name()),
            at,
            None,
        ))
    }

    /// States from which no end can be come to any more.
    fn endless(&self, ends: &[usize]) -> Option<Finding> {
        let mut reaches = vec![false; self.states.len()];
        let mut queue: Vec<usize> = ends.to_vec();
        for end in ends {
            reaches[*end] = true;
        }
        while let Some(at) = queue.pop() {
            for before in &self.before[at] {
                if !reaches[*before] {
                    reaches[*before] = true;
                    queue.push(*before);
                }
            }
        }
        // States are kept nearest first.
        let at = reaches.iter().position(|reaches| !reaches)?;
        let net = self.net;
        let node = self.states[at].places.first()?.node(net);
        Some(self.told(
            "endless",
            &net.nodes[node].key,
            format!(
                "到了“{}”就只能在环里打转，没有出口能走到结束",
                net.nodes[node].name()
            ),
            at,
            None,
        ))
    }

    fn told(
        &self,
        code: &'static str,
        node: &str,
        message: String,
        mut at: usize,
        last: Option<Act>,
    ) -> Finding {
        let mut run: Vec<Act> = last.into_iter().collect();
        while let Some((before, node, by)) = &self.came[at] {
            run.push(self.act(*node, by, self.states[at].marked(self.net)));
            at = *before;
        }
        run.reverse();
        Finding {
            run,
            ..error(code, node, message)
        }
    }

    fn act(&self, node: usize, by: &[usize], marked: Vec<String>) -> Act {
        let net = self.net;
        let known = &net.nodes[node];
        let way = match by {
            [edge] => known.leaving.iter().position(|leaving| leaving == edge),
            _ => None,
        };
        Act {
            node: known.key.clone(),
            name: known.name().to_owned(),
            to: by
                .iter()
                .map(|edge| net.nodes[net.edges[*edge].to].key.clone())
                .collect(),
            label: match by {
                [edge] if known.leaving.len() > 1 && net.edges[*edge].label.is_empty() => {
                    "其他情况".to_owned()
                }
                [edge] => net.edges[*edge].label.clone(),
                _ => String::new(),
            },
            facts: way
                .and_then(|way| known.ways.taken.get(way).cloned().flatten())
                .unwrap_or_default(),
            marked,
        }
    }
}

/// The ways a node can go on: one edge at a time for a choice, all at once for a fork.
pub(crate) fn moves(net: &Net, node: usize) -> Vec<Vec<usize>> {
    let possible = net.possible(node);
    match net.nodes[node].role {
        Role::Fork | Role::Join if !possible.is_empty() => vec![possible],
        Role::End => vec![Vec::new()],
        _ => possible.into_iter().map(|edge| vec![edge]).collect(),
    }
}

fn in_words(net: &Net, facts: &Facts) -> String {
    if facts.is_empty() {
        return "没有条件成立".to_owned();
    }
    let told: Vec<String> = facts
        .iter()
        .map(|(key, value)| {
            let label = net
                .facts
                .iter()
                .find(|fact| fact.key == *key)
                .map(|fact| fact.label.clone());
            let label = label.unwrap_or_else(|| {
                let step = key
                    .trim_start_matches(crate::guard::AGREED)
                    .trim_start_matches('.');
                let name = net.node(step).map_or(step, |node| node.name());
                format!("“{name}”同意")
            });
            format!("{label}为{}", value.in_words())
        })
        .collect();
    told.join("，")
}
