//! Adding and changing halls and windows: what must be true of them.
//!
//! The functions check the thing itself; that the one who asks may administer the region is asked before, see
//! [`crate::scope`].

use base::codes::RegionCode;
use base::ids::{HallId, WindowId};
use base::text::{TextLimit, paragraphs, single_line};
use jiff::civil::Date;
use people::{Error, orgs, party};
use store::Tx;

use crate::halls;
use crate::hours::PERIODS_MAX;
use crate::model::{Hall, HallKind, Window};

/// Zones one hall may name.
const ZONES_MAX: usize = 30;
/// Organisations one window may name; more means it serves everybody.
const ORGS_MAX: usize = 200;

/// Adds a hall.
pub fn create_hall(tx: &mut Tx<'_>, hall: &Hall) -> Result<(), Error> {
    let hall = check_hall(tx, hall)?;
    if halls::insert_hall(tx, &hall)? {
        Ok(())
    } else {
        Err(conflict("key", "这个大厅标识已被使用，请换一个"))
    }
}

/// Replaces everything of a hall but its key.
pub fn update_hall(tx: &mut Tx<'_>, hall: &Hall) -> Result<(), Error> {
    let hall = check_hall(tx, hall)?;
    if halls::update_hall(tx, &hall)? {
        Ok(())
    } else {
        Err(Error::NotFound("hall"))
    }
}

/// Closes a hall after `last_day`. Nobody may still sit at one of its windows.
pub fn close_hall(tx: &mut Tx<'_>, id: HallId, last_day: Date) -> Result<(), Error> {
    let mut hall = halls::hall(tx, id)?.ok_or(Error::NotFound("hall"))?;
    if last_day < hall.valid_from {
        return Err(invalid("valid_to", "关闭日期不能早于启用日期"));
    }
    for window in halls::windows(tx, id)? {
        if !people::staff::at_window(tx, window.id)?.is_empty() {
            return Err(conflict(
                "valid_to",
                format!("窗口 {} 还有工作人员，请先调整他们的窗口", window.number),
            ));
        }
    }
    hall.valid_to = Some(last_day);
    halls::update_hall(tx, &hall)?;
    Ok(())
}

/// Adds a window.
pub fn create_window(tx: &mut Tx<'_>, window: &Window) -> Result<(), Error> {
    let window = check_window(tx, window)?;
    if halls::insert_window(tx, &window)? {
        Ok(())
    } else {
        Err(conflict("number", "本大厅已有这个窗口编号，请换一个"))
    }
}

/// Replaces name, kind and organisations of a window, and whether it is closed.
pub fn update_window(tx: &mut Tx<'_>, window: &Window) -> Result<(), Error> {
    let window = check_window(tx, window)?;
    halls::update_window(tx, &window)
}

/// Closes a window after `last_day`, or opens it again. Nobody may still sit there.
pub fn close_window(tx: &mut Tx<'_>, id: WindowId, last_day: Option<Date>) -> Result<(), Error> {
    let mut window = halls::window(tx, id)?.ok_or(Error::NotFound("window"))?;
    if last_day.is_some() {
        let there = people::staff::at_window(tx, id)?;
        if let Some((_, name)) = there.first() {
            return Err(conflict(
                "closed_on",
                format!("{name}还在这个窗口，请先调整其窗口"),
            ));
        }
    }
    window.closed_on = last_day;
    halls::update_window(tx, &window)
}

fn check_hall(tx: &mut Tx<'_>, hall: &Hall) -> Result<Hall, Error> {
    let key = hall.key.trim().to_owned();
    let key_ok = (1..=64).contains(&key.len())
        && key.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-')
        });
    if !key_ok {
        return Err(invalid(
            "key",
            "大厅标识只用小写字母、数字和 . _ -，最多 64 位",
        ));
    }
    let region =
        RegionCode::parse(&hall.region).map_err(|error| invalid("region", error.to_string()))?;
    let phone = single_line(&hall.phone);
    if !phone.is_empty() && phone != "12345" {
        party::check_phone(&phone)?;
    }
    if hall.hours.len() > PERIODS_MAX {
        return Err(invalid(
            "hours",
            format!("开放时间最多填写 {PERIODS_MAX} 行"),
        ));
    }
    let zones: Vec<String> = hall
        .zones
        .iter()
        .map(|zone| single_line(zone))
        .filter(|zone| !zone.is_empty())
        .collect();
    if zones.len() > ZONES_MAX || zones.iter().any(|zone| zone.chars().count() > 30) {
        return Err(invalid(
            "zones",
            format!("功能区最多 {ZONES_MAX} 个，每个不超过 30 个字"),
        ));
    }
    if hall.valid_to.is_some_and(|to| to < hall.valid_from) {
        return Err(invalid("valid_to", "关闭日期不能早于启用日期"));
    }
    if let Some(parent) = hall.parent {
        check_parent(tx, hall.id, parent)?;
    }
    let note = paragraphs(&hall.note);
    TextLimit { min: 0, max: 500 }
        .check(&note)
        .map_err(|error| invalid("note", format!("交通与提示：{error}")))?;
    Ok(Hall {
        id: hall.id,
        key,
        name: text("name", "大厅名称", &hall.name, TextLimit::NAME)?,
        kind: hall.kind,
        tier: hall.tier.filter(|_| hall.kind == HallKind::Station),
        region: region.as_str().to_owned(),
        parent: hall.parent,
        address: text("address", "地址", &hall.address, TextLimit::LINE)?,
        phone,
        hours: hall.hours.clone(),
        zones,
        note,
        valid_from: hall.valid_from,
        valid_to: hall.valid_to,
    })
}

/// The hall above must be there, and not stand below.
fn check_parent(tx: &mut Tx<'_>, id: HallId, parent: HallId) -> Result<(), Error> {
    const DEPTH_MAX: usize = 5;
    let mut above = Some(parent);
    for _ in 0..DEPTH_MAX {
        let Some(next) = above else { return Ok(()) };
        if next == id {
            return Err(invalid("parent", "上级大厅不能是本大厅或其下级"));
        }
        above = halls::hall(tx, next)?
            .ok_or_else(|| invalid("parent", "没有这个上级大厅"))?
            .parent;
    }
    Err(invalid("parent", "大厅层级过深，请检查上级大厅"))
}

fn check_window(tx: &mut Tx<'_>, window: &Window) -> Result<Window, Error> {
    if halls::hall(tx, window.hall)?.is_none() {
        return Err(Error::NotFound("hall"));
    }
    let number = single_line(&window.number).to_ascii_uppercase();
    let number_ok = (1..=10).contains(&number.len())
        && number
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !number_ok {
        return Err(invalid(
            "number",
            "窗口编号用字母和数字，最多 10 位，例如 A01",
        ));
    }
    let mut orgs = window.orgs.clone();
    orgs.sort_unstable();
    orgs.dedup();
    if orgs.len() > ORGS_MAX {
        return Err(invalid(
            "orgs",
            format!("一个窗口最多选择 {ORGS_MAX} 个机构，更多时请不选，即受理全部机构的事项"),
        ));
    }
    for org in &orgs {
        if orgs::by_id(tx, *org)?.is_none() {
            return Err(invalid("orgs", "所选机构不存在，请刷新页面后重新选择"));
        }
    }
    Ok(Window {
        id: window.id,
        hall: window.hall,
        number,
        name: text(
            "name",
            "窗口名称",
            &window.name,
            TextLimit { min: 1, max: 50 },
        )?,
        kind: window.kind,
        orgs,
        closed_on: window.closed_on,
    })
}

fn text(field: &'static str, label: &str, value: &str, limit: TextLimit) -> Result<String, Error> {
    let value = single_line(value);
    match limit.check(&value) {
        Ok(()) => Ok(value),
        Err(error) => Err(invalid(field, format!("{label}：{error}"))),
    }
}

fn invalid(field: &'static str, message: impl Into<String>) -> Error {
    Error::Invalid {
        field,
        message: message.into(),
    }
}

fn conflict(field: &'static str, message: impl Into<String>) -> Error {
    Error::Conflict {
        field,
        message: message.into(),
    }
}
