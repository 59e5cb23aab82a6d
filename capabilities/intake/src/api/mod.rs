//! The JSON API of intake: files, cases, corrections, withdrawals, sessions.

mod cases;
mod documents;
mod files;
mod messages;
mod mine;
mod named;
mod proxies;
mod sessions;
mod supplies;
pub mod wire;

pub(crate) use files::account;
pub(crate) use mine::visible;

use casework::Permission;
use catalog::model::Form;
use web::{Access, FieldProblem, Operation, Problem, Routes};

use crate::Intake;
use crate::form::Wrong;
use crate::form::typed::base_key;
use wire::{
    CaseJson, CaseLineJson, FiledJson, FilesJson, ListMyCases, ListMyMessages, MessageJson,
    NewCase, NewCorrection, NewGapSupply, NewSession, NewWithdrawal, PromiseTermsJson, SessionJson,
};

/// The doors.
pub(crate) fn routes(routes: Routes<Intake>) -> Routes<Intake> {
    documents::routes(proxies::routes(routes))
        .api(
            Operation::post("/api/v1/files", "upload_files")
                .summary("上传文件")
                .description(
                    "multipart/form-data，一次可以传多个文件。返回的 digest 在提交申请或补正时引用；只有上传者本人可以引用。",
                )
                .tag("intake")
                .access(Access::SignedIn)
                .files()
                .ok::<FilesJson>(201),
            files::upload,
        )
        .api(
            Operation::post("/api/v1/cases", "file_case")
                .summary("提交申请")
                .description(
                    "本人登录为自己或已切换的委托人申请；工作人员和接入系统须有收件权限，并写明申请人。",
                )
                .tag("intake")
                .access(Access::SignedIn)
                .body::<NewCase>()
                .ok::<FiledJson>(201)
                .problems(&[403, 404, 409]),
            cases::file,
        )
        .api(
            Operation::get("/api/v1/items/{item_id}/promise", "get_promise_terms")
                .summary("告知承诺的内容：哪些材料可以用承诺代替，告知什么、承诺什么，本人能不能承诺")
                .description("承诺时在 file_case 的 materials 里写 promised。")
                .tag("intake")
                .access(Access::Person)
                .ok::<PromiseTermsJson>(200)
                .problems(&[404, 409]),
            cases::promise_terms,
        )
        .api(
            Operation::get("/api/v1/cases/{case_id}", "get_case")
                .summary("查看办件")
                .tag("intake")
                .access(Access::Owner)
                .ok::<CaseJson>(200)
                .problems(&[404]),
            mine::get,
        )
        .api(
            Operation::get("/api/v1/my/cases", "list_my_cases")
                .summary("我的办件，最新的在前")
                .tag("intake")
                .access(Access::Person)
                .query::<ListMyCases>()
                .ok::<web::Listing<CaseLineJson>>(200)
                .problems(&[400]),
            mine::list_mine,
        )
        .api(
            Operation::get("/api/v1/my/messages", "list_my_messages")
                .summary("我的消息，最新的在前")
                .tag("intake")
                .access(Access::Person)
                .query::<ListMyMessages>()
                .ok::<web::Listing<MessageJson>>(200)
                .problems(&[400]),
            messages::mine,
        )
        .api(
            Operation::post("/api/v1/my/messages/{message_id}/read", "read_message")
                .summary("把一条消息标为已读")
                .tag("intake")
                .access(Access::Person)
                .ok_empty()
                .problems(&[404]),
            messages::read,
        )
        .api(
            Operation::post("/api/v1/my/messages/read", "read_all_messages")
                .summary("把消息全部标为已读")
                .tag("intake")
                .access(Access::Person)
                .ok_empty(),
            messages::read_all,
        )
        .api(
            Operation::post("/api/v1/cases/{case_id}/correction", "supply_correction")
                .summary("提交补正")
                .tag("intake")
                .access(Access::Owner)
                .body::<NewCorrection>()
                .ok::<CaseJson>(200)
                .problems(&[403, 404, 409]),
            supplies::correct,
        )
        .api(
            Operation::post("/api/v1/cases/{case_id}/gap-supply", "supply_gap")
                .summary("补交容缺材料")
                .description("容缺受理一次性告知书列明的材料；可以分几次补交，补齐后审批人员才能准予。以前交过的同一材料可以用 documents 写明再次使用，窗口用 kept。")
                .tag("intake")
                .access(Access::Owner)
                .body::<NewGapSupply>()
                .ok::<CaseJson>(200)
                .problems(&[403, 404, 409]),
            supplies::supply_gap,
        )
        .api(
            Operation::post("/api/v1/cases/{case_id}/withdrawal", "withdraw_case")
                .summary("撤回申请")
                .tag("intake")
                .access(Access::Owner)
                .body::<NewWithdrawal>()
                .ok::<CaseJson>(200)
                .problems(&[403, 404, 409]),
            supplies::withdraw,
        )
        .api(
            Operation::post("/api/v1/sessions", "create_session")
                .summary("登录，取得令牌")
                .description("令牌只在这里显示一次。重复同一 Idempotency-Key 会得到新的令牌，不保存令牌本身。")
                .tag("sessions")
                .access(Access::Public)
                .body::<NewSession>()
                .ok::<SessionJson>(201)
                .problems(&[401]),
            sessions::create,
        )
        .api(
            Operation::delete("/api/v1/sessions/current", "delete_session")
                .summary("退出，令牌立即失效")
                .tag("sessions")
                .access(Access::SignedIn)
                .ok_empty(),
            sessions::delete,
        )
}

/// Findings as a problem, each with its place in the body.
fn refused(findings: impl IntoIterator<Item = (String, Wrong)>) -> Problem {
    let mut problem = Problem::new(
        web::Kind::Invalid,
        "invalid",
        "提交的内容有误，请按 errors 更正后再提交",
    );
    for (pointer, wrong) in findings {
        problem.fields.push(FieldProblem {
            field: wrong.field,
            pointer,
            message: wrong.said.to_string(),
        });
    }
    problem
}

/// The findings of a form, under `/answers`.
fn in_answers(form: &Form, wrong: Vec<Wrong>) -> impl Iterator<Item = (String, Wrong)> {
    wrong.into_iter().map(|wrong| {
        let known = form.field(base_key(&wrong.field)).is_some();
        let key = wrong.field.replace('~', "~0").replace('/', "~1");
        let place = if known { key.replace('-', "/") } else { key };
        (format!("/answers/{place}"), wrong)
    })
}

/// The findings of materials, under `/materials` at the place where the request names them.
fn in_materials(
    wrong: Vec<Wrong>,
    named: &[wire::NewMaterial],
) -> impl Iterator<Item = (String, Wrong)> {
    wrong.into_iter().map(|wrong| {
        let place = named
            .iter()
            .position(|material| material.key == wrong.field);
        let pointer = place.map_or("/materials".to_owned(), |place| {
            format!("/materials/{place}")
        });
        (pointer, wrong)
    })
}

/// Whether the actor is staff who may take something in.
fn receives(actor: &casework::Actor) -> bool {
    actor.may_somewhere(Permission::Receive)
}
