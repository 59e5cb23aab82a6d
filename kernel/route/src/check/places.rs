//! Where something stands: the state the exploration walks over.

use crate::marking::Marking;
use crate::net::{Net, Role};

/// Work waits at a node; an arrival waits at a join by the edge it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(u16);

/// One state: the places where something stands, and what was counted on the way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// Ascending, each once: two at one place are told at once and end the search.
    pub places: Vec<Place>,
    /// How often the end was come to, at most 2.
    pub ended: u8,
    /// Decisions made, at most 2.
    pub decided: u8,
}

/// Firing a node put two on one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doubled(pub Place);

impl Place {
    fn at_node(node: usize) -> Place {
        Place(node as u16)
    }

    fn on_edge(net: &Net, edge: usize) -> Place {
        Place((net.nodes.len() + edge) as u16)
    }

    /// Where a token that takes this edge comes to stand.
    fn after(net: &Net, edge: usize) -> Place {
        let to = net.edges[edge].to;
        if net.nodes[to].is_join() {
            Place::on_edge(net, edge)
        } else {
            Place::at_node(to)
        }
    }

    /// The node that waits here.
    pub fn node(self, net: &Net) -> usize {
        let place = usize::from(self.0);
        match place.checked_sub(net.nodes.len()) {
            Some(edge) => net.edges[edge].to,
            None => place,
        }
    }
}

impl State {
    /// The state in which a case begins.
    pub fn first(net: &Net) -> State {
        State {
            places: vec![Place::at_node(net.start)],
            ended: 0,
            decided: 0,
        }
    }

    /// Where a running case stands.
    ///
    /// # Errors
    /// The key of a node that is not on the route, or not of the sort that something can stand there.
    pub fn of(net: &Net, marking: &Marking) -> Result<State, String> {
        let mut places = Vec::with_capacity(marking.tokens.len());
        for token in &marking.tokens {
            let node = net.place(&token.node).ok_or_else(|| token.node.clone())?;
            let place = match net.nodes[node].role {
                Role::Join => net.nodes[node]
                    .entering
                    .iter()
                    .find(|edge| net.nodes[net.edges[**edge].from].key == token.from)
                    .map(|edge| Place::on_edge(net, *edge)),
                Role::Step(_) => Some(Place::at_node(node)),
                _ => None,
            };
            places.push(place.ok_or_else(|| token.node.clone())?);
        }
        places.sort_unstable();
        let decisions = marking.done.iter().filter(|done| {
            net.node(&done.node).and_then(crate::net::NetNode::kind)
                == Some(crate::model::Kind::Decide)
        });
        Ok(State {
            places,
            ended: 0,
            decided: decisions.count().min(2) as u8,
        })
    }

    pub fn has(&self, place: Place) -> bool {
        self.places.binary_search(&place).is_ok()
    }

    /// Whether something stands at this node and is not a mere arrival.
    pub fn works_at(&self, node: usize) -> bool {
        self.has(Place::at_node(node))
    }

    /// Nodes that can go on.
    pub fn enabled(&self, net: &Net) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        for place in &self.places {
            let node = place.node(net);
            let ready = match net.nodes[node].role {
                Role::Join => net.nodes[node]
                    .entering
                    .iter()
                    .all(|edge| self.has(Place::on_edge(net, *edge))),
                _ => true,
            };
            if ready && !found.contains(&node) {
                found.push(node);
            }
        }
        found
    }

    /// The state after a node went on by these edges.
    pub fn fire(&self, net: &Net, node: usize, by: &[usize]) -> Result<State, Doubled> {
        let known = &net.nodes[node];
        let mut next = self.clone();
        match known.role {
            Role::Join => {
                for edge in &known.entering {
                    next.take(Place::on_edge(net, *edge));
                }
            }
            _ => next.take(Place::at_node(node)),
        }
        match known.role {
            Role::End => next.ended = (next.ended + 1).min(2),
            _ if known.kind() == Some(crate::model::Kind::Decide) => {
                next.decided = (next.decided + 1).min(2);
            }
            _ => {}
        }
        for edge in by {
            next.put(Place::after(net, *edge))?;
        }
        Ok(next)
    }

    fn take(&mut self, place: Place) {
        self.places.retain(|known| *known != place);
    }

    fn put(&mut self, place: Place) -> Result<(), Doubled> {
        match self.places.binary_search(&place) {
            Ok(_) => Err(Doubled(place)),
            Err(at) => {
                self.places.insert(at, place);
                Ok(())
            }
        }
    }

    /// Keys of the nodes where something stands, for a picture.
    pub fn marked(&self, net: &Net) -> Vec<String> {
        let mut nodes: Vec<usize> = self.places.iter().map(|place| place.node(net)).collect();
        nodes.dedup();
        let mut keys: Vec<String> = nodes
            .iter()
            .map(|node| net.nodes[*node].key.clone())
            .collect();
        keys.dedup();
        keys
    }
}
