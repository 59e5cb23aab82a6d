//! All ways through a guide at once.
//!
//! The walk takes the questions in their order and keeps, instead of the answers, what the answers leave of every
//! condition that is still to be settled: a hundred thousand ways that leave the same are one state. Answers that no
//! condition tells apart are one class. A counterexample is read back along the states it came from.

use std::collections::{HashMap, HashSet};

use super::Guide;
use super::answers::Answer;
use super::condition::{Formula, Truth};
use crate::model::QuestionKind;

/// States of one walk, beyond which a guide is too entangled to be checked.
const STATES_MAX: usize = 100_000;

/// Number of what is left of a condition.
type Rest = u32;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Node {
    Known(Truth),
    /// An atom, with the classes of the answers it has seen.
    Atom(usize, Vec<(usize, usize)>),
    Not(Rest),
    And(Vec<Rest>),
    Or(Vec<Rest>),
}

/// Answers that lead to the same everywhere.
#[derive(Clone, Debug)]
pub(super) struct Class {
    /// One of them.
    pub(super) answer: Answer,
    /// How many choices it stands for.
    pub(super) choices: u128,
}

/// The check's memory of a guide: what conditions leave, each once.
pub(super) struct Walker<'a> {
    pub(super) guide: &'a Guide,
    /// Classes of answers by question.
    pub(super) classes: Vec<Vec<Class>>,
    nodes: Vec<Node>,
    numbers: HashMap<Node, Rest>,
    settled: HashMap<(Rest, usize, Option<usize>), Rest>,
    truths: HashMap<Node, Truth>,
    pub(super) asked: Vec<Rest>,
    pub(super) holds: Vec<Rest>,
}

/// Answers along a way: question and class.
pub(super) type Way = Vec<(usize, usize)>;

/// The guide is too entangled.
#[derive(Debug)]
pub(super) struct TooMany;

/// What a walk found at the end of a way.
pub(super) struct End<'a> {
    /// Truths of the conditions that were followed.
    pub(super) truths: &'a [Truth],
    /// Whether an outcome ended the guide.
    pub(super) stopped: bool,
    /// The question whose answer did; none where the guide ended before the first or after the last.
    pub(super) after: Option<usize>,
}

impl<'a> Walker<'a> {
    pub(super) fn new(guide: &'a Guide) -> Walker<'a> {
        let mut walker = Walker {
            guide,
            classes: Vec::new(),
            nodes: Vec::new(),
            numbers: HashMap::new(),
            settled: HashMap::new(),
            truths: HashMap::new(),
            asked: Vec::new(),
            holds: Vec::new(),
        };
        walker.classes = (0..guide.questions().len())
            .map(|at| classes(guide, at))
            .collect();
        walker.asked = guide
            .asked
            .iter()
            .map(|formula| walker.rest_of(formula))
            .collect();
        walker.holds = guide
            .holds
            .iter()
            .map(|formula| walker.rest_of(formula))
            .collect();
        walker
    }

    fn number(&mut self, node: Node) -> Rest {
        if let Some(known) = self.numbers.get(&node) {
            return *known;
        }
        let number = Rest::try_from(self.nodes.len()).expect("a walk holds fewer states than that");
        self.nodes.push(node.clone());
        self.numbers.insert(node, number);
        number
    }

    fn known(&mut self, truth: Truth) -> Rest {
        self.number(Node::Known(truth))
    }

    /// Its truth, where it is settled.
    pub(super) fn truth(&self, rest: Rest) -> Option<Truth> {
        match self.nodes[rest as usize] {
            Node::Known(truth) => Some(truth),
            _ => None,
        }
    }

    fn rest_of(&mut self, formula: &Formula) -> Rest {
        match formula {
            Formula::Known(value) => self.known(Truth::from(*value)),
            Formula::Atom(at) => {
                // An atom about no question at all, such as 1 == 1, is settled from the start.
                if self.guide.conditions.atoms[*at].questions.is_empty() {
                    let truth = self.guide.conditions.atom(*at, |_| None);
                    return self.known(truth);
                }
                self.number(Node::Atom(*at, Vec::new()))
            }
            Formula::Not(inner) => {
                let inner = self.rest_of(inner);
                self.not(inner)
            }
            Formula::And(left, right) => {
                let parts = vec![self.rest_of(left), self.rest_of(right)];
                self.all(parts)
            }
            Formula::Or(left, right) => {
                let parts = vec![self.rest_of(left), self.rest_of(right)];
                self.any(parts)
            }
        }
    }

    fn not(&mut self, inner: Rest) -> Rest {
        match self.nodes[inner as usize] {
            Node::Known(Truth::True) => self.known(Truth::False),
            Node::Known(Truth::False) => self.known(Truth::True),
            Node::Known(Truth::Null) => inner,
            _ => self.number(Node::Not(inner)),
        }
    }

    fn all(&mut self, parts: Vec<Rest>) -> Rest {
        self.joined(parts, Truth::True, Truth::False)
    }

    fn any(&mut self, parts: Vec<Rest>) -> Rest {
        self.joined(parts, Truth::False, Truth::True)
    }

    /// `neutral` changes nothing, `final` settles everything.
    fn joined(&mut self, parts: Vec<Rest>, neutral: Truth, settling: Truth) -> Rest {
        let mut left = Vec::new();
        for part in parts {
            let inner = match (&self.nodes[part as usize], neutral) {
                (Node::And(inner), Truth::True) | (Node::Or(inner), Truth::False) => inner.clone(),
                _ => vec![part],
            };
            for part in inner {
                match self.truth(part) {
                    Some(truth) if truth == neutral => {}
                    Some(truth) if truth == settling => return self.known(settling),
                    _ => left.push(part),
                }
            }
        }
        left.sort_unstable();
        left.dedup();
        match left.as_slice() {
            [] => self.known(neutral),
            [one] => *one,
            _ if neutral == Truth::True => self.number(Node::And(left)),
            _ => self.number(Node::Or(left)),
        }
    }

    /// What is left of a condition once a question is answered, or passed over.
    pub(super) fn settle(&mut self, rest: Rest, question: usize, class: Option<usize>) -> Rest {
        let memory = (rest, question, class);
        if let Some(known) = self.settled.get(&memory) {
            return *known;
        }
        let node = self.nodes[rest as usize].clone();
        let left = match node {
            Node::Known(_) => rest,
            Node::Not(inner) => {
                let inner = self.settle(inner, question, class);
                self.not(inner)
            }
            Node::And(parts) => {
                let parts = parts
                    .into_iter()
                    .map(|part| self.settle(part, question, class))
                    .collect();
                self.all(parts)
            }
            Node::Or(parts) => {
                let parts = parts
                    .into_iter()
                    .map(|part| self.settle(part, question, class))
                    .collect();
                self.any(parts)
            }
            Node::Atom(at, seen) => self.settle_atom(rest, at, seen, question, class),
        };
        self.settled.insert(memory, left);
        left
    }

    fn settle_atom(
        &mut self,
        rest: Rest,
        at: usize,
        mut seen: Vec<(usize, usize)>,
        question: usize,
        class: Option<usize>,
    ) -> Rest {
        let atom = &self.guide.conditions.atoms[at];
        if !atom.questions.contains(&question) {
            return rest;
        }
        let Some(class) = class else {
            return self.known(Truth::Null);
        };
        seen.push((question, class));
        if seen.len() < atom.questions.len() {
            return self.number(Node::Atom(at, seen));
        }
        let node = Node::Atom(at, seen);
        let truth = if let Some(truth) = self.truths.get(&node) {
            *truth
        } else {
            let Node::Atom(_, seen) = &node else {
                return rest;
            };
            let truth = self.guide.conditions.atom(at, |question| {
                let (_, class) = seen.iter().find(|(known, _)| *known == question)?;
                Some(&self.classes[question][*class].answer)
            });
            self.truths.insert(node, truth);
            truth
        };
        self.known(truth)
    }

    /// Questions that can have a part in these conditions, the guide's stops included, ascending.
    fn concerned(&self, followed: &[&Formula]) -> Vec<usize> {
        let conditions = &self.guide.conditions;
        let mut found = Vec::new();
        for formula in followed {
            conditions.questions(formula, &mut found);
        }
        for stop in self.stops() {
            conditions.questions(&self.guide.holds[stop], &mut found);
        }
        let mut next = 0;
        let mut concerned: Vec<usize> = Vec::new();
        while next < found.len() {
            let question = found[next];
            next += 1;
            if !concerned.contains(&question) {
                concerned.push(question);
                conditions.questions(&self.guide.asked[question], &mut found);
            }
        }
        concerned.sort_unstable();
        concerned
    }

    pub(super) fn stops(&self) -> impl Iterator<Item = usize> + use<> {
        let stops: Vec<usize> = (0..self.guide.outcomes().len())
            .filter(|at| !self.guide.outcomes()[*at].stop.is_empty())
            .collect();
        stops.into_iter()
    }

    /// Walks every way as far as the followed conditions need it, until `wanted` is satisfied by an end; `hopeless`
    /// says where going on cannot satisfy it any more.
    ///
    /// # Errors
    /// There are more states than can be walked.
    pub(super) fn find(
        &mut self,
        followed: &[(&Formula, Rest)],
        hopeless: impl Fn(&[Option<Truth>]) -> bool,
        wanted: impl Fn(&End<'_>) -> bool,
    ) -> Result<Option<Way>, TooMany> {
        let formulas: Vec<&Formula> = followed.iter().map(|(formula, _)| *formula).collect();
        let concerned = self.concerned(&formulas);
        let stops: Vec<usize> = self.stops().collect();
        // State: the followed conditions, the stops, the questions still to be asked.
        let mut first: Vec<Rest> = followed.iter().map(|(_, rest)| *rest).collect();
        first.extend(stops.iter().map(|stop| self.holds[*stop]));
        first.extend(concerned.iter().map(|question| self.asked[*question]));
        let (targets, questions_from) = (followed.len(), followed.len() + stops.len());
        let end = |walker: &Walker<'_>, state: &[Rest], stopped: bool, after: Option<usize>| {
            let truths: Vec<Truth> = state[..targets]
                .iter()
                .map(|rest| walker.truth(*rest).unwrap_or(Truth::Null))
                .collect();
            wanted(&End {
                truths: &truths,
                stopped,
                after,
            })
        };
        let stopped = |walker: &Walker<'_>, state: &[Rest]| {
            (targets..questions_from).any(|part| walker.truth(state[part]) == Some(Truth::True))
        };
        if stopped(self, &first) {
            return Ok(end(self, &first, true, None).then(Vec::new));
        }
        // Layers of states, each with the state it came from and the answer that led to it.
        let mut layers: Vec<Vec<(usize, Option<usize>)>> = Vec::new();
        let mut states = vec![first];
        let mut total = 0;
        for (at, question) in concerned.iter().enumerate() {
            let mut next: Vec<Vec<Rest>> = Vec::new();
            let mut known: HashSet<Vec<Rest>> = HashSet::new();
            let mut layer = Vec::new();
            for (from, state) in states.iter().enumerate() {
                let asked = self.truth(state[questions_from + at]) == Some(Truth::True);
                let choices = if asked {
                    self.classes[*question].len()
                } else {
                    1
                };
                for choice in 0..choices {
                    let class = asked.then_some(choice);
                    let left: Vec<Rest> = state
                        .iter()
                        .enumerate()
                        // Questions that were asked need no condition any more.
                        .map(|(part, rest)| {
                            if part >= questions_from && part <= questions_from + at {
                                0
                            } else {
                                self.settle(*rest, *question, class)
                            }
                        })
                        .collect();
                    if stopped(self, &left) {
                        if end(self, &left, true, Some(*question)) {
                            layer.push((from, class));
                            let last = layer.len() - 1;
                            layers.push(layer);
                            return Ok(Some(way(&concerned, &layers, last)));
                        }
                        continue;
                    }
                    let so_far: Vec<Option<Truth>> = left[..targets]
                        .iter()
                        .map(|rest| self.truth(*rest))
                        .collect();
                    if hopeless(&so_far) || known.contains(&left) {
                        continue;
                    }
                    known.insert(left.clone());
                    next.push(left);
                    layer.push((from, class));
                    total += 1;
                    if total > STATES_MAX {
                        return Err(TooMany);
                    }
                }
            }
            layers.push(layer);
            states = next;
        }
        let found = states
            .iter()
            .position(|state| end(self, state, false, None));
        Ok(found.map(|last| way(&concerned, &layers, last)))
    }

    /// How many ways there are, and the longest of them.
    ///
    /// # Errors
    /// There are more states than can be walked.
    pub(super) fn measure(&mut self) -> Result<(u128, Way), TooMany> {
        let stops: Vec<usize> = self.stops().collect();
        let mut first: Vec<Rest> = stops.iter().map(|stop| self.holds[*stop]).collect();
        first.extend(self.asked.iter().copied());
        let questions_from = stops.len();
        let mut states: HashMap<Vec<Rest>, (u128, Way)> = HashMap::from([(first, (1, Vec::new()))]);
        let (mut ways, mut longest): (u128, Way) = (0, Vec::new());
        let mut total = 0;
        for question in 0..self.guide.questions().len() {
            let mut next: HashMap<Vec<Rest>, (u128, Way)> = HashMap::new();
            for (state, (count, so_far)) in states {
                let ended =
                    (0..questions_from).any(|at| self.truth(state[at]) == Some(Truth::True));
                if ended {
                    ways = ways.saturating_add(count);
                    if so_far.len() > longest.len() {
                        longest = so_far;
                    }
                    continue;
                }
                let asked = self.truth(state[questions_from + question]) == Some(Truth::True);
                let choices = if asked {
                    self.classes[question].len()
                } else {
                    1
                };
                for choice in 0..choices {
                    let class = asked.then_some(choice);
                    let left: Vec<Rest> = state
                        .iter()
                        .enumerate()
                        .map(|(part, rest)| {
                            if part >= questions_from && part <= questions_from + question {
                                0
                            } else {
                                self.settle(*rest, question, class)
                            }
                        })
                        .collect();
                    let times = if asked {
                        self.classes[question][choice].choices
                    } else {
                        1
                    };
                    let mut on = so_far.clone();
                    on.extend(class.map(|class| (question, class)));
                    let entry = next.entry(left).or_insert_with(|| {
                        total += 1;
                        (0, Vec::new())
                    });
                    entry.0 = entry.0.saturating_add(count.saturating_mul(times));
                    if on.len() > entry.1.len() {
                        entry.1 = on;
                    }
                }
                if total > STATES_MAX {
                    return Err(TooMany);
                }
            }
            states = next;
        }
        for (count, so_far) in states.into_values() {
            ways = ways.saturating_add(count);
            if so_far.len() > longest.len() || longest.is_empty() {
                longest = so_far;
            }
        }
        Ok((ways, longest))
    }
}

/// Reads a way back from its last state.
fn way(concerned: &[usize], layers: &[Vec<(usize, Option<usize>)>], last: usize) -> Way {
    let mut found = Vec::new();
    let mut at = last;
    for (depth, layer) in layers.iter().enumerate().rev() {
        let (from, class) = layer[at];
        if let Some(class) = class {
            found.push((concerned[depth], class));
        }
        at = from;
    }
    found.reverse();
    found
}

/// Every answer to a question, those that no condition tells apart taken together.
fn classes(guide: &Guide, at: usize) -> Vec<Class> {
    let all = answers(guide, at);
    let conditions = &guide.conditions;
    let looking: Vec<usize> = (0..conditions.atoms.len())
        .filter(|atom| conditions.atoms[*atom].questions.contains(&at))
        .collect();
    let alone = looking
        .iter()
        .all(|atom| conditions.atoms[*atom].questions.len() == 1);
    if !alone {
        return all
            .into_iter()
            .map(|answer| Class { answer, choices: 1 })
            .collect();
    }
    let mut found: Vec<(Vec<Truth>, Class)> = Vec::new();
    for answer in all {
        let truths: Vec<Truth> = looking
            .iter()
            .map(|atom| conditions.atom(*atom, |_| Some(&answer)))
            .collect();
        match found.iter_mut().find(|(known, _)| *known == truths) {
            Some((_, class)) => class.choices += 1,
            None => found.push((truths, Class { answer, choices: 1 })),
        }
    }
    found.into_iter().map(|(_, class)| class).collect()
}

/// Every answer; of a number, the first of each interval in which no condition changes.
pub(super) fn answers(guide: &Guide, at: usize) -> Vec<Answer> {
    let question = &guide.questions()[at];
    match question.kind {
        QuestionKind::YesNo => vec![Answer::YesNo(true), Answer::YesNo(false)],
        QuestionKind::Choice => question
            .options
            .iter()
            .map(|option| Answer::One(option.value.clone()))
            .collect(),
        QuestionKind::Choices => (1..1_u32 << question.options.len())
            .map(|chosen| {
                let options = question.options.iter().enumerate();
                Answer::Several(
                    options
                        .filter(|(place, _)| chosen & (1 << place) != 0)
                        .map(|(_, option)| option.value.clone())
                        .collect(),
                )
            })
            .collect(),
        QuestionKind::Number => {
            let mut starts = question.steps.clone();
            for atom in &guide.conditions.atoms {
                let mut compared = Vec::new();
                atom.compared(&question.key, &mut compared);
                starts.extend(compared.iter().flat_map(|n| [*n, n.saturating_add(1)]));
            }
            starts.push(0);
            starts.retain(|start| (0..=super::answers::NUMBER_MAX).contains(start));
            starts.sort_unstable();
            starts.dedup();
            starts.into_iter().map(Answer::Number).collect()
        }
    }
}
