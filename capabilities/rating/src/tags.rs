//! 评价标签: versioned data, one set for each way of handling and each group of levels.

use std::sync::LazyLock;

use casework::Channel as Handled;
use serde::Deserialize;

use crate::model::Level;

/// How the case came in decides which tags make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    Window,
    Online,
}

impl Service {
    pub fn of(channel: Handled) -> Service {
        match channel {
            Handled::Window | Handled::Post | Handled::Other => Service::Window,
            Handled::Web | Handled::Mobile => Service::Online,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Service::Window => "window",
            Service::Online => "online",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tag {
    pub code: String,
    pub label: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    pub service: Service,
    pub levels: Vec<u8>,
    pub tags: Vec<Tag>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    pub version: String,
    pub sets: Vec<Set>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "origin")]
    _origin: String,
    versions: Vec<Version>,
}

static VERSIONS: LazyLock<Vec<Version>> = LazyLock::new(|| {
    let file: File = serde_json::from_str(include_str!("../data/tag_sets.json"))
        .expect("the shipped tag sets are read by a test");
    file.versions
});

/// The version offered now.
pub fn current() -> &'static Version {
    VERSIONS.last().expect("a test reads at least one version")
}

/// A version by its name; old ratings keep theirs.
pub fn version(name: &str) -> Option<&'static Version> {
    VERSIONS.iter().find(|version| version.version == name)
}

impl Version {
    /// What may be ticked with a level.
    pub fn of(&self, service: Service, level: Level) -> &[Tag] {
        self.sets
            .iter()
            .find(|set| set.service == service && set.levels.contains(&level.code()))
            .map_or(&[], |set| set.tags.as_slice())
    }

    /// The label of a code, whatever set it stands in.
    pub fn label<'a>(&'a self, code: &'a str) -> &'a str {
        self.sets
            .iter()
            .flat_map(|set| &set.tags)
            .find(|tag| tag.code == code)
            .map_or(code, |tag| tag.label.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Service, VERSIONS, current};
    use crate::model::Level;

    #[test]
    fn every_way_and_level_has_tags_with_codes_of_their_own() {
        let mut names = BTreeSet::new();
        for version in VERSIONS.iter() {
            assert!(
                names.insert(&version.version),
                "version {} twice",
                version.version
            );
            for service in [Service::Window, Service::Online] {
                for level in Level::ALL {
                    let tags = version.of(service, level);
                    let codes: BTreeSet<_> = tags.iter().map(|tag| &tag.code).collect();
                    assert!(tags.len() >= 5, "{service:?} {level:?}");
                    assert_eq!(codes.len(), tags.len(), "{service:?} {level:?}");
                }
            }
        }
    }

    #[test]
    fn a_code_means_the_same_in_every_set_of_a_version() {
        for version in VERSIONS.iter() {
            for tag in version.sets.iter().flat_map(|set| &set.tags) {
                assert_eq!(version.label(&tag.code), tag.label);
            }
        }
        assert_eq!(current().label("unheard_of"), "unheard_of");
    }

    #[test]
    fn every_label_has_english() {
        for tag in VERSIONS
            .iter()
            .flat_map(|version| &version.sets)
            .flat_map(|set| &set.tags)
        {
            assert!(ui::i18n::has_english(&tag.label), "{}", tag.label);
        }
    }
}
