//! The same questions answered by trying everything with the real verbs, on routes small enough for it.

use std::collections::{HashMap, VecDeque};

use super::by;
use super::dice::{self, Dice};
use crate::check::check;
use crate::guard::Facts;
use crate::marking::Marking;
use crate::model::{Kind, Route};
use crate::net::{Net, Role};
use crate::verbs::{Script, Verb, by_facts};

/// Nodes passed before a branch of the search is given up: loops.
const LENGTH_MAX: usize = 9;
/// Markings looked at for one route; larger routes are passed over.
const MARKINGS_MAX: usize = 300;

/// What tells two markings apart, numbers left out.
fn sign(marking: &Marking) -> String {
    let mut tokens: Vec<String> = marking
        .tokens
        .iter()
        .map(|token| {
            let seats: Vec<String> = token
                .work
                .iter()
                .flat_map(|work| &work.seats)
                .map(|seat| format!("{:?}", seat.signature.as_ref().map(|by| by.agreed)))
                .collect();
            format!("{}<{}{}", token.node, token.from, seats.join(","))
        })
        .collect();
    tokens.sort();
    let done: Vec<String> = marking
        .done
        .iter()
        .map(|done| {
            let from: Vec<&str> = done.took.iter().map(|token| token.from.as_str()).collect();
            format!("{}<{}{:?}", done.node, from.join("+"), done.agreed)
        })
        .collect();
    let mut done = done;
    done.sort();
    format!("{tokens:?}{done:?}{}", marking.suspended.is_some())
}

/// Every marking one verb further, and whether some verb had no way to go on.
fn further(net: &Net, marking: &Marking) -> (Vec<Marking>, bool) {
    let me = by("甲", 1);
    let mut found = Vec::new();
    let mut no_way = false;
    let mut every_way = |verb: &Verb| {
        let mut script = Script::default();
        loop {
            let mut next = marking.clone();
            match next.apply_choosing(net, verb, &me, &mut script) {
                Ok(()) => found.push(next),
                Err(denial) => no_way |= denial.field == "facts",
            }
            if !script.advance() {
                break;
            }
        }
    };
    let reason = String::new;
    if marking.suspended.is_some() {
        every_way(&Verb::Resume);
        return (found, no_way);
    }
    if !marking.is_over() {
        every_way(&Verb::Suspend { reason: reason() });
    }
    for (token, work) in marking.works() {
        for seat in work.seats.iter().filter(|seat| seat.signature.is_none()) {
            for agreed in [true, false] {
                every_way(&Verb::Sign {
                    token: token.id,
                    seat: seat.no,
                    agreed,
                    opinion: reason(),
                });
            }
            if seat.added {
                every_way(&Verb::DropSigner {
                    token: token.id,
                    seat: seat.no,
                });
            }
        }
        if work.seats.iter().all(|seat| !seat.added) {
            every_way(&Verb::AddSigner {
                token: token.id,
                seat: super::seat("丁"),
            });
        }
        for earlier in marking.earlier(net, token.id) {
            every_way(&Verb::Return {
                token: token.id,
                to: earlier.done,
                reason: reason(),
            });
        }
        for to in marking.jumps(net, token.id) {
            every_way(&Verb::Jump {
                token: token.id,
                to,
                reason: reason(),
            });
        }
    }
    for done in &marking.done {
        if marking.recallable(net, done.id) {
            every_way(&Verb::Recall {
                done: done.id,
                reason: reason(),
            });
        }
    }
    (found, no_way)
}

/// Why a marking is wrong in itself.
pub(super) fn wrong(net: &Net, marking: &Marking) -> Option<&'static str> {
    let kind = |key: &str| net.node(key).and_then(crate::net::NetNode::kind);
    let is_end = |key: &str| {
        net.node(key)
            .is_some_and(|node| matches!(node.role, Role::End))
    };
    let decisions = marking
        .done
        .iter()
        .filter(|done| kind(&done.node) == Some(Kind::Decide))
        .count();
    let ends = marking
        .done
        .iter()
        .filter(|done| is_end(&done.node))
        .count();
    for (at, token) in marking.tokens.iter().enumerate() {
        let is_join = net
            .node(&token.node)
            .is_some_and(crate::net::NetNode::is_join);
        let double = marking.tokens[at + 1..]
            .iter()
            .any(|other| other.node == token.node && (!is_join || other.from == token.from));
        if double {
            return Some("two at one place");
        }
    }
    if decisions > 1 {
        return Some("two decisions");
    }
    if ends > 0 && !marking.is_over() {
        return Some("open after the end");
    }
    if ends > 1 {
        return Some("ended twice");
    }
    let mut decided_at = None;
    for done in &marking.done {
        match kind(&done.node) {
            Some(Kind::Decide) => decided_at = Some(done.id),
            Some(kind) if kind.is_after() != decided_at.is_some() => {
                return Some("on the wrong side of the decision");
            }
            _ => {}
        }
    }
    if marking.is_over() {
        return (ends != 1 || decisions != 1).then_some("over without end or decision");
    }
    if marking.works().next().is_none() {
        return Some("stranded");
    }
    let open_review = marking
        .works()
        .any(|(token, _)| kind(&token.node).is_some_and(|kind| !kind.is_after()));
    (decided_at.is_some() && open_review).then_some("open after the decision")
}

/// Whether anything can go wrong; nothing where the route is too large to try everything.
pub(super) fn is_sound(net: &Net) -> Option<bool> {
    let mut markings: Vec<Marking> = Vec::new();
    let mut before: Vec<Vec<usize>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut ends = Vec::new();
    let mut queue = VecDeque::new();
    let mut met: Vec<&str> = Vec::new();
    let mut is_cut = false;
    if Marking::start(net, &mut by_facts(&Facts::new())).is_err() {
        return Some(false);
    }
    let mut first = Script::default();
    loop {
        match Marking::start(net, &mut first) {
            Ok(marking) => {
                let at = markings.len();
                if known.insert(sign(&marking), at).is_none() {
                    markings.push(marking);
                    before.push(Vec::new());
                    queue.push_back(at);
                }
            }
            Err(_) => return Some(false),
        }
        if !first.advance() {
            break;
        }
    }
    while let Some(at) = queue.pop_front() {
        let marking = markings[at].clone();
        let open = marking.works().map(|(token, _)| &token.node);
        for key in open.chain(marking.done.iter().map(|done| &done.node)) {
            let Some(node) = net.node(key) else { continue };
            let is_end = matches!(node.role, Role::End);
            // What is passed must lead on, whatever the facts.
            if node.ways.none.is_some() || (node.leaving.is_empty() && !is_end) {
                return Some(false);
            }
            if !met.contains(&node.key.as_str()) {
                met.push(&node.key);
            }
        }
        if wrong(net, &marking).is_some() {
            return Some(false);
        }
        is_cut |= marking.done.len() > LENGTH_MAX;
        if marking.is_over() || marking.done.len() > LENGTH_MAX {
            ends.push(at);
            continue;
        }
        let (next, no_way) = further(net, &marking);
        if no_way {
            return Some(false);
        }
        for marking in next {
            let sign = sign(&marking);
            let place = *known.entry(sign).or_insert_with(|| {
                markings.push(marking);
                before.push(Vec::new());
                queue.push_back(markings.len() - 1);
                markings.len() - 1
            });
            before[place].push(at);
        }
        if markings.len() > MARKINGS_MAX {
            return None;
        }
    }
    let mut reaches = vec![false; markings.len()];
    let mut queue = ends;
    while let Some(at) = queue.pop() {
        if !std::mem::replace(&mut reaches[at], true) {
            queue.extend(&before[at]);
        }
    }
    let all_met = net
        .nodes
        .iter()
        .filter(|node| matches!(node.role, Role::Step(_) | Role::Join))
        .all(|node| met.contains(&node.key.as_str()));
    match all_met && reaches.iter().all(|reaches| *reaches) {
        // What lies behind the cut is not known.
        true if is_cut => None,
        sound => Some(sound),
    }
}

#[test]
fn the_check_agrees_with_trying_everything() {
    let mut dice = Dice::new(11);
    let (mut sound, mut unsound) = (0, 0);
    for _ in 0..400 {
        let route: Route = dice::any(&mut dice, 3);
        let Ok(net) = Net::build(&route) else {
            continue;
        };
        let Some(tried) = is_sound(&net) else {
            continue;
        };
        let report = check(&route);
        assert_eq!(
            report.is_sound(),
            tried,
            "check and trying differ: {:#?}\n{:#?}",
            report.findings,
            route.graph.edges
        );
        *if tried { &mut sound } else { &mut unsound } += 1;
    }
    assert!(
        sound > 40 && unsound > 40,
        "{sound} sound, {unsound} unsound"
    );
}
