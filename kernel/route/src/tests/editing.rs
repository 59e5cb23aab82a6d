//! Changes of an editor keep a sound route sound.

use super::{duty, route};
use crate::check::check;
use crate::edit::Change;
use crate::model::{Domain, Edge, FactDef, Kind, Route, Signing, Step};

fn work(name: &str, kind: Kind) -> Step {
    Step {
        name: name.to_owned(),
        kind,
        duty: duty(),
        signing: Signing::One,
    }
}

fn simple() -> Route {
    Route::simple(work("审查", Kind::Review), work("决定", Kind::Decide))
}

fn names(route: &Route) -> Vec<String> {
    let net = crate::Net::build(route).expect("names are right");
    net.steps().map(|(_, step)| step.name.clone()).collect()
}

#[test]
fn a_step_comes_between() {
    let mut route = simple();
    let step = work("勘验", Kind::SiteVisit);
    route
        .change(&Change::AddStep {
            after: "review".to_owned(),
            step,
        })
        .expect("it fits");
    assert_eq!(names(&route), ["审查", "勘验", "决定"]);
    let step = work("预审", Kind::PreReview);
    route
        .change(&Change::AddStep {
            after: String::new(),
            step,
        })
        .expect("in front");
    assert_eq!(names(&route), ["预审", "审查", "勘验", "决定"]);
    assert!(check(&route).is_sound());
}

#[test]
fn a_branch_brings_fork_and_join_and_goes_with_its_step() {
    let mut route = simple();
    for name in ["消防", "环保"] {
        let beside = if name == "消防" { "review" } else { "fork" };
        let change = Change::AddBranch {
            beside: beside.to_owned(),
            step: work(name, Kind::Review),
        };
        route.change(&change).expect("a branch");
    }
    assert!(check(&route).is_sound(), "{:#?}", check(&route).findings);
    assert_eq!(route.graph.leaving("fork").count(), 3);
    let before = simple();
    for key in ["review2", "review3"] {
        route
            .change(&Change::Remove {
                key: key.to_owned(),
            })
            .expect("gone");
        assert!(check(&route).is_sound(), "{route:#?}");
    }
    assert_eq!(
        names(&route),
        names(&before),
        "fork and join went with the last branch"
    );
    assert_eq!(route.graph.nodes.len(), before.graph.nodes.len());
}

#[test]
fn steps_change_places() {
    let mut route = route(&["a -> b", "b -> d", "d -> e"]);
    route
        .change(&Change::MoveUp {
            key: "b".to_owned(),
        })
        .expect("they stand in a line");
    assert_eq!(names(&route), ["b", "a", "d"]);
    assert!(check(&route).is_sound());
    let refused = route.change(&Change::MoveUp {
        key: "b".to_owned(),
    });
    assert!(refused.is_err(), "nothing stands before it");
}

#[test]
fn a_condition_comes_before_the_way_taken_otherwise() {
    let mut route = route(&["a -> b", "b -> d", "d -> e"]);
    let edge = Edge {
        from: "b".to_owned(),
        to: "a".to_owned(),
        when: "!agreed.b".to_owned(),
        label: "不同意".to_owned(),
    };
    route
        .change(&Change::AddEdge { edge: edge.clone() })
        .expect("a way back");
    assert_eq!(route.graph.leaving("b").next(), Some(&edge));
    assert!(check(&route).is_sound());
    assert!(
        route.change(&Change::AddEdge { edge }).is_err(),
        "there is one already"
    );
}

#[test]
fn what_breaks_the_route_is_refused_or_found() {
    let mut route = simple();
    assert!(
        route
            .change(&Change::Remove {
                key: "end".to_owned()
            })
            .is_err()
    );
    assert!(
        route
            .change(&Change::Remove {
                key: "nobody".to_owned()
            })
            .is_err()
    );
    route
        .change(&Change::Remove {
            key: "decide".to_owned(),
        })
        .expect("it may be removed");
    assert!(
        check(&route)
            .findings
            .iter()
            .any(|finding| finding.code == "no_decision")
    );
}

#[test]
fn a_part_is_made_used_changed_inside_and_goes_when_nothing_uses_it() {
    let mut route = simple();
    let add = Change::AddPart {
        name: "现场核查".to_owned(),
        step: work("勘验", Kind::SiteVisit),
    };
    route.change(&add).expect("a part");
    let used = Change::UsePart {
        after: "review".to_owned(),
        part: "part1".to_owned(),
    };
    route.change(&used).expect("it is used");
    let inside = Change::Inside {
        part: "part1".to_owned(),
        change: Box::new(Change::AddStep {
            after: "site_visit".to_owned(),
            step: work("核查意见", Kind::Review),
        }),
    };
    route.change(&inside).expect("a step more");
    assert_eq!(names(&route), ["审查", "勘验", "核查意见", "决定"]);
    assert!(check(&route).is_sound(), "{:#?}", check(&route).findings);
    let gone = Change::RemovePart {
        part: "part1".to_owned(),
    };
    assert_eq!(route.change(&gone).expect_err("it is used").field, "part");
    let nested = Change::Inside {
        part: "part1".to_owned(),
        change: Box::new(add.clone()),
    };
    route.change(&nested).expect_err("a part has no parts");
    let key = "part1".to_owned();
    route
        .change(&Change::Remove { key })
        .expect("not used any more");
    route.change(&gone).expect("gone");
    assert_eq!(names(&route), ["审查", "决定"]);
    let missing = Change::UsePart {
        after: "review".to_owned(),
        part: "part1".to_owned(),
    };
    assert_eq!(route.change(&missing).expect_err("gone").field, "part");
}

#[test]
fn what_conditions_ask_is_defined_once_and_rightly() {
    let mut route = simple();
    let fact = |key: &str, domain| Change::SetFact {
        fact: FactDef {
            key: key.to_owned(),
            label: "营业面积".to_owned(),
            domain,
        },
    };
    let number = |min, max| Domain::Number { min, max };
    for wrong in ["", "Area", "9area", "面积", "agreed", "a b"] {
        let refused = route.change(&fact(wrong, number(0, 9)));
        assert_eq!(refused.expect_err(wrong).field, "key");
    }
    let refused = route.change(&fact("area", number(9, 0)));
    assert_eq!(refused.expect_err("turned round").field, "max");
    let one = Domain::Choice {
        options: vec!["大".to_owned()],
    };
    assert_eq!(
        route.change(&fact("area", one)).expect_err("one").field,
        "options"
    );
    route.change(&fact("area", number(0, 900))).expect("a fact");
    route
        .change(&fact("area", number(0, 9000)))
        .expect("the same, wider");
    assert_eq!(route.facts.len(), 1);
    let key = "area".to_owned();
    let gone = Change::RemoveFact { key };
    route.change(&gone).expect("gone");
    route.change(&gone).expect_err("it is gone");
}
