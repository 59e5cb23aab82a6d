//! The pages of the catalogue: overview, one component, one state alone.

use askama::Template;

use super::{Frame, GROUPS, Group, Specimen, State, source};
use crate::Page;

/// `/design`: every component by group.
#[derive(Template)]
#[template(path = "design/index.html")]
pub struct Index {
    pub page: Page,
    /// What the visitor looks for; matches names, macros and purposes.
    pub filter: String,
    groups: Vec<(&'static Group, Vec<&'static Specimen>)>,
}

impl Index {
    pub fn new(page: Page, filter: &str) -> Index {
        let wanted = filter.trim().to_lowercase();
        let groups = GROUPS
            .iter()
            .map(|group| {
                let found = group.specimens.iter().filter(|one| matches(one, &wanted));
                (*group, found.collect())
            })
            .filter(|(_, found): &(_, Vec<_>)| !found.is_empty())
            .collect();
        Index {
            page,
            filter: filter.trim().to_owned(),
            groups,
        }
    }
}

fn matches(specimen: &Specimen, wanted: &str) -> bool {
    let mut texts = [specimen.id, specimen.title, specimen.purpose]
        .into_iter()
        .chain(specimen.parts.iter().map(|part| part.name));
    wanted.is_empty() || texts.any(|text| text.to_lowercase().contains(wanted))
}

/// `/design/{id}`: what a component is for, its states, parameters and code.
#[derive(Template)]
#[template(path = "design/component.html")]
pub struct Component {
    pub page: Page,
    group: &'static Group,
    specimen: &'static Specimen,
    parts: Vec<Signature>,
    states: Vec<Shown>,
}

/// A macro with its parameters.
struct Signature {
    name: &'static str,
    file: &'static str,
    /// (name, what it is when left out, meaning)
    params: Vec<(&'static str, Option<&'static str>, &'static str)>,
}

/// A state as it looks and as it is written.
struct Shown {
    state: &'static State,
    html: String,
    code: &'static str,
}

impl Component {
    /// # Errors
    /// Whatever rendering a state returns.
    pub fn new(
        page: Page,
        group: &'static Group,
        specimen: &'static Specimen,
    ) -> askama::Result<Component> {
        let states = specimen
            .states
            .iter()
            .map(|state| {
                let arm = specimen.arm(state);
                Ok(Shown {
                    state,
                    html: (group.render)(&page, &arm)?,
                    code: source::code(group.template, &arm).unwrap_or_default(),
                })
            })
            .collect::<askama::Result<_>>()?;
        Ok(Component {
            parts: signatures(group, specimen),
            page,
            group,
            specimen,
            states,
        })
    }

    fn is_whole(&self) -> bool {
        self.specimen.frame == Frame::Whole
    }

    fn is_staff(&self) -> bool {
        self.specimen.frame == Frame::Staff
    }

    /// The address of a state alone, looking as `look` says.
    fn alone(&self, state: &State, look: &str) -> String {
        format!("/design/{}/{}{look}", self.specimen.id, state.id)
    }
}

fn signatures(group: &Group, specimen: &Specimen) -> Vec<Signature> {
    let signature = |name: &'static str, params: &[(&'static str, &'static str)]| {
        group.macros.iter().find_map(|file| {
            let meaning = |param: &str| {
                let known = params.iter().find(|(known, _)| *known == param);
                known.map_or("", |(_, meaning)| *meaning)
            };
            let params = source::parameters(file, name)?
                .into_iter()
                .map(|(param, default)| (param, default, meaning(param)))
                .collect();
            Some(Signature {
                name,
                file: file.name,
                params,
            })
        })
    };
    specimen
        .parts
        .iter()
        .filter_map(|part| signature(part.name, part.params))
        .collect()
}

/// `/design/{id}/{state}`: a state with nothing around it, for pictures and for measuring.
#[derive(Template)]
#[template(path = "design/alone.html")]
pub struct Alone {
    pub page: Page,
    group: &'static Group,
    frame: Frame,
    state: Shown,
}

impl Alone {
    /// # Errors
    /// Whatever rendering the state returns.
    pub fn new(
        page: Page,
        group: &'static Group,
        specimen: &'static Specimen,
        state: &'static State,
    ) -> askama::Result<Alone> {
        let arm = specimen.arm(state);
        let html = (group.render)(&page, &arm)?;
        Ok(Alone {
            group,
            frame: specimen.frame,
            state: Shown {
                state,
                html,
                code: "",
            },
            page,
        })
    }
}
