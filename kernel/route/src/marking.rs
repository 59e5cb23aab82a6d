//! Where a running case stands on its route, and how it came there.
//!
//! A marking keeps what was done and what each doing produced. So a step that was done can be undone together with
//! exactly what followed from it, and nothing else: the marking is then one that an ordinary run comes to as well.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::net::{Net, Role};
use crate::verbs::{Signature, Work};

/// Nodes passed in one case, undone ones not counted; loops are limited by it.
pub const DONE_MAX: usize = 500;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marking {
    /// Number of the next token or doing.
    pub next: u32,
    /// What is open: work, or an arrival that waits at a join.
    pub tokens: Vec<Token>,
    /// What was done, oldest first.
    pub done: Vec<Done>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Suspension>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    pub id: u32,
    /// Key of the node it stands at.
    pub node: String,
    /// The node it came from; a join tells its arrivals apart by it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// The doing that made it; 0 for the first.
    pub by: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Work>,
}

/// A node that was passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    pub id: u32,
    pub node: String,
    /// What it took, without the work: undoing gives it back.
    pub took: Vec<Token>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gave: Vec<u32>,
    /// Of a step: who signed, and whether it was done in favour.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signed: Vec<Signature>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreed: Option<bool>,
    /// 跳转: passed over, by whom and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<Signature>,
}

/// 挂起.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    pub by: String,
    pub at: jiff::Timestamp,
    pub reason: String,
}

/// How a step was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doing {
    pub signed: Vec<Signature>,
    pub agreed: Option<bool>,
    pub skipped: Option<Signature>,
}

/// Why a marking cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stuck {
    /// No way out of this node: the fact that is not known, or nothing where no condition holds.
    #[error("no way out of {node}: {fact}")]
    NoWay { node: String, fact: String },
    #[error("{0} is not on the route")]
    UnknownNode(String),
    #[error("too many steps")]
    TooLong,
}

/// Chooses a way out of a node: the number of an edge.
pub trait Choose {
    /// # Errors
    /// The label of the fact that is missing; empty where no way is open.
    fn way(&mut self, net: &Net, node: usize, done: &[Done]) -> Result<usize, String>;
}

impl<F: FnMut(&Net, usize, &[Done]) -> Result<usize, String>> Choose for F {
    fn way(&mut self, net: &Net, node: usize, done: &[Done]) -> Result<usize, String> {
        self(net, node, done)
    }
}

impl Marking {
    /// The marking of a case that begins.
    pub fn start(net: &Net, choose: &mut dyn Choose) -> Result<Marking, Stuck> {
        let mut marking = Marking {
            next: 1,
            ..Marking::default()
        };
        marking.arrive(net, net.start, "", 0);
        marking.settle(net, choose)?;
        Ok(marking)
    }

    pub fn token(&self, id: u32) -> Option<&Token> {
        self.tokens.iter().find(|token| token.id == id)
    }

    pub fn done_by_id(&self, id: u32) -> Option<&Done> {
        self.done.iter().find(|done| done.id == id)
    }

    /// Open work.
    pub fn works(&self) -> impl Iterator<Item = (&Token, &Work)> {
        self.tokens
            .iter()
            .filter_map(|token| Some((token, token.work.as_ref()?)))
    }

    pub fn is_over(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Whether a step was last done in favour.
    pub fn agreed(done: &[Done], node: &str) -> bool {
        done.iter()
            .rev()
            .find(|done| done.node == node && done.agreed.is_some())
            .is_some_and(|done| done.agreed == Some(true))
    }

    fn number(&mut self) -> u32 {
        let number = self.next;
        self.next += 1;
        number
    }

    /// Something comes to a node.
    fn arrive(&mut self, net: &Net, node: usize, from: &str, by: u32) -> u32 {
        let id = self.number();
        let known = &net.nodes[node];
        self.tokens.push(Token {
            id,
            node: known.key.clone(),
            from: from.to_owned(),
            by,
            work: known.step().map(Work::new),
        });
        id
    }

    /// A step is done: its token goes on.
    pub fn finish(
        &mut self,
        net: &Net,
        token: u32,
        doing: Doing,
        choose: &mut dyn Choose,
    ) -> Result<(), Stuck> {
        let mut next = self.clone();
        next.pass(net, &[token], doing, choose)?;
        next.settle(net, choose)?;
        *self = next;
        Ok(())
    }

    /// Takes tokens that stand at one node, and puts what comes after.
    fn pass(
        &mut self,
        net: &Net,
        tokens: &[u32],
        doing: Doing,
        choose: &mut dyn Choose,
    ) -> Result<(), Stuck> {
        if self.done.len() >= DONE_MAX {
            return Err(Stuck::TooLong);
        }
        let (mut took, rest): (Vec<Token>, Vec<Token>) = std::mem::take(&mut self.tokens)
            .into_iter()
            .partition(|token| tokens.contains(&token.id));
        self.tokens = rest;
        let key = took
            .first()
            .map(|token| token.node.clone())
            .unwrap_or_default();
        let node = net
            .place(&key)
            .ok_or_else(|| Stuck::UnknownNode(key.clone()))?;
        for token in &mut took {
            token.work = None;
        }
        let id = self.number();
        self.done.push(Done {
            id,
            node: key.clone(),
            took,
            gave: Vec::new(),
            signed: doing.signed,
            agreed: doing.agreed,
            skipped: doing.skipped,
        });
        let edges = match net.nodes[node].role {
            Role::End => Vec::new(),
            Role::Fork | Role::Join => net.nodes[node].leaving.clone(),
            Role::Step(_) | Role::Choice => {
                let way = choose.way(net, node, &self.done);
                vec![way.map_err(|fact| Stuck::NoWay {
                    node: key.clone(),
                    fact,
                })?]
            }
        };
        let mut gave = Vec::with_capacity(edges.len());
        for edge in edges {
            gave.push(self.arrive(net, net.edges[edge].to, &key, id));
        }
        if let Some(last) = self.done.last_mut() {
            last.gave = gave;
        }
        Ok(())
    }

    /// Lets everything go on that needs nobody: choices, forks, full joins, the end.
    fn settle(&mut self, net: &Net, choose: &mut dyn Choose) -> Result<(), Stuck> {
        while let Some(ready) = self.ready(net)? {
            self.pass(net, &ready, Doing::default(), choose)?;
        }
        Ok(())
    }

    fn ready(&self, net: &Net) -> Result<Option<Vec<u32>>, Stuck> {
        for token in &self.tokens {
            let node = net
                .node(&token.node)
                .ok_or_else(|| Stuck::UnknownNode(token.node.clone()))?;
            match node.role {
                Role::Step(_) => {}
                Role::Choice | Role::Fork | Role::End => return Ok(Some(vec![token.id])),
                Role::Join => {
                    let arrived: Vec<u32> = node
                        .entering
                        .iter()
                        .filter_map(|edge| {
                            let from = &net.nodes[net.edges[*edge].from].key;
                            let waiting = self
                                .tokens
                                .iter()
                                .find(|other| other.node == token.node && other.from == *from);
                            waiting.map(|token| token.id)
                        })
                        .collect();
                    if arrived.len() == node.entering.len() {
                        return Ok(Some(arrived));
                    }
                }
            }
        }
        Ok(None)
    }

    /// Everything that followed from a doing, itself included.
    pub fn consequences(&self, done: u32) -> HashSet<u32> {
        let mut undone = HashSet::from([done]);
        // Oldest first: what took from a doing comes after it.
        for later in &self.done {
            if later.took.iter().any(|token| undone.contains(&token.by)) {
                undone.insert(later.id);
            }
        }
        undone
    }

    /// Doings that a token comes from.
    pub fn causes(&self, token: &Token) -> HashSet<u32> {
        let mut causes = HashSet::from([token.by]);
        for earlier in self.done.iter().rev() {
            if causes.contains(&earlier.id) {
                causes.extend(earlier.took.iter().map(|token| token.by));
            }
        }
        causes.remove(&0);
        causes
    }

    /// Takes a doing back with everything that followed from it; what it and they had taken from elsewhere stands
    /// again. Gives the token that stands at the node anew.
    pub fn undo(&mut self, net: &Net, done: u32) -> Option<u32> {
        let node = self.done_by_id(done)?.node.clone();
        let undone = self.consequences(done);
        self.tokens.retain(|token| !undone.contains(&token.by));
        let (gone, kept): (Vec<Done>, Vec<Done>) = std::mem::take(&mut self.done)
            .into_iter()
            .partition(|known| undone.contains(&known.id));
        self.done = kept;
        let mut again = None;
        for taken in gone.into_iter().flat_map(|gone| {
            let is_it = gone.id == done;
            gone.took.into_iter().map(move |token| (is_it, token))
        }) {
            let (is_it, token) = taken;
            if undone.contains(&token.by) {
                continue;
            }
            // A new number: whoever held the old one does not hold this.
            let id = self.number();
            let work = net
                .node(&token.node)
                .and_then(|node| node.step())
                .map(Work::new);
            if is_it && token.node == node {
                again = Some(id);
            }
            self.tokens.push(Token { id, work, ..token });
        }
        again
    }
}
