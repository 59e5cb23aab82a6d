//! The first thing on a case's page: whose turn it is, what to do, by when — or that there is nothing to do.

use approval::details::{self, Delivery};
use approval::special::hearing::Hearing;
use calendar::{Calendar, Clock};
use casework::Case;
use catalog::model::Published;
use jiff::Timestamp;
use jiff::civil::Date;
use ui::Page;

use super::special::{gap, hearing};
use crate::messages::tell;

/// What stands in the box.
pub(super) struct Now {
    /// Class beside `todo-box`: empty where it is the applicant's turn.
    pub(super) class: &'static str,
    pub(super) head: String,
    /// Large.
    pub(super) big: String,
    pub(super) under: String,
    pub(super) title: String,
    /// (what, more about it).
    pub(super) items: Vec<(String, String)>,
    pub(super) text: String,
    /// (address, words); empty where nothing is to be pressed.
    pub(super) button: (String, String),
}

/// The box of an open case; nothing once it is closed.
pub(super) fn of(
    page: &Page,
    case: &Case,
    published: &Published,
    calendar: &Calendar,
    now: Timestamp,
) -> Option<Now> {
    if !case.is_open() {
        return None;
    }
    if let Some(theirs) = special(page, case, calendar, now) {
        return Some(theirs);
    }
    if let Some(clock) = standing(case) {
        return paused(page, clock, calendar, now);
    }
    match case.state.as_str() {
        "correcting" => correcting(page, case, published),
        "granted" | "refused" => Some(match details::delivery_wish(case) {
            Delivery::Window => collect(page, case, published, calendar),
            Delivery::Post => waiting(
                page,
                tell::due(case, approval::clocks::DELIVERY, calendar),
                page.t("送到"),
                page.t("结果正在寄送，寄出后可以在这里看到邮件号。"),
            ),
            Delivery::Electronic => waiting(
                page,
                tell::due(case, approval::clocks::DELIVERY, calendar),
                page.t("送达"),
                page.t("结果会存入您的账户，到时会有消息。"),
            ),
        }),
        "received" => Some(waiting(
            page,
            tell::due(case, approval::clocks::NOTICE, calendar),
            page.t("告诉您是否受理"),
            page.t("正在审查材料。缺什么会一次说清；逾期没有告知的，自收到材料之日起即为受理。"),
        )),
        _ => Some(waiting(
            page,
            tell::deciding(case, calendar),
            page.t("作出决定"),
            page.t("正在审查和决定。有进展会发消息给您，不用来回打听。"),
        )),
    }
}

/// What the applicant may or has to do beside the straight road while the office goes on.
fn special(page: &Page, case: &Case, calendar: &Calendar, now: Timestamp) -> Option<Now> {
    let by = |until: Option<Date>| {
        until.map_or_else(String::new, |until| {
            page.t1("最迟{date}", "date", page.date_long(until))
        })
    };
    if let Some(missing) = gap::awaited(case) {
        let until = gap::until(case, calendar);
        return Some(Now {
            class: "",
            head: page.t("轮到您了").to_owned(),
            big: page.t("补交材料").to_owned(),
            under: by(until),
            title: page.t1("还有{n}项承诺补交的材料", "n", missing.len()),
            items: missing
                .into_iter()
                .map(|(_, name)| (name, String::new()))
                .collect(),
            text: page
                .t("已经容缺受理，正在审查。补齐前不作出准予的决定；逾期未补齐的，依法不予许可。")
                .to_owned(),
            button: (
                format!("/cases/{}/gap", case.id),
                page.t("开始补交").to_owned(),
            ),
        });
    }
    let known = approval::special::hearing::of(case)?;
    if let (Some(on), None, None) = (known.on, known.held_at, known.waived_at) {
        return Some(summoned(page, case, &known, on));
    }
    let asks = hearing::is_open(case, calendar, now) && known.requested_at.is_none();
    asks.then(|| Now {
        class: "",
        head: page.t("您可以选择").to_owned(),
        big: page.t("听证").to_owned(),
        under: by(hearing::until(case, calendar)),
        title: page.t("您有权要求听证").to_owned(),
        items: Vec::new(),
        text: page
            .t("期限届满或者您放弃以后才作出决定。逾期没有要求的，视为放弃。")
            .to_owned(),
        button: (
            format!("/cases/{}/hearing", case.id),
            page.t("要求或者放弃听证").to_owned(),
        ),
    })
}

/// The hearing to come to: when, where, under whom.
fn summoned(page: &Page, case: &Case, known: &Hearing, on: Date) -> Now {
    let items = [
        ("时间", &known.time),
        ("地点", &known.place),
        ("主持人", &known.officer),
    ];
    Now {
        class: "",
        head: page.t("请参加听证").to_owned(),
        big: page.date_short(on),
        under: page.date_long(on),
        title: page.t("听证的时间和地点").to_owned(),
        items: items
            .into_iter()
            .map(|(label, value)| (page.t(label).to_owned(), value.clone()))
            .collect(),
        text: page
            .t("听证公开举行，可以委托代理人参加。这段时间依法不计入办理时限，决定根据听证笔录作出。")
            .to_owned(),
        button: (
            format!("/cases/{}/hearing", case.id),
            page.t("查看听证").to_owned(),
        ),
    }
}

/// The deciding clock that stands still, if one does.
pub(super) fn standing(case: &Case) -> Option<&Clock> {
    [approval::clocks::PROMISED, approval::clocks::STATUTORY]
        .into_iter()
        .find_map(|kind| {
            case.clocks.iter().rev().find(|clock| {
                clock.terms.kind == kind
                    && clock.closed_at.is_none()
                    && clock.open_pause().is_some()
            })
        })
}

/// Since when, why, for how long, and what is left when it goes on (行政许可法第四十五条).
fn paused(page: &Page, clock: &Clock, calendar: &Calendar, now: Timestamp) -> Option<Now> {
    let pause = clock.open_pause()?;
    let since = calendar::civil_date(pause.from);
    let mut items = Vec::new();
    if !pause.notice.is_empty() {
        items.push((page.t("告知文书").to_owned(), pause.notice.clone()));
    }
    items.push((
        page.t("预计需要").to_owned(),
        ui::strip::length(page.lang, pause.expected),
    ));
    if let Ok(tally) = clock.tally(calendar, now) {
        let length = |n| {
            ui::strip::length(
                page.lang,
                calendar::Length {
                    n,
                    unit: tally.unit,
                },
            )
        };
        items.push((
            page.t("办理时限").to_owned(),
            page.tf(
                "已用{used}，还剩{left}",
                &[
                    ("used", length(tally.used).as_str()),
                    ("left", length(tally.left).as_str()),
                ],
            ),
        ));
    }
    Some(Now {
        class: "todo-hold",
        head: page.t("停止计时").to_owned(),
        big: page.date_short(since),
        under: page.t1("起，因为{reason}", "reason", page.t(pause.reason.name())),
        title: page.t("现在不用您做什么").to_owned(),
        items,
        text: page
            .t("这段时间依法不计入办理时限。结束后接着算，新的到期日会发消息告诉您。")
            .to_owned(),
        button: (String::new(), String::new()),
    })
}

fn correcting(page: &Page, case: &Case, published: &Published) -> Option<Now> {
    let letter = details::correction(case)?;
    let name = |key: &str| {
        published
            .item
            .materials
            .iter()
            .find(|material| material.key == key)
            .map_or_else(
                || page.t("申请表").to_owned(),
                |material| material.name.clone(),
            )
    };
    Some(Now {
        class: "",
        head: page.t("轮到您了").to_owned(),
        big: page.t(approval::flow::state_label(&case.state)).to_owned(),
        under: page.t1(
            "{date}告知",
            "date",
            page.date_short(calendar::civil_date(letter.at)),
        ),
        title: page.t1("请补正{n}项内容", "n", letter.items.len()),
        items: letter
            .items
            .iter()
            .map(|item| (name(&item.material), item.what.clone()))
            .collect(),
        text: page
            .t("补齐后办理时限重新开始计算，缺的内容已经一次说清，不会再要求补别的。")
            .to_owned(),
        button: (
            format!("/cases/{}/correction", case.id),
            page.t("开始补正").to_owned(),
        ),
    })
}

fn collect(page: &Page, case: &Case, published: &Published, calendar: &Calendar) -> Now {
    let until = tell::due(case, approval::clocks::DELIVERY, calendar);
    Now {
        class: "",
        head: page.t("轮到您了").to_owned(),
        big: page.t("请领取").to_owned(),
        under: until
            .map(|until| page.t1("最迟{date}可以领到", "date", page.date_long(until)))
            .unwrap_or_default(),
        title: page.t("请到窗口领取结果").to_owned(),
        items: published
            .item
            .places
            .iter()
            .map(|place| {
                (
                    place.hall.clone(),
                    format!("{}　{}　{}", place.address, place.windows, place.hours),
                )
            })
            .collect(),
        text: page.t("请带身份证件和收件回执。").to_owned(),
        button: (String::new(), String::new()),
    }
}

fn waiting(page: &Page, due: Option<Date>, what: &str, text: &str) -> Now {
    Now {
        class: "todo-wait",
        head: if due.is_some() {
            page.t("最迟")
        } else {
            page.t("接下来")
        }
        .to_owned(),
        big: due.map_or_else(|| what.to_owned(), |due| page.date_short(due)),
        under: due
            .map(|due| {
                page.tf(
                    "{day}，{what}",
                    &[("day", page.date_long(due).as_str()), ("what", what)],
                )
            })
            .unwrap_or_default(),
        title: page.t("现在不用您做什么").to_owned(),
        items: Vec::new(),
        text: text.to_owned(),
        button: (String::new(), String::new()),
    }
}
