//! Routes by dice: first well nested, then perhaps damaged.

use super::{facts, node, seat, signed};
use crate::model::{Body, Edge, Graph, Kind, Route, Signing};

/// xorshift64*: the same seed gives the same routes.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(super) fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % sides.max(1)
    }

    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

struct Maker<'a> {
    dice: &'a mut Dice,
    graph: Graph,
    /// Steps still to be given out.
    left: usize,
}

impl Maker<'_> {
    fn add(&mut self, letter: &str, body: Body) -> String {
        let key = format!("{letter}{}", self.graph.nodes.len());
        self.graph.nodes.push(node(&key, body));
        key
    }

    fn edge(&mut self, from: &str, to: &str, when: &str) {
        self.graph.edges.push(Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            when: when.to_owned(),
            label: String::new(),
        });
    }

    fn step(&mut self) -> String {
        self.left = self.left.saturating_sub(1);
        let key = format!("s{}", self.graph.nodes.len());
        let signing = match self.dice.below(8) {
            0 => Signing::All {
                seats: vec![seat("甲"), seat("乙")],
            },
            1 => Signing::Votes {
                seats: vec![seat("甲"), seat("乙"), seat("丙")],
                needed: 2,
            },
            _ => Signing::One,
        };
        self.graph.nodes.push(signed(&key, Kind::Review, signing));
        key
    }

    /// A block with one way in and one way out.
    fn block(&mut self, depth: usize) -> (String, String) {
        let sort = if depth == 0 || self.left < 2 {
            0
        } else {
            self.dice.below(6)
        };
        match sort {
            1 | 2 => {
                let (first, mut last) = self.block(depth - 1);
                for _ in 0..=self.dice.below(2) {
                    let (next, end) = self.block(depth - 1);
                    self.edge(&last, &next, "");
                    last = end;
                }
                (first, last)
            }
            3 => {
                let (fork, join) = (self.add("f", Body::Fork), self.add("j", Body::Join));
                for _ in 0..2 + self.dice.below(2) {
                    let (first, last) = self.block(depth - 1);
                    self.edge(&fork, &first, "");
                    self.edge(&last, &join, "");
                }
                (fork, join)
            }
            4 => {
                let (split, merge) = (self.add("c", Body::Choice), self.add("c", Body::Choice));
                let (first, last) = self.block(depth - 1);
                if self.dice.chance(50) {
                    let (other, end) = self.block(depth - 1);
                    self.edge(&split, &first, "risk == 'high'");
                    self.edge(&split, &other, "risk == 'low'");
                    self.edge(&end, &merge, "");
                } else {
                    self.edge(&split, &first, "n > 40");
                    self.edge(&split, &merge, "");
                }
                self.edge(&last, &merge, "");
                (split, merge)
            }
            5 => {
                let (first, last) = self.block(depth - 1);
                let judge = self.step();
                let after = self.add("c", Body::Choice);
                self.edge(&last, &judge, "");
                self.edge(&judge, &first, &format!("!agreed.{judge}"));
                self.edge(&judge, &after, "");
                (first, after)
            }
            _ => {
                let key = self.step();
                (key.clone(), key)
            }
        }
    }
}

/// A route of at most about `steps` steps that is sound.
pub(super) fn sound(dice: &mut Dice, steps: usize) -> Route {
    let mut maker = Maker {
        dice,
        graph: Graph::default(),
        left: steps,
    };
    // Conditions ask what somebody has found out: the first is work.
    let begin = maker.step();
    let (first, last) = maker.block(3);
    maker.edge(&begin, &first, "");
    let decide = "d_final".to_owned();
    maker
        .graph
        .nodes
        .push(signed(&decide, Kind::Decide, Signing::One));
    maker.edge(&last, &decide, "");
    let mut last = decide;
    if maker.dice.chance(40) {
        maker
            .graph
            .nodes
            .push(signed("deliver", Kind::Deliver, Signing::One));
        maker.edge(&last, "deliver", "");
        last = "deliver".to_owned();
    }
    maker.graph.nodes.push(node("e", Body::End));
    maker.edge(&last, "e", "");
    maker.graph.start = begin;
    Route {
        facts: facts(),
        graph: maker.graph,
        parts: Vec::new(),
    }
}

/// A route of which nobody knows whether it is sound.
pub(super) fn any(dice: &mut Dice, steps: usize) -> Route {
    let mut route = sound(dice, steps);
    if dice.chance(40) {
        return route;
    }
    for _ in 0..=dice.below(2) {
        damage(dice, &mut route.graph);
    }
    route
}

fn damage(dice: &mut Dice, graph: &mut Graph) {
    let (nodes, edges) = (graph.nodes.len(), graph.edges.len().max(1));
    match dice.below(9) {
        0 => {
            graph.edges.remove(dice.below(edges));
        }
        1 => {
            let to = graph.nodes[dice.below(nodes)].key.clone();
            let at = dice.below(edges);
            graph.edges[at].to = to;
        }
        2 => turn(dice, graph, &Body::Fork, &Body::Choice),
        3 => turn(dice, graph, &Body::Join, &Body::Choice),
        4 => turn(dice, graph, &Body::Choice, &Body::Join),
        5 => turn(dice, graph, &Body::Choice, &Body::Fork),
        6 => {
            let at = dice.below(nodes);
            if let Body::Step(step) = &mut graph.nodes[at].body {
                step.kind = Kind::Decide;
                step.signing = Signing::One;
            }
        }
        7 => {
            // A further way, taken on a condition.
            let from = graph.nodes[dice.below(nodes)].key.clone();
            let to = graph.nodes[dice.below(nodes)].key.clone();
            graph.edges.insert(
                0,
                Edge {
                    from,
                    to,
                    when: "n > 70".to_owned(),
                    label: String::new(),
                },
            );
        }
        _ => {
            let at = dice.below(edges);
            if graph.edges[at].when.is_empty() {
                graph.edges[at].when = "n < 90".to_owned();
            }
        }
    }
}

/// One node of a sort becomes another sort; conditions that it may not carry fall.
fn turn(dice: &mut Dice, graph: &mut Graph, from: &Body, to: &Body) {
    let places: Vec<usize> = (0..graph.nodes.len())
        .filter(|at| graph.nodes[*at].body == *from)
        .collect();
    if places.is_empty() {
        return;
    }
    let at = places[dice.below(places.len())];
    graph.nodes[at].body = to.clone();
    let key = graph.nodes[at].key.clone();
    let choosing = *to == Body::Choice;
    let mut ways = 0;
    for edge in graph.edges.iter_mut().filter(|edge| edge.from == key) {
        edge.when = match ways {
            0 | 1 if choosing => ["", "risk == 'low'"][ways].to_owned(),
            more if choosing => format!("n > {}", more * 10),
            _ => String::new(),
        };
        ways += 1;
    }
}
