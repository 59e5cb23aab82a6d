//! A message in the reader's language: what happened, who does what, by when.

use ui::Page;

use super::{Matter, Message};

/// A message as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    pub title: String,
    pub text: String,
    /// The applicant is expected to do something.
    pub your_turn: bool,
    /// Symbol beside the title.
    pub icon: &'static str,
    /// What its link says.
    pub link: String,
}

/// The words of a message.
pub fn of(page: &Page, message: &Message) -> Words {
    let (title, text) = title_and_text(page, &message.matter);
    let (icon, link) = match &message.matter {
        Matter::CorrectionAsked { .. } => ("alert", page.t("开始补正")),
        Matter::Collect { .. } => ("hall", page.t("看到哪里领取")),
        Matter::Rate => ("speak", page.t("评价这次服务")),
        Matter::GapAsked { .. } => ("alert", page.t("开始补交")),
        Matter::HearingRight { .. } => ("speak", page.t("要求或者放弃听证")),
        Matter::HearingCalled { .. } | Matter::HearingHeld => ("speak", page.t("查看听证")),
        Matter::EndingTold { .. } => ("alert", page.t("查看和陈述申辩")),
        Matter::CorrectionOrdered { .. } => ("alert", page.t("查看整改通知书")),
        Matter::PromiseBroken { .. } => ("alert", page.t("查看我的证照")),
        Matter::Offered { .. } => ("heart", page.t("查看和确认")),
        Matter::Expiring { .. } => ("card", page.t("办理延续")),
        Matter::Paused { .. } => ("pause", page.t("看时限是怎么算的")),
        Matter::Resumed { .. } | Matter::Extended { .. } | Matter::DueMoved { .. } => {
            ("clock", page.t("看时限是怎么算的"))
        }
        Matter::Decided { granted: true, .. } | Matter::DeemedGranted { .. } => {
            ("ok", page.t("查看结果"))
        }
        Matter::GapEnded { complete: true } => ("ok", page.t("查看进度")),
        Matter::GapEnded { .. } | Matter::Lapsed => ("alert", page.t("看理由和怎么办")),
        Matter::Decided { .. } | Matter::NotAccepted { .. } | Matter::EndingDecided { .. } => {
            ("doc", page.t("看理由和怎么办"))
        }
        Matter::Delivered { .. } => ("truck", page.t("查看结果")),
        Matter::Received { .. } | Matter::Accepted { .. } | Matter::Withdrawn | Matter::Urged => {
            ("case", page.t("查看进度"))
        }
    };
    Words {
        title,
        text,
        your_turn: matches!(
            message.matter,
            Matter::CorrectionAsked { .. }
                | Matter::GapAsked { .. }
                | Matter::HearingRight { .. }
                | Matter::Collect { .. }
                | Matter::CorrectionOrdered { .. }
                | Matter::Offered { .. }
                | Matter::Expiring { .. }
                | Matter::EndingTold { .. }
        ),
        icon,
        link: link.to_owned(),
    }
}

fn title_and_text(page: &Page, matter: &Matter) -> (String, String) {
    let plain = |title: &str, text: String| (title.to_owned(), text);
    match matter {
        Matter::Received { notice_due, again } => plain(
            if *again {
                page.t("补正材料收到了")
            } else {
                page.t("申请收到了")
            },
            match notice_due {
                Some(due) => page.t1(
                    "最迟{date}告诉您是否受理，缺什么会一次说清。",
                    "date",
                    page.date_long(*due),
                ),
                None => page
                    .t("审查后告诉您是否受理，缺什么会一次说清。")
                    .to_owned(),
            },
        ),
        Matter::CorrectionAsked { points } => (
            page.t1("请补正{n}项内容", "n", points),
            page.t("缺的内容已经一次说清。补齐后办理时限重新开始计算。")
                .to_owned(),
        ),
        Matter::Accepted { due, deemed } => plain(
            if *deemed {
                page.t("已经视为受理")
            } else {
                page.t("已经受理")
            },
            accepted(page, due.as_ref().map(|due| page.date_long(*due)), *deemed),
        ),
        Matter::NotAccepted { reason, agency } => {
            let mut text = page.t1("理由：{reason}", "reason", reason);
            if !agency.is_empty() {
                text.push('　');
                text.push_str(&page.t1("请向{agency}申请", "agency", agency));
            }
            plain(page.t("不予受理"), text)
        }
        Matter::Paused { .. }
        | Matter::Resumed { .. }
        | Matter::Extended { .. }
        | Matter::DueMoved { .. } => of_clock(page, matter),
        Matter::GapAsked { .. }
        | Matter::GapEnded { .. }
        | Matter::Lapsed
        | Matter::HearingRight { .. }
        | Matter::HearingCalled { .. }
        | Matter::HearingHeld
        | Matter::DeemedGranted { .. } => special(page, matter),
        Matter::Decided { granted, opinion } => plain(
            if *granted {
                page.t("准予许可")
            } else {
                page.t("不予许可")
            },
            if opinion.is_empty() {
                page.t("决定书可以在办件里查看和打印。").to_owned()
            } else {
                opinion.clone()
            },
        ),
        Matter::Collect { until } => plain(
            page.t("结果可以领取了"),
            match until {
                Some(until) => page.t1(
                    "请带身份证件和收件回执到窗口领取，最迟{date}前可以领到。",
                    "date",
                    page.date_long(*until),
                ),
                None => page.t("请带身份证件和收件回执到窗口领取。").to_owned(),
            },
        ),
        Matter::Delivered { by_post, tracking } => plain(
            page.t("结果已经送达"),
            match (by_post, tracking.is_empty()) {
                (true, false) => page.t1("邮件号{no}，签收时请核对姓名。", "no", tracking),
                (true, true) => page.t("结果已经寄出，签收时请核对姓名。").to_owned(),
                _ => page.t("结果已经交给您，可以在办件里查看。").to_owned(),
            },
        ),
        Matter::Withdrawn => plain(
            page.t("申请已经撤回"),
            page.t("窗口按您的要求撤回了申请。不是您要求的，请马上拨打12345。")
                .to_owned(),
        ),
        Matter::Urged => plain(
            page.t("催办收到了"),
            page.t("已经提醒办理人，待办里标出了您的催办。").to_owned(),
        ),
        Matter::CorrectionOrdered { .. } | Matter::PromiseBroken { .. } => of_check(page, matter),
        Matter::Offered { words, .. } => plain(page.t("您可以享受这项服务"), words.clone()),
        Matter::Rate => plain(
            page.t("这次办得怎么样？"),
            page.t("评价汇总后公开，用来改进办事。").to_owned(),
        ),
        Matter::EndingTold {
            name, end, until, ..
        } => (
            page.tf(
                "拟{end}{name}",
                &[("end", page.t(end)), ("name", name.as_str())],
            ),
            match until {
                Some(until) => page.t1(
                    "您可以陈述、申辩；要求听证的，请在{date}前提出。",
                    "date",
                    page.date_long(*until),
                ),
                None => page.t("事实、理由和依据见告知书。").to_owned(),
            },
        ),
        Matter::EndingDecided {
            name, end, dropped, ..
        } => {
            let words = [("end", page.t(end)), ("name", name.as_str())];
            if *dropped {
                (
                    page.tf("不再{end}{name}", &words),
                    page.t("处理已经终止，证照的状态不变。").to_owned(),
                )
            } else {
                (
                    page.tf("{name}已经{end}", &words),
                    page.t("理由、依据和复议、诉讼的途径见决定书。").to_owned(),
                )
            }
        }
        Matter::Expiring { name, last, .. } => (
            page.t1("{name}快到期了", "name", name),
            page.t1(
                "有效期到{date}。需要继续使用的，请在届满三十日前申请延续；逾期没有决定的，视为准予延续。",
                "date",
                page.date_long(*last),
            ),
        ),
    }
}

/// What happens beside the straight road.
fn special(page: &Page, matter: &Matter) -> (String, String) {
    let plain = |title: &str, text: &str| (page.t(title).to_owned(), page.t(text).to_owned());
    match matter {
        Matter::GapAsked { names, until } => {
            let names = names.join("、");
            let text = match until {
                Some(until) => page.tf(
                    "请在{date}前补交：{names}。补齐前不作出准予的决定。",
                    &[
                        ("date", page.date_long(*until).as_str()),
                        ("names", names.as_str()),
                    ],
                ),
                None => page.t1("请补交：{names}。补齐前不作出准予的决定。", "names", names),
            };
            (page.t("已经容缺受理，请补交材料").to_owned(), text)
        }
        Matter::GapEnded { complete: true } => plain(
            "承诺补交的材料齐了",
            "补交的材料已经转给审批人员，接着审查。",
        ),
        Matter::GapEnded { .. } => plain(
            "补交材料的期限已过",
            "承诺补交的材料没有补齐，审批人员将依法作出决定。有疑问请尽快联系办理部门。",
        ),
        Matter::Lapsed => plain(
            "逾期没有补正，办理终止",
            "这件申请已经结束，材料准备好以后可以重新申请。",
        ),
        Matter::HearingRight { matter, until } => (
            page.t("您有权要求听证").to_owned(),
            match until {
                Some(until) => page.tf(
                    "{matter}。要求听证的请在{date}前提出，不收费；逾期视为放弃。",
                    &[
                        ("matter", matter.trim_end_matches('。')),
                        ("date", page.date_long(*until).as_str()),
                    ],
                ),
                None => matter.clone(),
            },
        ),
        Matter::HearingCalled { on, time, place } => (
            page.t("听证的时间定了").to_owned(),
            page.tf(
                "{date}{time}，在{place}举行。可以委托代理人参加。",
                &[
                    ("date", page.date_long(*on).as_str()),
                    ("time", time.as_str()),
                    ("place", place.as_str()),
                ],
            ),
        ),
        Matter::HearingHeld => plain(
            "听证笔录登记了",
            "决定根据听证笔录作出，笔录可以在办件里查看。",
        ),
        Matter::DeemedGranted { basis } => (
            page.t("逾期未决定，视为准予").to_owned(),
            page.t1(
                "法定期限内没有作出决定，依照{law}，视为准予。结果可以在办件里查看。",
                "law",
                basis,
            ),
        ),
        _ => (String::new(), String::new()),
    }
}

/// What a check of a promise came to.
fn of_check(page: &Page, matter: &Matter) -> (String, String) {
    match matter {
        Matter::CorrectionOrdered {
            doc_no,
            stop,
            until,
        } => {
            let mut text = match until {
                Some(until) => page.tf(
                    "请按整改通知书（{no}）在{date}前改正。",
                    &[
                        ("no", doc_no.as_str()),
                        ("date", page.date_long(*until).as_str()),
                    ],
                ),
                None => page.t1("请按整改通知书（{no}）限期改正。", "no", doc_no),
            };
            if *stop {
                text.push_str(page.t("改正前停止相关活动。"));
            }
            (page.t("核查发现与承诺不符，请限期整改").to_owned(), text)
        }
        Matter::PromiseBroken { reason } => (
            page.t("承诺被认定为不实").to_owned(),
            page.t1(
                "{reason}。信用修复前不再适用告知承诺和容缺受理；修复请联系办理部门。",
                "reason",
                reason.trim_end_matches('。'),
            ),
        ),
        _ => (String::new(), String::new()),
    }
}

fn accepted(page: &Page, due: Option<String>, deemed: bool) -> String {
    match (due, deemed) {
        (Some(due), false) => page.t1("最迟{date}作出决定。", "date", due),
        (None, false) => page.t("受理通知书可以在办件里查看和打印。").to_owned(),
        (Some(due), true) => page.t1(
            "没有按时告知您，依照《行政许可法》第三十二条，自收到材料之日起即为受理。最迟{date}作出决定。",
            "date",
            due,
        ),
        (None, true) => page
            .t("没有按时告知您，依照《行政许可法》第三十二条，自收到材料之日起即为受理。")
            .to_owned(),
    }
}

fn of_clock(page: &Page, matter: &Matter) -> (String, String) {
    let to = |due: &jiff::civil::Date| page.date_long(*due);
    match matter {
        Matter::Paused { reason, notice } => (
            page.t1("停止计时：{reason}", "reason", page.t(reason)),
            if notice.is_empty() {
                page.t("这段时间不计入办理时限，结束后接着算。您不用做什么。")
                    .to_owned()
            } else {
                page.t1(
                    "{doc}。这段时间不计入办理时限，结束后接着算。您不用做什么。",
                    "doc",
                    notice,
                )
            },
        ),
        Matter::Extended { due, reason } => (
            page.t("办理时限延长了").to_owned(),
            match due {
                Some(due) => page.tf(
                    "最迟{date}作出决定。理由：{reason}",
                    &[("date", to(due).as_str()), ("reason", reason)],
                ),
                None => page.t1("理由：{reason}", "reason", reason),
            },
        ),
        Matter::Resumed { due } => (
            page.t("恢复计时").to_owned(),
            match due {
                Some(due) => page.t1("最迟{date}作出决定。", "date", to(due)),
                None => page.t("办理时限接着计算。").to_owned(),
            },
        ),
        Matter::DueMoved { due } => (
            page.t("到期日有变").to_owned(),
            page.t1("工作日历调整，重新推算后最迟{date}办结。", "date", to(due)),
        ),
        _ => (String::new(), String::new()),
    }
}
