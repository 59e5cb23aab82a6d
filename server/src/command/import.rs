//! `tongban import items|regions|calendar FILE [--dry-run]`, for items with who answers to which department.

use std::{path::Path, process::ExitCode};

use anyhow::Context as _;
use base::IdSource;
use calendar::Calendar;
use casework::Actor;
use web::Clock as _;

use super::{say, say_error};
use crate::{
    cli::{Import, ImportKind},
    config::Config,
    platform,
};

/// Largest file read.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

pub(super) async fn run(config: &Config, import: &Import) -> anyhow::Result<ExitCode> {
    let content = read(&import.file)?;
    let db = platform::data(config).await?;
    let code = match import.what {
        ImportKind::Items => items(&db, content, import).await?,
        ImportKind::Regions => regions(&db, content, import.dry_run).await?,
        ImportKind::Calendar => calendar(&db, content, import.dry_run).await?,
    };
    db.close().await;
    Ok(code)
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let size = std::fs::metadata(path)
        .with_context(|| format!("cannot read {}", path.display()))?
        .len();
    anyhow::ensure!(
        size <= FILE_BYTES_MAX,
        "{} is larger than 64 MiB",
        path.display()
    );
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

async fn items(db: &store::Db, content: Vec<u8>, import: &Import) -> anyhow::Result<ExitCode> {
    let orgs = db.read(catalog::reading::all_orgs).await?;
    let default = match &import.default_org {
        None => None,
        Some(key) => {
            let org = orgs.iter().find(|org| org.key == *key);
            let org = org.with_context(|| format!("no organisation has the key {key}"))?;
            Some(org.id)
        }
    };
    let mapping = match &import.mapping {
        None => String::new(),
        Some(path) => String::from_utf8(read(path)?).context("the mapping is not UTF-8")?,
    };
    let bodies =
        catalog::reading::bodies_of(&orgs, &mapping, default).map_err(anyhow::Error::msg)?;
    let mut parsed =
        catalog::import::read(&content, &bodies).map_err(|error| anyhow::anyhow!("{error}"))?;
    let parsed = db
        .read(move |tx| {
            catalog::app::import::admit_unchanged(tx, &mut parsed)?;
            Ok::<_, store::Error>(parsed)
        })
        .await?;
    report(&parsed);
    if import.dry_run || (parsed.refused > 0 && !import.keep_good_rows) {
        let refused = parsed.refused;
        let preview = {
            let parsed = parsed.clone();
            db.read(move |tx| catalog::app::import::preview(tx, &parsed))
                .await?
        };
        say(&format!(
            "{} rows: {} new, {} changed, {} unchanged, {} flagged, {} refused; nothing written",
            parsed.rows,
            preview.created,
            preview.changed,
            preview.unchanged,
            parsed.flagged(),
            refused
        ));
        return Ok(if refused > 0 {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        });
    }
    let now = web::SystemClock.now();
    let ids = catalog::app::import::ids(&IdSource::system(), now, &parsed);
    let keep = import.keep_good_rows;
    let done = db
        .write(move |tx| catalog::app::import::apply(tx, &parsed, &ids, keep, now, &Actor::System))
        .await?;
    say(&format!(
        "{} rows: {} new, {} changed, {} unchanged, {} flagged, {} refused",
        done.rows, done.created, done.changed, done.unchanged, done.flagged, done.refused
    ));
    Ok(ExitCode::SUCCESS)
}

/// Says what is wrong with which row, what is kept as it came, and which departments nobody answers to.
fn report(parsed: &catalog::import::Parsed) {
    for error in &parsed.errors {
        say_error(&format!(
            "第{}行 {}：{}",
            error.row, error.field, error.message
        ));
    }
    let unsaid = parsed.errors_total - parsed.errors.len();
    if unsaid > 0 {
        say_error(&format!("另有{unsaid}处错误没有列出"));
    }
    for mark in parsed.marks() {
        say_error(&format!(
            "原样保留 {}处 {}：{}（{}）",
            mark.count,
            mark.code,
            mark.message,
            mark.places()
        ));
    }
    for (department, rows) in &parsed.unmapped {
        say_error(&format!("没有对应机构的部门“{department}”，{rows}条"));
    }
}

async fn regions(db: &store::Db, content: Vec<u8>, dry_run: bool) -> anyhow::Result<ExitCode> {
    let today = calendar::civil_date(web::SystemClock.now());
    let report = db
        .write(move |tx| people::regions::import(tx, &content, dry_run, today))
        .await?;
    for error in &report.errors {
        say_error(&format!(
            "第{}行 {}：{}",
            error.row, error.field, error.message
        ));
    }
    say(&format!(
        "{} rows: {} new, {} changed, {} closed, {} refused",
        report.rows,
        report.added,
        report.changed,
        report.closed,
        report.errors.len()
    ));
    Ok(if report.errors.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Open clocks move at once; a running server takes the calendar over within seconds.
async fn calendar(db: &store::Db, content: Vec<u8>, dry_run: bool) -> anyhow::Result<ExitCode> {
    let newer = match Calendar::from_csv(content.as_slice()) {
        Ok(newer) => newer,
        Err(error) => {
            say_error(&error.to_string());
            return Ok(ExitCode::FAILURE);
        }
    };
    let old = db.read(cases::calendars::in_force).await?;
    let new = old.updated_by(&newer);
    say(&format!("calendar {} -> {}", old.version(), new.version()));
    if dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    let now = web::SystemClock.now();
    let kept = new.clone();
    db.write(move |tx| cases::calendars::load(tx, &kept, "tongban import", now))
        .await?;
    let done = cases::recalendar::run(db, &new, now).await?;
    say(&format!(
        "{} cases with open clocks looked at, {} due dates moved",
        done.cases, done.clocks
    ));
    Ok(ExitCode::SUCCESS)
}
