//! What an applicant does with a case under way: 补正, 补交容缺材料, 撤回.

use std::sync::Arc;

use approval::Act;
use axum::extract::State;
use axum::http::StatusCode;
use base::ids::CaseId;
use casework::Actor;
use web::{Answer, Idempotency, Json, Path, Problem, Result, Visit, once};

use super::cases::{limits, who};
use super::mine::visible;
use super::named::{look_up, use_again};
use super::wire::{CaseJson, NewCorrection, NewGapSupply, NewWithdrawal};
use super::{in_answers, in_materials, receives, refused};
use crate::form::Answers;
use crate::form::lookup::Who;
use crate::{Intake, asked};

pub(super) async fn correct(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
    idempotency: Idempotency,
    Json(body): Json<NewCorrection>,
) -> Result<Answer> {
    let actor = visit.actor()?.clone();
    limits(
        body.answers.as_ref().unwrap_or(&Answers::new()),
        &body.materials,
    )?;
    let now = visit.app.now();
    let seen_by = actor.clone();
    let case = intake
        .app
        .db
        .read(move |tx| visible(tx, &seen_by, case_id, now))
        .await?;
    let published = intake.version_of(&case).await?;
    let asked = asked::of(&case);
    let mut findings: Vec<_> = in_materials(
        asked.check(body.materials.iter().map(|material| material.key.as_str())),
        &body.materials,
    )
    .collect();
    let mut body = body;
    if let Some(answers) = &mut body.answers {
        let form = &published.item.form;
        let who = Who {
            known: intake.files_of(&case, form).await?,
            ..who(&intake, &actor, None).await?
        };
        let settled = intake.settle(&who, form, answers).await?;
        findings.extend(in_answers(form, settled));
        let validator = intake.schemas.of(&published)?;
        let wrong = crate::form::check(
            &published.item.form,
            &validator,
            answers,
            intake.app.today(),
        );
        findings.extend(in_answers(form, wrong));
        if !asked.form {
            let said = crate::said::Said::plain("补正告知书没有要求修改申请表");
            let wrong = crate::form::Wrong {
                field: "answers".to_owned(),
                said,
            };
            findings.push(("/answers".to_owned(), wrong));
        }
    }
    if case.state == "correcting" && !findings.is_empty() {
        return Err(refused(findings));
    }
    let (body, applicant) = (Arc::new(body), case.applicant);
    once(&visit, &idempotency, move |tx| -> Result<Answer> {
        let named = &body.materials;
        let mut materials = look_up(tx, &actor, named)?;
        let who = (&actor, applicant);
        let again = use_again(&intake, tx, who, &published, named, &mut materials)?;
        if !again.wrong.is_empty() {
            return Err(refused(in_materials(again.wrong, named)));
        }
        let act = Act::SupplyCorrection {
            answers: body.answers.clone(),
            materials,
            sources: again.sources,
            remark: body.remark.clone(),
        };
        let case = intake
            .approval
            .act(tx, &actor, now, case_id, body.version, &act)?;
        let calendar = intake.app.calendar();
        Ok(Answer::json(
            StatusCode::OK,
            &CaseJson::of(&case, &calendar, now),
        ))
    })
    .await
}

pub(super) async fn supply_gap(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
    idempotency: Idempotency,
    Json(body): Json<NewGapSupply>,
) -> Result<Answer> {
    let actor = visit.actor()?.clone();
    if matches!(actor, Actor::Staff(_)) && !receives(&actor) {
        return Err(Problem::not_found("没有找到这个办件"));
    }
    limits(&Answers::new(), &body.materials)?;
    let now = visit.app.now();
    let seen_by = actor.clone();
    let case = intake
        .app
        .db
        .read(move |tx| visible(tx, &seen_by, case_id, now))
        .await?;
    let published = intake.version_of(&case).await?;
    let (body, applicant) = (Arc::new(body), case.applicant);
    once(&visit, &idempotency, move |tx| -> Result<Answer> {
        let named = &body.materials;
        let mut materials = look_up(tx, &actor, named)?;
        let who = (&actor, applicant);
        let again = use_again(&intake, tx, who, &published, named, &mut materials)?;
        if !again.wrong.is_empty() {
            return Err(refused(in_materials(again.wrong, named)));
        }
        let act = Act::Special(approval::special::Command::SupplyGap {
            materials,
            sources: again.sources,
        });
        let case = intake
            .approval
            .act(tx, &actor, now, case_id, body.version, &act)?;
        let calendar = intake.app.calendar();
        Ok(Answer::json(
            StatusCode::OK,
            &CaseJson::of(&case, &calendar, now),
        ))
    })
    .await
}

pub(super) async fn withdraw(
    State(intake): State<Intake>,
    visit: Visit,
    Path(case_id): Path<CaseId>,
    idempotency: Idempotency,
    Json(body): Json<NewWithdrawal>,
) -> Result<Answer> {
    let actor = visit.actor()?.clone();
    if matches!(actor, Actor::Staff(_)) && !receives(&actor) {
        return Err(Problem::not_found("没有找到这个办件"));
    }
    let now = visit.app.now();
    let body = Arc::new(body);
    once(&visit, &idempotency, move |tx| -> Result<Answer> {
        let act = Act::Withdraw {
            reason: body.reason.clone(),
        };
        let case = intake
            .approval
            .act(tx, &actor, now, case_id, body.version, &act)?;
        let calendar = intake.app.calendar();
        Ok(Answer::json(
            StatusCode::OK,
            &CaseJson::of(&case, &calendar, now),
        ))
    })
    .await
}
