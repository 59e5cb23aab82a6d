//! What an administration sets for an item beside its published version; applies to cases filed from then on.
//!
//! Every change stands in the trail of the item's settings with who made it and why; a case keeps the settings it was
//! filed under.

mod api;
mod pages;

use base::ids::{ItemId, StaffId};
use casework::{Actor, Permission, Refusal, Scope};
use catalog::model::Published;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Tx, params};
use uuid::Uuid;
use web::Routes;

use crate::{error::Error, law::Settings, rules::needed, service::Approval};

/// Characters of a legal basis.
const BASIS_MAX: usize = 200;
/// Changes of an item that are shown.
const CHANGES_MAX: i64 = 100;

/// Adds the doors.
pub(crate) fn routes(routes: Routes<Approval>) -> Routes<Approval> {
    api::operations(pages::routes(routes))
}

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
    base::json::read(body.as_bytes()).map_err(|error| damaged(&error))
}

fn damaged(error: &base::json::Error) -> Error {
    Error::Cases(cases::Error::Damaged(format!("settings: {error}")))
}

/// One setting before and after, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Difference {
    /// 设置的名称
    pub label: String,
    /// 原来
    pub before: String,
    /// 改为
    pub after: String,
}

/// A change of an item's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub at: Timestamp,
    pub by: String,
    pub reason: String,
    pub differences: Vec<Difference>,
}

/// The item as it is published, for whoever administers its body.
///
/// # Errors
/// [`Error::NotFound`] for everybody else.
pub fn item_for(tx: &mut Tx<'_>, actor: &Actor, item: ItemId) -> Result<Published, Error> {
    catalog::store::current(tx, item)?
        .filter(|published| may(actor, published))
        .ok_or(Error::NotFound)
}

fn may(actor: &Actor, published: &Published) -> bool {
    let scope = Scope {
        region: &published.item.region_code,
        org: Some(published.org_id),
    };
    actor.may(Permission::Administer, &scope)
}

/// Sets them; the change is kept beside. Setting what is set already is refused.
///
/// # Errors
/// Names the setting that is out of bounds.
pub fn set(
    tx: &mut Tx<'_>,
    actor: &Actor,
    (change_id, now): (Uuid, Timestamp),
    item: ItemId,
    settings: &Settings,
    reason: &str,
) -> Result<Change, Error> {
    item_for(tx, actor, item)?;
    check(settings)?;
    let reason = needed("reason", reason, "请写明修改的理由")?;
    let differences = differences(&of(tx, item)?, settings);
    if differences.is_empty() {
        return Err(Refusal::invalid("reason", "没有改动任何设置").into());
    }
    let staff: Option<StaffId> = match actor {
        Actor::Staff(staff) => Some(staff.staff),
        Actor::Person(_) | Actor::System => None,
    };
    let body = serde_json::to_string(settings).expect("settings are plain data");
    let changes = serde_json::to_string(&differences).expect("differences are plain data");
    tx.queue(
        "INSERT INTO approval_settings (item_id, body, changed_at, changed_by) VALUES ($1, $2, $3, $4)
         ON CONFLICT (item_id) DO UPDATE
            SET body = excluded.body, changed_at = excluded.changed_at, changed_by = excluded.changed_by",
        params![item, &body, now, actor.name()],
    )?;
    tx.queue(
        "INSERT INTO approval_setting_changes (change_id, item_id, changed_at, changed_by, staff_id, reason, body,
             changes)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![
            change_id,
            item,
            now,
            actor.name(),
            staff,
            &reason,
            &body,
            &changes
        ],
    )?;
    Ok(Change {
        at: now,
        by: actor.name().to_owned(),
        reason,
        differences,
    })
}

/// Changes of an item's settings, the newest first.
pub fn changes(tx: &mut Tx<'_>, item: ItemId) -> Result<Vec<Change>, Error> {
    tx.query(
        "SELECT changed_at, changed_by, reason, changes FROM approval_setting_changes
         WHERE item_id = $1 ORDER BY changed_at DESC, change_id DESC LIMIT $2",
        &params![item, CHANGES_MAX],
    )?
    .iter()
    .map(|row| {
        let text: String = row.get(3)?;
        Ok(Change {
            at: row.get(0)?,
            by: row.get(1)?,
            reason: row.get(2)?,
            differences: base::json::read(text.as_bytes()).map_err(|error| damaged(&error))?,
        })
    })
    .collect()
}

/// Items whose settings differ from the law's defaults: item, when and by whom they were changed last.
pub fn changed(tx: &mut Tx<'_>) -> Result<Vec<(ItemId, Timestamp, String)>, Error> {
    tx.query(
        "SELECT item_id, changed_at, changed_by FROM approval_settings ORDER BY changed_at DESC LIMIT 500",
        &[],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
    .collect()
}

/// The settings with the words screens use, in their order.
fn words(settings: &Settings) -> Vec<(&'static str, String)> {
    let switch = |on: bool| if on { "是" } else { "否" }.to_owned();
    let days = |n: Option<u32>, usual: &str| match n {
        Some(n) => format!("{n}个工作日"),
        None => usual.to_owned(),
    };
    vec![
        ("联合办理", switch(settings.joint)),
        ("下级先行审查", switch(settings.lower_review)),
        (
            "延长办理期限",
            match &settings.extension {
                Some(own) if own.n == 0 => format!("不得延长（{}）", own.basis),
                Some(own) => format!("最多延长{}（{}）", own.n, own.basis),
                None => "依照行政许可法".to_owned(),
            },
        ),
        (
            "逾期视为准予",
            settings
                .tacit_basis
                .clone()
                .unwrap_or_else(|| "否".to_owned()),
        ),
        ("补正期限", days(settings.correction_days, "没有规定")),
        (
            "要求听证的期限",
            days(settings.hearing_request_days, "5个工作日"),
        ),
        ("容缺补交期限", days(settings.gap_days, "承诺办结时限")),
        (
            "承诺核查期限",
            days(settings.after_check_days, "40个工作日"),
        ),
        (
            "直接关系公共安全、人身健康、生命财产安全",
            switch(settings.safety),
        ),
        ("暂停适用告知承诺", switch(settings.promise_off)),
        ("暂停适用容缺受理", switch(settings.gap_off)),
    ]
}

/// What differs between two settings, in words. Pure.
pub fn differences(before: &Settings, after: &Settings) -> Vec<Difference> {
    words(before)
        .into_iter()
        .zip(words(after))
        .filter(|(before, after)| before != after)
        .map(|((label, before), (_, after))| Difference {
            label: label.to_owned(),
            before,
            after,
        })
        .collect()
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
        && (extension.n > 365
            || extension.basis.trim().is_empty()
            || extension.basis.chars().count() > BASIS_MAX)
    {
        return Err(Refusal::invalid(
            "extension",
            format!("延长的天数最多365，并须写明法律依据，最多{BASIS_MAX}字"),
        ));
    }
    if settings
        .tacit_basis
        .as_ref()
        .is_some_and(|basis| basis.trim().is_empty() || basis.chars().count() > BASIS_MAX)
    {
        return Err(Refusal::invalid(
            "tacit_basis",
            format!("请写明视为准予的法律依据，最多{BASIS_MAX}字；没有的不要填写"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law::ExtensionLaw;

    #[test]
    fn a_change_tells_what_was_and_what_is() {
        let after = Settings {
            correction_days: Some(10),
            extension: Some(ExtensionLaw {
                n: 0,
                basis: "某条例第三条".to_owned(),
            }),
            promise_off: true,
            ..Settings::default()
        };
        let told: Vec<(String, String, String)> = differences(&Settings::default(), &after)
            .into_iter()
            .map(|one| (one.label, one.before, one.after))
            .collect();
        let line = |label: &str, before: &str, after: &str| {
            (label.to_owned(), before.to_owned(), after.to_owned())
        };
        assert_eq!(
            told,
            [
                line("延长办理期限", "依照行政许可法", "不得延长（某条例第三条）"),
                line("补正期限", "没有规定", "10个工作日"),
                line("暂停适用告知承诺", "否", "是"),
            ]
        );
        assert!(differences(&after, &after).is_empty());
    }

    #[test]
    fn what_the_law_does_not_allow_is_refused_by_name() {
        let refused = |settings: &Settings| match check(settings) {
            Err(Refusal::Invalid { field, .. }) => field,
            other => panic!("{other:?}"),
        };
        let usual = Settings::default;
        assert!(check(&usual()).is_ok());
        // 行政许可法第四十七条: five days at least.
        let short = Settings {
            hearing_request_days: Some(4),
            ..usual()
        };
        assert_eq!(refused(&short), "hearing_request_days");
        let no_law = Settings {
            extension: Some(ExtensionLaw {
                n: 10,
                basis: " ".to_owned(),
            }),
            ..usual()
        };
        assert_eq!(refused(&no_law), "extension");
        let silent = Settings {
            tacit_basis: Some(String::new()),
            ..usual()
        };
        assert_eq!(refused(&silent), "tacit_basis");
    }
}
