//! Putting an exported file together: papers, answers, materials byte for byte, the trail, and the index over all.
//!
//! The file holds the case as it stood right after the event of its export, so the same export can be fetched again
//! and is the same. Materials stream from the store to the disk; nothing of them is held in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufWriter, Seek as _, SeekFrom, Write as _};

use askama::Template;
use base::crypto::{Sm3, to_hex};
use base::ids::CaseId;
use cases::record::TrailRow;
use casework::{Actor, Case, Fact};
use catalog::model::Published;
use futures_util::StreamExt as _;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use store::objects::Objects;
use web::{Problem, Visit};

use super::container::{self, Writer};
use super::contents::{self, Kind, Paper};
use super::package::{
    self, ANSWERS, CASE, CLOCKS, CONTENTS, Entry, FORMAT, INDEX, ITEM, Index, ItemRef, LICENSE,
    README, SEAL, TRAIL, TrailLine, TrailRef,
};
use crate::{
    answers::{self, Answers},
    clocks, details,
    details::FileGiven,
    error::Error,
    service::{Approval, may_know},
};

/// Bytes of all materials of one file.
const MATERIALS_MAX: u64 = 2 << 30;
/// How long after the act its file may be fetched: it is an act of its own each time.
const FETCH_MINUTES: i64 = 15;

/// A finished file on disk, without a name of its own there.
pub(super) struct Finished {
    pub file: File,
    pub size: u64,
    pub name: String,
}

/// What the database says of the export.
struct Gathered {
    case: Case,
    rows: Vec<TrailRow>,
    answers: BTreeMap<i64, Answers>,
    published: std::sync::Arc<Published>,
    org_name: String,
    license: Option<String>,
}

/// 卷内目录 as a page of the file.
#[derive(Template)]
#[template(path = "letters/file_contents.html")]
struct ContentsPage<'a> {
    index: &'a Index,
}

/// A letter as a page of the file.
#[derive(Template)]
#[template(path = "letters/file_letter.html")]
struct LetterPage {
    title: String,
    sheet: crate::pages::Sheet,
}

/// Builds the file of the export that event `seq` of the case recorded.
///
/// # Errors
/// 404 unless the event is an export of the actor's own; 409 once it is too long ago, or a file is missing or too large.
pub(super) async fn build(
    visit: &Visit,
    approval: &Approval,
    id: CaseId,
    seq: i64,
) -> web::Result<Finished> {
    let actor = visit.actor()?.clone();
    let now = approval.app.now();
    let me = approval.clone();
    let gathered = approval
        .app
        .db
        .read(move |tx| gather(tx, &me, &actor, now, id, seq))
        .await??;
    let letters = letters(visit, approval, &gathered.case).await?;
    let objects = approval.app.objects.clone();
    let signer = package::signer(&approval.app.people);
    let calendar = approval.app.calendar();
    let building = tokio::task::spawn_blocking(move || -> web::Result<Finished> {
        let clocks = clocks_of(&gathered.case, &calendar);
        let mut out = Out::new(objects)?;
        let index = fill(&mut out, &gathered, &letters, &clocks)?;
        let text = serde_json::to_vec_pretty(&index).map_err(Problem::internal)?;
        out.put(INDEX, &text)?;
        let seal = package::seal(&signer, &text);
        out.put(
            SEAL,
            &serde_json::to_vec_pretty(&seal).map_err(Problem::internal)?,
        )?;
        out.finish(&gathered.case.no)
    });
    building
        .await
        .map_err(|error| Problem::internal(format_args!("export: {error}")))?
}

fn gather(
    tx: &mut store::Tx<'_>,
    approval: &Approval,
    actor: &Actor,
    now: Timestamp,
    id: CaseId,
    seq: i64,
) -> Result<Result<Gathered, Problem>, Error> {
    let case = cases::load(tx, id)?
        .filter(|case| case.kind == crate::flow::KIND && may_know(actor, case))
        .ok_or(Error::NotFound)?;
    let mut rows = cases::trail(tx, id)?;
    rows.truncate(usize::try_from(seq).unwrap_or(0));
    let own = |row: &&TrailRow| match actor {
        Actor::Staff(staff) => {
            row.seq == seq
                && row.event.command == "export_file"
                && row.event.actor.staff == Some(staff.staff)
        }
        Actor::Person(_) | Actor::System => false,
    };
    let Some(last) = rows.last().filter(own) else {
        return Err(Error::NotFound);
    };
    if now.as_second() - last.at.as_second() > FETCH_MINUTES * 60 {
        return Ok(Err(Problem::conflict(
            "export_expired",
            format!("这次调取已超过{FETCH_MINUTES}分钟，请重新调取；每次调取都会留痕"),
        )));
    }
    let case = replayed(case, &rows)?;
    let mut told = BTreeMap::new();
    for revision in 1..=details::form(&case).map_or(0, |form| form.revision) {
        if let Some(found) = answers::load(tx, &approval.app.people, id, revision)? {
            told.insert(revision, found);
        }
    }
    let about = details::about(&case).ok_or(Error::NotFound)?;
    let published = approval
        .catalog
        .version_in(tx, about.version)?
        .ok_or(Error::NoVersion(about.version))?;
    let org_name = people::orgs::by_id(tx, case.org)
        .map_err(|error| Error::Cases(cases::Error::Damaged(error.to_string())))?
        .map(|org| org.name)
        .unwrap_or_default();
    let license = license::by_case(tx, id)?
        .map(|(license, _)| serde_json::to_string_pretty(&license))
        .transpose()
        .map_err(|error| Error::Cases(cases::Error::Damaged(error.to_string())))?;
    Ok(Ok(Gathered {
        case,
        rows,
        answers: told,
        published,
        org_name,
        license,
    }))
}

/// The case right after the last of these events.
fn replayed(stored: Case, rows: &[TrailRow]) -> Result<Case, Error> {
    let damaged = || Error::Cases(cases::Error::Damaged(format!("trail of {}", stored.id)));
    let (first, rest) = rows.split_first().ok_or_else(damaged)?;
    let mut case = Case::open(stored.id, &first.event).ok_or_else(damaged)?;
    for row in rest {
        case.apply(&row.event);
    }
    Ok(case)
}

/// Every letter of the case, ready to be written.
async fn letters(
    visit: &Visit,
    approval: &Approval,
    case: &Case,
) -> web::Result<BTreeMap<String, String>> {
    let mut made = BTreeMap::new();
    for (kind, label, _) in crate::letter::issued(case) {
        let sheet = crate::pages::sheet(visit, approval, case.id, &kind, true).await?;
        let template = LetterPage {
            title: label.to_owned(),
            sheet,
        };
        let html = template.render().map_err(Problem::internal)?;
        made.insert(kind.clone(), html);
    }
    Ok(made)
}

/// A clock with what it was derived from, day by day.
#[derive(Serialize)]
struct ClockText {
    kind: String,
    label: &'static str,
    #[serde(flatten)]
    clock: calendar::Clock,
    due: Option<calendar::Due>,
    derivation: Vec<String>,
}

fn clocks_of(case: &Case, calendar: &calendar::Calendar) -> Vec<ClockText> {
    case.clocks
        .iter()
        .map(|clock| {
            let through = clock
                .closed_at
                .map_or_else(|| calendar::civil_date(case.last.at), calendar::civil_date);
            ClockText {
                kind: clock.terms.kind.clone(),
                label: clocks::label(&clock.terms.kind),
                due: clock.due(calendar).ok().and_then(calendar::Deadline::due),
                derivation: clock
                    .derivation(calendar, through)
                    .unwrap_or_default()
                    .iter()
                    .map(|line| format!("{} {line}", line.date))
                    .collect(),
                clock: clock.clone(),
            }
        })
        .collect()
}

/// The container while it is filled, with the index that grows along.
struct Out {
    writer: Writer<BufWriter<File>>,
    objects: Objects,
    entries: Vec<Entry>,
}

impl Out {
    fn new(objects: Objects) -> web::Result<Out> {
        let file = tempfile::tempfile().map_err(Problem::internal)?;
        Ok(Out {
            writer: Writer::new(BufWriter::new(file)),
            objects,
            entries: Vec::new(),
        })
    }

    /// An entry that the index does not list: the index itself, and its seal.
    fn put(&mut self, path: &str, bytes: &[u8]) -> web::Result<()> {
        let mut entry = self.writer.begin(path).map_err(problem)?;
        entry.write(bytes).map_err(problem)?;
        entry.finish().map_err(problem)?;
        Ok(())
    }

    fn add(&mut self, path: &str, title: &str, media_type: &str, bytes: &[u8]) -> web::Result<()> {
        self.put(path, bytes)?;
        self.entries.push(Entry {
            no: 0,
            path: path.to_owned(),
            title: title.to_owned(),
            doc_no: String::new(),
            date: None,
            pages: 0,
            media_type: media_type.to_owned(),
            size: bytes.len() as u64,
            sm3: to_hex(&base::crypto::sm3(bytes)),
        });
        Ok(())
    }

    /// The entry just added is a paper of the list.
    fn paper(&mut self, no: u32, paper: &Paper, pages: u32) {
        if let Some(entry) = self.entries.last_mut() {
            entry.no = no;
            entry.title.clone_from(&paper.title);
            entry.doc_no.clone_from(&paper.doc_no);
            entry.date = paper.date;
            entry.pages = pages;
        }
    }

    /// Streams a stored file into the container.
    fn object(&mut self, path: &str, file: &FileGiven) -> web::Result<()> {
        let gone = || {
            Problem::conflict(
                "file_missing",
                format!(
                    "材料“{}”的原文件不在存储中，不能制作完整的卷宗，请联系系统管理员",
                    file.name
                ),
            )
        };
        let digest: [u8; 32] = base::crypto::from_hex(&file.digest)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(gone)?;
        let runtime = tokio::runtime::Handle::current();
        let (size, mut pieces) = runtime
            .block_on(self.objects.get(&digest))?
            .ok_or_else(gone)?;
        let so_far: u64 = self.entries.iter().map(|entry| entry.size).sum();
        if so_far + size > MATERIALS_MAX {
            return Err(too_large());
        }
        let mut entry = self.writer.begin(path).map_err(problem)?;
        let mut hash = Sm3::new();
        while let Some(piece) = runtime.block_on(pieces.next()) {
            let piece = piece?;
            hash.update(&piece);
            entry.write(&piece).map_err(problem)?;
        }
        let written = entry.finish().map_err(problem)?;
        let found = to_hex(&hash.finish());
        if written != size || found != file.digest {
            return Err(Problem::conflict(
                "file_damaged",
                format!(
                    "材料“{}”的原文件与留痕中的摘要不符，请立即报告系统管理员",
                    file.name
                ),
            ));
        }
        self.entries.push(Entry {
            no: 0,
            path: path.to_owned(),
            title: file.name.clone(),
            doc_no: String::new(),
            date: None,
            pages: 0,
            media_type: file.media_type.clone(),
            size,
            sm3: found,
        });
        Ok(())
    }

    fn finish(self, case_no: &str) -> web::Result<Finished> {
        let mut inner = self.writer.finish().map_err(problem)?;
        inner.flush().map_err(Problem::internal)?;
        let mut file = inner.into_inner().map_err(Problem::internal)?;
        let size = file.stream_position().map_err(Problem::internal)?;
        file.seek(SeekFrom::Start(0)).map_err(Problem::internal)?;
        Ok(Finished {
            file,
            size,
            name: format!("{case_no}.zip"),
        })
    }
}

fn problem(error: container::Error) -> Problem {
    match error {
        container::Error::TooLarge(_) => too_large(),
        other => Problem::internal(other),
    }
}

fn too_large() -> Problem {
    Problem::conflict(
        "export_too_large",
        "本件的材料超过2 GiB或者文件过多，不能装进一个卷宗文件，请联系系统管理员从存储中调取",
    )
}

/// Fills the container with everything but the index and its seal, which the caller adds.
fn fill(
    out: &mut Out,
    gathered: &Gathered,
    letters: &BTreeMap<String, String>,
    clocks: &[ClockText],
) -> web::Result<Index> {
    let case = &gathered.case;
    let item = &gathered.published.item;
    let json_text = |value: &serde_json::Value| value.to_string().into_bytes();
    let head = gathered
        .rows
        .last()
        .map(|row| to_hex(&row.hash))
        .unwrap_or_default();
    out.add(
        README,
        "说明",
        "text/plain; charset=utf-8",
        GUIDE.as_bytes(),
    )?;
    out.add("style.css", "版式", "text/css", &style())?;

    let archived = super::archived(case);
    let mut held = BTreeSet::new();
    let papers = contents::papers(case, &|key| contents::material_name(Some(item), key));
    for (no, paper) in (1_u32..).zip(&papers) {
        let pages = archived
            .as_ref()
            .and_then(|archived| archived.papers.iter().find(|filed| filed.no == no))
            .map_or(paper.pages, |filed| filed.pages);
        match &paper.kind {
            Kind::Form => {
                let all = serde_json::to_value(&gathered.answers).map_err(Problem::internal)?;
                out.add(ANSWERS, "", "application/json", &json_text(&all))?;
            }
            Kind::Material => {
                let Some(file) = &paper.file else { continue };
                held.insert(file.digest.clone());
                let path = format!("materials/{no:03}.{}", ending(&file.media_type));
                out.object(&path, file)?;
            }
            // It lies in the paper file; the list says so.
            Kind::OnPaper => continue,
            Kind::Letter(kind) => {
                let Some(html) = letters.get(kind) else {
                    continue;
                };
                let path = format!("letters/{no:03}-{}.html", kind.replace('_', "-"));
                out.add(&path, "", "text/html; charset=utf-8", html.as_bytes())?;
            }
            Kind::License(_) => {
                let Some(license) = &gathered.license else {
                    continue;
                };
                out.add(LICENSE, "", "application/json", license.as_bytes())?;
            }
        }
        out.paper(no, paper, pages);
    }
    // What was replaced by a correction, and files that answer questions of the form.
    let others = earlier(&gathered.rows).into_iter().chain(
        gathered
            .answers
            .values()
            .flat_map(|answers| catalog::form::files(&item.form, answers))
            .map(|file| FileGiven {
                digest: file.digest,
                size: file.size,
                media_type: file.media_type,
                name: file.name,
            }),
    );
    let mut number = papers.len();
    for file in others {
        if held.insert(file.digest.clone()) {
            number += 1;
            let path = format!("materials/{number:03}.{}", ending(&file.media_type));
            out.object(&path, &file)?;
        }
    }

    let mut trail = String::new();
    for row in &gathered.rows {
        let line = TrailLine {
            seq: row.seq,
            hash: to_hex(&row.hash),
            body: row.body.clone(),
        };
        trail.push_str(&serde_json::to_string(&line).map_err(Problem::internal)?);
        trail.push('\n');
    }
    out.add(
        TRAIL,
        "办理全过程留痕",
        "application/jsonl",
        trail.as_bytes(),
    )?;
    let stored = serde_json::to_vec(case).map_err(Problem::internal)?;
    out.add(CASE, "办件现状", "application/json", &stored)?;
    let told = serde_json::to_vec(item).map_err(Problem::internal)?;
    out.add(ITEM, "适用的事项版本", "application/json", &told)?;
    let derived = serde_json::to_vec_pretty(&json!(clocks)).map_err(Problem::internal)?;
    out.add(CLOCKS, "时限逐日推算", "application/json", &derived)?;

    let last = gathered.rows.last();
    let mut index = Index {
        format: FORMAT.to_owned(),
        case_id: case.id,
        case_no: case.no.clone(),
        title: case.title.clone(),
        org: gathered.org_name.clone(),
        applicant: case.applicant_name.clone(),
        archive_no: archived
            .as_ref()
            .map(|archived| archived.archive_no.clone())
            .unwrap_or_default(),
        retention: archived
            .map(|archived| archived.retention.label().to_owned())
            .unwrap_or_default(),
        exported_at: case.last.at,
        exported_by: case.last.by.clone(),
        purpose: last.map(|row| row.event.remark.clone()).unwrap_or_default(),
        item: ItemRef {
            version_id: gathered.published.version_id.to_string(),
            version: gathered.published.version,
            digest: gathered.published.digest.clone(),
        },
        trail: TrailRef {
            events: gathered.rows.len() as i64,
            head,
        },
        entries: out.entries.clone(),
    };
    let contents = ContentsPage { index: &index };
    let html = contents.render().map_err(Problem::internal)?;
    out.add(
        CONTENTS,
        "卷内目录",
        "text/html; charset=utf-8",
        html.as_bytes(),
    )?;
    index.entries.clone_from(&out.entries);
    Ok(index)
}

/// Files that were handed in at any time, oldest first.
fn earlier(rows: &[TrailRow]) -> Vec<FileGiven> {
    rows.iter()
        .flat_map(|row| &row.event.facts)
        .filter_map(|fact| match fact {
            Fact::Noted { key, value } if key == details::MATERIALS => {
                serde_json::from_value::<Vec<details::MaterialGiven>>(value.clone()).ok()
            }
            _ => None,
        })
        .flatten()
        .flat_map(|material| material.files)
        .collect()
}

fn ending(media_type: &str) -> &'static str {
    match media_type.split(';').next().unwrap_or_default() {
        "application/pdf" => "pdf",
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "application/ofd" => "ofd",
        "text/plain" => "txt",
        "text/csv" => "csv",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        _ => "bin",
    }
}

/// How the letters look: the style sheets they are shown with here.
fn style() -> Vec<u8> {
    ["tokens.css", "base.css", "pages.css", "letter.css"]
        .iter()
        .filter_map(|name| ui::assets::get(ui::assets::url(name), ""))
        .flat_map(|asset| asset.bytes.iter().copied().chain(*b"\n"))
        .collect()
}

/// What whoever opens the file reads first.
const GUIDE: &str = "电子卷宗\n\
    \n\
    contents.html  卷内目录，用浏览器打开\n\
    letters/       文书\n\
    materials/     申请材料原件，逐字节不变\n\
    answers.json   申请表各次填写的内容\n\
    license.json   电子证照（如有）\n\
    clocks.json    各项时限及逐日推算\n\
    item.json      办理时适用的事项版本\n\
    trail.jsonl    办理全过程留痕，逐条以SM3相连\n\
    case.json      由留痕重演得到的办件状态\n\
    index.json     以上每个文件的SM3摘要\n\
    seal.json      对index.json的SM2签名和公钥\n\
    \n\
    核验：在任何一台装有通办程序的电脑上运行 tongban verify-file 文件名.zip，不需要数据库、密钥和网络。\n\
    请把显示的公钥指纹与出具单位公布的指纹核对。算法见 docs/verification.md。\n";
