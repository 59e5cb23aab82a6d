//! 轮到谁: what of an open case waits for its applicant, and by when. One answer for the list of cases, the front page
//! and programs.
//!
//! To add one: a variant of [`What`] with its words, its place in [`of`], and its state or clock in [`waiting`], by
//! which whole lists are narrowed without reading every case.

use approval::details::{self, Delivery};
use approval::{aftercheck, clocks};
use calendar::Calendar;
use cases::mine::Waiting;
use casework::Case;
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;
use ui::Page;

use crate::messages::tell;
use crate::pages::{awaited, may_ask_hearing};

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// 补正
    Correct,
    /// 容缺: 补交承诺的材料
    SupplyGap,
    /// 要求或者放弃听证
    AskHearing,
    /// 承诺不实: 责令限期整改
    PutRight,
    /// 拟撤销、拟注销: 陈述申辩
    Answer,
    /// 撤销前的听证
    AttendHearing,
    /// 到窗口领取结果
    Collect,
    /// 结果正在送达，没有要做的
    Delivery,
}

/// What is waited for, and the last day for it where there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    pub what: What,
    pub until: Option<Date>,
}

/// By which cases are chosen that wait for their applicant.
pub fn waiting(now: Timestamp) -> Waiting {
    Waiting {
        states: &[
            "correcting",
            "granted",
            "refused",
            "proposed",
            "hearing",
            "ordered",
        ],
        clocks: &[clocks::GAP, clocks::HEARING_REQUEST],
        now,
    }
}

/// What an open case waits for; none while it is with an office, and once it is closed.
pub fn of(case: &Case, calendar: &Calendar, now: Timestamp) -> Option<Turn> {
    if !case.is_open() {
        return None;
    }
    let until = |kind: &str| tell::due(case, kind, calendar);
    let turn = |what, until| Some(Turn { what, until });
    match case.state.as_str() {
        "correcting" => turn(What::Correct, until(clocks::CORRECTION)),
        "accepted" => {
            let in_time = || {
                case.open_clock(clocks::GAP)
                    .and_then(|clock| clocks::due_at(clock, calendar))
                    .is_some_and(|due| now < due)
            };
            if awaited(case).is_some() && in_time() {
                return turn(What::SupplyGap, until(clocks::GAP));
            }
            let asks = may_ask_hearing(case, calendar, now)
                && case.open_clock(clocks::HEARING_REQUEST).is_some();
            asks.then(|| Turn {
                what: What::AskHearing,
                until: until(clocks::HEARING_REQUEST),
            })
        }
        "ordered" => turn(What::PutRight, until(aftercheck::RECTIFY_CLOCK)),
        "proposed" => turn(What::Answer, until(clocks::ENDING_STATEMENT)),
        "hearing" => turn(What::AttendHearing, until(clocks::ENDING_HEARING)),
        "granted" | "refused" => match details::delivery_wish(case) {
            Delivery::Window => turn(What::Collect, None),
            Delivery::Post | Delivery::Electronic => turn(What::Delivery, until(clocks::DELIVERY)),
        },
        _ => None,
    }
}

impl Turn {
    /// Whether there is something to be done, and not only something on its way.
    pub fn is_theirs(&self) -> bool {
        self.what != What::Delivery
    }

    /// What to do, by when.
    pub fn words(&self, page: &Page) -> String {
        let (dated, plain) = match self.what {
            What::Correct => (
                "缺的内容已经一次说清，请在{date}前补齐",
                "缺的内容已经一次说清，补齐后重新开始计算时限",
            ),
            What::SupplyGap => ("请在{date}前补交承诺的材料", "请补交承诺的材料"),
            What::AskHearing => ("您有权要求听证，最迟{date}提出", "您有权要求听证"),
            What::PutRight => (
                "核查发现与承诺不一致，请在{date}前整改",
                "核查发现与承诺不一致，请按通知书整改",
            ),
            What::Answer => (
                "您的证照可能被撤销，请在{date}前陈述申辩",
                "您的证照可能被撤销或者注销，可以陈述申辩",
            ),
            What::AttendHearing => ("最迟{date}举行听证", "等待举行听证"),
            What::Collect => ("", "请带身份证件到窗口领取结果"),
            What::Delivery => ("结果最迟{date}送达", "结果正在送达"),
        };
        match self.until {
            Some(until) if !dated.is_empty() => page.t1(dated, "date", page.date_short(until)),
            _ => page.t(plain).to_owned(),
        }
    }

    /// Where it is done and what the button says; none where there is nothing to press.
    pub fn act(&self, page: &Page, case: &Case) -> Option<(String, String)> {
        let (address, words) = match self.what {
            What::Correct => (format!("/cases/{}/correction", case.id), "开始补正"),
            What::SupplyGap => (format!("/cases/{}/gap", case.id), "开始补交"),
            What::AskHearing => (format!("/cases/{}/hearing", case.id), "要求或者放弃听证"),
            What::PutRight => (format!("/checks/{}/order", case.id), "查看整改通知书"),
            What::Answer => (format!("/cases/{}", case.id), "查看和陈述申辩"),
            What::AttendHearing => (format!("/cases/{}", case.id), "查看听证"),
            What::Collect => (format!("/cases/{}", case.id), "看到哪里领取"),
            What::Delivery => return None,
        };
        Some((address, page.t(words).to_owned()))
    }
}
