//! Routes made by hand and by dice.

mod checking;
mod dice;
mod drawing;
mod editing;
mod guards;
mod naive;
mod verbs;
mod walks;

use casework::Permission;
use jiff::Timestamp;

use crate::model::{
    Body, Domain, Duty, Edge, FactDef, Graph, Kind, Node, Office, Route, Seat, Signing, Step,
};
use crate::verbs::By;

pub(crate) fn duty() -> Duty {
    Duty {
        permission: Permission::Decide,
        office: Office::Responsible,
    }
}

pub(crate) fn seat(name: &str) -> Seat {
    Seat {
        name: name.to_owned(),
        duty: duty(),
    }
}

pub(crate) fn step(key: &str, kind: Kind) -> Node {
    signed(key, kind, Signing::One)
}

pub(crate) fn signed(key: &str, kind: Kind, signing: Signing) -> Node {
    Node {
        key: key.to_owned(),
        body: Body::Step(Step {
            name: key.to_owned(),
            kind,
            duty: duty(),
            signing,
        }),
    }
}

pub(crate) fn node(key: &str, body: Body) -> Node {
    Node {
        key: key.to_owned(),
        body,
    }
}

/// A route from lines such as `a -> b` and `a -> b if n > 3`; nodes are named by their first letter: `f` fork, `j`
/// join, `c` choice, `e` end, `d` decision, anything else a review.
pub(crate) fn route(lines: &[&str]) -> Route {
    let mut graph = Graph::default();
    for line in lines {
        let (ends, when) = line.split_once(" if ").unwrap_or((line, ""));
        let (from, to) = ends.split_once(" -> ").expect("from -> to");
        for key in [from, to] {
            if graph.node(key).is_some() {
                continue;
            }
            graph.nodes.push(match &key[..1] {
                "f" => node(key, Body::Fork),
                "j" => node(key, Body::Join),
                "c" => node(key, Body::Choice),
                "e" => node(key, Body::End),
                "d" => step(key, Kind::Decide),
                _ => step(key, Kind::Review),
            });
        }
        graph.edges.push(Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            when: when.to_owned(),
            label: String::new(),
        });
    }
    graph.start = graph.nodes[0].key.clone();
    Route {
        facts: facts(),
        graph,
        parts: Vec::new(),
    }
}

pub(crate) fn facts() -> Vec<FactDef> {
    vec![
        FactDef {
            key: "n".to_owned(),
            label: "面积".to_owned(),
            domain: Domain::Number { min: 0, max: 100 },
        },
        FactDef {
            key: "risk".to_owned(),
            label: "风险".to_owned(),
            domain: Domain::Choice {
                options: vec!["high".to_owned(), "low".to_owned()],
            },
        },
    ]
}

pub(crate) fn by(name: &str, staff: u8) -> By {
    By {
        staff: Some(base::ids::StaffId::from_uuid(base::ids::Uuid::from_bytes(
            [staff; 16],
        ))),
        name: name.to_owned(),
        at: Timestamp::UNIX_EPOCH,
    }
}
