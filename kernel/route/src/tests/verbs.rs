//! The verbs, one by one.

use super::{by, route, seat, signed};
use crate::guard::{Facts, Value};
use crate::marking::Marking;
use crate::model::{Kind, Signing};
use crate::net::Net;
use crate::verbs::{Denial, Person, Verb, by_facts};

struct Desk {
    net: Net,
    marking: Marking,
    facts: Facts,
}

impl Desk {
    fn new(lines: &[&str]) -> Desk {
        Desk::on(Net::build(&route(lines)).expect("a good route"))
    }

    fn on(net: Net) -> Desk {
        let facts = Facts::from([("n".to_owned(), Value::Number(5))]);
        let marking = Marking::start(&net, &mut by_facts(&facts)).expect("it starts");
        Desk {
            net,
            marking,
            facts,
        }
    }

    fn open(&self) -> Vec<&str> {
        let mut open: Vec<&str> = self
            .marking
            .works()
            .map(|(token, _)| token.node.as_str())
            .collect();
        open.sort_unstable();
        open
    }

    fn token(&self, node: &str) -> u32 {
        let found = self.marking.works().find(|(token, _)| token.node == node);
        found.map(|(token, _)| token.id).expect("open work there")
    }

    fn press(&mut self, verb: &Verb, who: u8) -> Result<(), Denial> {
        let name = if who == 1 { "王芳" } else { "李敏" };
        self.marking
            .apply(&self.net, verb, &by(name, who), &self.facts)
    }

    fn sign(&mut self, node: &str, agreed: bool) {
        let token = self.token(node);
        let verb = Verb::Sign {
            token,
            seat: 1,
            agreed,
            opinion: "同意".to_owned(),
        };
        self.press(&verb, 1).expect("it can be signed");
    }

    fn send_back(&mut self, from: &str, to: &str) -> Vec<String> {
        let token = self.token(from);
        let earlier = self.marking.earlier(&self.net, token);
        let target = earlier
            .iter()
            .find(|known| known.key == to)
            .expect("a step before it");
        let verb = Verb::Return {
            token,
            to: target.done,
            reason: "材料要再看".to_owned(),
        };
        self.press(&verb, 1).expect("it goes back");
        target.undoes.clone()
    }
}

const PARALLEL: &[&str] = &[
    "a -> f", "f -> b1", "b1 -> b2", "f -> g", "b2 -> j", "g -> j", "j -> x", "x -> d", "d -> e",
];

#[test]
fn a_return_within_a_branch_leaves_the_other_alone() {
    let mut desk = Desk::new(PARALLEL);
    desk.sign("a", true);
    desk.sign("b1", true);
    desk.sign("g", true);
    assert_eq!(desk.send_back("b2", "b1"), ["b2"]);
    assert_eq!(desk.open(), ["b1"], "what had come to the join waits there");
    desk.sign("b1", true);
    desk.sign("b2", true);
    assert_eq!(desk.open(), ["x"]);
}

#[test]
fn a_return_before_the_fork_withdraws_all_branches() {
    let mut desk = Desk::new(PARALLEL);
    desk.sign("a", true);
    desk.sign("b1", true);
    assert_eq!(desk.send_back("b2", "a"), ["b1", "g", "b2"]);
    assert_eq!(desk.open(), ["a"]);
}

#[test]
fn a_return_behind_the_join_keeps_what_the_other_branch_did() {
    let mut desk = Desk::new(PARALLEL);
    for step in ["a", "b1", "b2", "g"] {
        desk.sign(step, true);
    }
    desk.send_back("x", "g");
    assert_eq!(desk.open(), ["g"]);
    desk.sign("g", true);
    assert_eq!(desk.open(), ["x"], "b need not be done again");
}

#[test]
fn one_takes_back_what_nobody_has_touched() {
    let mut desk = Desk::new(PARALLEL);
    desk.sign("a", true);
    let done = desk.marking.done[0].id;
    let recall = Verb::Recall {
        done,
        reason: "点错了".to_owned(),
    };
    assert!(desk.press(&recall, 2).is_err(), "somebody else's");
    desk.press(&recall, 1).expect("one's own");
    assert_eq!(desk.open(), ["a"]);
    desk.sign("a", true);
    let done = desk.marking.done[0].id;
    desk.sign("g", true);
    let denied = desk
        .press(
            &Verb::Recall {
                done,
                reason: String::new(),
            },
            1,
        )
        .expect_err("too late");
    assert!(denied.message.contains("不能撤回"));
}

#[test]
fn a_jump_passes_over_steps_but_not_over_a_join_or_a_decision() {
    let mut desk = Desk::new(PARALLEL);
    let token = desk.token("a");
    let ahead = desk.marking.jumps(&desk.net, token);
    assert_eq!(
        ahead,
        ["b1", "g", "b2"],
        "the join waits for the other branch"
    );
    let jump = Verb::Jump {
        token,
        to: "b2".to_owned(),
        reason: "紧急".to_owned(),
    };
    desk.press(&jump, 1).expect("ahead of it");
    assert_eq!(desk.open(), ["b2", "g"]);
    let skipped = desk
        .marking
        .done
        .iter()
        .filter(|done| done.skipped.is_some())
        .count();
    assert_eq!(skipped, 2, "a and b1 are on record as passed over");
}

#[test]
fn everybody_signs_or_enough_vote() {
    let mut lines = route(&["m -> v", "v -> d", "d -> e"]);
    let seats = || vec![seat("甲"), seat("乙"), seat("丙")];
    lines.graph.nodes[0] = signed("m", Kind::Deliberation, Signing::All { seats: seats() });
    let votes = Signing::Votes {
        seats: seats(),
        needed: 2,
    };
    lines.graph.nodes[1] = signed("v", Kind::Deliberation, votes);
    let mut desk = Desk::on(Net::build(&lines).expect("a good route"));
    let token = desk.token("m");
    let sign = |token, seat, agreed| Verb::Sign {
        token,
        seat,
        agreed,
        opinion: String::new(),
    };
    for number in [1, 2] {
        desk.press(&sign(token, number, true), 1).expect("a seat");
    }
    assert!(
        desk.press(&sign(token, 1, true), 1).is_err(),
        "signed already"
    );
    desk.press(
        &Verb::AddSigner {
            token,
            seat: seat("丁"),
        },
        1,
    )
    .expect("room for one more");
    desk.press(&Verb::DropSigner { token, seat: 3 }, 1)
        .expect("has not signed");
    assert_eq!(desk.open(), ["m"], "the added one is still to sign");
    desk.press(&sign(token, 4, false), 2)
        .expect("the added seat");
    assert_eq!(desk.open(), ["v"]);
    assert!(!Marking::agreed(&desk.marking.done, "m"), "one was against");
    let token = desk.token("v");
    desk.press(&sign(token, 1, false), 1).expect("a vote");
    assert_eq!(desk.open(), ["v"]);
    let drop = Verb::DropSigner { token, seat: 2 };
    desk.press(&drop, 1).expect("two are left for two votes");
    assert!(desk.open() == ["v"] || desk.open() == ["d"]);
}

#[test]
fn a_delegate_reports_and_the_principal_signs() {
    let mut desk = Desk::new(&["a -> d", "d -> e"]);
    let token = desk.token("a");
    let person = |number: u8, name: &str| Person {
        staff: by(name, number).staff.expect("staff"),
        name: name.to_owned(),
    };
    let delegate = Verb::Delegate {
        token,
        seat: 1,
        to: person(2, "李敏"),
    };
    desk.press(&delegate, 1).expect("to a colleague");
    let sign = |agreed| Verb::Sign {
        token,
        seat: 1,
        agreed,
        opinion: "看过".to_owned(),
    };
    desk.press(&sign(false), 2).expect("the delegate");
    assert_eq!(desk.open(), ["a"], "a report is no signature");
    let seat = desk
        .marking
        .works()
        .next()
        .and_then(|(_, work)| work.seat(1))
        .cloned()
        .expect("a seat");
    assert_eq!(seat.holder, Some(person(1, "王芳")));
    assert!(seat.report.is_some_and(|report| report.by.name == "李敏"));
    desk.press(&sign(true), 1).expect("the principal");
    assert_eq!(desk.open(), ["d"]);
    assert!(Marking::agreed(&desk.marking.done, "a"));
    desk.marking.works().next().expect("the decision");
}

#[test]
fn a_suspended_case_stands_still() {
    let mut desk = Desk::new(&["a -> d", "d -> e"]);
    desk.press(
        &Verb::Suspend {
            reason: "等上级批复".to_owned(),
        },
        1,
    )
    .expect("it stops");
    let token = desk.token("a");
    let sign = Verb::Sign {
        token,
        seat: 1,
        agreed: true,
        opinion: String::new(),
    };
    let denied = desk.press(&sign, 1).expect_err("suspended");
    assert!(denied.message.contains("等上级批复"));
    desk.press(&Verb::Resume, 1).expect("it goes on");
    desk.press(&sign, 1).expect("as before");
}

#[test]
fn a_decision_is_not_undone() {
    let mut lines = route(&["a -> d", "d -> z", "z -> e"]);
    lines.graph.nodes[2] = super::step("z", Kind::Deliver);
    let mut desk = Desk::on(Net::build(&lines).expect("a good route"));
    desk.sign("a", true);
    desk.sign("d", true);
    let token = desk.token("z");
    assert!(desk.marking.earlier(&desk.net, token).is_empty());
    let decided = desk.marking.done.last().map(|done| done.id).expect("done");
    assert!(!desk.marking.recallable(&desk.net, decided));
    assert!(desk.marking.jumps(&desk.net, token).is_empty());
}

#[test]
fn a_missing_fact_is_asked_for_and_nothing_changes() {
    let mut desk = Desk::new(&["a -> b if n > 3", "a -> d", "b -> d", "d -> e"]);
    desk.facts.clear();
    let before = desk.marking.clone();
    let token = desk.token("a");
    let sign = Verb::Sign {
        token,
        seat: 1,
        agreed: true,
        opinion: String::new(),
    };
    let denied = desk.press(&sign, 1).expect_err("the way depends on it");
    assert!(denied.message.contains("面积"), "{denied}");
    assert_eq!(desk.marking, before);
    assert_eq!(desk.net.needed(desk.net.place("a").expect("a"))[0].key, "n");
    desk.facts.insert("n".to_owned(), Value::Number(9));
    desk.press(&sign, 1).expect("known now");
    assert_eq!(desk.open(), ["b"]);
}
