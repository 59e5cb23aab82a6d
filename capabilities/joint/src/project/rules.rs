//! The rules of a project: what it notes, and from (case, command, context) to an event or a refusal. Pure.

use std::collections::BTreeMap;

use approval::clocks as approval_clocks;
use approval::details::Limit;
use approval::together::Shared;
use base::codes::ProjectCode;
use base::ids::{CaseId, OrgId, PartyId};
use calendar::{Length, PauseReason, Unit};
use casework::{
    Case, Context, Event, Fact, Permission, Refusal, Step,
    case::{Channel, Duty},
    event::Opened,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::classes::{Class, Classes};
use super::flow::{FLOW, KIND};
use crate::rules::{needed, text};

/// Key of a [`Project`].
pub const PROJECT: &str = "project";
/// Key of [`Stages`].
pub const STAGES: &str = "stages";
/// Key of [`Assessed`].
pub const ASSESSED: &str = "assessed";
/// Key of [`Utilities`].
pub const UTILITIES: &str = "utilities";

/// What a project is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// 投资项目代码.
    pub code: String,
    pub name: String,
    pub class: String,
    pub site: String,
    /// 总投资, 分.
    pub investment_fen: i64,
}

/// How far the stages are that were applied for, by their key.
pub type Stages = BTreeMap<String, StageStanding>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageStanding {
    pub case_id: CaseId,
    pub state: String,
    pub filed_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    #[serde(default)]
    pub passed: bool,
    /// What its parts came to, for the stages that follow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<Shared>,
}

/// 区域评估成果 in use, by its key: the document and who confirmed it.
pub type Assessed = BTreeMap<String, Assessment>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    pub name: String,
    pub document: String,
    pub by: String,
    pub at: Timestamp,
}

/// 水电气接入, by its key.
pub type Utilities = BTreeMap<String, UtilityStanding>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UtilityStanding {
    pub name: String,
    pub need: String,
    pub asked_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// Everything a project is registered with.
#[derive(Clone, Debug)]
pub struct Registration {
    pub case_id: CaseId,
    pub case_no: String,
    pub region: String,
    /// The body that leads the first stage.
    pub org: OrgId,
    pub applicant: PartyId,
    pub applicant_name: String,
    pub channel: Channel,
    pub project: Project,
}

/// What can be done with a project.
#[derive(Clone, Debug)]
pub enum Command {
    FileStage {
        stage: String,
        case: CaseId,
    },
    StageMoved {
        stage: String,
        standing: StageStanding,
    },
    UseAssessment {
        key: String,
        document: String,
    },
    AskUtility {
        key: String,
        need: String,
        org: OrgId,
    },
    ConnectUtility {
        key: String,
        note: String,
    },
    Stop {
        reason: String,
    },
}

impl Command {
    pub fn word(&self) -> &'static str {
        match self {
            Command::FileStage { .. } => "file_stage",
            Command::StageMoved { .. } => "stage_moved",
            Command::UseAssessment { .. } => "use_assessment",
            Command::AskUtility { .. } => "ask_utility",
            Command::ConnectUtility { .. } => "connect_utility",
            Command::Stop { .. } => "stop",
        }
    }
}

pub fn project(case: &Case) -> Option<Project> {
    case.detail(PROJECT)
}

pub fn stages(case: &Case) -> Stages {
    case.detail(STAGES).unwrap_or_default()
}

pub fn assessed(case: &Case) -> Assessed {
    case.detail(ASSESSED).unwrap_or_default()
}

pub fn utilities(case: &Case) -> Utilities {
    case.detail(UTILITIES).unwrap_or_default()
}

/// Checks what somebody writes about a new project.
pub fn check(project: &Project, classes: &Classes) -> Result<Project, Refusal> {
    let code = ProjectCode::parse(&project.code)
        .map_err(|error| Refusal::invalid("code", error.to_string()))?;
    if classes.class(&project.class).is_none() {
        return Err(Refusal::invalid("class", "请选择项目类型"));
    }
    if project.investment_fen <= 0 {
        return Err(Refusal::invalid("investment", "请填写总投资额，大于0"));
    }
    let name = needed("name", &project.name, "请填写项目名称")?;
    if base::text::visible_len(&name) > 100 {
        return Err(Refusal::invalid("name", "项目名称最多100字"));
    }
    Ok(Project {
        code: code.to_string(),
        name,
        site: needed("site", &project.site, "请填写建设地点")?,
        ..project.clone()
    })
}

/// The event that opens a project.
pub fn register(ctx: Context<'_>, registration: &Registration) -> Event {
    let opened = Opened {
        no: registration.case_no.clone(),
        kind: KIND.to_owned(),
        state: FLOW.first.to_owned(),
        title: registration.project.name.clone(),
        region: registration.region.clone(),
        org: registration.org,
        applicant: registration.applicant,
        applicant_name: registration.applicant_name.clone(),
        channel: registration.channel,
    };
    let mut step = Step::open(ctx, registration.case_id, "register", opened);
    step.note(PROJECT, &registration.project);
    step.finish()
}

/// Decides a command on a project of a class.
pub fn decide(
    ctx: Context<'_>,
    case: &Case,
    classes: &Classes,
    command: &Command,
) -> Result<Event, Refusal> {
    let mut step = Step::begin(ctx, &FLOW, case, command.word())?;
    let class = project(case)
        .and_then(|project| classes.class(&project.class))
        .ok_or_else(|| Refusal::invalid("class", "项目类型已经不在使用"))?;
    match command {
        Command::FileStage { stage, case } => file_stage(&mut step, class, stage, *case)?,
        Command::StageMoved { stage, standing } => {
            stage_moved(&mut step, class, stage, standing)?;
        }
        Command::UseAssessment { key, document } => {
            let known = classes
                .assessment(key)
                .ok_or_else(|| Refusal::invalid("key", "没有这项区域评估"))?;
            let mut all = assessed(step.case());
            let assessment = Assessment {
                name: known.name.clone(),
                document: needed("document", document, "请写明区域评估成果的名称和文号")?,
                by: ctx.actor.name().to_owned(),
                at: step.at(),
            };
            all.insert(key.clone(), assessment);
            step.note(ASSESSED, &all);
        }
        Command::AskUtility { key, need, org } => {
            let known = classes
                .utility(key)
                .ok_or_else(|| Refusal::invalid("key", "没有这项市政公用服务"))?;
            let mut all = utilities(step.case());
            if all.contains_key(key) {
                return Err(Refusal::invalid("key", "已经申请过这项接入"));
            }
            let standing = UtilityStanding {
                name: known.name.clone(),
                need: needed("need", need, "请写明用量和接入要求")?,
                asked_at: step.at(),
                connected_at: None,
                note: String::new(),
            };
            all.insert(key.clone(), standing);
            step.note(UTILITIES, &all);
            let limit = Limit {
                n: known.days,
                unit: Unit::WorkingDay,
                basis: format!("{}承诺时限", known.name),
            };
            let kind = format!("utility_{key}");
            let terms = calendar::ClockTerms {
                role: calendar::Role::Step,
                start_event: "申请接入".to_owned(),
                pausable: Vec::new(),
                ..approval_clocks::deciding(&kind, &limit)
            };
            let at = step.at();
            step.start_clock(terms, at);
            let duty = Duty::Staff {
                permission: Permission::Accept,
                org: *org,
                region: step.case().region.clone(),
            };
            step.open_task(&format!("connect_utility:{key}"), duty, Some(&kind));
        }
        Command::ConnectUtility { key, note } => {
            let mut all = utilities(step.case());
            let waiting = all
                .get_mut(key)
                .filter(|standing| standing.connected_at.is_none())
                .ok_or_else(|| Refusal::invalid("key", "这项接入没有待办的申请"))?;
            waiting.connected_at = Some(step.at());
            waiting.note = text("note", note)?;
            step.note(UTILITIES, &all);
            step.close_clock(&format!("utility_{key}"))?;
            let kind = format!("connect_utility:{key}");
            if let Some(no) = step.case().task(&kind).map(|task| task.no) {
                step.fact(Fact::TaskClosed {
                    no,
                    result: "connect_utility".to_owned(),
                });
            }
            settle(&mut step, class)?;
        }
        Command::Stop { reason } => {
            let reason = needed("reason", reason, "请写明终止的原因")?;
            step.decide("withdrawn", &reason, "");
            step.close_all_clocks()?;
            step.close_tasks("stop");
            step.move_to("stopped");
            step.close();
        }
    }
    Ok(step.finish())
}

/// Stages come one after another: one is applied for when the one before has passed.
fn file_stage(step: &mut Step<'_>, class: &Class, key: &str, case: CaseId) -> Result<(), Refusal> {
    let mut all = stages(step.case());
    may_file(class, &all, key)?;
    let at = step.at();
    all.insert(
        key.to_owned(),
        StageStanding {
            case_id: case,
            state: "received".to_owned(),
            filed_at: at,
            accepted_at: None,
            ended_at: None,
            passed: false,
            results: Vec::new(),
        },
    );
    step.note(STAGES, &all);
    step.move_to("running");
    Ok(())
}

/// Whether a stage can be applied for now.
pub fn may_file(class: &Class, stages: &Stages, key: &str) -> Result<(), Refusal> {
    let Some(place) = class.stages.iter().position(|stage| stage.key == key) else {
        return Err(Refusal::invalid("stage", "这类项目没有这个阶段"));
    };
    let open = |standing: &StageStanding| standing.ended_at.is_none() || standing.passed;
    if stages.get(key).is_some_and(open) {
        return Err(Refusal::invalid("stage", "这个阶段已经申报"));
    }
    let before = &class.stages[..place];
    match before
        .iter()
        .find(|stage| !stages.get(&stage.key).is_some_and(|known| known.passed))
    {
        Some(missing) => Err(Refusal::invalid(
            "stage",
            format!("请先完成“{}”阶段", missing.name),
        )),
        None => Ok(()),
    }
}

fn stage_moved(
    step: &mut Step<'_>,
    class: &Class,
    key: &str,
    standing: &StageStanding,
) -> Result<(), Refusal> {
    let mut all = stages(step.case());
    match all.get(key) {
        Some(known) if known.case_id == standing.case_id && known != standing => {}
        _ => return Err(Refusal::invalid("stage", "这次变动已经记录")),
    }
    all.insert(key.to_owned(), standing.clone());
    step.note(STAGES, &all);
    run(step, class, &all)?;
    settle(step, class)
}

/// The whole project's clock counts while the administration has a stage in hand, and stands still between stages.
fn run(step: &mut Step<'_>, class: &Class, stages: &Stages) -> Result<(), Refusal> {
    let in_hand = stages
        .values()
        .any(|known| known.state == "accepted" && known.ended_at.is_none());
    let refused = |error: calendar::ClockError| Refusal::Clock(error.to_string());
    match step.case().open_clock(approval_clocks::PROMISED).cloned() {
        None if in_hand && step.case().clock(approval_clocks::PROMISED).is_none() => {
            let limit = Limit {
                n: class.days,
                unit: Unit::WorkingDay,
                basis: format!("{}审批全程承诺时限", class.name),
            };
            let mut terms = approval_clocks::deciding(approval_clocks::PROMISED, &limit);
            terms.pausable.push(PauseReason::SpecialLaw);
            let at = step.at();
            step.start_clock(terms, at);
        }
        Some(mut clock) if !in_hand && clock.open_pause().is_none() => {
            let notice = "阶段之间由建设单位准备下一阶段的申报，不计入审批时限";
            clock
                .pause(
                    step.at(),
                    PauseReason::SpecialLaw,
                    notice,
                    Length::working_days(1),
                )
                .map_err(refused)?;
            step.fact(Fact::ClockPaused { clock });
        }
        Some(mut clock) if in_hand && clock.open_pause().is_some() => {
            clock.resume(step.at()).map_err(refused)?;
            step.fact(Fact::ClockResumed { clock });
        }
        _ => {}
    }
    Ok(())
}

/// Between stages it waits for the applicant; over when every stage has passed and what was asked for is connected.
fn settle(step: &mut Step<'_>, class: &Class) -> Result<(), Refusal> {
    let all = stages(step.case());
    let passed = class
        .stages
        .iter()
        .all(|stage| all.get(&stage.key).is_some_and(|known| known.passed));
    let connected = utilities(step.case())
        .values()
        .all(|utility| utility.connected_at.is_some());
    if passed && connected {
        step.decide("granted", "各阶段全部完成", "");
        step.close_all_clocks()?;
        step.close_tasks("stage_moved");
        step.move_to("done");
        step.close();
        return Ok(());
    }
    let open = all.values().any(|known| known.ended_at.is_none());
    if !open && !all.is_empty() && step.case().state == "running" {
        step.move_to("between");
    }
    Ok(())
}
