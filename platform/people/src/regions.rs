//! 行政区划: the five-level tree, its look-ups and its import.
//!
//! Codes are compared as text. A code that is abolished keeps its row with the day it ended and what replaced it,
//! since cases and identity numbers go on naming it.

mod import;

use base::codes::{RegionCode, RegionLevel};
use jiff::civil::Date;
use store::{Row, Tx, params};

use crate::Error;

pub use import::{ImportReport, RowError, Table, import, import_table, import_within};

/// One administrative division.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// 6, 9 or 12 digits.
    pub code: String,
    /// 名称.
    pub name: String,
    /// Follows from the code.
    pub level: RegionLevel,
    /// Code of the region above; none for a province.
    pub parent: Option<String>,
    /// First day known.
    pub valid_from: Date,
    /// Last day; none while it exists.
    pub valid_to: Option<Date>,
    /// The code that took its place.
    pub replaced_by: Option<String>,
}

/// The word a level is stored and imported by.
pub fn level_word(level: RegionLevel) -> &'static str {
    match level {
        RegionLevel::Province => "province",
        RegionLevel::Prefecture => "city",
        RegionLevel::County => "county",
        RegionLevel::Town => "town",
        RegionLevel::Village => "village",
    }
}

/// One region.
pub fn get(tx: &mut Tx<'_>, code: &str) -> Result<Option<Region>, Error> {
    let row = tx.query_opt(
        "SELECT code, name, level, parent, valid_from, valid_to, replaced_by FROM regions WHERE code = $1",
        &params![code],
    )?;
    row.as_ref().map(read).transpose()
}

/// The name of one region: 临江区.
pub fn name(tx: &mut Tx<'_>, code: &str) -> Result<Option<String>, Error> {
    let row = tx.query_opt("SELECT name FROM regions WHERE code = $1", &params![code])?;
    Ok(row.map(|row| row.get(0)).transpose()?)
}

/// The regions directly below; `None`: the provinces. By code, abolished ones too.
pub fn children(tx: &mut Tx<'_>, code: Option<&str>) -> Result<Vec<Region>, Error> {
    let rows = match code {
        Some(code) => tx.query(
            "SELECT code, name, level, parent, valid_from, valid_to, replaced_by
               FROM regions
              WHERE parent = $1
              ORDER BY code",
            &params![code],
        )?,
        None => tx.query(
            "SELECT code, name, level, parent, valid_from, valid_to, replaced_by
               FROM regions
              WHERE parent IS NULL
              ORDER BY code",
            &[],
        )?,
    };
    rows.iter().map(read).collect()
}

/// The region and those above it, from the province down.
pub fn path(tx: &mut Tx<'_>, code: &str) -> Result<Vec<Region>, Error> {
    let mut path = Vec::new();
    let mut next = Some(code.to_owned());
    while let Some(code) = next.take() {
        let Some(region) = get(tx, &code)? else { break };
        // Five levels, whatever the table says.
        if path.len() == 5 {
            break;
        }
        next.clone_from(&region.parent);
        path.push(region);
    }
    path.reverse();
    Ok(path)
}

/// The whole name: 云岭省云川市临江区.
pub fn full_name(tx: &mut Tx<'_>, code: &str) -> Result<String, Error> {
    Ok(path(tx, code)?
        .into_iter()
        .map(|region| region.name)
        .collect())
}

/// Regions whose name contains a text or whose code begins with it, at most `limit`.
pub fn find(tx: &mut Tx<'_>, text: &str, limit: usize) -> Result<Vec<Region>, Error> {
    let digits: String = text.trim().chars().filter(char::is_ascii_digit).collect();
    let by_code = if digits.is_empty() {
        "-".to_owned()
    } else {
        digits
    };
    let rows = tx.query(
        "SELECT code, name, level, parent, valid_from, valid_to, replaced_by
           FROM regions
          WHERE name LIKE $1 ESCAPE '\\' OR code LIKE $2
          ORDER BY code
          LIMIT $3",
        &params![
            crate::sql::contains(text),
            format!("{by_code}%"),
            i64::try_from(limit.min(1000)).expect("at most 1000"),
        ],
    )?;
    rows.iter().map(read).collect()
}

/// Adds a region or changes name, validity and successor of a known one.
pub fn put(tx: &mut Tx<'_>, region: &Region) -> Result<(), Error> {
    let parsed = RegionCode::parse(&region.code)
        .map_err(|error| Error::invalid("code", error.to_string()))?;
    let code = parsed.canonical();
    let name =
        import::check_name(&region.name).map_err(|message| Error::invalid("name", message))?;
    let parent = code.parent().map(|parent| parent.as_str().to_owned());
    if let Some(parent) = &parent
        && get(tx, parent)?.is_none()
    {
        return Err(Error::invalid(
            "code",
            format!("上级区划 {parent} 还没有，请先添加"),
        ));
    }
    if region.valid_to.is_some_and(|to| to < region.valid_from) {
        return Err(Error::invalid("valid_to", "终止日期不能早于起始日期"));
    }
    if let Some(successor) = &region.replaced_by
        && get(tx, successor)?.is_none()
    {
        return Err(Error::invalid("replaced_by", "没有这个替代代码"));
    }
    write(
        tx,
        &Region {
            code: code.as_str().to_owned(),
            name,
            level: code.level(),
            parent,
            valid_from: region.valid_from,
            valid_to: region.valid_to,
            replaced_by: region.replaced_by.clone(),
        },
    )
}

fn write(tx: &mut Tx<'_>, region: &Region) -> Result<(), Error> {
    tx.queue(
        "INSERT INTO regions (code, name, level, parent, valid_from, valid_to, replaced_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (code) DO UPDATE
            SET name = excluded.name,
                valid_from = excluded.valid_from,
                valid_to = excluded.valid_to,
                replaced_by = excluded.replaced_by",
        params![
            &region.code,
            &region.name,
            level_word(region.level),
            region.parent.clone(),
            region.valid_from,
            region.valid_to,
            region.replaced_by.clone(),
        ],
    )?;
    Ok(())
}

fn read(row: &Row) -> Result<Region, Error> {
    let code: String = row.get(0)?;
    let level = RegionCode::parse(&code)
        .map_err(|error| store::Error::Corrupt(format!("regions.code {code}: {error}")))?
        .level();
    Ok(Region {
        code,
        name: row.get(1)?,
        level,
        parent: row.get(3)?,
        valid_from: row.get(4)?,
        valid_to: row.get(5)?,
        replaced_by: row.get(6)?,
    })
}
