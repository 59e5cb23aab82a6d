//! 卷内目录: the papers of a case in the order of a file, and what is missing before it can be closed. Pure.

use std::collections::BTreeSet;

use casework::Case;
use catalog::model::{Item, Necessity, SourceChannel};
use jiff::civil::Date;

use crate::{
    details::{self, FileGiven, MaterialGiven},
    letter,
};

/// One paper of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Stable within the case: `form`, `m-<material>-<n>`, `l-<letter>`, `license`.
    pub key: String,
    pub kind: Kind,
    pub title: String,
    /// 文书编号.
    pub doc_no: String,
    pub date: Option<Date>,
    /// What it usually has; the person who closes the file counts.
    pub pages: u32,
    /// The file that was handed in.
    pub file: Option<FileGiven>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 申请表.
    Form,
    /// A material as a file.
    Material,
    /// A material on paper: it lies in the paper file.
    OnPaper,
    /// A letter, by its word in [`letter::issued`].
    Letter(String),
    /// The certificate that was made.
    License(String),
}

/// The papers in the order they came about: application, materials, letters, certificate, proof of service.
///
/// `name` gives a material's name by its key.
pub fn papers(case: &Case, name: &dyn Fn(&str) -> String) -> Vec<Paper> {
    let filed_on = calendar::civil_date(case.opened_at);
    let mut papers = vec![Paper {
        key: "form".to_owned(),
        kind: Kind::Form,
        title: format!("{}申请表", case.title),
        doc_no: case.no.clone(),
        date: Some(filed_on),
        pages: 1,
        file: None,
    }];
    for material in details::materials(case) {
        of_material(&mut papers, &material, &name(&material.key), filed_on);
    }
    let license = details::decision(case).and_then(|decision| decision.license_id);
    for (kind, label, doc_no) in letter::issued(case) {
        // The certificate stands between the decision and the proof that it was handed over.
        if kind == "delivery" {
            papers.extend(license.as_deref().map(|id| certificate(case, id)));
        }
        papers.push(Paper {
            key: format!("l-{kind}"),
            date: letter_date(case, &kind),
            kind: Kind::Letter(kind),
            title: label.to_owned(),
            doc_no,
            pages: 1,
            file: None,
        });
    }
    let listed = papers
        .iter()
        .any(|paper| matches!(paper.kind, Kind::License(_)));
    if !listed {
        papers.extend(license.as_deref().map(|id| certificate(case, id)));
    }
    papers
}

fn of_material(papers: &mut Vec<Paper>, given: &MaterialGiven, name: &str, date: Date) {
    for (place, file) in (1..).zip(&given.files) {
        papers.push(Paper {
            key: format!("m-{}-{place}", given.key),
            kind: Kind::Material,
            title: name.to_owned(),
            doc_no: String::new(),
            date: Some(date),
            pages: 1,
            file: Some(file.clone()),
        });
    }
    if given.paper {
        papers.push(Paper {
            key: format!("m-{}-paper", given.key),
            kind: Kind::OnPaper,
            title: format!("{name}（纸质）"),
            doc_no: String::new(),
            date: Some(date),
            pages: 1,
            file: None,
        });
    }
}

fn certificate(case: &Case, id: &str) -> Paper {
    Paper {
        key: "license".to_owned(),
        kind: Kind::License(id.to_owned()),
        title: details::about(case)
            .map(|about| about.result_name)
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "电子证照".to_owned()),
        doc_no: id.to_owned(),
        date: case
            .outcome
            .as_ref()
            .map(|outcome| calendar::civil_date(outcome.at)),
        pages: 1,
        file: None,
    }
}

fn letter_date(case: &Case, kind: &str) -> Option<Date> {
    match kind {
        "correction" => details::correction(case).map(|letter| calendar::civil_date(letter.at)),
        "acceptance" => details::acceptance(case).map(|letter| letter.from),
        "delivery" => details::delivered(case).map(|proof| calendar::civil_date(proof.at)),
        _ => case
            .outcome
            .as_ref()
            .map(|outcome| calendar::civil_date(outcome.at)),
    }
}

/// What is missing before the file can be closed, in words; `required` are the materials that had to be handed in.
pub fn gaps(case: &Case, required: &[(String, String)]) -> Vec<String> {
    let mut gaps = Vec::new();
    if case.is_open() {
        gaps.push("本件还没有办结".to_owned());
    }
    if !case.tasks.is_empty() {
        gaps.push("还有没办完的环节".to_owned());
    }
    if details::form(case).is_none() {
        gaps.push("没有申请表".to_owned());
    }
    let Some(outcome) = &case.outcome else {
        gaps.push("没有办理结果".to_owned());
        return gaps;
    };
    let given: BTreeSet<String> = details::materials(case)
        .into_iter()
        .filter(|given| given.paper || !given.files.is_empty())
        .map(|given| given.key)
        .collect();
    if outcome.code == "granted" {
        let missing = required.iter().filter(|(key, _)| !given.contains(key));
        gaps.extend(missing.map(|(_, name)| format!("没有必要材料“{name}”")));
    }
    match outcome.code.as_str() {
        "not_accepted" if details::not_accepted(case).is_none() => {
            gaps.push("没有不予受理决定书".to_owned());
        }
        "granted" | "refused" => {
            if details::acceptance(case).is_none() {
                gaps.push("没有受理记录".to_owned());
            }
            if details::decision(case).is_none() {
                gaps.push("没有决定书".to_owned());
            }
            if details::delivered(case).is_none() {
                gaps.push("没有送达记录".to_owned());
            }
        }
        _ => {}
    }
    gaps
}

/// Materials that had to be handed in: required ones that no shared data stands for.
pub fn required(item: Option<&Item>) -> Vec<(String, String)> {
    item.map(|item| item.materials.as_slice())
        .unwrap_or_default()
        .iter()
        .filter(|material| {
            let shared = material.source_channel == SourceChannel::Government
                && !material.shared_via.is_empty();
            material.necessity == Necessity::Required && !shared
        })
        .map(|material| (material.key.clone(), material.name.clone()))
        .collect()
}

/// Name of a material; its key where the item does not know it.
pub fn material_name(item: Option<&Item>, key: &str) -> String {
    item.map(|item| item.materials.as_slice())
        .unwrap_or_default()
        .iter()
        .find(|material| material.key == key)
        .map_or_else(|| key.to_owned(), |material| material.name.clone())
}
