//! Ten thousand routes by dice, walked by dice: what the check lets pass never strands, what it refuses does.
//!
//! The walks know nothing of the check's search: they press buttons and look at the marking.

use std::collections::{HashMap, VecDeque};

use super::by;
use super::dice::{self, Dice};
use super::naive::wrong;
use crate::check::{Act, Finding, check};
use crate::marking::{Done, Marking};
use crate::model::{Kind, Route};
use crate::net::{Net, Role};
use crate::verbs::{Denial, Person, Script, Verb};

const ROUTES: u64 = 10_000;
/// Verbs of one walk before it heads for the end, and the most it may take to get there.
const WANDER: usize = 25;
const HEAD_HOME: usize = 3_000;

/// One way of every choice, by dice.
fn by_dice(dice: &mut Dice) -> impl FnMut(&Net, usize, &[Done]) -> Result<usize, String> + '_ {
    |net: &Net, node: usize, _done: &[Done]| {
        let possible = net.possible(node);
        possible
            .get(dice.below(possible.len()))
            .copied()
            .ok_or_else(String::new)
    }
}

struct Walk<'a> {
    net: &'a Net,
    dice: &'a mut Dice,
    marking: Marking,
}

impl Walk<'_> {
    fn press(&mut self, verb: &Verb, who: u8) -> Result<(), Denial> {
        let before = self.marking.clone();
        let seed = self.dice.below(1 << 20) as u64;
        let mut ways = Dice::new(seed);
        let result =
            self.marking
                .apply_choosing(self.net, verb, &by("甲", who), &mut by_dice(&mut ways));
        match &result {
            Ok(()) => self.look(&before, verb),
            Err(_) => assert_eq!(before, self.marking, "a refused verb changed something"),
        }
        result
    }

    /// No stranded branch, no lost work, no second decision.
    fn look(&self, before: &Marking, verb: &Verb) {
        assert_eq!(
            wrong(self.net, &self.marking),
            None,
            "{verb:?}\n{:#?}",
            self.marking
        );
        let gone: Vec<&str> = before
            .works()
            .filter(|(token, _)| self.marking.token(token.id).is_none())
            .map(|(token, _)| token.node.as_str())
            .collect();
        match verb {
            // Other people's work stays open.
            Verb::Sign { token, .. }
            | Verb::DropSigner { token, .. }
            | Verb::Jump { token, .. } => {
                let own = before.token(*token).map(|token| token.node.as_str());
                assert!(
                    gone.len() <= 1 && gone.iter().all(|node| Some(*node) == own),
                    "{gone:?}"
                );
            }
            Verb::Return { .. } | Verb::Recall { .. } => {
                let again = self
                    .marking
                    .works()
                    .any(|(token, _)| before.token(token.id).is_none());
                assert!(again, "something stands anew");
            }
            _ => assert!(gone.is_empty(), "{verb:?} lost {gone:?}"),
        }
        let decided = |marking: &Marking| {
            let done = marking.done.iter();
            done.filter(|done| done.node.starts_with('d') && done.agreed.is_some())
                .count()
        };
        assert!(
            decided(&self.marking) >= decided(before),
            "a decision was undone"
        );
    }

    fn some_work(&mut self) -> Option<(u32, u32)> {
        let open: Vec<(u32, u32)> = self
            .marking
            .works()
            .flat_map(|(token, work)| {
                let seats = work.seats.iter().filter(|seat| seat.signature.is_none());
                seats.map(|seat| (token.id, seat.no))
            })
            .collect();
        (!open.is_empty()).then(|| open[self.dice.below(open.len())])
    }

    fn some_verb(&mut self) -> Option<Verb> {
        let reason = || "试".to_owned();
        if self.marking.suspended.is_some() {
            return Some(Verb::Resume);
        }
        let (token, seat) = self.some_work()?;
        let to = Person {
            staff: base::ids::StaffId::from_uuid(base::ids::Uuid::from_bytes([7; 16])),
            name: "乙".to_owned(),
        };
        Some(match self.dice.below(14) {
            0 => {
                let earlier = self.marking.earlier(self.net, token);
                let earlier = earlier.get(self.dice.below(earlier.len()))?;
                Verb::Return {
                    token,
                    to: earlier.done,
                    reason: reason(),
                }
            }
            1 => {
                let done = self
                    .marking
                    .done
                    .get(self.dice.below(self.marking.done.len()))?
                    .id;
                Verb::Recall {
                    done,
                    reason: reason(),
                }
            }
            2 => Verb::Transfer { token, seat, to },
            3 => Verb::Delegate { token, seat, to },
            4 => Verb::AddSigner {
                token,
                seat: super::seat("戊"),
            },
            5 => Verb::DropSigner { token, seat },
            6 => {
                let ahead = self.marking.jumps(self.net, token);
                let to = ahead.get(self.dice.below(ahead.len()))?.clone();
                Verb::Jump {
                    token,
                    to,
                    reason: reason(),
                }
            }
            7 => Verb::Suspend { reason: reason() },
            8 => Verb::Urge {
                token,
                text: reason(),
            },
            _ => self.sign(token, seat),
        })
    }

    fn sign(&mut self, token: u32, seat: u32) -> Verb {
        let agreed = self.dice.chance(70);
        Verb::Sign {
            token,
            seat,
            agreed,
            opinion: String::new(),
        }
    }

    fn wander(&mut self) -> usize {
        let mut pressed = 0;
        for _ in 0..WANDER {
            if self.marking.is_over() {
                break;
            }
            if let Some(verb) = self.some_verb() {
                let who = 1 + self.dice.below(2) as u8;
                pressed += usize::from(self.press(&verb, who).is_ok());
            }
        }
        for _ in 0..HEAD_HOME {
            if self.marking.is_over() {
                break;
            }
            if self.marking.suspended.is_some() {
                self.press(&Verb::Resume, 1)
                    .expect("what is suspended can go on");
                continue;
            }
            let (token, seat) = self.some_work().expect("open work until the end");
            let verb = self.sign(token, seat);
            match self.press(&verb, 1) {
                Ok(()) => {}
                Err(denial) => {
                    assert_eq!(denial.field, "route", "{denial:?}");
                    // The dice kept choosing the loop until the limit: not a fault of the route.
                    return pressed;
                }
            }
        }
        assert!(self.marking.is_over(), "still open: {:#?}", self.marking);
        pressed
    }
}

/// A run's ways, in the order in which each node was passed.
fn as_told(run: &[Act]) -> impl FnMut(&Net, usize, &[Done]) -> Result<usize, String> {
    let mut ways: HashMap<String, VecDeque<String>> = HashMap::new();
    for act in run {
        if let [to] = act.to.as_slice() {
            ways.entry(act.node.clone())
                .or_default()
                .push_back(to.clone());
        }
    }
    move |net: &Net, node: usize, _done: &[Done]| {
        let told = ways
            .get_mut(&net.nodes[node].key)
            .and_then(VecDeque::pop_front);
        let possible = net.possible(node);
        match told {
            Some(to) => possible
                .into_iter()
                .find(|edge| net.nodes[net.edges[*edge].to].key == to)
                .ok_or_else(String::new),
            // Behind what was told anything may come.
            None => possible.first().copied().ok_or_else(String::new),
        }
    }
}

/// A seat that has not signed at a step.
fn unsigned(marking: &Marking, node: &str) -> Option<(u32, u32)> {
    let (token, work) = marking.works().find(|(token, _)| token.node == node)?;
    let seat = work.seats.iter().find(|seat| seat.signature.is_none())?;
    Some((token.id, seat.no))
}

/// Presses the buttons of a counter-example.
fn replay(net: &Net, run: &[Act]) -> Result<Marking, Denial> {
    let mut choose = as_told(run);
    let stuck = |stuck| crate::verbs::stuck_denial(net, &stuck);
    let mut marking = Marking::start(net, &mut choose).map_err(stuck)?;
    for act in run {
        if net.node(&act.node).and_then(|node| node.step()).is_none() {
            continue;
        }
        while let Some((token, seat)) = unsigned(&marking, &act.node) {
            let passed = marking.done.len();
            let verb = Verb::Sign {
                token,
                seat,
                agreed: true,
                opinion: String::new(),
            };
            marking.apply_choosing(net, &verb, &by("甲", 1), &mut choose)?;
            if marking.done.len() > passed {
                break;
            }
        }
    }
    Ok(marking)
}

/// Every marking that can be come to by doing what is open, told apart by where things stand.
fn ahead(net: &Net, from: Marking) -> Vec<Marking> {
    let sign = |marking: &Marking| {
        let mut places: Vec<(String, String)> = marking
            .tokens
            .iter()
            .map(|token| (token.node.clone(), token.from.clone()))
            .collect();
        places.sort();
        places
    };
    let mut known = vec![sign(&from)];
    let mut found = vec![from];
    let mut at = 0;
    while at < found.len() && found.len() < 2_000 {
        let marking = found[at].clone();
        at += 1;
        for (token, _) in marking.works() {
            let mut script = Script::default();
            loop {
                let mut next = marking.clone();
                let doing = crate::marking::Doing {
                    agreed: Some(true),
                    ..Default::default()
                };
                if next.finish(net, token.id, doing, &mut script).is_ok()
                    && !known.contains(&sign(&next))
                {
                    known.push(sign(&next));
                    found.push(next);
                }
                if !script.advance() {
                    break;
                }
            }
        }
    }
    found
}

/// Whether a counter-example shows what it says.
fn shows(net: &Net, finding: &Finding) -> bool {
    let replayed = replay(net, &finding.run);
    // What needs nobody goes on at once: the buttons may come to a closed way before the fault that was told.
    if replayed
        .as_ref()
        .is_err_and(|denial| denial.field == "facts")
    {
        return true;
    }
    match finding.code {
        // The node is come to, and closed.
        "no_way_out" | "dead_end" => replayed.is_ok_and(|marking| {
            let met = marking.works().any(|(token, _)| token.node == finding.node)
                || marking.done.iter().any(|done| done.node == finding.node);
            let node = net.node(&finding.node).expect("a node of the route");
            met && (node.ways.none.is_some() || node.leaving.is_empty())
        }),
        "stranded" | "ends_twice" | "no_decision" | "two_decisions" => {
            // The same happens in the marking itself, as the walks see it.
            replayed.is_ok_and(|marking| wrong(net, &marking).is_some())
        }
        "doubled" => replayed.is_ok_and(|marking| {
            let passed_twice = |node: &str| {
                let passed: Vec<&Done> = marking
                    .done
                    .iter()
                    .filter(|done| done.node == node)
                    .collect();
                passed.len() > 1
                    && passed
                        .windows(2)
                        .any(|pair| !marking.consequences(pair[0].id).contains(&pair[1].id))
            };
            wrong(net, &marking).is_some()
                || passed_twice(&finding.node)
                || ahead(net, marking)
                    .iter()
                    .any(|marking| wrong(net, marking).is_some())
        }),
        "work_after_decision" | "before_decision" => replayed.is_ok_and(|marking| {
            ahead(net, marking)
                .iter()
                .any(|marking| wrong(net, marking).is_some())
        }),
        "endless" => replayed
            .is_ok_and(|marking| ahead(net, marking).iter().all(|marking| !marking.is_over())),
        "open_at_decision" => replayed.is_ok_and(|marking| {
            let open = |node: &str| marking.works().any(|(token, _)| token.node == node);
            let decides = marking.works().any(|(token, _)| {
                net.node(&token.node).and_then(crate::net::NetNode::kind) == Some(Kind::Decide)
            });
            open(&finding.node) && decides
        }),
        "unreachable" => {
            let mut first = Script::default();
            let mut met = false;
            loop {
                let start = Marking::start(net, &mut first).expect("a start without faults");
                met |= ahead(net, start)
                    .iter()
                    .any(|marking| marking.works().any(|(token, _)| token.node == finding.node));
                if !first.advance() {
                    break;
                }
            }
            !met
        }
        "join_never" => true,
        "asked_before_work" => {
            let nothing = crate::Facts::new();
            Marking::start(net, &mut crate::verbs::by_facts(&nothing)).is_err()
        }
        other => panic!("no way to see {other}"),
    }
}

#[test]
fn ten_thousand_routes_and_the_check_never_disagree() {
    let (mut passed, mut refused, mut pressed) = (0, 0, 0);
    let mut codes: HashMap<&str, usize> = HashMap::new();
    for seed in 0..ROUTES {
        let mut dice = Dice::new(seed + 1);
        let steps = 3 + dice.below(9);
        let route: Route = dice::any(&mut dice, steps);
        let Ok(net) = Net::build(&route) else {
            refused += 1;
            continue;
        };
        let report = check(&route);
        if report.is_sound() {
            passed += 1;
            let mut ways = Dice::new(seed);
            let marking = Marking::start(&net, &mut by_dice(&mut ways)).expect("a sound start");
            let mut walk = Walk {
                net: &net,
                dice: &mut dice,
                marking,
            };
            pressed += walk.wander();
            continue;
        }
        refused += 1;
        for finding in &report.findings {
            if finding.severity == crate::Severity::Error {
                *codes.entry(finding.code).or_default() += 1;
                assert!(
                    shows(&net, finding),
                    "route {seed}: {finding:#?}\n{:?}\n{:#?}",
                    replay(&net, &finding.run),
                    route.graph.edges
                );
            }
        }
    }
    assert!(passed > 4_000, "{passed} passed");
    assert!(refused > 2_500, "{refused} refused");
    assert!(pressed > 50_000, "{pressed} verbs");
    for code in [
        "stranded",
        "doubled",
        "no_way_out",
        "endless",
        "two_decisions",
        "unreachable",
    ] {
        assert!(
            codes.contains_key(code),
            "no route showed {code}: {codes:?}"
        );
    }
    assert!(net_has_every_role());
}

/// The dice make every sort of node.
fn net_has_every_role() -> bool {
    let mut seen = [false; 5];
    for seed in 0..200 {
        let route = dice::sound(&mut Dice::new(seed + 1), 10);
        for node in &Net::build(&route).expect("a sound route").nodes {
            seen[match node.role {
                Role::Step(_) => 0,
                Role::Choice => 1,
                Role::Fork => 2,
                Role::Join => 3,
                Role::End => 4,
            }] = true;
        }
    }
    seen == [true; 5]
}
