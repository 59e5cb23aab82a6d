//! 归档: a finished case becomes a file — listed, numbered, closed to further acts — and can be taken along whole.
//!
//! [`contents`] lists what a file holds and what it lacks; this module decides the two commands; [`package`] says what
//! an exported file is, [`container`] how it lies on disk, [`check`] how anybody checks it; `export` puts one together.

pub(crate) mod api;
pub mod check;
pub mod container;
pub mod contents;
mod export;
pub mod package;
mod pages;
mod repacked;

use std::collections::BTreeMap;

use casework::{Case, Fact, Refusal, Step, case::Hold};
use jiff::{Timestamp, ToSpan as _, civil::Date};
use serde::{Deserialize, Serialize};
use store::Tx;

use crate::{error::Error, service::Approval};

pub(crate) use pages::routes;

/// Key of [`Archived`] among the details.
pub const ARCHIVED: &str = "archived";
/// Key of the hold that closes an archived case to further acts.
pub const HOLD: &str = "archive";
/// What may still be done to an archived case: reading it, on record.
pub const ALLOWED: [&str; 2] = ["reveal", "export_file"];
/// Pages of one paper.
pub const PAGES_MAX: u32 = 9_999;

/// 保管期限 of 《机关文件材料归档范围和文书档案保管期限规定》(国家档案局令第8号) 第六条: 永久, 定期 30 年, 定期 10 年.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retention {
    Permanent,
    Years30,
    Years10,
}

impl Retention {
    pub const ALL: [Retention; 3] = [Retention::Permanent, Retention::Years30, Retention::Years10];

    pub fn word(self) -> &'static str {
        match self {
            Retention::Permanent => "permanent",
            Retention::Years30 => "years30",
            Retention::Years10 => "years10",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Retention::Permanent => "永久",
            Retention::Years30 => "定期30年",
            Retention::Years10 => "定期10年",
        }
    }

    /// The code in a file's number: `Y`, `D30`, `D10` (DA/T 22-2015).
    pub fn code(self) -> &'static str {
        match self {
            Retention::Permanent => "Y",
            Retention::Years30 => "D30",
            Retention::Years10 => "D10",
        }
    }

    pub fn from_word(word: &str) -> Option<Retention> {
        Retention::ALL
            .into_iter()
            .find(|retention| retention.word() == word)
    }

    /// The first day the file may be destroyed after appraisal; never for a permanent one. Counted from the year
    /// after the one the file belongs to.
    pub fn kept_until(self, archived_on: Date) -> Option<Date> {
        let years = match self {
            Retention::Permanent => return None,
            Retention::Years30 => 30,
            Retention::Years10 => 10,
        };
        Date::new(archived_on.year(), 1, 1)
            .ok()?
            .checked_add((years + 1).years())
            .ok()
    }

    /// What is usually right: a licence that was granted 30 years, everything else 10.
    pub fn usual(case: &Case) -> Retention {
        let granted = case
            .outcome
            .as_ref()
            .is_some_and(|outcome| outcome.code == "granted");
        if granted && crate::letter::is_licensing(case) {
            Retention::Years30
        } else {
            Retention::Years10
        }
    }
}

/// 归档: the list of contents as it was closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archived {
    /// 档号.
    pub archive_no: String,
    pub retention: Retention,
    pub at: Timestamp,
    pub papers: Vec<Filed>,
}

/// One line of the closed list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    pub no: u32,
    pub title: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc_no: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    pub pages: u32,
    /// SM3 hex where it is a file that was handed in.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub digest: String,
}

impl Archived {
    pub fn pages(&self) -> u32 {
        self.papers.iter().map(|paper| paper.pages).sum()
    }
}

pub fn archived(case: &Case) -> Option<Archived> {
    case.detail(ARCHIVED)
}

/// What somebody asks; the number is added by the shell.
#[derive(Clone, Debug)]
pub enum Act {
    Archive {
        retention: Retention,
        /// Pages by [`contents::Paper::key`], where they are not the usual ones.
        pages: BTreeMap<String, u32>,
    },
    /// 调卷: take the whole file along; says why.
    Export { purpose: String },
}

impl Act {
    pub fn word(&self) -> &'static str {
        match self {
            Act::Archive { .. } => "archive",
            Act::Export { .. } => "export_file",
        }
    }
}

/// As [`Act`], with what the shell knows.
#[derive(Clone, Debug)]
pub enum Command {
    Archive {
        archive_no: String,
        retention: Retention,
        papers: Vec<contents::Paper>,
        /// Pages by key.
        pages: BTreeMap<String, u32>,
        /// Materials that had to be handed in, by key and name.
        required: Vec<(String, String)>,
    },
    Export {
        purpose: String,
    },
}

impl Command {
    pub fn word(&self) -> &'static str {
        match self {
            Command::Archive { .. } => "archive",
            Command::Export { .. } => "export_file",
        }
    }

    /// The command before the shell has looked anything up.
    pub(crate) fn preview(case: &Case, act: &Act) -> Command {
        match act.clone() {
            Act::Archive { retention, pages } => Command::Archive {
                archive_no: String::new(),
                retention,
                papers: contents::papers(case, &|key| key.to_owned()),
                pages,
                required: Vec::new(),
            },
            Act::Export { purpose } => Command::Export { purpose },
        }
    }
}

/// Writes the facts of a command.
pub(crate) fn decide(step: &mut Step<'_>, command: &Command) -> Result<(), Refusal> {
    match command {
        Command::Archive {
            archive_no,
            retention,
            papers,
            pages,
            required,
        } => archive(step, archive_no, *retention, papers, pages, required),
        Command::Export { purpose } => {
            let purpose = crate::rules::needed("purpose", purpose, "请写明调取电子卷宗的事由")?;
            step.remark(&purpose);
            Ok(())
        }
    }
}

fn archive(
    step: &mut Step<'_>,
    archive_no: &str,
    retention: Retention,
    papers: &[contents::Paper],
    pages: &BTreeMap<String, u32>,
    required: &[(String, String)],
) -> Result<(), Refusal> {
    let gaps = contents::gaps(step.case(), required);
    if !gaps.is_empty() {
        return Err(Refusal::invalid(
            "papers",
            format!("卷宗还不齐全，不能归档：{}", gaps.join("；")),
        ));
    }
    let mut filed = Vec::with_capacity(papers.len());
    for (no, paper) in (1..).zip(papers) {
        let count = pages.get(&paper.key).copied().unwrap_or(paper.pages);
        if count == 0 || count > PAGES_MAX {
            return Err(Refusal::invalid(
                "pages",
                format!("“{}”的页数应为1至{PAGES_MAX}", paper.title),
            ));
        }
        filed.push(Filed {
            no,
            title: paper.title.clone(),
            doc_no: paper.doc_no.clone(),
            date: paper.date,
            pages: count,
            digest: paper
                .file
                .as_ref()
                .map(|file| file.digest.clone())
                .unwrap_or_default(),
        });
    }
    let archived = Archived {
        archive_no: archive_no.to_owned(),
        retention,
        at: step.at(),
        papers: filed,
    };
    step.remark(&format!(
        "保管期限{}，共{}件{}页",
        retention.label(),
        archived.papers.len(),
        archived.pages()
    ));
    step.note(ARCHIVED, &archived);
    let since = step.at();
    step.fact(Fact::Held {
        hold: Hold {
            key: HOLD.to_owned(),
            reason: "本件已经归档，卷宗不再变动".to_owned(),
            allows: ALLOWED.map(str::to_owned).to_vec(),
            since,
        },
    });
    Ok(())
}

/// Completes a command in the transaction that records it: the number, the names of the materials.
pub(crate) fn complete(
    approval: &Approval,
    tx: &mut Tx<'_>,
    case: &Case,
    today: Date,
    command: &mut Command,
) -> Result<(), Error> {
    let Command::Archive {
        archive_no,
        retention,
        papers,
        required,
        ..
    } = command
    else {
        return Ok(());
    };
    let published = match crate::details::about(case) {
        Some(about) => approval
            .catalog
            .version_in(tx, about.version)?
            .map(|published| approval.catalog.applied(&published, &about.situation)),
        None => None,
    };
    let item = published.as_ref().map(|published| &published.item);
    *papers = contents::papers(case, &|key| contents::material_name(item, key));
    *required = contents::required(item);
    let org = people::orgs::by_id(tx, case.org)
        .map_err(|error| Error::Cases(cases::Error::Damaged(error.to_string())))?;
    let short_name = org.map(|org| org.short_name).unwrap_or_default();
    let head = format!("{short_name}·XK·{}·{}", today.year(), retention.code());
    let serial = tx.next_number(&format!("archive|{head}"))?;
    *archive_no = format!("{head}-{serial:04}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::Retention;

    #[test]
    fn a_term_counts_from_the_year_after() {
        let day = date(2026, 5, 21);
        assert_eq!(Retention::Permanent.kept_until(day), None);
        assert_eq!(Retention::Years30.kept_until(day), Some(date(2057, 1, 1)));
        assert_eq!(Retention::Years10.kept_until(day), Some(date(2037, 1, 1)));
    }

    #[test]
    fn words_and_back() {
        for retention in Retention::ALL {
            assert_eq!(Retention::from_word(retention.word()), Some(retention));
        }
        assert_eq!(Retention::from_word("forever"), None);
    }
}
