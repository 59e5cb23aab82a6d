//! Declaring a process: its states and its moves, as a table.
//!
//! To declare one: list the states with their phase, list every move once, and write the rule function that
//! builds each command's event with [`crate::Step`]. [`Flow::check`] proves that every state can be reached
//! and every open state has a way out; call it in a test.

use crate::actor::Permission;

/// A process.
#[derive(Debug)]
pub struct Flow {
    pub kind: &'static str,
    /// State of a new case.
    pub first: &'static str,
    pub states: &'static [State],
    pub moves: &'static [Move],
}

#[derive(Debug)]
pub struct State {
    pub name: &'static str,
    /// Official Chinese term.
    pub label: &'static str,
    pub phase: Phase,
}

/// What a state means to whoever waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The office has to act.
    Office,
    /// The applicant has to act.
    Applicant,
    /// Over.
    Closed,
}

#[derive(Debug)]
pub struct Move {
    pub command: &'static str,
    /// What the button says.
    pub label: &'static str,
    pub from: &'static [&'static str],
    /// States it may lead to; more than one where the rule chooses.
    pub to: &'static [&'static str],
    pub who: &'static [Who],
}

/// Who may make a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Applicant,
    Staff(Permission),
    /// Whoever an open task with this permission stands with, whatever the task is: a window elsewhere until it has
    /// handed over.
    Holder(Permission),
    System,
}

impl Flow {
    pub fn state(&self, name: &str) -> Option<&'static State> {
        self.states.iter().find(|state| state.name == name)
    }

    pub fn command(&self, command: &str) -> Option<&'static Move> {
        self.moves.iter().find(|known| known.command == command)
    }

    /// Findings that make the declaration wrong; empty when it is sound.
    pub fn check(&self) -> Vec<String> {
        let mut findings = Vec::new();
        let known = |name: &str| self.state(name).is_some();
        if !known(self.first) {
            findings.push(format!("first state {} is not declared", self.first));
        }
        for step in self.moves {
            for name in step.from.iter().chain(step.to) {
                if !known(name) {
                    findings.push(format!("{} names unknown state {name}", step.command));
                }
            }
            if step.who.is_empty() {
                findings.push(format!("nobody may {}", step.command));
            }
        }
        let mut reached = vec![self.first];
        let mut next = 0;
        while let Some(&at) = reached.get(next) {
            next += 1;
            for step in self.moves.iter().filter(|step| step.from.contains(&at)) {
                for &to in step.to {
                    if !reached.contains(&to) {
                        reached.push(to);
                    }
                }
            }
        }
        for state in self.states {
            if !reached.contains(&state.name) {
                findings.push(format!("{} is never reached", state.name));
            }
            let leaves = self.moves.iter().any(|step| {
                step.from.contains(&state.name)
                    && step.to.iter().any(|to| *to != state.name && known(to))
            });
            if state.phase != Phase::Closed && !leaves {
                findings.push(format!("{} has no way out", state.name));
            }
        }
        findings
    }
}
