//! The living catalogue of components: what each is for, its parameters, its states and their code.
//!
//! A group is one file here (the words) and one template in `templates/design/` (the states). The code that a
//! page of the catalogue shows is cut out of the very template that was rendered, so the two cannot differ.
//!
//! To add a component: write its macro with a comment, add an arm `{% when "id-state" %}` for each state to a
//! group's template, and a [`Specimen`] to the group. To add a group, write both files and name it in [`GROUPS`].
//! A test fails while a macro has no specimen.

mod actions;
mod basics;
mod charts;
mod clock;
mod facts;
mod forms;
mod frame;
mod journeys;
mod letters;
mod lists;
mod mine;
pub mod pages;
mod portal;
mod questions;
mod routes;
mod samples;
mod source;
mod staff_lists;
mod workspace;

pub use samples::sample_page;

use crate::Page;

/// Every group, in the order of the catalogue.
pub const GROUPS: &[&Group] = &[
    &basics::GROUP,
    &frame::GROUP,
    &actions::GROUP,
    &journeys::GROUP,
    &mine::GROUP,
    &forms::GROUP,
    &questions::GROUP,
    &facts::GROUP,
    &clock::GROUP,
    &lists::GROUP,
    &portal::GROUP,
    &staff_lists::GROUP,
    &charts::GROUP,
    &letters::GROUP,
    &workspace::GROUP,
    &routes::GROUP,
];

/// Components that belong together, and the template that shows them.
pub struct Group {
    pub id: &'static str,
    pub title: &'static str,
    /// Where its macros are: `components.html` and the like. Empty for plain classes.
    pub macros: &'static [MacroFile],
    /// Style sheets and scripts beyond those of every page, by the names in `assets`.
    pub assets: &'static [&'static str],
    /// `include_str!` of the template below.
    pub template: &'static str,
    /// Renders one arm of that template.
    pub render: fn(&Page, &str) -> askama::Result<String>,
    pub specimens: &'static [Specimen],
}

/// A file of macros as it stands in `templates/`.
pub struct MacroFile {
    pub name: &'static str,
    pub source: &'static str,
}

/// `components.html`.
pub const COMPONENTS: MacroFile = MacroFile {
    name: "components.html",
    source: include_str!("../templates/components.html"),
};

/// One component.
pub struct Specimen {
    /// Unique among all groups; part of the address.
    pub id: &'static str,
    pub title: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// When something else is better; may be empty.
    pub not_for: &'static str,
    /// Its macros with the meaning of every parameter; none for plain classes.
    pub parts: &'static [Part],
    /// What must be true for people who read, see or move differently.
    pub criteria: &'static [&'static str],
    pub states: &'static [State],
    pub frame: Frame,
}

/// A macro of a component.
pub struct Part {
    pub name: &'static str,
    /// (parameter, meaning), in the order of the signature.
    pub params: &'static [(&'static str, &'static str)],
}

/// One look of a component: the arm `{% when "component-state" %}` of the group's template.
pub struct State {
    pub id: &'static str,
    pub title: &'static str,
}

/// What a component stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The content of a citizens' page.
    Citizen,
    /// The content of a staff page: tighter.
    Staff,
    /// It brings its own `<main>` and `<h1>` and is shown only on a page by itself.
    Whole,
}

/// A component of the catalogue with its group.
pub fn find(id: &str) -> Option<(&'static Group, &'static Specimen)> {
    GROUPS.iter().find_map(|group| {
        let specimen = group.specimens.iter().find(|known| known.id == id)?;
        Some((*group, specimen))
    })
}

impl Specimen {
    pub fn state(&self, id: &str) -> Option<&'static State> {
        self.states.iter().find(|known| known.id == id)
    }

    /// The name of a state's arm in the group's template.
    pub fn arm(&self, state: &State) -> String {
        format!("{}-{}", self.id, state.id)
    }
}

#[cfg(test)]
mod tests;
