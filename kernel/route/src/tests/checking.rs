//! What the check finds, one route for each fault.

use std::time::Instant;

use super::{facts, node, route, seat, signed, step};
use crate::check::{Report, check};
use crate::model::{Body, Edge, Graph, Kind, Part, Route, Signing};

fn codes(report: &Report) -> Vec<&str> {
    report.findings.iter().map(|finding| finding.code).collect()
}

fn found(lines: &[&str]) -> (Vec<String>, Vec<String>) {
    let report = check(&route(lines));
    let run = report.findings.first().map(|finding| &finding.run);
    (
        codes(&report).into_iter().map(str::to_owned).collect(),
        run.into_iter()
            .flatten()
            .map(|act| act.node.clone())
            .collect(),
    )
}

#[test]
fn a_good_route_passes() {
    let report = check(&route(&[
        "a -> f",
        "f -> b",
        "f -> g",
        "b -> j",
        "g -> j",
        "j -> x",
        "x -> a if !agreed.x",
        "x -> d",
        "d -> e",
    ]));
    assert_eq!(report.findings, []);
    assert_eq!(report.steps, 5);
}

#[test]
fn a_stranded_branch_is_shown_by_the_shortest_run() {
    // The choice sends work past a branch that the join waits for.
    let (codes, run) = found(&[
        "a -> f",
        "f -> b",
        "f -> c",
        "c -> g if n > 10",
        "c -> d",
        "b -> j",
        "g -> j",
        "j -> d",
        "d -> e",
    ]);
    assert!(
        ["stranded", "doubled"].contains(&codes[0].as_str()),
        "{codes:?}"
    );
    assert_eq!(run[0], "a");
}

#[test]
fn a_join_after_a_choice_never_fires() {
    let (codes, run) = found(&[
        "a -> b if n > 10",
        "a -> g",
        "b -> j",
        "g -> j",
        "j -> d",
        "d -> e",
    ]);
    assert_eq!(codes, ["stranded"]);
    assert_eq!(run, ["a", "b"]);
}

#[test]
fn a_dead_end_and_a_missing_way_are_found() {
    assert_eq!(
        found(&["a -> b if n > 10", "a -> d", "d -> e"]).0,
        ["dead_end"]
    );
    let (codes, run) = found(&["a -> b", "b -> d if n > 10", "b -> a if n < 5", "d -> e"]);
    assert_eq!(
        (codes, run),
        (vec!["no_way_out".to_owned()], vec!["a".to_owned()])
    );
}

#[test]
fn what_is_never_come_to_is_found() {
    assert_eq!(found(&["a -> d", "d -> e", "x -> d"]).0, ["unreachable"]);
    let (codes, _) = found(&["a -> x if n > 60 && n < 50", "a -> d", "x -> d", "d -> e"]);
    assert_eq!(codes, ["unreachable", "never_taken"]);
}

#[test]
fn two_decisions_none_and_one_too_early_are_found() {
    assert_eq!(
        found(&["a -> d1", "d1 -> d2", "d2 -> e"]).0,
        ["two_decisions"]
    );
    assert_eq!(
        found(&["a -> d", "d -> d if n > 3", "d -> e"]).0,
        ["two_decisions"]
    );
    assert_eq!(
        found(&["a -> d if n > 3", "a -> e", "d -> e"]).0,
        ["no_decision"]
    );
    assert_eq!(
        found(&["a -> d", "d -> b", "b -> e"]).0,
        ["work_after_decision"]
    );
}

#[test]
fn a_decision_beside_open_work_is_found_whatever_the_order() {
    // One order of the branches ends the review first; only holding it back shows the fault.
    for lines in [
        ["f -> a", "f -> d", "a -> j", "d -> j", "j -> e"],
        ["f -> d", "f -> a", "d -> j", "a -> j", "j -> e"],
    ] {
        let report = check(&route(&lines));
        assert!(!report.is_sound(), "{lines:?}");
    }
}

#[test]
fn a_loop_without_exit_is_found() {
    let (codes, run) = found(&["a -> b if n > 3", "a -> d", "b -> x", "x -> b", "d -> e"]);
    assert_eq!(codes, ["endless"]);
    assert_eq!(run, ["a"]);
}

#[test]
fn branches_that_end_apart_are_found() {
    let (codes, _) = found(&["f -> a", "f -> d", "a -> e1", "d -> e2"]);
    assert!(
        codes[0] == "ends_twice" || codes[0] == "doubled",
        "{codes:?}"
    );
    assert!(["doubled", "two_decisions"].contains(
        &found(&["f -> a", "f -> b", "a -> x", "b -> x", "x -> d", "d -> e"]).0[0].as_str()
    ));
}

#[test]
fn intake_steps_open_the_route() {
    let mut wrong = route(&["a -> b", "b -> d", "d -> e"]);
    wrong.graph.nodes[1] = step("b", Kind::Accept);
    assert_eq!(codes(&check(&wrong)), ["misplaced_intake"]);
    wrong.graph.nodes[0] = step("a", Kind::Receive);
    assert!(check(&wrong).is_sound());
}

#[test]
fn signing_that_never_ends_is_refused() {
    let votes = |needed| Signing::Votes {
        seats: vec![seat("甲"), seat("乙")],
        needed,
    };
    for (signing, code) in [
        (votes(3), "votes_out_of_reach"),
        (votes(0), "votes_out_of_reach"),
        (Signing::All { seats: Vec::new() }, "no_signers"),
    ] {
        let mut wrong = route(&["a -> d", "d -> e"]);
        wrong.graph.nodes[0] = signed("a", Kind::Deliberation, signing);
        assert_eq!(codes(&check(&wrong)), [code]);
    }
}

#[test]
fn names_that_lead_nowhere_are_told() {
    let mut wrong = route(&["a -> d", "d -> e"]);
    wrong.graph.edges[0].to = "nobody".to_owned();
    assert_eq!(codes(&check(&wrong)), ["edge_nowhere"]);
    let mut wrong = route(&["a -> d", "d -> e"]);
    wrong.graph.start = String::new();
    assert_eq!(codes(&check(&wrong)), ["start_missing"]);
    let mut wrong = route(&["a -> d if n >>> 3", "d -> e"]);
    assert_eq!(codes(&check(&wrong)), ["bad_condition"]);
    wrong.graph.nodes.push(step("a", Kind::Review));
    assert_eq!(codes(&check(&wrong))[0], "double_key");
    assert!(!check(&Route::default()).is_sound());
}

#[test]
fn a_part_stands_in_the_place_of_its_node() {
    let edge = |from: &str, to: &str, when: &str| Edge {
        from: from.to_owned(),
        to: to.to_owned(),
        when: when.to_owned(),
        label: String::new(),
    };
    let part = Part {
        key: "visit".to_owned(),
        name: "现场".to_owned(),
        graph: Graph {
            start: "go".to_owned(),
            nodes: vec![
                step("go", Kind::SiteVisit),
                step("mend", Kind::Review),
                node("out", Body::End),
            ],
            edges: vec![
                edge("go", "mend", "!agreed.go"),
                edge("go", "out", ""),
                edge("mend", "go", ""),
            ],
        },
    };
    let mut whole = Route {
        facts: facts(),
        graph: Graph {
            start: "a".to_owned(),
            nodes: vec![
                step("a", Kind::Review),
                node(
                    "v",
                    Body::Part {
                        part: "visit".to_owned(),
                    },
                ),
                step("d", Kind::Decide),
                node("e", Body::End),
            ],
            edges: vec![edge("a", "v", ""), edge("v", "d", ""), edge("d", "e", "")],
        },
        parts: vec![part],
    };
    let report = check(&whole);
    assert_eq!(report.findings, []);
    assert_eq!(report.steps, 4);
    // A part that uses itself can never be unfolded.
    whole.parts[0].graph.nodes.push(node(
        "again",
        Body::Part {
            part: "visit".to_owned(),
        },
    ));
    assert_eq!(codes(&check(&whole)), ["part_recursive"]);
}

/// Forty steps, six of the branches side by side, with conditions and loops in each.
pub(super) fn large() -> Route {
    let mut lines = vec!["start -> f".to_owned()];
    for branch in 0..6 {
        let name = |step: usize| format!("b{branch}x{step}");
        lines.push(format!("f -> {}", name(0)));
        lines.push(format!("{} -> {} if n > 10", name(0), name(1)));
        lines.push(format!("{} -> {}", name(0), name(2)));
        lines.push(format!("{} -> {}", name(1), name(3)));
        lines.push(format!("{} -> {}", name(2), name(3)));
        lines.push(format!("{} -> {} if !agreed.{}", name(3), name(0), name(3)));
        lines.push(format!("{} -> {}", name(3), name(4)));
        lines.push(format!("{} -> {}", name(4), name(5)));
        lines.push(format!("{} -> j", name(5)));
    }
    lines.extend(
        [
            "j -> meet",
            "meet -> start if !agreed.meet",
            "meet -> x",
            "x -> d",
            "d -> e",
        ]
        .map(str::to_owned),
    );
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    route(&lines)
}

#[test]
fn forty_steps_in_six_branches_are_proved_quickly() {
    let begun = Instant::now();
    let report = check(&large());
    assert_eq!(report.findings, []);
    assert_eq!(report.steps, 40);
    assert!(begun.elapsed().as_secs() < 2, "{:?}", begun.elapsed());
}
