//! The JSON of the doors: wire types are a promise and differ from the domain's on purpose.

use std::collections::{BTreeMap, BTreeSet};

use approval::details::{CorrectionItem, Delivery, MaterialGiven};
use base::ids::CaseId;
use casework::Case;
use catalog::guided::Answers as Situation;
use catalog::model::{Form, Material};
use intake::api::wire::ClockJson;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::compose::Composed;
use crate::details::plan;
use crate::flow::state_label;
use crate::project;
use crate::project::rules::{Project, assessed, stages, utilities};
use crate::service::Act;
use crate::stage;

/// The one form and the one list, filled in.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewApplication {
    /// Answers to the one form, by its field keys.
    #[serde(default)]
    pub(super) answers: Map<String, Value>,
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub(super) materials: Vec<NewMaterial>,
    /// The first way all items offer if missing.
    pub(super) delivery: Option<DeliveryWord>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMaterial {
    /// Key in the one list.
    #[schemars(length(max = 64))]
    pub(super) key: String,
    /// Digests of files uploaded before.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub(super) files: Vec<String>,
    /// It will be brought on paper.
    #[serde(default)]
    pub(super) paper: bool,
    /// 告知承诺: a written promise stands in its place, where the item allows it.
    #[serde(default)]
    pub(super) promised: bool,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewBundle {
    /// Answers to the guided questions, by 基本编码 and key.
    #[serde(default)]
    pub(super) situations: BTreeMap<String, Situation>,
    /// 基本编码 of optional items that are left out.
    #[serde(default)]
    pub(super) without: BTreeSet<String>,
    pub(super) application: NewApplication,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCart {
    #[schemars(length(max = 20))]
    pub(super) items: Vec<NewCartItem>,
    pub(super) application: NewApplication,
}

/// Which items a basket holds.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CartForm {
    /// Once for each item.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub(super) item: Vec<String>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCartItem {
    #[schemars(with = "web::schema::Id")]
    pub(super) item_id: String,
    #[serde(default)]
    pub(super) situation: Situation,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewStage {
    pub(super) application: NewApplication,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum DeliveryWord {
    Window,
    Post,
    Electronic,
}

impl From<DeliveryWord> for Delivery {
    fn from(word: DeliveryWord) -> Delivery {
        match word {
            DeliveryWord::Window => Delivery::Window,
            DeliveryWord::Post => Delivery::Post,
            DeliveryWord::Electronic => Delivery::Electronic,
        }
    }
}

/// A person who says `paper` will bring it.
pub(super) fn without_files(named: &[NewMaterial]) -> Vec<MaterialGiven> {
    named
        .iter()
        .filter(|material| material.paper || material.promised)
        .map(|material| MaterialGiven {
            key: material.key.clone(),
            files: Vec::new(),
            paper: false,
            promised: material.promised,
        })
        .collect()
}

/// What a whole asks.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct CompositeJson {
    name: String,
    /// Working days of the whole; none where each item keeps its own.
    days: Option<u32>,
    items: Vec<CompositeItem>,
    form: Form,
    materials: Vec<Material>,
    delivery: Vec<DeliveryWord>,
    /// Matters on which bodies give an opinion.
    opinions: Vec<String>,
    /// Matters that an area assessment stands for.
    assessed: Vec<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
struct CompositeItem {
    #[schemars(with = "web::schema::Id")]
    item_id: String,
    base_code: String,
    name: String,
    body: String,
    optional: bool,
    /// Names of items whose result must be there first.
    after: Vec<String>,
    starts: u32,
    ends: u32,
}

impl CompositeJson {
    pub(super) fn of(composed: &Composed) -> CompositeJson {
        let item = &composed.published.item;
        let name = |place: &usize| composed.parts[*place].published.item.name.clone();
        CompositeJson {
            name: item.name.clone(),
            days: composed.days,
            items: composed
                .parts
                .iter()
                .map(|part| CompositeItem {
                    item_id: part.published.item_id.to_string(),
                    base_code: part.published.item.base_code.clone(),
                    name: part.published.item.name.clone(),
                    body: part.body.clone(),
                    optional: part.optional,
                    after: part.after.iter().map(name).collect(),
                    starts: part.starts,
                    ends: part.ends,
                })
                .collect(),
            form: item.form.clone(),
            materials: item.materials.clone(),
            delivery: intake::draft::deliveries(item)
                .into_iter()
                .map(|way| match way {
                    Delivery::Window => DeliveryWord::Window,
                    Delivery::Post => DeliveryWord::Post,
                    Delivery::Electronic => DeliveryWord::Electronic,
                })
                .collect(),
            opinions: composed.stage.as_ref().map_or_else(Vec::new, |stage| {
                stage.parts.iter().map(|part| part.title.clone()).collect()
            }),
            assessed: composed.stage.as_ref().map_or_else(Vec::new, |stage| {
                stage.assessed.iter().map(|one| one.0.clone()).collect()
            }),
        }
    }
}

/// A whole and its parts.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct WholeJson {
    #[schemars(with = "web::schema::Id")]
    case_id: String,
    case_no: String,
    version: i64,
    /// bundle, cart, stage
    variety: String,
    title: String,
    state: String,
    state_label: String,
    outcome: Option<String>,
    #[schemars(with = "web::schema::Instant")]
    opened_at: String,
    #[schemars(with = "Option<web::schema::Instant>")]
    closed_at: Option<String>,
    /// The one clock the applicant sees, and the law's beside it.
    clocks: Vec<ClockJson>,
    parts: Vec<PartJson>,
    opinions: Vec<OpinionJson>,
    /// What did not pass at the newest joint opinion.
    failed: Vec<String>,
    /// The joint visit of a stage, where one was arranged.
    visit: Option<VisitJson>,
}

/// One visit of all bodies.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct VisitJson {
    #[schemars(with = "web::schema::Day")]
    on: String,
    place: String,
    /// Who comes.
    bodies: Vec<String>,
    /// What was found; none before it took place.
    findings: Option<String>,
    /// Why it was called off, where it was.
    cancelled: Option<String>,
}

impl From<stage::Visit> for VisitJson {
    fn from(visit: stage::Visit) -> VisitJson {
        let said = |text: String| (!text.is_empty()).then_some(text);
        VisitJson {
            on: visit.on.to_string(),
            place: visit.place,
            bodies: visit.bodies,
            findings: said(visit.findings),
            cancelled: said(visit.cancelled),
        }
    }
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
struct PartJson {
    #[schemars(with = "web::schema::Id")]
    case_id: String,
    case_no: String,
    title: String,
    body: String,
    state: String,
    optional: bool,
    /// Parts whose result must be there first.
    after: Vec<String>,
    /// Keys of the opinions that must be in favour before it is granted.
    opinions: Vec<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
struct OpinionJson {
    key: String,
    title: String,
    body: String,
    awaited: bool,
    passed: Option<bool>,
    text: String,
}

impl WholeJson {
    pub(super) fn of(
        case: &Case,
        states: &BTreeMap<CaseId, String>,
        clocks: Vec<ClockJson>,
    ) -> WholeJson {
        let plan = plan(case);
        let opinions = stage::opinions(case);
        let lanes = plan.as_ref().map_or(&[][..], |plan| &plan.lanes);
        let asked = plan.as_ref().and_then(|plan| plan.stage.as_ref());
        WholeJson {
            case_id: case.id.to_string(),
            case_no: case.no.clone(),
            version: case.version,
            variety: plan
                .as_ref()
                .map_or_else(String::new, |plan| plan.variety.word().to_owned()),
            title: case.title.clone(),
            state: case.state.clone(),
            state_label: state_label(&case.state).to_owned(),
            outcome: case.outcome.as_ref().map(|outcome| outcome.code.clone()),
            opened_at: case.opened_at.to_string(),
            closed_at: case.closed_at.map(|at| at.to_string()),
            clocks,
            parts: lanes
                .iter()
                .map(|lane| PartJson {
                    case_id: lane.case_id.to_string(),
                    case_no: lane.case_no.clone(),
                    title: lane.title.clone(),
                    body: lane.body.clone(),
                    state: states.get(&lane.case_id).cloned().unwrap_or_default(),
                    optional: lane.optional,
                    after: lane.after.iter().map(CaseId::to_string).collect(),
                    opinions: lane.opinions.clone(),
                })
                .collect(),
            opinions: asked.map_or_else(Vec::new, |stage| {
                stage
                    .parts
                    .iter()
                    .map(|part| {
                        let said = opinions.get(&part.key);
                        OpinionJson {
                            key: part.key.clone(),
                            title: part.title.clone(),
                            body: part.body.clone(),
                            awaited: stage::is_awaited(case, &part.key),
                            passed: said.map(|opinion| opinion.passed),
                            text: said.map(|opinion| opinion.text.clone()).unwrap_or_default(),
                        }
                    })
                    .collect()
            }),
            failed: stage::conclusions(case)
                .pop()
                .map(|last| last.failed)
                .unwrap_or_default(),
            visit: stage::visit(case).map(VisitJson::from),
        }
    }
}

/// An act on a whole.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAct {
    /// The version that was seen; another act meanwhile is then a conflict.
    pub(super) version: Option<i64>,
    pub(super) act: ActJson,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "command")]
pub(super) enum ActJson {
    Accept {
        #[serde(default)]
        remark: String,
    },
    RequestCorrection {
        #[schemars(length(max = 50))]
        items: Vec<AskedJson>,
    },
    Extend {
        days: u32,
        approver: String,
        reason: String,
    },
    ArrangeVisit {
        #[schemars(with = "web::schema::Day")]
        on: jiff::civil::Date,
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
        #[serde(default)]
        text: String,
    },
    Conclude {
        #[serde(default)]
        text: String,
    },
    AskAgain {
        remark: String,
    },
    Deliver {
        method: DeliveryWord,
        #[serde(default)]
        receiver: String,
        #[serde(default)]
        tracking: String,
    },
    Withdraw {
        #[serde(default)]
        reason: String,
    },
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AskedJson {
    /// Key in the one list of materials.
    material: String,
    what: String,
}

impl From<NewAct> for Act {
    fn from(new: NewAct) -> Act {
        match new.act {
            ActJson::Accept { remark } => Act::Accept { remark },
            ActJson::RequestCorrection { items } => Act::RequestCorrection {
                items: items
                    .into_iter()
                    .map(|item| CorrectionItem {
                        material: item.material,
                        what: item.what,
                    })
                    .collect(),
            },
            ActJson::Extend {
                days,
                approver,
                reason,
            } => Act::Extend {
                days,
                approver,
                reason,
            },
            ActJson::ArrangeVisit { on, place } => {
                Act::Stage(stage::Command::ArrangeVisit { on, place })
            }
            ActJson::RecordVisit { findings } => {
                Act::Stage(stage::Command::RecordVisit { findings })
            }
            ActJson::CancelVisit { reason } => Act::Stage(stage::Command::CancelVisit { reason }),
            ActJson::GiveOpinion { part, passed, text } => {
                Act::Stage(stage::Command::GiveOpinion { part, passed, text })
            }
            ActJson::Conclude { text } => Act::Stage(stage::Command::Conclude {
                doc_no: String::new(),
                text,
            }),
            ActJson::AskAgain { remark } => Act::Stage(stage::Command::AskAgain { remark }),
            ActJson::Deliver {
                method,
                receiver,
                tracking,
            } => Act::Deliver {
                method: method.into(),
                receiver,
                tracking,
            },
            ActJson::Withdraw { reason } => Act::Withdraw { reason },
        }
    }
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewProject {
    /// 投资项目代码, e.g. 2604-990100-04-01-123456
    #[schemars(length(max = 40))]
    code: String,
    #[schemars(length(max = 200))]
    name: String,
    /// Key of its class.
    #[schemars(length(max = 40))]
    class: String,
    #[schemars(length(max = 400))]
    site: String,
    /// 总投资, 分.
    investment_fen: i64,
}

impl From<NewProject> for Project {
    fn from(new: NewProject) -> Project {
        Project {
            code: new.code,
            name: new.name,
            class: new.class,
            site: new.site,
            investment_fen: new.investment_fen,
        }
    }
}

/// A project and its stages.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct ProjectJson {
    #[schemars(with = "web::schema::Id")]
    case_id: String,
    version: i64,
    code: String,
    name: String,
    class: String,
    state: String,
    state_label: String,
    /// The clock of the whole project.
    clocks: Vec<ClockJson>,
    stages: Vec<StageJson>,
    /// Area assessments in use.
    assessments: Vec<String>,
    utilities: Vec<UtilityJson>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
struct StageJson {
    key: String,
    name: String,
    days: u32,
    #[schemars(with = "Option<web::schema::Id>")]
    case_id: Option<String>,
    state: Option<String>,
    passed: bool,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
struct UtilityJson {
    key: String,
    name: String,
    #[schemars(with = "Option<web::schema::Instant>")]
    connected_at: Option<String>,
}

impl ProjectJson {
    pub(super) fn of(case: &Case, clocks: Vec<ClockJson>) -> ProjectJson {
        let about = project::rules::project(case);
        let class = about
            .as_ref()
            .and_then(|about| project::classes::shipped().class(&about.class));
        let known = stages(case);
        ProjectJson {
            case_id: case.id.to_string(),
            version: case.version,
            code: about
                .as_ref()
                .map(|about| about.code.clone())
                .unwrap_or_default(),
            name: case.title.clone(),
            class: about.map(|about| about.class).unwrap_or_default(),
            state: case.state.clone(),
            state_label: project::flow::state_label(&case.state).to_owned(),
            clocks,
            stages: class.map_or_else(Vec::new, |class| {
                class
                    .stages
                    .iter()
                    .map(|stage| {
                        let standing = known.get(&stage.key);
                        StageJson {
                            key: stage.key.clone(),
                            name: stage.name.clone(),
                            days: stage.days,
                            case_id: standing.map(|one| one.case_id.to_string()),
                            state: standing.map(|one| one.state.clone()),
                            passed: standing.is_some_and(|one| one.passed),
                        }
                    })
                    .collect()
            }),
            assessments: assessed(case).into_values().map(|one| one.name).collect(),
            utilities: utilities(case)
                .into_iter()
                .map(|(key, one)| UtilityJson {
                    key,
                    name: one.name,
                    connected_at: one.connected_at.map(|at| at.to_string()),
                })
                .collect(),
        }
    }
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewProjectAct {
    pub(super) version: Option<i64>,
    pub(super) act: ProjectActJson,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "command")]
pub(super) enum ProjectActJson {
    UseAssessment { key: String, document: String },
    AskUtility { key: String, need: String },
    ConnectUtility { key: String, note: String },
    Stop { reason: String },
}

impl From<NewProjectAct> for project::Act {
    fn from(new: NewProjectAct) -> project::Act {
        match new.act {
            ProjectActJson::UseAssessment { key, document } => {
                project::Act::UseAssessment { key, document }
            }
            ProjectActJson::AskUtility { key, need } => project::Act::AskUtility { key, need },
            ProjectActJson::ConnectUtility { key, note } => {
                project::Act::ConnectUtility { key, note }
            }
            ProjectActJson::Stop { reason } => project::Act::Stop { reason },
        }
    }
}
