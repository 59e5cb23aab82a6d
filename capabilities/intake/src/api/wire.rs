//! The JSON of the API: wire types are a promise and differ from the domain's on purpose.

use approval::details::{self, Delivery};
use calendar::{Calendar, Clock, Deadline, Thresholds};
use casework::{Case, Channel};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::materials::FILES_MAX;
use crate::turn::What;

/// Materials named in one request.
pub(super) const MATERIALS_MAX: usize = 100;
/// Form answers in one request.
pub(super) const ANSWERS_MAX: usize = 200;

/// An application.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCase {
    /// The item applied for.
    #[schemars(with = "web::schema::Id")]
    pub item_id: String,
    /// 情形导办: answers to the item's guided questions, by their key; without them the whole item is asked for.
    #[serde(default)]
    pub situation: catalog::guided::Answers,
    /// Answers to the item's form, by field key; the schema is part of the item.
    #[serde(default)]
    pub answers: Map<String, Value>,
    #[serde(default)]
    #[schemars(length(max = MATERIALS_MAX))]
    pub materials: Vec<NewMaterial>,
    /// How the result is to reach the applicant; the item's first way if missing.
    pub delivery: Option<DeliveryWord>,
    /// For whom, when a window or another system files. A person files for themselves and leaves it out.
    pub applicant: Option<NewApplicant>,
    /// Through which channel it came; `web` for a person, `window` for staff if missing.
    pub channel: Option<ChannelWord>,
    /// 变更、延续、补证: the certificate it is to change, renew or replace.
    pub after: Option<approval::after::Ask>,
}

/// A material with its files.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMaterial {
    /// Key of the material in the item.
    #[schemars(length(max = 64))]
    pub key: String,
    /// Digests that uploading gave.
    #[serde(default)]
    #[schemars(length(max = FILES_MAX))]
    pub files: Vec<String>,
    /// Documents handed in before (我的材料), by their ids; for an applicant, and whoever acts for them.
    #[serde(default)]
    #[schemars(length(max = FILES_MAX))]
    pub documents: Vec<String>,
    /// A window: the applicant, who is present, agrees that the newest document they handed in before is used, or the
    /// certificate they hold where one stands for it. A person names `documents` instead.
    #[serde(default)]
    pub kept: bool,
    /// Staff: the paper was taken in. A person: the paper will be brought to a window.
    #[serde(default)]
    pub paper: bool,
    /// 告知承诺: a written promise stands in its place, where the item allows it.
    #[serde(default)]
    pub promised: bool,
}

/// Somebody known by an official number; registered if not known yet.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApplicant {
    pub kind: PartyWord,
    /// 姓名 or 名称, as on the document.
    #[schemars(length(max = 200))]
    pub name: String,
    /// 公民身份号码 or 统一社会信用代码.
    #[schemars(length(max = 64))]
    pub id_number: String,
    #[schemars(length(max = 64))]
    pub phone: Option<String>,
    #[schemars(length(max = 400))]
    pub address: Option<String>,
    /// 法定代表人 of a legal person.
    #[schemars(length(max = 200))]
    pub legal_representative: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartyWord {
    Person,
    Legal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryWord {
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

impl From<Delivery> for DeliveryWord {
    fn from(way: Delivery) -> DeliveryWord {
        match way {
            Delivery::Window => DeliveryWord::Window,
            Delivery::Post => DeliveryWord::Post,
            Delivery::Electronic => DeliveryWord::Electronic,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChannelWord {
    Window,
    Web,
    Mobile,
    Post,
    Other,
}

impl From<ChannelWord> for Channel {
    fn from(word: ChannelWord) -> Channel {
        match word {
            ChannelWord::Window => Channel::Window,
            ChannelWord::Web => Channel::Web,
            ChannelWord::Mobile => Channel::Mobile,
            ChannelWord::Post => Channel::Post,
            ChannelWord::Other => Channel::Other,
        }
    }
}

/// What is handed in after a correction notice.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCorrection {
    /// The version of the case that was seen; another act meanwhile is then a conflict.
    pub version: Option<i64>,
    /// The whole form again, where the notice asks for a change in it.
    pub answers: Option<Map<String, Value>>,
    #[serde(default)]
    #[schemars(length(max = MATERIALS_MAX))]
    pub materials: Vec<NewMaterial>,
    #[serde(default)]
    #[schemars(length(max = 2000))]
    pub remark: String,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWithdrawal {
    /// The version of the case that was seen.
    pub version: Option<i64>,
    #[serde(default)]
    #[schemars(length(max = 2000))]
    pub reason: String,
}

/// 告知承诺 of an item.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PromiseTermsJson {
    /// Keys of the materials that a written promise may take the place of.
    pub materials: Vec<String>,
    /// What is told: content, conditions, what follows from a false promise.
    pub told: Vec<String>,
    /// What is promised.
    pub promised: Vec<String>,
    /// Why the applicant may not promise; null where they may.
    pub barred: Option<String>,
}

/// What was promised when a case was accepted with a gap.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGapSupply {
    /// The version of the case that was seen; another act meanwhile is then a conflict.
    pub version: Option<i64>,
    #[schemars(length(min = 1, max = MATERIALS_MAX))]
    pub materials: Vec<NewMaterial>,
}

/// A case that was just filed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FiledJson {
    #[serde(flatten)]
    pub case: CaseJson,
    /// 查询密码: with the case number it shows the progress to whoever has both.
    pub query_code: String,
}

/// A case.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CaseJson {
    #[schemars(with = "web::schema::Id")]
    pub case_id: String,
    /// 办件编号.
    pub case_no: String,
    /// Number of its last event; send it back with the next command.
    pub version: i64,
    pub state: String,
    /// The state's official term.
    pub state_label: String,
    pub title: String,
    #[schemars(with = "Option<web::schema::Id>")]
    pub item_id: Option<String>,
    #[schemars(with = "Option<web::schema::Id>")]
    pub item_version_id: Option<String>,
    pub region: String,
    #[schemars(with = "web::schema::Id")]
    pub org_id: String,
    #[schemars(with = "web::schema::Id")]
    pub applicant_id: String,
    pub applicant_name: String,
    pub channel: String,
    #[schemars(with = "web::schema::Instant")]
    pub opened_at: String,
    #[schemars(with = "Option<web::schema::Instant>")]
    pub closed_at: Option<String>,
    pub delivery: DeliveryWord,
    pub clocks: Vec<ClockJson>,
    pub materials: Vec<MaterialJson>,
    /// What a correction notice asks for, while it waits for an answer.
    pub correction: Vec<CorrectionJson>,
    /// 容缺受理: what was promised and is still to come.
    pub gap: Option<GapJson>,
    /// 听证: how far it has come; null where nobody has told of the right.
    pub hearing: Option<HearingJson>,
    /// 催办: when the applicant last reminded the office of what is open now.
    #[schemars(with = "Option<web::schema::Instant>")]
    pub urged_at: Option<String>,
    pub outcome: Option<OutcomeJson>,
    pub license_id: Option<String>,
}

/// 容缺受理.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct GapJson {
    /// Keys of the materials that are still missing.
    pub missing: Vec<String>,
    /// Last day to hand them in, in China.
    #[schemars(with = "Option<web::schema::Day>")]
    pub until: Option<String>,
    #[schemars(with = "Option<web::schema::Instant>")]
    pub completed_at: Option<String>,
    #[schemars(with = "Option<web::schema::Instant>")]
    pub lapsed_at: Option<String>,
}

/// 听证.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HearingJson {
    pub matter: String,
    /// Last day to ask for one, in China.
    #[schemars(with = "Option<web::schema::Day>")]
    pub until: Option<String>,
    #[schemars(with = "Option<web::schema::Instant>")]
    pub requested_at: Option<String>,
    #[schemars(with = "Option<web::schema::Instant>")]
    pub waived_at: Option<String>,
    /// The day it is held.
    #[schemars(with = "Option<web::schema::Day>")]
    pub on: Option<String>,
    pub time: String,
    pub place: String,
    pub record: String,
}

impl GapJson {
    fn of(case: &Case, calendar: &Calendar) -> Option<GapJson> {
        let gap = approval::special::gap::of(case).filter(|gap| gap.accepted_at.is_some())?;
        Some(GapJson {
            missing: crate::pages::awaited(case)
                .unwrap_or_default()
                .into_iter()
                .map(|(key, _)| key)
                .collect(),
            until: day(case, approval::clocks::GAP, calendar),
            completed_at: gap.completed_at.map(|at| at.to_string()),
            lapsed_at: gap.lapsed_at.map(|at| at.to_string()),
        })
    }
}

impl HearingJson {
    fn of(case: &Case, calendar: &Calendar) -> Option<HearingJson> {
        let hearing = approval::special::hearing::of(case)?;
        Some(HearingJson {
            matter: hearing.matter,
            until: day(case, approval::clocks::HEARING_REQUEST, calendar),
            requested_at: hearing.requested_at.map(|at| at.to_string()),
            waived_at: hearing.waived_at.map(|at| at.to_string()),
            on: hearing.on.map(|on| on.to_string()),
            time: hearing.time,
            place: hearing.place,
            record: hearing.record,
        })
    }
}

fn day(case: &Case, kind: &str, calendar: &Calendar) -> Option<String> {
    crate::messages::tell::due(case, kind, calendar).map(|day| day.to_string())
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ClockJson {
    /// `one_time_correction`, `statutory`, `promised` or `deliver`.
    pub kind: String,
    pub label: String,
    /// Law and article.
    pub basis: String,
    pub length: u32,
    pub unit: String,
    #[schemars(with = "web::schema::Instant")]
    pub started_at: String,
    /// Last day, in China; null while the clock stands still.
    #[schemars(with = "Option<web::schema::Day>")]
    pub due_date: Option<String>,
    #[schemars(with = "Option<web::schema::Instant>")]
    pub due_at: Option<String>,
    /// A year's holidays are not published yet: the date may move.
    pub provisional: bool,
    /// `ok`, `near`, `over`, `held` or `closed`.
    pub light: String,
    #[schemars(with = "Option<web::schema::Instant>")]
    pub closed_at: Option<String>,
    /// Of a closed clock, the version of the calendar its due date was judged by; null while it is open.
    pub judged_by: Option<String>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MaterialJson {
    pub key: String,
    pub paper: bool,
    /// 告知承诺: a written promise stands in its place.
    pub promised: bool,
    pub files: Vec<FileJson>,
}

/// A file; the digest is its name in every other request.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FileJson {
    pub digest: String,
    pub name: String,
    pub media_type: String,
    pub size: u64,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CorrectionJson {
    /// Key of the material; empty for something in the form.
    pub material: String,
    pub what: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OutcomeJson {
    pub code: String,
    pub reason: String,
    pub legal_basis: String,
    #[schemars(with = "web::schema::Instant")]
    pub at: String,
}

/// One line of 我的办件.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CaseLineJson {
    #[schemars(with = "web::schema::Id")]
    pub case_id: String,
    pub case_no: String,
    pub state: String,
    pub state_label: String,
    pub title: String,
    #[schemars(with = "web::schema::Instant")]
    pub opened_at: String,
    #[schemars(with = "Option<web::schema::Instant>")]
    pub closed_at: Option<String>,
    #[schemars(with = "Option<web::schema::Instant>")]
    pub due_at: Option<String>,
    pub outcome: Option<String>,
    /// What waits for the applicant; null while it is with an office, and once it is closed.
    pub awaits: Option<What>,
    /// Last day for it, in China.
    #[schemars(with = "Option<web::schema::Day>")]
    pub awaits_until: Option<String>,
}

/// A part of one's own cases, as the page shows them.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ViewWord {
    /// 等您办理或领取
    Waiting,
    /// 正在办理
    Running,
    /// 已经办结
    Done,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FilesJson {
    pub files: Vec<FileJson>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSession {
    #[schemars(length(max = 256))]
    pub login: String,
    #[schemars(length(max = 512))]
    pub password: String,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SessionJson {
    /// Send it as `Authorization: Bearer …`; it is shown only here.
    pub token: String,
    #[schemars(with = "web::schema::Instant")]
    pub expires_at: String,
    /// `person` or `staff`.
    pub kind: String,
    pub name: String,
    /// The password was given by an administrator and has to be changed on the sign-in page first.
    pub must_change_password: bool,
}

/// The query of 我的办件.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListMyCases {
    /// From the answer before.
    #[schemars(with = "Option<web::schema::Cursor>")]
    pub cursor: Option<String>,
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<u32>,
    /// All of them if missing.
    pub view: Option<ViewWord>,
}

/// The query of 消息.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListMyMessages {
    /// Only what is not read.
    pub unread: Option<bool>,
    /// From the answer before.
    #[schemars(with = "Option<web::schema::Cursor>")]
    pub cursor: Option<String>,
    #[schemars(range(min = 1, max = 100))]
    pub limit: Option<u32>,
}

/// A message to the applicant.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MessageJson {
    #[schemars(with = "web::schema::Id")]
    pub message_id: String,
    #[schemars(with = "web::schema::Id")]
    pub case_id: String,
    pub case_no: String,
    /// `received`, `correction_asked`, `accepted`, `not_accepted`, `paused`, `resumed`, `extended`, `due_moved`,
    /// `gap_asked`, `gap_ended`, `lapsed`, `hearing_right`, `hearing_called`, `hearing_held`, `deemed_granted`,
    /// `decided`, `collect`, `delivered`, `withdrawn`, `urged`, `rate`, `expiring`.
    pub kind: String,
    pub title: String,
    pub text: String,
    /// Title of the case.
    pub about: String,
    /// The applicant is expected to do something.
    pub your_turn: bool,
    #[schemars(with = "web::schema::Instant")]
    pub at: String,
    #[schemars(with = "Option<web::schema::Instant>")]
    pub read_at: Option<String>,
}

impl CaseJson {
    pub fn of(case: &Case, calendar: &Calendar, now: Timestamp) -> CaseJson {
        let about = details::about(case);
        let waiting = case.state == "correcting";
        CaseJson {
            case_id: case.id.to_string(),
            case_no: case.no.clone(),
            version: case.version,
            state: case.state.clone(),
            state_label: approval::flow::state_label(&case.state).to_owned(),
            title: case.title.clone(),
            item_id: about.as_ref().map(|about| about.item.to_string()),
            item_version_id: about.as_ref().map(|about| about.version.to_string()),
            region: case.region.clone(),
            org_id: case.org.to_string(),
            applicant_id: case.applicant.to_string(),
            applicant_name: case.applicant_name.clone(),
            channel: case.channel.word().to_owned(),
            opened_at: case.opened_at.to_string(),
            closed_at: case.closed_at.map(|at| at.to_string()),
            delivery: details::delivery_wish(case).into(),
            clocks: clocks(case, calendar, now),
            materials: details::materials(case)
                .into_iter()
                .map(|given| MaterialJson {
                    key: given.key,
                    paper: given.paper,
                    promised: given.promised,
                    files: given.files.into_iter().map(file_json).collect(),
                })
                .collect(),
            correction: details::correction(case)
                .filter(|_| waiting)
                .map(|letter| {
                    letter
                        .items
                        .into_iter()
                        .map(|item| CorrectionJson {
                            material: item.material,
                            what: item.what,
                        })
                        .collect()
                })
                .unwrap_or_default(),
            gap: GapJson::of(case, calendar),
            hearing: HearingJson::of(case, calendar),
            urged_at: approval::special::urging::of_applicant(case).map(|urge| urge.at.to_string()),
            outcome: case.outcome.as_ref().map(|outcome| OutcomeJson {
                code: outcome.code.clone(),
                reason: outcome.reason.clone(),
                legal_basis: outcome.legal_basis.clone(),
                at: outcome.at.to_string(),
            }),
            license_id: details::decision(case).and_then(|decision| decision.license_id),
        }
    }
}

pub(super) fn file_json(file: details::FileGiven) -> FileJson {
    FileJson {
        digest: file.digest,
        name: file.name,
        media_type: file.media_type,
        size: file.size,
    }
}

/// Every clock of a case, open or closed.
pub fn clocks(case: &Case, calendar: &Calendar, now: Timestamp) -> Vec<ClockJson> {
    case.clocks
        .iter()
        .map(|clock| clock_json(clock, calendar, now))
        .collect()
}

fn clock_json(clock: &Clock, calendar: &Calendar, now: Timestamp) -> ClockJson {
    let due = clock.due(calendar).ok().and_then(Deadline::due);
    let light = clock
        .light(calendar, now, &Thresholds::default())
        .ok()
        .and_then(|light| serde_json::to_value(light).ok())
        .and_then(|word| word.as_str().map(str::to_owned))
        .unwrap_or_default();
    ClockJson {
        kind: clock.terms.kind.clone(),
        label: approval::clocks::label(&clock.terms.kind).to_owned(),
        basis: clock.terms.basis.clone(),
        length: clock.length().n,
        unit: clock.length().unit.word().to_owned(),
        started_at: clock.start_at.to_string(),
        due_date: due.map(|due| due.date.to_string()),
        due_at: due.map(|due| due.at.to_string()),
        provisional: due.is_some_and(|due| due.provisional),
        light,
        closed_at: clock.closed_at.map(|at| at.to_string()),
        judged_by: clock.judged.as_ref().map(|judged| judged.calendar.clone()),
    }
}
