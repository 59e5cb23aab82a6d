//! Items in a list, as citizens see them.

use ui::Page;

use super::links;
use crate::brief::Brief;
use crate::model::Limit;
use crate::snapshot::{Answer, Snapshot};

/// One line: what it is called, what people call it, who decides, how often to come, how long it takes.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) note: String,
    /// What people call it, where anybody said; else the note.
    pub(super) said: String,
    pub(super) org: String,
    pub(super) visits: String,
    pub(super) how_long: String,
    /// The same item at other bodies.
    pub(super) others: Vec<(String, String)>,
}

/// Other bodies that are listed one by one.
const OTHERS_MAX: usize = 8;
/// Characters of the note.
const NOTE_CHARS: usize = 60;

impl Row {
    pub(super) fn of(page: &Page, snapshot: &Snapshot, brief: &Brief) -> Row {
        let body = &brief.body;
        let note = if body.summary.is_empty() {
            body.aliases.join("、")
        } else {
            body.summary.clone()
        };
        Row {
            href: links::item(brief.item_id),
            name: brief.name.clone(),
            said: said(brief).unwrap_or_else(|| base::text::shorten(&note, NOTE_CHARS)),
            note: base::text::shorten(&note, NOTE_CHARS),
            org: snapshot.org_name(brief.org_id).to_owned(),
            visits: visits(page, brief),
            how_long: brief
                .limit()
                .map_or_else(String::new, |limit| length(page, limit)),
            others: Vec::new(),
        }
    }

    pub(super) fn of_answer(page: &Page, snapshot: &Snapshot, answer: &Answer) -> Row {
        let mut row = Row::of(page, snapshot, &answer.brief);
        if let Some(alias) = &answer.alias
            && !row.note.contains(alias.as_str())
        {
            row.note = format!("{alias}　{}", row.note);
        }
        row.others = answer
            .others
            .iter()
            .take(OTHERS_MAX)
            .map(|brief| {
                (
                    links::item(brief.item_id),
                    snapshot.org_name(brief.org_id).to_owned(),
                )
            })
            .collect();
        row
    }
}

/// The first everyday phrases: 开饭店、开餐馆.
fn said(brief: &Brief) -> Option<String> {
    const PHRASES: usize = 3;
    let aliases = &brief.body.aliases;
    (!aliases.is_empty()).then(|| aliases[..aliases.len().min(PHRASES)].join("、"))
}

/// 20个工作日 / 20 working days; zero is 当场办结.
pub(super) fn length(page: &Page, limit: &Limit) -> String {
    if limit.n == 0 {
        page.t("当场办结").to_owned()
    } else {
        ui::strip::length(
            page.lang,
            calendar::Length {
                n: limit.n,
                unit: limit.unit,
            },
        )
    }
}

/// How often one has to come; empty where nobody says.
pub(super) fn visits(page: &Page, brief: &Brief) -> String {
    let online = brief.online();
    match brief.body.visit_count {
        _ if brief.body.handling_forms.is_empty() => String::new(),
        0 if online => page.t("全程网办").to_owned(),
        0 => page.t("不用跑").to_owned(),
        n => page.t1("跑{n}次", "n", n),
    }
}
