//! Proving a route of forty steps in six branches, with conditions and loops in each.

use std::time::Instant;

use ::route::check;
use ::route::model::{
    Body, Domain, Duty, Edge, FactDef, Graph, Kind, Node, Office, Route, Signing, Step,
};
use anyhow::ensure;
use casework::Permission;

const BRANCHES: usize = 6;
const STEPS: usize = 40;

/// Seconds to check the route once, the slowest of several times.
pub(super) fn check_s() -> anyhow::Result<f64> {
    let route = large();
    let mut slowest: f64 = 0.0;
    for _ in 0..5 {
        let started = Instant::now();
        let report = check(&route);
        slowest = slowest.max(started.elapsed().as_secs_f64());
        ensure!(report.is_sound(), "{:?}", report.findings);
        ensure!(report.steps == STEPS, "{} steps", report.steps);
    }
    Ok(slowest)
}

struct Drawing(Graph);

impl Drawing {
    fn node(&mut self, key: &str, body: Body) {
        self.0.nodes.push(Node {
            key: key.to_owned(),
            body,
        });
    }

    fn step(&mut self, key: &str, kind: Kind) {
        let step = Step {
            name: key.to_owned(),
            kind,
            duty: Duty {
                permission: Permission::Decide,
                office: Office::Responsible,
            },
            signing: Signing::One,
        };
        self.node(key, Body::Step(step));
    }

    fn edge(&mut self, from: &str, to: &str, when: &str) {
        self.0.edges.push(Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            when: when.to_owned(),
            label: String::new(),
        });
    }
}

/// 36 steps in six branches side by side, each with a condition and a way back, and 4 steps around them.
fn large() -> Route {
    let mut graph = Drawing(Graph {
        start: "first".to_owned(),
        ..Graph::default()
    });
    graph.step("first", Kind::Review);
    graph.node("fork", Body::Fork);
    graph.node("join", Body::Join);
    graph.edge("first", "fork", "");
    for branch in 0..BRANCHES {
        let name = |step: usize| format!("b{branch}_{step}");
        for step in 0..6 {
            graph.step(&name(step), Kind::Review);
        }
        graph.edge("fork", &name(0), "");
        graph.edge(&name(0), &name(1), "area > 200");
        graph.edge(&name(0), &name(2), "");
        graph.edge(&name(1), &name(3), "");
        graph.edge(&name(2), &name(3), "");
        graph.edge(&name(3), &name(0), &format!("!agreed.{}", name(3)));
        graph.edge(&name(3), &name(4), "");
        graph.edge(&name(4), &name(5), "");
        graph.edge(&name(5), "join", "");
    }
    graph.step("meet", Kind::Deliberation);
    graph.step("draft", Kind::Review);
    graph.step("decide", Kind::Decide);
    graph.node("end", Body::End);
    graph.edge("join", "meet", "");
    graph.edge("meet", "first", "!agreed.meet");
    graph.edge("meet", "draft", "");
    graph.edge("draft", "decide", "");
    graph.edge("decide", "end", "");
    Route {
        facts: vec![FactDef {
            key: "area".to_owned(),
            label: "面积".to_owned(),
            domain: Domain::Number {
                min: 0,
                max: 100_000,
            },
        }],
        graph: graph.0,
        parts: Vec::new(),
    }
}
