//! 工程建设项目: a project under its code, its stages with their leading bodies, from land to joint acceptance.
//!
//! A project is a case of its own with a clock over all stages. Each stage is a whole ([`crate::details::Variety::Stage`])
//! that is `child_of` the project; what belongs to a stage is data ([`classes`]).

pub mod classes;
pub mod compose;
pub mod flow;
pub mod gantt;
pub mod rules;

use approval::together::Shared;
use base::ids::{CaseId, OrgId, PartyId};
use casework::{Actor, Case, Channel, Context};
use jiff::Timestamp;
use store::Tx;

use self::flow::KIND;
use self::rules::{Command, Project, Registration, StageStanding};
use crate::details::{plan, standings};
use crate::error::Error;
use crate::{Joint, records};

/// What somebody asks to be done with a project.
#[derive(Clone, Debug)]
pub enum Act {
    UseAssessment { key: String, document: String },
    AskUtility { key: String, need: String },
    ConnectUtility { key: String, note: String },
    Stop { reason: String },
}

/// Registers a project.
pub fn register(
    joint: &Joint,
    tx: &mut Tx<'_>,
    actor: &Actor,
    now: Timestamp,
    (case_id, case_no): (CaseId, &str),
    (applicant, applicant_name): (PartyId, &str),
    project: &Project,
) -> Result<Case, Error> {
    let classes = classes::shipped();
    let project = rules::check(project, classes)?;
    let class = classes
        .class(&project.class)
        .ok_or_else(|| casework::Refusal::invalid("class", "请选择项目类型"))?;
    let lead = class.stages.first().map(|stage| stage.lead.clone());
    let org = org(tx, &lead.unwrap_or_default())?;
    let calendar = joint.app().calendar();
    let registration = Registration {
        case_id,
        case_no: case_no.to_owned(),
        region: org.1,
        org: org.0,
        applicant,
        applicant_name: applicant_name.to_owned(),
        channel: Channel::Web,
        project,
    };
    let ctx = Context {
        now,
        calendar: &calendar,
        actor,
        expected_version: None,
    };
    let event = rules::register(ctx, &registration);
    let case = cases::open(tx, &calendar, case_id, &event)?;
    records::add_root(tx, case_id, "project", case.org, &case.region, now)?;
    Ok(case)
}

/// A body by its key, with its region.
pub(crate) fn org(tx: &mut Tx<'_>, key: &str) -> Result<(OrgId, String), Error> {
    let found = people::orgs::by_key(tx, key)?;
    found.map(|org| (org.id, org.region)).ok_or_else(|| {
        casework::Refusal::invalid(
            "class",
            "这类项目的牵头部门没有登记，请联系系统管理员补登机构",
        )
        .into()
    })
}

/// A project, for an actor who may know of it.
pub fn load(tx: &mut Tx<'_>, actor: &Actor, id: CaseId) -> Result<Case, Error> {
    cases::load(tx, id)?
        .filter(|case| case.kind == KIND && may_know(actor, case))
        .ok_or(Error::NotFound)
}

/// Its applicant, and staff who read cases of its region: every body may come to take part.
pub fn may_know(actor: &Actor, case: &Case) -> bool {
    approval::may_know(actor, case)
        || matches!(actor, Actor::Staff(staff) if staff.grants.iter().any(|grant| {
            grant.role.permissions().contains(&casework::Permission::ReadCase)
                && casework::actor::covers(&grant.region, &case.region)
        }))
}

/// Acts on a project.
pub fn act(
    joint: &Joint,
    tx: &mut Tx<'_>,
    actor: &Actor,
    now: Timestamp,
    id: CaseId,
    expected_version: Option<i64>,
    act: &Act,
) -> Result<Case, Error> {
    load(tx, actor, id)?;
    let command = match act.clone() {
        Act::UseAssessment { key, document } => Command::UseAssessment { key, document },
        Act::AskUtility { key, need } => {
            let body = classes::shipped()
                .utility(&key)
                .map(|utility| utility.body.clone())
                .ok_or_else(|| casework::Refusal::invalid("key", "没有这项市政公用服务"))?;
            let org = org(tx, &body)?.0;
            Command::AskUtility { key, need, org }
        }
        Act::ConnectUtility { key, note } => Command::ConnectUtility { key, note },
        Act::Stop { reason } => Command::Stop { reason },
    };
    execute(joint, tx, actor, now, id, expected_version, &command)
}

fn execute(
    joint: &Joint,
    tx: &mut Tx<'_>,
    actor: &Actor,
    now: Timestamp,
    id: CaseId,
    expected_version: Option<i64>,
    command: &Command,
) -> Result<Case, Error> {
    let calendar = joint.app().calendar();
    let ctx = Context {
        now,
        calendar: &calendar,
        actor,
        expected_version,
    };
    cases::execute(tx, &calendar, id, |case| {
        rules::decide(ctx, case, classes::shipped(), command).map_err(Error::from)
    })
}

/// Notes on the project that a stage is applied for, in the transaction that files it.
pub(crate) fn file_stage(
    joint: &Joint,
    tx: &mut Tx<'_>,
    ctx: Context<'_>,
    project: CaseId,
    stage: &str,
    case: CaseId,
) -> Result<(), Error> {
    let command = Command::FileStage {
        stage: stage.to_owned(),
        case,
    };
    execute(joint, tx, ctx.actor, ctx.now, project, None, &command)?;
    records::add_child(tx, case, project)?;
    Ok(())
}

/// Takes in where a stage stands now.
pub fn stage_moved(
    joint: &Joint,
    tx: &mut Tx<'_>,
    now: Timestamp,
    project: CaseId,
    stage: CaseId,
) -> Result<(), Error> {
    let (Some(whole), Some(case)) = (cases::load(tx, project)?, cases::load(tx, stage)?) else {
        return Ok(());
    };
    let Some(plan) = plan(&case).filter(|_| whole.is_open()) else {
        return Ok(());
    };
    let known = rules::stages(&whole);
    let Some(known) = known.get(&plan.key).filter(|known| known.case_id == stage) else {
        return Ok(());
    };
    let decided = case.outcome.as_ref();
    let standing = StageStanding {
        case_id: stage,
        state: case.state.clone(),
        filed_at: known.filed_at,
        accepted_at: crate::details::accepted(&case).map(|accepted| accepted.at),
        ended_at: decided.map(|outcome| outcome.at),
        passed: decided.is_some_and(|outcome| outcome.code == "granted"),
        // Told once the stage is over: until then each of them is its own body's news.
        results: standings(&case)
            .into_values()
            .filter(|_| decided.is_some())
            .filter_map(|standing| standing.result)
            .filter(|result| result.granted)
            .collect(),
    };
    if *known == standing {
        return Ok(());
    }
    let command = Command::StageMoved {
        stage: plan.key,
        standing,
    };
    execute(joint, tx, &Actor::System, now, project, None, &command)?;
    Ok(())
}

/// What the stages so far came to: shared with the stages that follow.
pub async fn results(joint: &Joint, project: CaseId) -> web::Result<Vec<Shared>> {
    let case = joint
        .app()
        .db
        .read(move |tx| Ok::<_, Error>(cases::load(tx, project)?))
        .await?;
    Ok(case.map_or_else(Vec::new, |case| {
        let stages = rules::stages(&case);
        stages
            .into_values()
            .flat_map(|stage| stage.results)
            .collect()
    }))
}
