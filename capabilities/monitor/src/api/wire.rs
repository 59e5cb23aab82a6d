//! What travels as JSON.

use base::ids::OrgId;
use cases::alerts::Alert;
use cases::board::Watched;
use cases::list::Line;
use cases::queue::Counts;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::board::OrgFigures;
use crate::web::alerts::LevelWord;
use crate::words::{LightWord, Words};

/// How many open cases of each light.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FiguresJson {
    /// 超期
    pub over: i64,
    /// 快到期
    pub near: i64,
    /// 充裕
    pub ok: i64,
    /// 停止计时
    pub held: i64,
    pub total: i64,
}

impl From<Counts> for FiguresJson {
    fn from(counts: Counts) -> FiguresJson {
        FiguresJson {
            over: counts.over,
            near: counts.near,
            ok: counts.ok,
            held: counts.held,
            total: counts.total(),
        }
    }
}

/// The board of the caller's scope.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BoardJson {
    #[schemars(with = "web::schema::Instant")]
    pub as_of: Timestamp,
    pub total: FiguresJson,
    /// 超期最多的在前
    pub orgs: Vec<OrgJson>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OrgJson {
    #[schemars(with = "web::schema::Id")]
    pub org_id: String,
    pub name: String,
    pub figures: FiguresJson,
}

impl From<OrgFigures> for OrgJson {
    fn from(figures: OrgFigures) -> OrgJson {
        OrgJson {
            org_id: figures.org.to_string(),
            name: figures.name,
            figures: figures.counts.into(),
        }
    }
}

/// An open case and the clock it is watched by.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WatchedJson {
    #[schemars(with = "web::schema::Id")]
    pub case_id: String,
    pub case_no: String,
    pub title: String,
    pub applicant_name: String,
    pub state: String,
    pub state_label: String,
    #[schemars(with = "web::schema::Id")]
    pub org_id: String,
    pub region: String,
    pub light: LightWord,
    /// 时限种类
    pub clock: String,
    /// 到期时刻；停止计时时为空
    #[schemars(with = "Option<web::schema::Instant>")]
    pub due_at: Option<Timestamp>,
    /// 最后一日；停止计时时为空
    #[schemars(with = "Option<web::schema::Day>")]
    pub due_on: Option<jiff::civil::Date>,
    /// 节假日安排未公布，日期暂定
    pub provisional: bool,
}

impl WatchedJson {
    pub(crate) fn of(watched: Watched, now: Timestamp, words: &Words) -> WatchedJson {
        WatchedJson {
            case_id: watched.case_id.to_string(),
            case_no: watched.case_no,
            title: watched.title,
            applicant_name: watched.applicant_name,
            state_label: words.state(&watched.state).to_owned(),
            state: watched.state,
            org_id: watched.org.to_string(),
            region: watched.region,
            light: LightWord::of(watched.due_at, watched.near_at, now),
            clock: watched.clock,
            due_on: watched.due_at.map(ui::format::last_day),
            due_at: watched.due_at,
            provisional: watched.provisional,
        }
    }
}

/// 时限提醒
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AlertJson {
    pub(crate) level: LevelWord,
    /// 提醒的时刻
    #[schemars(with = "web::schema::Instant")]
    pub at: Timestamp,
    /// 应当提醒的时刻
    #[schemars(with = "web::schema::Instant")]
    pub fell_at: Timestamp,
    /// 时限种类
    pub clock: String,
    pub clock_label: String,
    #[schemars(with = "web::schema::Instant")]
    pub due_at: Timestamp,
    /// 最后一日
    #[schemars(with = "web::schema::Day")]
    pub due_on: jiff::civil::Date,
    #[schemars(with = "web::schema::Id")]
    pub case_id: String,
    pub case_no: String,
    pub title: String,
    pub state: String,
    #[schemars(with = "web::schema::Id")]
    pub org_id: String,
    pub region: String,
    /// 领办人
    #[schemars(with = "Option<web::schema::Id>")]
    pub staff_id: Option<String>,
}

impl AlertJson {
    pub(crate) fn of(alert: Alert, words: &Words) -> AlertJson {
        AlertJson {
            level: LevelWord::of(alert.level),
            at: alert.at,
            fell_at: alert.fell_at,
            clock_label: (words.clock)(&alert.kind).to_owned(),
            clock: alert.kind,
            due_on: ui::format::last_day(alert.due_at),
            due_at: alert.due_at,
            case_id: alert.case_id.to_string(),
            case_no: alert.case_no,
            title: alert.title,
            state: alert.state,
            org_id: alert.org.to_string(),
            region: alert.region,
            staff_id: alert.staff.map(|staff| staff.to_string()),
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListAlerts {
    /// 级别
    pub(crate) level: Option<LevelWord>,
    /// 上一页返回的 next
    #[schemars(with = "Option<web::schema::Cursor>")]
    pub(crate) cursor: Option<String>,
    /// 每页条数，1 至 100，默认 20
    #[schemars(range(min = 1, max = 100))]
    pub(crate) limit: Option<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeenBody {
    /// 看到的最近一条提醒的时刻
    #[schemars(with = "web::schema::Instant")]
    pub(crate) until: Timestamp,
}

/// A case of the caller's scope.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ScopeCaseJson {
    #[schemars(with = "web::schema::Id")]
    pub case_id: String,
    pub case_no: String,
    pub kind: String,
    pub state: String,
    pub state_label: String,
    pub title: String,
    pub applicant_name: String,
    #[schemars(with = "web::schema::Id")]
    pub org_id: String,
    pub region: String,
    pub channel: String,
    #[schemars(with = "web::schema::Instant")]
    pub opened_at: Timestamp,
    #[schemars(with = "Option<web::schema::Instant>")]
    pub closed_at: Option<Timestamp>,
    #[schemars(with = "Option<web::schema::Instant>")]
    pub due_at: Option<Timestamp>,
    pub outcome: Option<String>,
}

impl ScopeCaseJson {
    pub(crate) fn of(line: Line, words: &Words) -> ScopeCaseJson {
        ScopeCaseJson {
            case_id: line.case_id.to_string(),
            case_no: line.case_no,
            kind: line.kind,
            state_label: words.state(&line.state).to_owned(),
            state: line.state,
            title: line.title,
            applicant_name: line.applicant_name,
            org_id: line.org.to_string(),
            region: line.region,
            channel: line.channel,
            opened_at: line.opened_at,
            closed_at: line.closed_at,
            due_at: line.due_at,
            outcome: line.outcome,
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListBoardCases {
    /// 机构
    #[schemars(with = "Option<web::schema::Id>")]
    pub(crate) org: Option<OrgId>,
    /// 时限状态
    pub(crate) light: Option<LightWord>,
    /// 上一页返回的 next
    #[schemars(with = "Option<web::schema::Cursor>")]
    pub(crate) cursor: Option<String>,
    /// 每页条数，1 至 100，默认 20
    #[schemars(range(min = 1, max = 100))]
    pub(crate) limit: Option<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListCases {
    /// 机构
    #[schemars(with = "Option<web::schema::Id>")]
    pub(crate) org: Option<OrgId>,
    /// 状态，如 received、accepted、done
    pub(crate) state: Option<String>,
    /// 完整的办件编号
    pub(crate) case_no: Option<String>,
    /// 上一页返回的 next
    #[schemars(with = "Option<web::schema::Cursor>")]
    pub(crate) cursor: Option<String>,
    /// 每页条数，1 至 100，默认 20
    #[schemars(range(min = 1, max = 100))]
    pub(crate) limit: Option<u32>,
}
