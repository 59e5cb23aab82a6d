//! What an editor does to a route: each a small change of the graph that keeps its edges in order.

use crate::model::{Body, Edge, Graph, Kind, NAME_MAX, NODES_MAX, Node, Route, Step};
use crate::verbs::Denial;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A step after a node: what followed the node follows the step.
    AddStep {
        after: String,
        step: Step,
    },
    /// A branch beside the piece between a step and what follows it: a fork and a join come to stand around both.
    AddBranch {
        beside: String,
        step: Step,
    },
    EditStep {
        key: String,
        step: Step,
    },
    /// What led to the node leads to what followed it.
    Remove {
        key: String,
    },
    /// Changes places with the step before, where one follows the other.
    MoveUp {
        key: String,
    },
    /// A way from a node to another; without a condition it is the one taken otherwise.
    AddEdge {
        edge: Edge,
    },
    /// What a way asks.
    EditEdge {
        at: usize,
        when: String,
        label: String,
    },
    RemoveEdge {
        at: usize,
    },
}

fn denied(field: &'static str, message: impl Into<String>) -> Denial {
    Denial {
        field,
        message: message.into(),
    }
}

impl Route {
    /// The shortest route there is: 审查 and 决定.
    pub fn simple(review: Step, decide: Step) -> Route {
        let node = |key: &str, body| Node {
            key: key.to_owned(),
            body,
        };
        let edge = |from: &str, to: &str| Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            when: String::new(),
            label: String::new(),
        };
        Route {
            graph: Graph {
                start: "review".to_owned(),
                nodes: vec![
                    node("review", Body::Step(review)),
                    node("decide", Body::Step(decide)),
                    node("end", Body::End),
                ],
                edges: vec![edge("review", "decide"), edge("decide", "end")],
            },
            ..Route::default()
        }
    }

    /// Changes the route.
    ///
    /// # Errors
    /// What to do instead; the route is as it was.
    pub fn change(&mut self, change: &Change) -> Result<(), Denial> {
        let mut graph = self.graph.clone();
        graph.change(change)?;
        if graph.nodes.len() > NODES_MAX {
            return Err(denied("name", format!("一条路线最多{NODES_MAX}个节点")));
        }
        self.graph = graph;
        Ok(())
    }
}

impl Graph {
    fn change(&mut self, change: &Change) -> Result<(), Denial> {
        match change {
            Change::AddStep { after, step } => {
                let key = self.add(step)?;
                if after.is_empty() {
                    self.link(&key, &self.start.clone());
                    self.start = key;
                    return Ok(());
                }
                self.known(after)?;
                if matches!(self.node(after).map(|node| &node.body), Some(Body::End)) {
                    return Err(denied("after", "结束之后不能再加环节"));
                }
                if matches!(self.node(after).map(|node| &node.body), Some(Body::Fork)) {
                    return Err(denied("after", "并行之后请用“加并行分支”"));
                }
                for edge in self.edges.iter_mut().filter(|edge| edge.from == *after) {
                    edge.from.clone_from(&key);
                }
                self.link(after, &key);
                Ok(())
            }
            Change::AddBranch { beside, step } => self.add_branch(beside, step),
            Change::EditStep { key, step } => {
                named(step)?;
                match self
                    .nodes
                    .iter_mut()
                    .find(|node| node.key == *key)
                    .map(|node| &mut node.body)
                {
                    Some(Body::Step(known)) => {
                        *known = step.clone();
                        Ok(())
                    }
                    _ => Err(denied("key", "没有这个环节，请刷新页面")),
                }
            }
            Change::Remove { key } => self.remove(key),
            Change::MoveUp { key } => self.move_up(key),
            Change::AddEdge { edge } => {
                self.known(&edge.from)?;
                self.known(&edge.to)?;
                if self
                    .edges
                    .iter()
                    .any(|known| known.from == edge.from && known.to == edge.to)
                {
                    return Err(denied("to", "这两个环节之间已经有连线，请改它的条件"));
                }
                // Before the way that is taken otherwise: conditions are asked in order.
                let otherwise = self
                    .edges
                    .iter()
                    .position(|known| known.from == edge.from && known.when.is_empty());
                match otherwise {
                    Some(at) if !edge.when.is_empty() => self.edges.insert(at, edge.clone()),
                    _ => self.edges.push(edge.clone()),
                }
                Ok(())
            }
            Change::EditEdge { at, when, label } => {
                let edge = self
                    .edges
                    .get_mut(*at)
                    .ok_or_else(|| denied("at", "没有这条连线，请刷新页面"))?;
                when.trim().clone_into(&mut edge.when);
                label.trim().clone_into(&mut edge.label);
                Ok(())
            }
            Change::RemoveEdge { at } => {
                if *at >= self.edges.len() {
                    return Err(denied("at", "没有这条连线，请刷新页面"));
                }
                self.edges.remove(*at);
                Ok(())
            }
        }
    }

    fn known(&self, key: &str) -> Result<(), Denial> {
        match self.node(key) {
            Some(_) => Ok(()),
            None => Err(denied("key", "没有这个环节，请刷新页面")),
        }
    }

    fn link(&mut self, from: &str, to: &str) {
        self.edges.push(Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            when: String::new(),
            label: String::new(),
        });
    }

    fn add(&mut self, step: &Step) -> Result<String, Denial> {
        named(step)?;
        let key = self.free(step.kind.word());
        self.nodes.push(Node {
            key: key.clone(),
            body: Body::Step(step.clone()),
        });
        Ok(key)
    }

    /// A key nobody has.
    fn free(&self, word: &str) -> String {
        (1..)
            .map(|number| {
                if number == 1 {
                    word.to_owned()
                } else {
                    format!("{word}{number}")
                }
            })
            .find(|key| self.node(key).is_none())
            .unwrap_or_default()
    }

    fn add_branch(&mut self, beside: &str, step: &Step) -> Result<(), Denial> {
        self.known(beside)?;
        if let Some(Body::Fork) = self.node(beside).map(|node| &node.body) {
            let join = self
                .join_of(beside)
                .ok_or_else(|| denied("beside", "找不到与这个并行成对的汇合，请先把它们连好"))?;
            let key = self.add(step)?;
            self.link(beside, &key);
            self.link(&key, &join);
            return Ok(());
        }
        if self
            .step(beside)
            .is_none_or(|step| step.kind == Kind::Decide)
        {
            return Err(denied(
                "beside",
                "请选择一个环节（决定除外）或者一个并行，在它旁边加分支",
            ));
        }
        if self.leaving(beside).count() != 1 {
            return Err(denied(
                "beside",
                "这个环节之后有几条连线，请先在它后面加一个环节，再并行",
            ));
        }
        let (fork, join) = (self.free("fork"), self.free("join"));
        for edge in &mut self.edges {
            if edge.to == beside {
                edge.to.clone_from(&fork);
            }
            if edge.from == beside {
                edge.from.clone_from(&join);
            }
        }
        if self.start == beside {
            self.start.clone_from(&fork);
        }
        self.nodes.push(Node {
            key: fork.clone(),
            body: Body::Fork,
        });
        self.nodes.push(Node {
            key: join.clone(),
            body: Body::Join,
        });
        let key = self.add(step)?;
        for branch in [beside, key.as_str()] {
            self.link(&fork, branch);
            self.link(branch, &join);
        }
        Ok(())
    }

    /// The join that closes a fork: the first that every branch comes to.
    fn join_of(&self, fork: &str) -> Option<String> {
        let mut common: Option<Vec<&str>> = None;
        for edge in self.leaving(fork) {
            let mut met = vec![edge.to.as_str()];
            let mut at = 0;
            while at < met.len() {
                for next in self.leaving(met[at]) {
                    if !met.contains(&next.to.as_str()) {
                        met.push(&next.to);
                    }
                }
                at += 1;
            }
            common = Some(match common {
                None => met,
                Some(known) => known.into_iter().filter(|key| met.contains(key)).collect(),
            });
        }
        common?
            .into_iter()
            .find(|key| matches!(self.node(key).map(|node| &node.body), Some(Body::Join)))
            .map(str::to_owned)
    }

    fn remove(&mut self, key: &str) -> Result<(), Denial> {
        self.known(key)?;
        if matches!(
            self.node(key).map(|node| &node.body),
            Some(Body::Fork | Body::Join)
        ) {
            return Err(denied("key", "并行和汇合成对出现，请删除分支里的环节"));
        }
        let next: Vec<String> = self
            .leaving(key)
            .filter(|edge| edge.to != key)
            .map(|edge| edge.to.clone())
            .collect();
        // The way taken otherwise is the one that stays.
        let onward = self
            .leaving(key)
            .find(|edge| edge.when.is_empty() && edge.to != key)
            .map(|edge| edge.to.clone())
            .or_else(|| next.first().cloned())
            .ok_or_else(|| denied("key", "删除后流程就断了；结束不能删除"))?;
        self.edges.retain(|edge| edge.from != key);
        for edge in self.edges.iter_mut().filter(|edge| edge.to == key) {
            edge.to.clone_from(&onward);
        }
        if self.start == key {
            self.start.clone_from(&onward);
        }
        self.nodes.retain(|node| node.key != key);
        self.tidy();
        Ok(())
    }

    /// A fork that leads straight to a join is a branch without work; one branch alone is no branch.
    fn tidy(&mut self) {
        let mut at = 0;
        while at < self.edges.len() {
            let edge = &self.edges[at];
            let is = |key: &str, body: &Body| self.node(key).is_some_and(|node| node.body == *body);
            if is(&edge.from, &Body::Fork) && is(&edge.to, &Body::Join) {
                self.edges.remove(at);
            } else {
                at += 1;
            }
        }
        let lonely: Vec<String> = self
            .nodes
            .iter()
            .filter(|node| match node.body {
                Body::Fork => self.leaving(&node.key).count() == 1,
                Body::Join => self.entering(&node.key).count() == 1,
                _ => false,
            })
            .map(|node| node.key.clone())
            .collect();
        for key in lonely {
            let Some(onward) = self.leaving(&key).next().map(|edge| edge.to.clone()) else {
                continue;
            };
            self.edges.retain(|edge| edge.from != key);
            for edge in self.edges.iter_mut().filter(|edge| edge.to == key) {
                edge.to.clone_from(&onward);
            }
            if self.start == key {
                self.start = onward;
            }
            self.nodes.retain(|node| node.key != key);
        }
    }

    fn move_up(&mut self, key: &str) -> Result<(), Denial> {
        let lone = || {
            denied(
                "key",
                "前面不是单独的一个环节，不能直接上移；请删除后加在别处",
            )
        };
        self.known(key)?;
        let before = {
            let mut entering = self.entering(key).filter(|edge| edge.from != key);
            let only = entering.next().ok_or_else(lone)?;
            if entering.next().is_some() || !only.when.is_empty() {
                return Err(lone());
            }
            only.from.clone()
        };
        let straight = self.leaving(&before).count() == 1
            && self.leaving(key).count() == 1
            && self.step(&before).is_some()
            && self.step(key).is_some();
        if !straight {
            return Err(lone());
        }
        // Their names change places in every edge; the edge between them turns round by that.
        let swapped = |name: &String| {
            if *name == *key {
                before.clone()
            } else if *name == before {
                key.to_owned()
            } else {
                name.clone()
            }
        };
        for edge in &mut self.edges {
            edge.from = swapped(&edge.from);
            edge.to = swapped(&edge.to);
        }
        self.start = swapped(&self.start);
        Ok(())
    }
}

fn named(step: &Step) -> Result<(), Denial> {
    let length = base::text::visible_len(step.name.trim());
    if length == 0 {
        return Err(denied("name", "请填写环节名称"));
    }
    if length > NAME_MAX {
        return Err(denied("name", format!("环节名称最多{NAME_MAX}字")));
    }
    Ok(())
}
