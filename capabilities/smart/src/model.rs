//! What rules, facts, sources and verdicts are. Plain data; the rules about it stand in the modules that use it.

use std::collections::BTreeMap;

use base::crypto::{Digest, sm3};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Rules of one item, by its 基本编码.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    pub base_code: String,
    pub name: String,
    /// Why it checks what it checks.
    pub reason: String,
    pub facts: Vec<FactDef>,
    pub rules: Vec<Rule>,
    /// The opinion of a decision that grants.
    pub opinion: String,
    /// Law and article the decision rests on.
    pub legal_basis: String,
    /// Law and article that allows a refusal without a person; empty: never.
    #[serde(default)]
    pub refusal_basis: String,
    /// How many of a thousand automatic decisions a person checks again.
    #[serde(default = "sample_default")]
    pub sample_per_mille: u16,
}

fn sample_default() -> u16 {
    50
}

impl RuleSet {
    /// SM3 over the JSON text as it is stored.
    pub fn digest(&self) -> Digest {
        sm3(self.text().as_bytes())
    }

    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("a rule set is plain data")
    }
}

/// A typed value a rule may look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactDef {
    /// `[a-z][a-z0-9_]*`: what conditions call it.
    pub key: String,
    pub label: String,
    pub kind: Kind,
    /// Where it comes from; more than one must agree.
    pub from: Vec<Origin>,
    /// Hours after which an observation no longer counts for this use; 0: no limit.
    #[serde(default)]
    pub max_age_hours: u32,
    /// The least trusted source that counts.
    #[serde(default)]
    pub trust: Trust,
    /// Shown masked.
    #[serde(default)]
    pub personal: bool,
    /// What it is needed for, recorded with the call (个人信息保护法第六条).
    #[serde(default)]
    pub purpose: String,
    /// Law and article that allows asking (个人信息保护法第三十四条).
    #[serde(default)]
    pub legal_basis: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    #[default]
    Bool,
    Int,
    Text,
    /// `yyyy-mm-dd`.
    Date,
    /// Several texts.
    Texts,
}

impl Kind {
    pub fn label(self) -> &'static str {
        match self {
            Kind::Bool => "是否",
            Kind::Int => "整数",
            Kind::Text => "文字",
            Kind::Date => "日期",
            Kind::Texts => "多个文字",
        }
    }
}

/// Where a fact comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case", deny_unknown_fields)]
pub enum Origin {
    /// An answer of the form.
    Form { field: String },
    /// Whether a material was handed in.
    Material { key: String },
    /// What is registered of the applicant: `name`, `id_number`, `region`, `kind`.
    Applicant { field: String },
    /// A field of a source's record about a subject.
    Source {
        source: String,
        field: String,
        /// Whom it is about; the first that is named in the application.
        about: Vec<Subject>,
    },
    /// The date of birth in an identity number.
    BornOf { about: Vec<Subject> },
    /// Whole years from a date to the day of the application.
    YearsSince { fact: String },
    /// Days from a date to the day of the application; negative where it lies ahead.
    DaysSince { fact: String },
    /// The region where the item is exercised, without the zeros of a whole city or county.
    ItemRegion,
    /// How many cases of the same item about the subject this platform has open or has granted: registers learn of a
    /// decision later than the next application may come.
    Earlier {
        about: Vec<Subject>,
        /// Only what was applied for within so many days; 0: whenever.
        #[serde(default)]
        days: u32,
    },
}

/// Whose record is asked for: `applicant`, or `form:<field>` with an identity number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Subject {
    Applicant,
    Form(String),
}

impl TryFrom<String> for Subject {
    type Error = String;

    fn try_from(text: String) -> Result<Subject, String> {
        match text.split_once(':') {
            None if text == "applicant" => Ok(Subject::Applicant),
            Some(("form", field)) if !field.is_empty() => Ok(Subject::Form(field.to_owned())),
            _ => Err(format!("“{text}”不是核验对象，应为applicant或form:字段")),
        }
    }
}

impl From<Subject> for String {
    fn from(subject: Subject) -> String {
        match subject {
            Subject::Applicant => "applicant".to_owned(),
            Subject::Form(field) => format!("form:{field}"),
        }
    }
}

/// One condition that has to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub key: String,
    #[serde(default)]
    pub kind: RuleKind,
    pub name: String,
    /// CEL over the facts.
    pub when: String,
    /// What is told where it does not hold; no personal data.
    pub says: String,
    #[serde(default)]
    pub legal_basis: String,
    /// Where it does not hold: to a person, or refused where the set names the law that allows it.
    #[serde(default)]
    pub otherwise: Otherwise,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// 审查规则: form and materials.
    #[default]
    Review,
    /// 比对规则: against a source.
    Compare,
}

impl RuleKind {
    pub fn label(self) -> &'static str {
        match self {
            RuleKind::Review => "审查规则",
            RuleKind::Compare => "比对规则",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Otherwise {
    #[default]
    Person,
    Refuse,
}

/// 可信等级, the highest last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// Said by the applicant.
    #[default]
    D,
    /// Collected by others.
    C,
    /// Kept by a department for its own use.
    B,
    /// The register the law names.
    A,
}

impl Trust {
    pub fn label(self) -> &'static str {
        match self {
            Trust::A => "A 法定登记",
            Trust::B => "B 部门业务数据",
            Trust::C => "C 其他采集",
            Trust::D => "D 申请人填写",
        }
    }
}

/// A register and how it is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// `[a-z][a-z0-9_]*`.
    pub key: String,
    pub name: String,
    /// The department that keeps it.
    pub owner: String,
    pub trust: Trust,
    /// Base address of an HTTP source; empty: kept here.
    #[serde(default)]
    pub url: String,
    #[serde(default = "timeout_default")]
    pub timeout_ms: u32,
    /// Further tries after the first.
    #[serde(default = "retries_default")]
    pub retries: u8,
    /// Seconds an answer may be used again; 0: never.
    #[serde(default)]
    pub cache_s: u32,
    /// Failures in a row after which it is not asked for a while.
    #[serde(default = "breaker_failures_default")]
    pub breaker_failures: u8,
    /// How long it is not asked then.
    #[serde(default = "breaker_open_default")]
    pub breaker_open_s: u32,
    /// What its records hold.
    pub fields: BTreeMap<String, FieldDef>,
}

fn timeout_default() -> u32 {
    800
}
fn retries_default() -> u8 {
    2
}
fn breaker_failures_default() -> u8 {
    5
}
fn breaker_open_default() -> u32 {
    30
}

impl Source {
    pub fn local(&self) -> bool {
        self.url.is_empty()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldDef {
    pub label: String,
    pub kind: Kind,
}

/// One record of a source about a subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub fields: Map<String, Value>,
    /// When the register last saw it so.
    pub observed_at: Timestamp,
}

/// Why a source gave nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Failure {
    /// No answer in time.
    Slow,
    /// It could not be reached, or answered with an error.
    Down { detail: String },
    /// Not asked: it failed too often just now.
    Resting,
    /// An answer that is none.
    Malformed { detail: String },
    /// No source of that name, or none that may be used.
    Unknown,
}

impl Failure {
    pub fn word(&self) -> &'static str {
        match self {
            Failure::Slow => "slow",
            Failure::Down { .. } => "down",
            Failure::Resting => "resting",
            Failure::Malformed { .. } => "malformed",
            Failure::Unknown => "unknown",
        }
    }

    pub fn label(&self) -> &'static str {
        match self {
            Failure::Slow => "没有按时答复",
            Failure::Down { .. } => "无法连接或者答复错误",
            Failure::Resting => "连续失败，暂停调用",
            Failure::Malformed { .. } => "答复的格式不对",
            Failure::Unknown => "数据源没有登记",
        }
    }
}

/// What a source said about a subject, as it is kept: only the fields that were asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub source: String,
    pub source_name: String,
    pub trust: Trust,
    pub about: Subject,
    pub fetched_at: Timestamp,
    pub answer: Result<Vec<Record>, Failure>,
}

/// Everything an evaluation stands on; evaluating it again gives the same verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    pub at: Timestamp,
    pub region: String,
    pub applicant: ApplicantFacts,
    /// Answers of the form that facts or subjects name.
    pub form: Map<String, Value>,
    /// Materials that facts name, and whether they were handed in.
    pub materials: BTreeMap<String, bool>,
    pub told: Vec<Told>,
    /// Earlier cases of the same item, open or granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<EarlierCase>,
}

/// A case of the same item about the same subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierCase {
    pub about: Subject,
    pub case_no: String,
    pub at: Timestamp,
}

/// What is registered of whoever applies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicantFacts {
    pub kind: String,
    pub name: String,
    pub id_number: String,
    pub region: String,
}

/// A fact with its value and where it came from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Datum {
    pub key: String,
    pub state: State,
    pub value: Option<Value>,
    pub sightings: Vec<Sighting>,
}

/// One origin's value.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sighting {
    /// The source's key, `form`, `applicant`, `material`, `derived`.
    pub source: String,
    pub name: String,
    pub trust: Trust,
    pub observed_at: Option<Timestamp>,
    pub fetched_at: Option<Timestamp>,
    pub state: State,
    pub value: Option<Value>,
    /// What is wrong with it, without personal data.
    pub said: String,
}

/// Whether a fact is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Known,
    Missing,
    Stale,
    Conflict,
    Unavailable,
    Malformed,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            State::Known => "known",
            State::Missing => "missing",
            State::Stale => "stale",
            State::Conflict => "conflict",
            State::Unavailable => "unavailable",
            State::Malformed => "malformed",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            State::Known => "可用",
            State::Missing => "查无数据",
            State::Stale => "数据过期",
            State::Conflict => "数据矛盾",
            State::Unavailable => "数据源不可用",
            State::Malformed => "数据类型不对",
        }
    }
}

/// What the rules come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Grant,
    Refuse,
    Person,
}

impl Outcome {
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Grant => "grant",
            Outcome::Refuse => "refuse",
            Outcome::Person => "person",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Outcome::Grant => "符合条件，准予",
            Outcome::Refuse => "不符合条件",
            Outcome::Person => "转人工审查",
        }
    }

    pub fn from_word(word: &str) -> Option<Outcome> {
        [Outcome::Grant, Outcome::Refuse, Outcome::Person]
            .into_iter()
            .find(|outcome| outcome.word() == word)
    }
}

/// Verdict with its trace; holds no values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub outcome: Outcome,
    pub rules: Vec<RuleTrace>,
    /// How each fact stood.
    pub facts: Vec<FactTrace>,
    pub reasons: Vec<Reason>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleTrace {
    pub key: String,
    pub kind: RuleKind,
    pub name: String,
    pub when: String,
    pub legal_basis: String,
    pub result: Truth,
    /// Facts it looked at.
    pub facts: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactTrace {
    pub key: String,
    pub label: String,
    pub state: State,
    /// Names of the sources.
    pub sources: Vec<String>,
}

/// Kleene's three values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    True,
    False,
    Unknown,
}

impl Truth {
    pub fn label(self) -> &'static str {
        match self {
            Truth::True => "通过",
            Truth::False => "不通过",
            Truth::Unknown => "无法判断",
        }
    }
}

/// Why it went to a person, or was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// `rule:<key>`, `missing:<fact>`, `stale:<fact>` …: what reports count.
    pub code: String,
    /// For whoever reads it; no personal data.
    pub text: String,
}

/// How far the rules may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Off,
    /// 影子运行.
    Shadow,
    /// 人工秒批.
    Assist,
    /// 智能审批.
    Auto,
}

impl Mode {
    pub const ALL: [Mode; 4] = [Mode::Off, Mode::Shadow, Mode::Assist, Mode::Auto];

    pub fn word(self) -> &'static str {
        match self {
            Mode::Off => "off",
            Mode::Shadow => "shadow",
            Mode::Assist => "assist",
            Mode::Auto => "auto",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Mode::Off => "停用",
            Mode::Shadow => "影子运行",
            Mode::Assist => "人工秒批",
            Mode::Auto => "智能审批",
        }
    }

    pub fn from_word(word: &str) -> Option<Mode> {
        Mode::ALL.into_iter().find(|mode| mode.word() == word)
    }
}
