//! Materials of a case as the workspace lists them, and the one that is open beside the form.

use casework::Case;
use catalog::model::{Item, Necessity, SourceChannel};
use ui::viewer::{Document, DocumentKind};

use super::workspace::Place;
use crate::{
    answers::Answers,
    details,
    origins::{MaterialSource, origins},
    pages::routes,
};

/// One material with what was handed in for it.
pub(super) struct MaterialView {
    pub key: String,
    pub name: String,
    pub necessity: &'static str,
    /// Whoever applies has to hand it in, whatever the situation.
    pub required: bool,
    pub standard: String,
    pub paper: bool,
    /// 免提交: the licence or shared data that stands for it; empty when it has to be handed in.
    pub shared_via: String,
    pub files: Vec<FileView>,
}

impl MaterialView {
    /// Nothing is there that should be.
    pub(super) fn is_missing(&self) -> bool {
        self.required && self.files.is_empty() && !self.paper && self.shared_via.is_empty()
    }
}

pub(super) struct FileView {
    pub digest: String,
    pub name: String,
    pub media_type: String,
    pub size: u64,
    /// Where it was taken from, where it was not handed in anew.
    pub origin: String,
    pub shown: bool,
}

/// Every material the item asks for, in its order; `open` is the digest of the file that is shown.
pub(super) fn materials(case: &Case, item: Option<&Item>, open: Option<&str>) -> Vec<MaterialView> {
    let given = details::materials(case);
    let origins = origins(case);
    item.map(|item| item.materials.as_slice())
        .unwrap_or_default()
        .iter()
        .map(|material| {
            let found = given.iter().find(|given| given.key == material.key);
            let files = found.map(|given| given.files.as_slice());
            MaterialView {
                key: material.key.clone(),
                name: material.name.clone(),
                necessity: match material.necessity {
                    Necessity::Required => "必要",
                    Necessity::Optional => "非必要",
                    Necessity::Deferrable => "容缺后补",
                    Necessity::Situational => "情形必要",
                },
                required: material.necessity == Necessity::Required,
                standard: material.accept_standard.clone(),
                paper: found.is_some_and(|given| given.paper),
                shared_via: if let Some(licence) = origins.licence_for(&material.key) {
                    licence.words()
                } else if material.source_channel == SourceChannel::Government {
                    material.shared_via.clone()
                } else {
                    String::new()
                },
                files: files
                    .unwrap_or_default()
                    .iter()
                    .map(|file| FileView {
                        digest: file.digest.clone(),
                        name: file.name.clone(),
                        media_type: file.media_type.clone(),
                        size: file.size,
                        origin: origins
                            .of_file(&material.key, &file.digest)
                            .map_or_else(String::new, MaterialSource::words),
                        shown: open == Some(file.digest.as_str()),
                    })
                    .collect(),
            }
        })
        .collect()
}

/// Files that answer questions of the form, each under the name of its question.
pub(super) fn answered(
    item: Option<&Item>,
    answers: &Answers,
    open: Option<&str>,
) -> Vec<MaterialView> {
    item.map(|item| catalog::form::files(&item.form, answers))
        .unwrap_or_default()
        .into_iter()
        .map(|file| MaterialView {
            key: String::new(),
            name: file.label,
            necessity: "申请表",
            required: false,
            standard: String::new(),
            paper: false,
            shared_via: String::new(),
            files: vec![FileView {
                shown: open == Some(file.digest.as_str()),
                digest: file.digest,
                name: file.name,
                media_type: file.media_type,
                size: file.size,
                origin: String::new(),
            }],
        })
        .collect()
}

/// The open file with the one before and after it, as the viewer shows it.
pub(super) fn open<'a>(
    case: &Case,
    materials: impl Iterator<Item = &'a MaterialView>,
    place: &Place,
) -> Option<Document> {
    let files: Vec<&FileView> = materials.flat_map(|material| &material.files).collect();
    let at = files.iter().position(|file| file.shown)?;
    let href = routes::file(case.id, &files[at].digest);
    let to = |file: &&FileView| place.opening(&file.digest);
    Some(Document {
        name: files[at].name.clone(),
        kind: DocumentKind::of(&files[at].media_type),
        download: format!("{href}?download=1"),
        href,
        place: at + 1,
        count: files.len(),
        previous: at
            .checked_sub(1)
            .and_then(|before| files.get(before))
            .map(to),
        next: files.get(at + 1).map(to),
    })
}
