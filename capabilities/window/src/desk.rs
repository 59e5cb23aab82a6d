//! One case at the window: what may be done beside accepting, and what was done. Page and API take the same commands.

use approval::Act;
use approval::details;
use approval::quota;
use approval::window::handover::{self, Transfer};
use approval::window::originals::Custody;
use approval::window::{self as rules, Command, Escalation, Priority, reasons};
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base::ids::CaseId;
use casework::{Case, Permission};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::{
    Access, Answer, Fields, Form, Idempotency, Json, Operation, Path, Problem, Result, Routes,
    Visit, once, render_with,
};

use crate::presence::{self, Other};
use crate::{Window, known};

/// Papers one form registers.
const PAPERS: usize = 6;

#[derive(Template)]
#[template(path = "window/case.html")]
struct CasePage {
    page: ui::Page,
    case: Case,
    applicant: String,
    state: &'static str,
    others: Vec<Other>,
    escalations: Vec<(Escalation, &'static str)>,
    escalation_reasons: Vec<(String, String)>,
    priority: Option<(Priority, &'static str)>,
    green: Vec<(String, String)>,
    custody: Custody,
    transfer: Option<Transfer>,
    position: Option<quota::Position>,
    /// Commands that are possible now.
    may: Vec<&'static str>,
    errors: Vec<(String, String)>,
    request_key: String,
}

impl CasePage {
    fn can(&self, command: &str) -> bool {
        self.may.contains(&command)
    }

    fn error(&self, field: &str) -> &str {
        self.errors
            .iter()
            .find(|(id, _)| id == field)
            .map_or("", |(_, message)| message.as_str())
    }
}

pub(crate) async fn show(
    State(window): State<Window>,
    visit: Visit,
    Path(id): Path<CaseId>,
) -> Result<Response> {
    page(&window, &visit, id, Vec::new()).await
}

async fn page(
    window: &Window,
    visit: &Visit,
    id: CaseId,
    errors: Vec<(String, String)>,
) -> Result<Response> {
    let (actor, reader) = (visit.actor()?.clone(), visit.staff()?.staff);
    let now = visit.app.now();
    let asked = actor.clone();
    let (case, position, others) = window
        .app
        .db
        .read(move |tx| -> Result<_> {
            let case = known(tx, &asked, id)?;
            let position = quota::position(tx, id)?;
            let others = presence::others(tx, id, reader, now)?;
            Ok((case, position, others))
        })
        .await?;
    let may = samples(&case)
        .into_iter()
        .filter(|command| {
            let act = Act::Window(command.clone());
            window.approval.preview(&actor, now, &case, &act).is_ok()
        })
        .map(|command| command.word())
        .collect();
    let label = |list: &[reasons::Reason], code: &str| reasons::label(list, code).unwrap_or("—");
    let choices = |list: &[reasons::Reason]| {
        list.iter()
            .map(|(code, label)| ((*code).to_owned(), (*label).to_owned()))
            .collect()
    };
    let refused = !errors.is_empty();
    let page = visit
        .page("窗口办理")
        .with_nav("queue")
        .with_crumb(case.title.clone(), approval::pages::routes::workspace(id));
    let body = CasePage {
        page: if refused { page.with_error() } else { page },
        applicant: rules::applicant_shown(&case),
        state: approval::flow::state_label(&case.state),
        others,
        escalations: rules::escalations(&case)
            .into_iter()
            .map(|one| {
                let reason = label(&reasons::ESCALATION, &one.reason);
                (one, reason)
            })
            .collect(),
        escalation_reasons: choices(&reasons::ESCALATION),
        priority: rules::priority(&case).map(|one| {
            let ground = label(&reasons::GREEN, &one.ground);
            (one, ground)
        }),
        green: choices(&reasons::GREEN),
        custody: Custody::of(&case),
        transfer: handover::transfer(&case),
        position,
        may,
        errors,
        request_key: visit.new_request_key(),
        case,
    };
    let status = if refused {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok(render_with(visit, status, body))
}

/// One of each, with something in every field that must be filled in: what is refused now has no form.
fn samples(case: &Case) -> Vec<Command> {
    let text = || "示例".to_owned();
    let material = details::materials(case)
        .first()
        .map_or_else(String::new, |material| material.key.clone());
    vec![
        Command::Escalate {
            reason: reasons::ESCALATION[0].0.to_owned(),
            note: text(),
        },
        Command::AnswerEscalation { answer: text() },
        Command::TakeOriginals {
            papers: vec![(text(), 1)],
        },
        Command::MoveOriginals {
            to: text(),
            note: String::new(),
        },
        Command::ReturnOriginals { receiver: text() },
        Command::AddScan {
            material,
            file: details::FileGiven {
                digest: String::new(),
                size: 0,
                media_type: String::new(),
                name: text(),
            },
        },
        Command::Prioritise {
            ground: reasons::GREEN[0].0.to_owned(),
            note: String::new(),
        },
        Command::SendHandover {
            courier: String::new(),
        },
        Command::ReceiveHandover {
            complete: true,
            note: String::new(),
        },
    ]
}

/// Does one act of a window, from its form.
pub(crate) async fn act(
    State(window): State<Window>,
    visit: Visit,
    Path((id, word)): Path<(CaseId, String)>,
    Form(fields): Form<Fields>,
) -> Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let command = read(&word, &fields)?;
    let version = fields.get("version").and_then(|text| text.parse().ok());
    let (actor, approval, now) = (
        visit.actor()?.clone(),
        window.approval.clone(),
        visit.app.now(),
    );
    let done = once(&visit, &key, move |tx| {
        let act = Act::Window(command.clone());
        approval.act(tx, &actor, now, id, version, &act)?;
        Ok::<_, approval::Error>(Answer::see(format!("/staff/cases/{id}/window")))
    })
    .await;
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => {
            let errors = problem
                .fields
                .iter()
                .map(|field| (format!("{word}-{}", field.field), field.message.clone()))
                .collect();
            page(&window, &visit, id, errors).await
        }
        Err(problem) => Err(problem),
    }
}

fn read(word: &str, fields: &Fields) -> Result<Command> {
    let text = |name: &str| {
        fields
            .get(&format!("{word}-{name}"))
            .unwrap_or_default()
            .to_owned()
    };
    Ok(match word {
        "escalate" => Command::Escalate {
            reason: text("reason"),
            note: text("note"),
        },
        "answer_escalation" => Command::AnswerEscalation {
            answer: text("answer"),
        },
        "take_originals" => Command::TakeOriginals {
            papers: papers(&text("papers")),
        },
        "move_originals" => Command::MoveOriginals {
            to: text("to"),
            note: text("note"),
        },
        "return_originals" => Command::ReturnOriginals {
            receiver: text("receiver"),
        },
        "prioritise" => Command::Prioritise {
            ground: text("ground"),
            note: text("note"),
        },
        "send_handover" => Command::SendHandover {
            courier: text("courier"),
        },
        "receive_handover" => Command::ReceiveHandover {
            complete: text("complete") != "no",
            note: text("note"),
        },
        _ => return Err(Problem::not_found("没有这样的窗口办理动作")),
    })
}

/// One paper to a line, with the number of copies at its end where it is not one: 身份证 2.
fn papers(text: &str) -> Vec<(String, u32)> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .take(PAPERS * 10)
        .map(|line| match line.rsplit_once(char::is_whitespace) {
            Some((name, copies)) => match copies.parse() {
                Ok(copies) => (name.trim().to_owned(), copies),
                Err(_) => (line.to_owned(), 1),
            },
            None => (line.to_owned(), 1),
        })
        .collect()
}

/// Adds the operation.
pub(crate) fn operations(routes: Routes<Window>) -> Routes<Window> {
    routes
        .api(
            Operation::post("/api/v1/cases/{case_id}/window-acts", "act_at_window")
                .summary("窗口动作：上报、原件、绿色通道、移交")
                .description("command 决定其余字段；窗口没有否决权，不能受理的只能上报。")
                .tag("window")
                .access(Access::Permission(Permission::ReadCase))
                .body::<ActJson>()
                .ok::<ActedJson>(200)
                .problems(&[403, 404, 409]),
            act_json,
        )
        .api(
            Operation::get("/api/v1/cases/{case_id}/handover", "get_handover")
                .summary("收件移交单，第1版，含 SM3 摘要")
                .tag("window")
                .access(Access::Permission(Permission::ReadCase))
                .ok::<HandOverJson>(200)
                .problems(&[404]),
            handover_json,
        )
}

/// 窗口动作
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ActJson {
    command: CommandWord,
    /// 看到的版本；与当前不符时答 409
    version: Option<i64>,
    /// escalate：原因代码
    #[serde(default)]
    #[schemars(length(max = 64))]
    reason: String,
    /// prioritise：情形代码
    #[serde(default)]
    #[schemars(length(max = 64))]
    ground: String,
    /// escalate、prioritise、move_originals、receive_handover：说明；answer_escalation：答复
    #[serde(default)]
    #[schemars(length(max = 500))]
    note: String,
    /// take_originals：原件
    #[serde(default)]
    #[schemars(length(max = 50))]
    papers: Vec<PaperJson>,
    /// move_originals、return_originals：交给谁
    #[serde(default)]
    #[schemars(length(max = 200))]
    to: String,
    /// receive_handover：与清单一致
    #[serde(default)]
    complete: bool,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum CommandWord {
    Escalate,
    AnswerEscalation,
    TakeOriginals,
    MoveOriginals,
    ReturnOriginals,
    Prioritise,
    SendHandover,
    ReceiveHandover,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PaperJson {
    #[schemars(length(max = 200))]
    name: String,
    copies: u32,
}

/// 办件在这一步之后的样子
#[derive(Debug, Serialize, JsonSchema)]
struct ActedJson {
    #[schemars(with = "web::schema::Id")]
    case_id: CaseId,
    case_no: String,
    state: String,
    version: i64,
}

/// 收件移交单：原文和它的摘要
#[derive(Debug, Serialize, JsonSchema)]
struct HandOverJson {
    /// 原文；摘要由它算出
    text: String,
    /// SM3，十六进制
    digest: String,
    #[schemars(with = "Option<web::schema::Instant>")]
    sent_at: Option<jiff::Timestamp>,
    #[schemars(with = "Option<web::schema::Instant>")]
    received_at: Option<jiff::Timestamp>,
    /// 签收时与清单一致
    complete: Option<bool>,
}

async fn act_json(
    State(window): State<Window>,
    visit: Visit,
    Path(id): Path<CaseId>,
    key: Idempotency,
    Json(body): Json<ActJson>,
) -> Result<Answer> {
    let (actor, approval, now) = (
        visit.actor()?.clone(),
        window.approval.clone(),
        visit.app.now(),
    );
    let version = body.version;
    let command = match body.command {
        CommandWord::Escalate => Command::Escalate {
            reason: body.reason,
            note: body.note,
        },
        CommandWord::AnswerEscalation => Command::AnswerEscalation { answer: body.note },
        CommandWord::TakeOriginals => Command::TakeOriginals {
            papers: body
                .papers
                .into_iter()
                .map(|paper| (paper.name, paper.copies))
                .collect(),
        },
        CommandWord::MoveOriginals => Command::MoveOriginals {
            to: body.to,
            note: body.note,
        },
        CommandWord::ReturnOriginals => Command::ReturnOriginals { receiver: body.to },
        CommandWord::Prioritise => Command::Prioritise {
            ground: body.ground,
            note: body.note,
        },
        CommandWord::SendHandover => Command::SendHandover { courier: body.note },
        CommandWord::ReceiveHandover => Command::ReceiveHandover {
            complete: body.complete,
            note: body.note,
        },
    };
    once(&visit, &key, move |tx| {
        let act = Act::Window(command.clone());
        let case = approval.act(tx, &actor, now, id, version, &act)?;
        Ok::<_, approval::Error>(Answer::json(
            StatusCode::OK,
            &ActedJson {
                case_id: case.id,
                case_no: case.no.clone(),
                state: case.state.clone(),
                version: case.version,
            },
        ))
    })
    .await
}

async fn handover_json(
    State(window): State<Window>,
    visit: Visit,
    Path(id): Path<CaseId>,
) -> Result<Json<HandOverJson>> {
    let actor = visit.actor()?.clone();
    let case = window.app.db.read(move |tx| known(tx, &actor, id)).await?;
    let transfer = handover::transfer(&case)
        .ok_or_else(|| Problem::not_found("本件在受理地办理，没有移交单"))?;
    Ok(Json(HandOverJson {
        text: transfer.message.text(),
        digest: transfer.digest,
        sent_at: transfer.sent.map(|signed| signed.at),
        complete: transfer.received.as_ref().map(|signed| signed.complete),
        received_at: transfer.received.map(|signed| signed.at),
    }))
}

#[cfg(test)]
mod tests {
    use super::papers;

    #[test]
    fn papers_are_read_line_by_line() {
        assert_eq!(
            papers("营业执照\n 身份证 2 \n\n房产证 原件\n"),
            [
                ("营业执照".to_owned(), 1),
                ("身份证".to_owned(), 2),
                ("房产证 原件".to_owned(), 1)
            ]
        );
    }
}
