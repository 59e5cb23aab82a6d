//! One act on a case, from its form.

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use base::ids::CaseId;
use web::{Answer, Fields, Form, Idempotency, Path, Problem, Visit};

use super::workspace::{self, Values};
use crate::{
    details::{CorrectionItem, Delivery},
    service::{Act, Approval},
};

pub(super) async fn post(
    visit: Visit,
    State(approval): State<Approval>,
    Path((id, command)): Path<(CaseId, String)>,
    Form(fields): Form<Fields>,
) -> web::Result<Response> {
    let key = Idempotency::of_form(&visit)?;
    let act = read(&command, &fields)?;
    let version: i64 = fields
        .get("version")
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Problem::bad_request("version_missing", "页面内容不完整，请刷新后再办理"))?;
    let (actor, me, now) = (visit.actor()?.clone(), approval.clone(), approval.app.now());
    let to = workspace::after_act(id, &fields);
    let done = web::once(&visit, &key, move |tx| {
        me.act(tx, &actor, now, id, Some(version), &act)?;
        Ok::<_, crate::Error>(Answer::see(to.clone()))
    })
    .await;
    match done {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) if problem.is_invalid() => {
            let values = Values { command, fields };
            workspace::again(&visit, &approval, id, values, problem).await
        }
        Err(problem) => Err(problem),
    }
}

fn read(command: &str, fields: &Fields) -> web::Result<Act> {
    let text = |name: &str| {
        fields
            .get(&format!("{command}-{name}"))
            .unwrap_or_default()
            .to_owned()
    };
    Ok(match command {
        "accept" => Act::Accept {
            remark: text("remark"),
        },
        "request_correction" => Act::RequestCorrection {
            items: corrections(fields),
            remark: String::new(),
        },
        "refuse_acceptance" => Act::RefuseAcceptance {
            reason: text("reason"),
            legal_basis: text("legal_basis"),
            right_agency: text("right_agency"),
        },
        "grant" => Act::Grant {
            opinion: text("opinion"),
        },
        "refuse" => Act::Refuse {
            reason: text("reason"),
            legal_basis: text("legal_basis"),
        },
        "deliver" => Act::Deliver {
            method: if text("method") == "post" {
                Delivery::Post
            } else {
                Delivery::Window
            },
            receiver: text("receiver"),
            tracking: text("tracking"),
        },
        "take" => Act::Take {
            back: fields.get("back").is_some(),
        },
        other => super::special::read(other, &text)?
            .ok_or_else(|| Problem::not_found("没有这样的办理动作"))?,
    })
}

/// One point per material that was written about, then one per line of the free text.
fn corrections(fields: &Fields) -> Vec<CorrectionItem> {
    let of_materials = fields
        .iter()
        .filter_map(|(name, what)| Some((name.strip_prefix("m-")?, what.trim())))
        .filter(|(_, what)| !what.is_empty())
        .map(|(material, what)| CorrectionItem {
            material: material.to_owned(),
            what: what.to_owned(),
        });
    let others = fields
        .get("request_correction-items")
        .unwrap_or_default()
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| CorrectionItem {
            material: String::new(),
            what: line.to_owned(),
        });
    of_materials.chain(others).collect()
}
