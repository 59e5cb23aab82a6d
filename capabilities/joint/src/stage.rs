//! A stage of a construction project: what several bodies look at together, and the one opinion that comes of it.
//!
//! 滨州市工程建设项目并联审批管理规定第十四条: where two or more bodies need to see the site, the leading body arranges
//! one visit. 第十八条: one joint acceptance, one opinion. What did not pass is listed, and only that is looked at again.

use std::collections::{BTreeMap, BTreeSet};

use base::ids::{CaseId, OrgId};
use casework::{Actor, Case, Permission, Refusal, Scope, Step, case::Duty};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::details::Plan;
use crate::rules::{needed, text};

/// Key of [`Opinions`].
pub const OPINIONS: &str = "opinions";
/// Key of a [`Visit`].
pub const VISIT: &str = "visit";
/// Key of a list of [`Conclusion`].
pub const CONCLUSIONS: &str = "conclusions";
/// Rounds of one joint acceptance.
const ROUNDS_MAX: usize = 20;

/// What belongs to a stage beside its approvals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    pub project: CaseId,
    pub project_code: String,
    pub project_name: String,
    /// What several bodies look at: 联合审图, 联合验收.
    pub parts: Vec<Part>,
    /// Matters left out because an area assessment stands for them: matter and assessment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assessed: Vec<(String, String)>,
}

/// One matter that a body gives its opinion on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub key: String,
    /// e.g. 消防验收
    pub title: String,
    pub org: OrgId,
    pub body: String,
}

/// The newest opinion on each part.
pub type Opinions = BTreeMap<String, Opinion>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    pub passed: bool,
    pub text: String,
    pub by: String,
    pub at: Timestamp,
}

/// 联合踏勘.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    pub on: Date,
    pub place: String,
    /// Who comes: every body that takes part in the stage.
    pub bodies: Vec<String>,
    pub arranged_at: Timestamp,
    /// Empty until it took place.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub findings: String,
    /// Why nobody comes after all; empty where that was not said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cancelled: String,
}

impl Visit {
    /// Whether it was neither held nor cancelled.
    pub fn is_awaited(&self) -> bool {
        self.findings.is_empty() && self.cancelled.is_empty()
    }
}

/// 综合意见: one for all parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conclusion {
    pub passed: bool,
    pub doc_no: String,
    pub text: String,
    /// Titles of the parts that did not pass.
    pub failed: Vec<String>,
    pub at: Timestamp,
}

/// What can be done with a stage beyond what can be done with any whole.
#[derive(Clone, Debug)]
pub enum Command {
    ArrangeVisit {
        on: Date,
        place: String,
    },
    RecordVisit {
        findings: String,
    },
    CancelVisit {
        reason: String,
    },
    GiveOpinion {
        part: String,
        passed: bool,
        text: String,
    },
    Conclude {
        doc_no: String,
        text: String,
    },
    /// 申请复验.
    AskAgain {
        remark: String,
    },
}

impl Command {
    pub fn word(&self) -> &'static str {
        match self {
            Command::ArrangeVisit { .. } => "arrange_visit",
            Command::RecordVisit { .. } => "record_visit",
            Command::CancelVisit { .. } => "cancel_visit",
            Command::GiveOpinion { .. } => "give_opinion",
            Command::Conclude { .. } => "conclude",
            Command::AskAgain { .. } => "ask_again",
        }
    }
}

pub fn opinions(case: &Case) -> Opinions {
    case.detail(OPINIONS).unwrap_or_default()
}

pub fn visit(case: &Case) -> Option<Visit> {
    case.detail(VISIT)
}

/// The visit that was arranged and neither held nor cancelled: the stage does not end before it.
pub fn awaited_visit(case: &Case) -> Option<Visit> {
    visit(case).filter(Visit::is_awaited)
}

pub fn conclusions(case: &Case) -> Vec<Conclusion> {
    case.detail(CONCLUSIONS).unwrap_or_default()
}

/// The kind of the task of one part.
pub fn task(part: &str) -> String {
    format!("give_opinion:{part}")
}

/// Parts whose newest opinion is against.
pub fn failed<'a>(stage: &'a Stage, opinions: &Opinions) -> Vec<&'a Part> {
    stage
        .parts
        .iter()
        .filter(|part| {
            opinions
                .get(&part.key)
                .is_some_and(|opinion| !opinion.passed)
        })
        .collect()
}

/// Parts nobody has said anything about, or not since they failed.
pub fn is_awaited(case: &Case, part: &str) -> bool {
    case.task(&task(part)).is_some()
}

/// Asks every body named for its opinion.
pub(crate) fn open_tasks<'a>(
    step: &mut Step<'_>,
    parts: impl IntoIterator<Item = &'a Part>,
    clock: Option<&str>,
) {
    for part in parts {
        let duty = Duty::Staff {
            permission: Permission::Decide,
            org: part.org,
            region: step.case().region.clone(),
        };
        step.open_task(&task(&part.key), duty, clock);
    }
}

/// The one opinion is due when every part has been looked at.
pub(crate) fn is_ready(case: &Case, stage: &Stage) -> bool {
    let known = opinions(case);
    stage
        .parts
        .iter()
        .all(|part| known.contains_key(&part.key) && !is_awaited(case, &part.key))
}

pub(crate) fn arrange_visit(
    step: &mut Step<'_>,
    plan: &Plan,
    on: Date,
    place: &str,
) -> Result<(), Refusal> {
    let stage = stage_of(plan)?;
    let bodies: BTreeSet<String> = plan
        .lanes
        .iter()
        .map(|lane| lane.body.clone())
        .chain(stage.parts.iter().map(|part| part.body.clone()))
        .collect();
    if awaited_visit(step.case()).is_some() {
        return Err(Refusal::invalid(
            "on",
            "已经安排了一次联合踏勘，请先记录结果或者取消；一个阶段只组织一次，避免重复上门",
        ));
    }
    if on < calendar::civil_date(step.at()) {
        return Err(Refusal::invalid("on", "踏勘日期不能早于今天"));
    }
    let visit = Visit {
        on,
        place: needed("place", place, "请写明踏勘地点")?,
        bodies: bodies.into_iter().collect(),
        arranged_at: step.at(),
        findings: String::new(),
        cancelled: String::new(),
    };
    step.note(VISIT, &visit);
    Ok(())
}

pub(crate) fn record_visit(step: &mut Step<'_>, findings: &str) -> Result<(), Refusal> {
    let Some(mut arranged) = awaited_visit(step.case()) else {
        return Err(Refusal::invalid("findings", "还没有安排联合踏勘"));
    };
    if calendar::civil_date(step.at()) < arranged.on {
        return Err(Refusal::invalid("findings", "还没有到踏勘日期"));
    }
    arranged.findings = needed("findings", findings, "请写明踏勘情况")?;
    step.note(VISIT, &arranged);
    step.close_task("record_visit", "record_visit");
    Ok(())
}

pub(crate) fn cancel_visit(step: &mut Step<'_>, reason: &str) -> Result<(), Refusal> {
    let Some(mut arranged) = awaited_visit(step.case()) else {
        return Err(Refusal::invalid("reason", "没有还没进行的联合踏勘"));
    };
    arranged.cancelled = needed("reason", reason, "请写明取消踏勘的原因")?;
    step.remark(&arranged.cancelled);
    step.note(VISIT, &arranged);
    step.close_task("record_visit", "cancel_visit");
    Ok(())
}

pub(crate) fn give_opinion(
    step: &mut Step<'_>,
    actor: &Actor,
    plan: &Plan,
    part: &str,
    passed: bool,
    words: &str,
) -> Result<(), Refusal> {
    let stage = stage_of(plan)?;
    let Some(part) = stage.parts.iter().find(|known| known.key == part) else {
        return Err(Refusal::invalid("part", "这个阶段没有这个分项"));
    };
    // Each body answers for its own part; the leading body does not answer for others.
    let scope = Scope {
        region: &step.case().region.clone(),
        org: Some(part.org),
    };
    if !actor.may(Permission::Decide, &scope) {
        return Err(Refusal::NotAllowed {
            actor: actor.name().to_owned(),
            command: "give_opinion".to_owned(),
        });
    }
    let Some(task) = step.case().task(&task(&part.key)).map(|task| task.no) else {
        return Err(Refusal::invalid(
            "part",
            format!(
                "“{}”已经提出意见；没有通过的，整改后由申请人申请复验",
                part.title
            ),
        ));
    };
    let opinion = Opinion {
        passed,
        text: if passed {
            text("text", words)?
        } else {
            needed("text", words, "不通过的，请写明问题和整改要求")?
        },
        by: actor.name().to_owned(),
        at: step.at(),
    };
    let said = if opinion.passed {
        "通过"
    } else {
        "不通过"
    };
    let remark = match opinion.text.as_str() {
        "" => format!("{}：{said}", part.title),
        text => format!("{}：{said}。{text}", part.title),
    };
    step.remark(&remark);
    step.fact(casework::Fact::TaskClosed {
        no: task,
        result: "give_opinion".to_owned(),
    });
    let mut all = opinions(step.case());
    all.insert(part.key.clone(), opinion);
    step.note(OPINIONS, &all);
    Ok(())
}

/// The one opinion; whether everything passed.
pub(crate) fn conclude(
    step: &mut Step<'_>,
    plan: &Plan,
    doc_no: &str,
    words: &str,
) -> Result<bool, Refusal> {
    let stage = stage_of(plan)?;
    if let Some(visit) = awaited_visit(step.case()) {
        return Err(Refusal::invalid(
            "text",
            format!(
                "{}的联合踏勘还没有记录结果：踏勘后请先记录结果，不再踏勘的请先取消并写明原因，再出具综合意见",
                visit.on
            ),
        ));
    }
    if let Some(missing) = stage
        .parts
        .iter()
        .find(|part| is_awaited(step.case(), &part.key))
    {
        return Err(Refusal::invalid(
            "text",
            format!("“{}”还没有提出意见，不能出具综合意见", missing.title),
        ));
    }
    if step.case().task("conclude").is_none() {
        return Err(Refusal::invalid(
            "text",
            "还有审批事项没有办结，不能出具综合意见",
        ));
    }
    let known = opinions(step.case());
    let failed: Vec<String> = failed(stage, &known)
        .into_iter()
        .map(|part| part.title.clone())
        .collect();
    let mut all = conclusions(step.case());
    if all.len() >= ROUNDS_MAX {
        return Err(Refusal::invalid("text", "复验次数过多，请撤回后重新申请"));
    }
    let passed = failed.is_empty();
    all.push(Conclusion {
        passed,
        doc_no: doc_no.to_owned(),
        text: text("text", words)?,
        failed,
        at: step.at(),
    });
    step.note(CONCLUSIONS, &all);
    Ok(passed)
}

pub(crate) fn stage_of(plan: &Plan) -> Result<&Stage, Refusal> {
    plan.stage
        .as_ref()
        .ok_or_else(|| Refusal::invalid("stage", "只有工程建设项目的审批阶段才有这一步"))
}
