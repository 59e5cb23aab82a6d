//! What an administration sets for an item beside its published version; applies to cases filed from then on.

use base::ids::ItemId;
use casework::{Actor, Refusal};
use jiff::Timestamp;
use store::{Tx, params};

use crate::error::Error;
use crate::law::Settings;

/// What is set for an item; the usual where nothing is.
pub fn of(tx: &mut Tx<'_>, item: ItemId) -> Result<Settings, Error> {
    let row = tx.query_opt(
        "SELECT body FROM approval_settings WHERE item_id = $1",
        &params![item],
    )?;
    let Some(row) = row else {
        return Ok(Settings::default());
    };
    let body: String = row.get(0)?;
    serde_json::from_str(&body)
        .map_err(|error| Error::Cases(cases::Error::Damaged(format!("settings: {error}"))))
}

/// Sets them; who changed them last and when stands beside.
///
/// # Errors
/// Names the setting that is out of bounds.
pub fn set(
    tx: &mut Tx<'_>,
    actor: &Actor,
    now: Timestamp,
    item: ItemId,
    settings: &Settings,
) -> Result<(), Error> {
    check(settings)?;
    let body = serde_json::to_string(settings).expect("settings are plain data");
    tx.queue(
        "INSERT INTO approval_settings (item_id, body, changed_at, changed_by) VALUES ($1, $2, $3, $4)
         ON CONFLICT (item_id) DO UPDATE
            SET body = excluded.body, changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        params![item, body, now, actor.name()],
    )?;
    Ok(())
}

fn check(settings: &Settings) -> Result<(), Refusal> {
    let days = [
        ("correction_days", settings.correction_days, 1, 365),
        // 行政许可法第四十七条: five days at least.
        ("hearing_request_days", settings.hearing_request_days, 5, 60),
        ("gap_days", settings.gap_days, 1, 365),
        ("after_check_days", settings.after_check_days, 1, 365),
    ];
    for (field, n, min, max) in days {
        if n.is_some_and(|n| !(min..=max).contains(&n)) {
            return Err(Refusal::invalid(field, format!("应为{min}至{max}个工作日")));
        }
    }
    if let Some(extension) = &settings.extension
        && (extension.n > 365 || extension.basis.trim().is_empty())
    {
        return Err(Refusal::invalid(
            "extension",
            "延长的天数最多365，并须写明法律依据",
        ));
    }
    if settings
        .tacit_basis
        .as_ref()
        .is_some_and(|basis| basis.trim().is_empty())
    {
        return Err(Refusal::invalid(
            "tacit_basis",
            "请写明视为准予的法律依据，没有的不要填写",
        ));
    }
    Ok(())
}
