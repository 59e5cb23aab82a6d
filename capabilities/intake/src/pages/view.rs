//! What templates show: plain texts, ready for the page's language.

use catalog::model::{Item, Material};
use ui::Page;

use approval::details::MaterialGiven;
use approval::origins::MaterialOrigin;
use base::crypto::to_hex;

use crate::documents::{Document, DocumentId, Offer};
use crate::form::Wrong;
use crate::materials::{self, Need};

/// The sentence about one field, in the page's language; empty if nothing is wrong.
pub(crate) fn error_of(page: &Page, wrong: &[Wrong], key: &str) -> String {
    wrong
        .iter()
        .find(|wrong| wrong.field == key)
        .map_or_else(String::new, |wrong| said(page, &wrong.said))
}

/// A sentence in the page's language.
pub(crate) fn said(page: &Page, said: &crate::said::Said) -> String {
    // A blank may hold a word of ours, such as a channel; names and numbers have no translation and stay.
    let pairs: Vec<(&str, &str)> = said
        .pairs()
        .into_iter()
        .map(|(name, value)| (name, page.t(value)))
        .collect();
    page.tf(&said.template, &pairs)
}

/// The error summary: (id of the control, sentence); the row is said where there are several.
pub(crate) fn summary(page: &Page, prefix: &str, wrong: &[Wrong]) -> Vec<(String, String)> {
    wrong
        .iter()
        .map(|wrong| (format!("{prefix}{}", wrong.field), in_row(page, wrong)))
        .collect()
}

/// The sentence with the row it is about in front.
pub(crate) fn in_row(page: &Page, wrong: &Wrong) -> String {
    let sentence = said(page, &wrong.said);
    let mut parts = wrong.field.split('-').skip(1);
    match parts.next().and_then(|row| row.parse::<usize>().ok()) {
        Some(row) => {
            let number = (row + 1).to_string();
            page.tf(
                "第{row}项：{said}",
                &[("row", number.as_str()), ("said", sentence.as_str())],
            )
        }
        None => sentence,
    }
}

/// A material on a page where it can be handed in.
#[expect(
    clippy::struct_excessive_bools,
    reason = "a template's switches, each shown by itself"
)]
#[derive(Clone, Debug)]
pub(crate) struct MaterialView {
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) need: &'static str,
    pub(crate) tone: &'static str,
    pub(crate) condition: String,
    pub(crate) source: String,
    pub(crate) notes: String,
    pub(crate) standard: String,
    pub(crate) form: String,
    pub(crate) copies: String,
    pub(crate) paper_allowed: bool,
    /// The paper was taken in, or will be brought.
    pub(crate) paper: bool,
    pub(crate) shared: bool,
    pub(crate) later: bool,
    /// A written promise stands in its place.
    pub(crate) promised: bool,
    pub(crate) files: Vec<FileView>,
    pub(crate) error: String,
    /// What a correction notice asks for.
    pub(crate) asked: Vec<String>,
    /// 我的材料 that may be used for it.
    pub(crate) offered: Vec<OfferView>,
    /// The certificate that stands for it; empty where none does.
    pub(crate) certificate: String,
}

/// A document that is offered for a material.
#[derive(Clone, Debug)]
pub(crate) struct OfferView {
    pub(crate) id: DocumentId,
    pub(crate) digest: String,
    pub(crate) name: String,
    pub(crate) file_name: String,
    /// Which case it came with, when, and until when it counts.
    pub(crate) from: String,
}

#[derive(Clone, Debug)]
pub(crate) struct FileView {
    pub(crate) name: String,
    pub(crate) size: String,
    pub(crate) digest: String,
    pub(crate) href: String,
}

impl MaterialView {
    pub(crate) fn of(
        page: &Page,
        item: &Item,
        material: &Material,
        given: &[MaterialGiven],
        wrong: &[Wrong],
        href: impl Fn(&str) -> String,
    ) -> MaterialView {
        let entry = materials::given(given, &material.key);
        let need = materials::need(material);
        MaterialView {
            key: material.key.clone(),
            name: material.name.clone(),
            need: need.label(),
            tone: need.tone(),
            condition: material.condition.clone(),
            source: source(page, material),
            notes: material.fill_notes.clone(),
            standard: material.accept_standard.clone(),
            form: material.form.clone(),
            copies: copies(page, material),
            paper_allowed: materials::paper_allowed(item, material) && need != Need::Shared,
            paper: entry.is_some_and(|entry| entry.paper || materials::will_bring_paper(entry)),
            shared: need == Need::Shared,
            later: need == Need::Later,
            promised: entry.is_some_and(|entry| entry.promised),
            files: entry
                .map(|entry| {
                    entry
                        .files
                        .iter()
                        .map(|file| FileView {
                            name: file.name.clone(),
                            size: materials::size_text(file.size),
                            href: href(&file.digest),
                            digest: file.digest.clone(),
                        })
                        .collect()
                })
                .unwrap_or_default(),
            error: error_of(page, wrong, &material.key),
            asked: Vec::new(),
            offered: Vec::new(),
            certificate: String::new(),
        }
    }

    /// Adds what the applicant may use instead of handing it in anew.
    pub(crate) fn with_known(
        mut self,
        page: &Page,
        offers: &[Offer],
        held: &[MaterialOrigin],
    ) -> MaterialView {
        let used = |digest: &str| self.files.iter().any(|file| file.digest == digest);
        self.offered = offers
            .iter()
            .filter(|offer| offer.material == self.key)
            .map(|offer| OfferView::of(page, &offer.document))
            .filter(|offer| !used(&offer.digest))
            .collect();
        self.certificate = held
            .iter()
            .find(|origin| origin.material == self.key)
            .map(|origin| origin.from.words())
            .unwrap_or_default();
        self
    }
}

impl OfferView {
    pub(crate) fn of(page: &Page, document: &Document) -> OfferView {
        let added = page.date(calendar::civil_date(document.added_at));
        let from = page.tf(
            "{date}随办件{no}提交",
            &[("date", added.as_str()), ("no", document.case_no.as_str())],
        );
        let until = document
            .valid_to
            .map(|last| page.t1("有效至{date}", "date", page.date(last)));
        OfferView {
            id: document.document_id,
            digest: to_hex(&document.digest),
            name: document.name.clone(),
            file_name: document.file_name.clone(),
            from: until.map_or_else(|| from.clone(), |until| format!("{from}　{until}")),
        }
    }
}

fn source(page: &Page, material: &Material) -> String {
    use catalog::model::SourceChannel;
    let channel = match material.source_channel {
        SourceChannel::Applicant => page.t("申请人自备"),
        SourceChannel::Government => page.t("政府部门核发"),
        SourceChannel::Other => page.t("其他机构出具"),
    };
    if material.source_agency.is_empty() {
        channel.to_owned()
    } else {
        format!("{channel}（{}）", material.source_agency)
    }
}

fn copies(page: &Page, material: &Material) -> String {
    let mut parts = Vec::new();
    if material.original_count > 0 {
        parts.push(page.t1("原件{n}份", "n", material.original_count));
    }
    if material.copy_count > 0 {
        parts.push(page.t1("复印件{n}份", "n", material.copy_count));
    }
    parts.join("，")
}

/// A row of 核对: label, answer, where to change it.
#[derive(Clone, Debug)]
pub(crate) struct AnswerRow {
    pub(crate) label: String,
    pub(crate) value: String,
    /// Address of the page that changes it; empty where it cannot be changed.
    pub(crate) change: String,
}

/// A part of 核对.
#[derive(Clone, Debug)]
pub(crate) struct AnswerPart {
    pub(crate) title: String,
    pub(crate) rows: Vec<AnswerRow>,
}
