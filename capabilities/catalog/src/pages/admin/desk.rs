//! What the pages of the editors' desk share: who may come, how refusals read, how an act of a form is carried out.

use axum::response::{IntoResponse, Response};
use casework::{Actor, Permission};
use store::Tx;
use web::{Answer, Idempotency, Problem, Visit};

use crate::app::{base, drafting};
use crate::pages::Doors;
use crate::store::{Draft, DraftId};

/// Characters of a reason or a note.
const REASON_CHARS_MAX: usize = 200;

/// The actor, if they write or review item lists anywhere or administer.
pub(crate) fn editor(visit: &Visit) -> web::Result<&Actor> {
    let actor = visit.actor()?;
    let comes = [Permission::Compile, Permission::Administer]
        .into_iter()
        .any(|permission| actor.may_somewhere(permission));
    if comes {
        Ok(actor)
    } else {
        Err(Problem::not_allowed(
            "您的岗位没有事项编制的权限，如工作需要请联系系统管理员",
        ))
    }
}

/// A reason or a note, on one line.
pub(crate) fn reason(text: &str) -> web::Result<String> {
    let reason = ::base::text::single_line(text);
    if ::base::text::visible_len(&reason) > REASON_CHARS_MAX {
        return Err(Problem::invalid(
            "reason",
            format!("最长{REASON_CHARS_MAX}个字，请缩短"),
        ));
    }
    Ok(reason)
}

/// Carries out a command of a form once and leads on.
pub(crate) async fn act<F>(visit: &Visit, doors: &Doors, command: F) -> web::Result<Response>
where
    F: Fn(&mut Tx<'_>) -> web::Result<String> + Send + 'static,
{
    let key = Idempotency::of_form(visit)?;
    let answer = web::once(visit, &key, move |tx| -> web::Result<Answer> {
        Ok(Answer::see(command(tx)?))
    })
    .await?;
    doors.catalog.refresh().await?;
    Ok(answer.into_response())
}

/// The page of a draft.
pub(crate) fn draft_href(draft_id: DraftId) -> String {
    format!("/admin/catalog/drafts/{draft_id}")
}

/// The page on which a section of a draft is written.
pub(crate) fn section_href(draft_id: DraftId, section: &str) -> String {
    format!("/admin/catalog/drafts/{draft_id}/edit/{section}")
}

/// What an actor may do with a draft.
#[derive(Clone, Copy, Debug)]
pub(crate) struct May {
    pub(crate) write: bool,
    pub(crate) review: bool,
}

impl May {
    pub(crate) fn of(actor: &Actor, draft: &Draft) -> May {
        May {
            write: drafting::compiles(actor, &draft.region, draft.org_id),
            review: drafting::reviews(actor, &draft.region, draft.org_id),
        }
    }
}

impl From<drafting::Error> for Problem {
    fn from(error: drafting::Error) -> Problem {
        use drafting::Error;
        match error {
            Error::NotFound => Problem::not_found("没有找到这份草稿，或者它不在您的编制范围内"),
            Error::WrongState(state) => Problem::conflict(
                "draft_state",
                format!(
                    "这份草稿现在是“{}”，不能这样办理，请刷新后查看",
                    state.label()
                ),
            ),
            Error::Open(draft_id) => Problem::conflict(
                "draft_open",
                "这个事项已有一份没有办完的草稿，请在那一份上继续",
            )
            .and_field("draft_id", draft_id.to_string()),
            Error::Conflicts {
                revision,
                conflicts,
            } => conflicts.into_iter().fold(
                Problem::conflict(
                    "draft_changed",
                    "别人刚刚保存过这份草稿，请比较后选择保留哪一个",
                )
                .and_field("revision", revision.to_string()),
                |problem, conflict| {
                    let message = format!(
                        "{}：您写的是“{}”，对方写的是“{}”，原来是“{}”",
                        conflict.label, conflict.mine, conflict.theirs, conflict.base
                    );
                    problem.and_field(conflict.path, message)
                },
            ),
            Error::Findings(found) => Problem::invalid_fields(
                found
                    .into_iter()
                    .map(|finding| (finding.field, finding.message)),
            ),
            Error::SamePerson => Problem::not_allowed("编制和审核要由两个人完成，这份草稿您写过"),
            Error::NeedsReason => Problem::invalid("reason", "请写明原因，会记入办理记录"),
            Error::Overtaken(version) => Problem::conflict(
                "draft_overtaken",
                format!("第{version}版已经先发布，请撤销这份草稿，在新版本上重新编制"),
            ),
            Error::NothingBefore => Problem::conflict("nothing_to_undo", "没有可以撤回的内容"),
            Error::Store(error) => Problem::from(error),
        }
    }
}

impl From<base::Error> for Problem {
    fn from(error: base::Error) -> Problem {
        use base::Error;
        match error {
            Error::Forbidden => Problem::not_allowed("基本目录由本地区的系统管理员维护"),
            Error::NotFound => Problem::not_found("基本目录里没有这个事项，或者它已经取消"),
            Error::Findings(found) => Problem::invalid_fields(
                found
                    .into_iter()
                    .map(|finding| (finding.field, finding.message)),
            ),
            Error::NeedsReason => Problem::invalid("reason", "请写明原因，会记入办理记录"),
            Error::Claimed(item_id) => Problem::conflict("claimed", "这个机构已经认领了这个事项")
                .and_field("item_id", item_id.to_string()),
            Error::NoCode => Problem::invalid(
                "org",
                "这个机构的统一社会信用代码或者基本编码不正确，不能生成实施编码",
            ),
            Error::Draft(error) => Problem::from(error),
            Error::Store(error) => Problem::from(error),
        }
    }
}
