//! What an editor does to a route: each a small change of the graph that keeps its edges in order.

use crate::guard::AGREED;
use crate::model::{
    Body, Domain, Edge, FACTS_MAX, FactDef, Graph, Kind, NAME_MAX, NODES_MAX, Node, Part, Route,
    Step,
};
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
    /// What conditions may ask; one of the same key takes its place.
    SetFact {
        fact: FactDef,
    },
    RemoveFact {
        key: String,
    },
    /// 子流程: a part of its own with one step, to be used from then on.
    AddPart {
        name: String,
        step: Step,
    },
    /// Runs a part after a node, as a step would stand there.
    UsePart {
        after: String,
        part: String,
    },
    /// Only one that nothing uses.
    RemovePart {
        part: String,
    },
    /// The same inside a part.
    Inside {
        part: String,
        change: Box<Change>,
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
        let mut next = self.clone();
        match change {
            Change::SetFact { fact } => next.set_fact(fact)?,
            Change::RemoveFact { key } => next.remove_fact(key)?,
            Change::AddPart { name, step } => next.add_part(name, step)?,
            Change::UsePart { after, part } => next.use_part(after, part)?,
            Change::RemovePart { part } => next.remove_part(part)?,
            Change::Inside { part, change } => next
                .parts
                .iter_mut()
                .find(|known| known.key == *part)
                .ok_or_else(|| denied("part", "没有这个子流程，请刷新页面"))?
                .graph
                .change(change)?,
            _ => next.graph.change(change)?,
        }
        let nodes: usize = std::iter::once(&next.graph)
            .chain(next.parts.iter().map(|part| &part.graph))
            .map(|graph| graph.nodes.len())
            .sum();
        if nodes > NODES_MAX {
            return Err(denied("name", format!("一条路线最多{NODES_MAX}个节点")));
        }
        *self = next;
        Ok(())
    }

    fn set_fact(&mut self, fact: &FactDef) -> Result<(), Denial> {
        let mut letters = fact.key.chars();
        let begins = letters
            .next()
            .is_some_and(|first| first.is_ascii_lowercase());
        let goes_on = letters.all(|one| one.is_ascii_alphanumeric() || one == '_');
        if !begins || !goes_on || fact.key.len() > NAME_MAX || fact.key == AGREED {
            return Err(denied(
                "key",
                "请填写英文小写字母开头的键，只用字母、数字和下划线，如 area",
            ));
        }
        length("label", &fact.label, "请填写人看得懂的名称，如 营业面积")?;
        match &fact.domain {
            Domain::Number { min, max } if min > max => {
                return Err(denied("max", "最大值不能小于最小值"));
            }
            Domain::Choice { options } if options.len() < 2 => {
                return Err(denied("options", "请至少写两个选项，用顿号分开"));
            }
            _ => {}
        }
        match self.facts.iter().position(|known| known.key == fact.key) {
            Some(at) => self.facts[at] = fact.clone(),
            None if self.facts.len() >= FACTS_MAX => {
                return Err(denied("key", format!("一条路线最多{FACTS_MAX}项判断内容")));
            }
            None => self.facts.push(fact.clone()),
        }
        Ok(())
    }

    fn remove_fact(&mut self, key: &str) -> Result<(), Denial> {
        let before = self.facts.len();
        self.facts.retain(|known| known.key != key);
        if self.facts.len() == before {
            return Err(denied("key", "没有这项判断内容，请刷新页面"));
        }
        Ok(())
    }

    fn add_part(&mut self, name: &str, step: &Step) -> Result<(), Denial> {
        length("part", name, "请填写子流程的名称")?;
        named(step)?;
        let key = (1..)
            .map(|number| format!("part{number}"))
            .find(|key| self.part(key).is_none())
            .unwrap_or_default();
        let first = step.kind.word().to_owned();
        let node = |key: &str, body| Node {
            key: key.to_owned(),
            body,
        };
        let mut graph = Graph {
            start: first.clone(),
            nodes: vec![
                node(&first, Body::Step(step.clone())),
                node("end", Body::End),
            ],
            edges: Vec::new(),
        };
        graph.link(&first, "end");
        self.parts.push(Part {
            key,
            name: name.trim().to_owned(),
            graph,
        });
        Ok(())
    }

    fn use_part(&mut self, after: &str, part: &str) -> Result<(), Denial> {
        if self.part(part).is_none() {
            return Err(denied("part", "没有这个子流程，请刷新页面"));
        }
        let body = Body::Part {
            part: part.to_owned(),
        };
        let key = self.graph.free(part);
        self.graph.nodes.push(Node {
            key: key.clone(),
            body,
        });
        self.graph.place_after(after, key)
    }

    fn remove_part(&mut self, part: &str) -> Result<(), Denial> {
        let uses = |graph: &Graph| {
            graph
                .nodes
                .iter()
                .any(|node| matches!(&node.body, Body::Part { part: used } if used == part))
        };
        if uses(&self.graph) || self.parts.iter().any(|known| uses(&known.graph)) {
            return Err(denied("part", "还有环节在用这个子流程，请先删除那些环节"));
        }
        let before = self.parts.len();
        self.parts.retain(|known| known.key != part);
        if self.parts.len() == before {
            return Err(denied("part", "没有这个子流程，请刷新页面"));
        }
        Ok(())
    }
}

impl Graph {
    fn change(&mut self, change: &Change) -> Result<(), Denial> {
        match change {
            Change::AddStep { after, step } => {
                let key = self.add(step)?;
                self.place_after(after, key)
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
            // Of the route as a whole.
            Change::SetFact { .. }
            | Change::RemoveFact { .. }
            | Change::AddPart { .. }
            | Change::UsePart { .. }
            | Change::RemovePart { .. }
            | Change::Inside { .. } => Err(denied("part", "子流程里不能再分子流程")),
        }
    }

    /// A node that is there already comes to stand after another: what followed that one follows it.
    fn place_after(&mut self, after: &str, key: String) -> Result<(), Denial> {
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
    length("name", &step.name, "请填写环节名称")
}

fn length(field: &'static str, text: &str, missing: &'static str) -> Result<(), Denial> {
    match base::text::visible_len(text.trim()) {
        0 => Err(denied(field, missing)),
        n if n > NAME_MAX => Err(denied(field, format!("名称最多{NAME_MAX}字"))),
        _ => Ok(()),
    }
}
