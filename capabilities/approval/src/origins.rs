//! Where what an application says comes from: which answers were filled in beforehand and whether the applicant
//! corrected them, which materials were handed in before and used again, which certificates stand for one.
//!
//! 一表申请、一次提交多次复用: staff see beside each such answer and file where it was taken from. Only the source is
//! kept here, never the value.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use casework::Case;

use crate::details::MaterialGiven;

/// Key of [`Origins`] among the details of a case.
pub const ORIGINS: &str = "origins";

/// What did not come from the applicant's own hand this time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Origins {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<AnswerOrigin>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub materials: Vec<MaterialOrigin>,
}

/// An answer that was filled in beforehand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerOrigin {
    /// Key of the field.
    pub field: String,
    pub from: AnswerSource,
    /// The applicant wrote something else instead.
    pub corrected: bool,
}

/// Where an answer was taken from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AnswerSource {
    /// The record of the person or the enterprise.
    Record,
    /// An earlier application.
    Case { no: String },
}

/// A material that was not handed in anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MaterialOrigin {
    /// Key of the material.
    pub material: String,
    pub from: MaterialSource,
}

/// Where a material was taken from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MaterialSource {
    /// A file handed in before (我的材料).
    Document {
        /// SM3 hex of the file.
        digest: String,
        /// Case it was handed in with first; empty for one kept without a case.
        case_no: String,
        /// At a window: the applicant agreed that it is taken from their documents.
        #[serde(default)]
        at_window: bool,
    },
    /// A certificate of this platform that the applicant holds.
    Licence {
        license_id: String,
        name: String,
        serial: String,
    },
}

impl AnswerOrigin {
    /// The source in words, for staff.
    pub fn words(&self) -> String {
        let source = match &self.from {
            AnswerSource::Record => "登记信息".to_owned(),
            AnswerSource::Case { no } => format!("办件{no}"),
        };
        if self.corrected {
            format!("{source}有预填，申请人已更正")
        } else {
            format!("预填自{source}")
        }
    }
}

impl MaterialSource {
    /// The source in words, for staff.
    pub fn words(&self) -> String {
        match self {
            MaterialSource::Document {
                case_no, at_window, ..
            } => {
                let source = if case_no.is_empty() {
                    "我的材料".to_owned()
                } else {
                    format!("办件{case_no}")
                };
                let consent = if *at_window {
                    "，申请人当面同意"
                } else {
                    ""
                };
                format!("复用{source}{consent}")
            }
            MaterialSource::Licence { name, serial, .. } => format!("{name} {serial}"),
        }
    }
}

impl Origins {
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty() && self.materials.is_empty()
    }

    /// What holds after some materials were handed in again: of these, only files that stay keep their source, and
    /// `sources` says where the new ones come from.
    #[must_use]
    pub fn resupplied(mut self, given: &[MaterialGiven], sources: &[MaterialOrigin]) -> Origins {
        self.materials.retain(|origin| {
            let again = given.iter().find(|given| given.key == origin.material);
            again.is_none_or(|given| match &origin.from {
                MaterialSource::Document { digest, .. } => {
                    given.files.iter().any(|file| file.digest == *digest)
                }
                MaterialSource::Licence { .. } => false,
            })
        });
        for origin in sources {
            if !self.materials.contains(origin) {
                self.materials.push(origin.clone());
            }
        }
        self
    }

    /// Keys of materials that a certificate stands for.
    pub fn certified(&self) -> impl Iterator<Item = &str> {
        self.materials
            .iter()
            .filter_map(|origin| match &origin.from {
                MaterialSource::Licence { .. } => Some(origin.material.as_str()),
                MaterialSource::Document { .. } => None,
            })
    }

    /// Sources of answers in words, by field.
    pub(crate) fn of_answers(&self) -> HashMap<&str, String> {
        let origins = self.answers.iter();
        origins
            .map(|origin| (origin.field.as_str(), origin.words()))
            .collect()
    }

    /// The source of a file of a material.
    pub(crate) fn of_file(&self, material: &str, digest: &str) -> Option<&MaterialSource> {
        self.materials
            .iter()
            .filter(|origin| origin.material == material)
            .map(|origin| &origin.from)
            .find(|from| match from {
                MaterialSource::Document { digest: known, .. } => known == digest,
                MaterialSource::Licence { .. } => false,
            })
    }

    /// The certificate that stands for a material.
    pub(crate) fn licence_for(&self, material: &str) -> Option<&MaterialSource> {
        self.materials
            .iter()
            .filter(|origin| origin.material == material)
            .map(|origin| &origin.from)
            .find(|from| matches!(from, MaterialSource::Licence { .. }))
    }
}

/// What the case notes of its sources.
pub fn origins(case: &Case) -> Origins {
    case.detail(ORIGINS).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_material_handed_in_again_takes_its_new_source() {
        let from = |material: &str, digest: &str| MaterialOrigin {
            material: material.into(),
            from: MaterialSource::Document {
                digest: digest.into(),
                case_no: "9901".into(),
                at_window: false,
            },
        };
        let given = |digest: &str| MaterialGiven {
            key: "premises".into(),
            files: vec![crate::details::FileGiven {
                digest: digest.into(),
                size: 1,
                media_type: "application/pdf".into(),
                name: "a.pdf".into(),
            }],
            paper: false,
            promised: false,
        };
        let before = Origins {
            answers: Vec::new(),
            materials: vec![from("premises", "ab"), from("plan", "cd")],
        };
        let new = [from("premises", "ef")];
        let after = before.clone().resupplied(&[given("ef")], &new);
        assert_eq!(
            after.materials,
            [from("plan", "cd"), from("premises", "ef")]
        );
        // A file that is uploaded anew has no source; one that stays keeps its own.
        let after = before.clone().resupplied(&[given("99")], &[]);
        assert_eq!(after.materials, [from("plan", "cd")]);
        assert_eq!(before.clone().resupplied(&[given("ab")], &[]), before);
    }

    #[test]
    fn each_source_is_said_in_words_and_found_by_what_it_is_for() {
        let origins = Origins {
            answers: vec![
                AnswerOrigin {
                    field: "name".into(),
                    from: AnswerSource::Record,
                    corrected: false,
                },
                AnswerOrigin {
                    field: "shop".into(),
                    from: AnswerSource::Case { no: "9901".into() },
                    corrected: true,
                },
            ],
            materials: vec![
                MaterialOrigin {
                    material: "premises".into(),
                    from: MaterialSource::Document {
                        digest: "ab".into(),
                        case_no: "9902".into(),
                        at_window: true,
                    },
                },
                MaterialOrigin {
                    material: "licence".into(),
                    from: MaterialSource::Licence {
                        license_id: "1".into(),
                        name: "营业执照".into(),
                        serial: "NO1".into(),
                    },
                },
            ],
        };
        let answers = origins.of_answers();
        assert_eq!(answers["name"], "预填自登记信息");
        assert_eq!(answers["shop"], "办件9901有预填，申请人已更正");
        let file = origins.of_file("premises", "ab").map(MaterialSource::words);
        assert_eq!(file.as_deref(), Some("复用办件9902，申请人当面同意"));
        assert_eq!(origins.of_file("premises", "cd"), None);
        assert_eq!(origins.of_file("licence", ""), None);
        assert_eq!(origins.certified().collect::<Vec<_>>(), ["licence"]);
        let text = serde_json::to_string(&origins).expect("plain data");
        assert_eq!(
            serde_json::from_str::<Origins>(&text).expect("reads back"),
            origins
        );
    }
}
