//! 编制 and 审核 of routes: drafted by one person, proved by the check, published by another.

use ::route::{Report, Route, check, edit::Change};
use base::ids::{ItemId, VersionId};
use casework::{Actor, Permission, Refusal, Scope, actor::Staff};
use jiff::Timestamp;
use store::Tx;

use super::store::{self as versions, State, Version};
use crate::error::Error;

/// Characters of what is new in a version.
const NOTE_MAX: usize = 500;

/// The route of an item's newest version, which a draft that is edited in a form begins with.
pub fn newest(tx: &mut Tx<'_>, item: ItemId) -> Result<Option<Route>, Error> {
    let known = versions::of_item(tx, item)?;
    Ok(known.into_iter().next().map(|version| version.route))
}

/// Begins a draft with `route`.
pub fn draft(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: VersionId,
    item: ItemId,
    route: Route,
    now: Timestamp,
) -> Result<Version, Error> {
    let staff = may(tx, actor, item, Permission::Compile)?;
    let known = versions::of_item(tx, item)?;
    if let Some(open) = known
        .iter()
        .find(|version| matches!(version.state, State::Draft | State::Submitted))
    {
        return Err(invalid(
            "item",
            format!("第{}版还没有发布，请先改完或者发布它", open.number),
        ));
    }
    let version = Version {
        id,
        item,
        number: known.first().map_or(0, |newest| newest.number) + 1,
        state: State::Draft,
        revision: 1,
        route,
        note: String::new(),
        drafted_by: staff.staff,
        drafted_name: staff.name.clone(),
        changed_at: now,
        published_name: String::new(),
        published_at: None,
    };
    versions::insert(tx, &version)?;
    Ok(version)
}

/// What becomes of a draft.
#[derive(Clone, Debug)]
pub enum Edit {
    Change(Change),
    /// The whole route anew.
    Replace(Box<Route>),
    /// 提交审核: it must pass the check.
    Submit {
        note: String,
    },
    /// 退回修改.
    SendBack,
    /// 发布: by somebody other than whoever wrote it.
    Publish,
}

/// Edits, hands in or publishes.
pub fn edit(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: VersionId,
    revision: i64,
    edit: &Edit,
    now: Timestamp,
) -> Result<Version, Error> {
    let mut version = versions::by_id(tx, id)?.ok_or(Error::NotFound)?;
    let permission = match edit {
        Edit::Publish | Edit::SendBack => Permission::Review,
        _ => Permission::Compile,
    };
    let staff = may(tx, actor, version.item, permission)?;
    if version.revision != revision {
        return Err(Refusal::Changed {
            by: version.drafted_name.clone(),
            command: "edit_route".to_owned(),
            at: version.changed_at,
        }
        .into());
    }
    let wanted = match edit {
        Edit::Change(_) | Edit::Replace(_) | Edit::Submit { .. } => State::Draft,
        Edit::SendBack | Edit::Publish => State::Submitted,
    };
    if version.state != wanted {
        let message = format!("本版{}，不能这样办理", version.state.label());
        return Err(invalid("state", message));
    }
    match edit {
        Edit::Change(change) => version
            .route
            .change(change)
            .map_err(|denial| invalid(denial.field, denial.message))?,
        Edit::Replace(route) => version.route = (**route).clone(),
        Edit::Submit { note } => {
            let note = base::text::paragraphs(note);
            if note.is_empty() || base::text::visible_len(&note) > NOTE_MAX {
                return Err(invalid(
                    "note",
                    format!("请写明这一版改了什么，最多{NOTE_MAX}字"),
                ));
            }
            sound(&version.route)?;
            version.note = note;
            version.state = State::Submitted;
        }
        Edit::SendBack => version.state = State::Draft,
        Edit::Publish => {
            if version.drafted_by == staff.staff {
                return Err(invalid(
                    "actor",
                    "编制和发布不能是同一个人，请另一位审核人员发布",
                ));
            }
            // Again, in the transaction that publishes: what is published was proved.
            sound(&version.route)?;
            versions::retire(tx, version.item)?;
            version.state = State::Published;
            version.published_name.clone_from(&staff.name);
            version.published_at = Some(now);
        }
    }
    if matches!(edit, Edit::Change(_) | Edit::Replace(_)) {
        version.drafted_by = staff.staff;
        version.drafted_name.clone_from(&staff.name);
    }
    version.changed_at = now;
    versions::update(tx, &version)?;
    version.revision += 1;
    Ok(version)
}

/// The proof; a route that fails it is refused with what it found first.
fn sound(route: &Route) -> Result<Report, Error> {
    let report = check(route);
    match report
        .findings
        .iter()
        .find(|finding| finding.severity == ::route::Severity::Error)
    {
        None => Ok(report),
        Some(finding) => Err(invalid(
            "route",
            format!("流程没有通过检查：{}", finding.message),
        )),
    }
}

/// Whoever may compile or review the item.
pub(crate) fn may<'a>(
    tx: &mut Tx<'_>,
    actor: &'a Actor,
    item: ItemId,
    permission: Permission,
) -> Result<&'a Staff, Error> {
    let holder = catalog::store::holder(tx, item)?.ok_or(Error::NotFound)?;
    let scope = Scope {
        region: &holder.region,
        org: Some(holder.org_id),
    };
    match actor {
        Actor::Staff(staff) if actor.may(permission, &scope) => Ok(staff),
        Actor::Staff(_) if actor.may(Permission::Compile, &scope) => Err(Refusal::NotAllowed {
            actor: actor.name().to_owned(),
            command: permission.word().to_owned(),
        }
        .into()),
        _ => Err(Error::NotFound),
    }
}

fn invalid(field: &'static str, message: impl Into<String>) -> Error {
    Refusal::invalid(field, message).into()
}
