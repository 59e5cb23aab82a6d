//! Numbers of official documents 文书编号: short name of the body, kind, year, serial without gaps,
//! e.g. 云市监许受〔2026〕12号.

use casework::Case;
use store::Tx;

use crate::details;
use crate::special::notices::{self, Notice};

/// Kinds of letters an approval issues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
    /// 受理通知书.
    Acceptance,
    /// 补正告知书.
    Correction,
    /// 不予受理决定书.
    NotAccepted,
    /// 准予决定书.
    Granted,
    /// 不予许可决定书.
    Refused,
    /// 不得再次申请告知书.
    Banned,
    /// 特别程序所需时间告知书.
    Procedure,
    /// 延长办理期限告知书.
    Extension,
    /// 听证权利告知书.
    HearingRight,
    /// 听证通知书.
    Hearing,
    /// 容缺受理一次性告知书.
    Gap,
    /// 责令限期整改通知书.
    Rectify,
}

impl Letter {
    fn word(self) -> &'static str {
        match self {
            Letter::Acceptance => "受",
            Letter::Correction => "补",
            Letter::NotAccepted => "不受",
            Letter::Granted => "准",
            Letter::Refused => "不准",
            Letter::Banned => "限",
            Letter::Procedure => "特",
            Letter::Extension => "延",
            Letter::HearingRight => "听告",
            Letter::Hearing => "听",
            Letter::Gap => "容",
            Letter::Rectify => "责改",
        }
    }
}

/// Takes the next number of an organisation, kind and year.
///
/// `item_type` is the two-digit 事项类型: documents on 行政许可 (`01`) carry 许, others 办.
pub fn number(
    tx: &mut Tx<'_>,
    short_name: &str,
    item_type: &str,
    letter: Letter,
    year: i16,
) -> Result<String, store::Error> {
    let head = format!(
        "{short_name}{}{}",
        if item_type == "01" { "许" } else { "办" },
        letter.word()
    );
    next(tx, &head, year)
}

/// The next number of a series that `head` begins.
pub(crate) fn next(tx: &mut Tx<'_>, head: &str, year: i16) -> Result<String, store::Error> {
    let serial = tx.next_number(&format!("letter|{head}|{year}"))?;
    Ok(format!("{head}〔{year}〕{serial}号"))
}

/// Whether the case is about a 行政许可.
pub fn is_licensing(case: &Case) -> bool {
    details::about(case).is_none_or(|about| about.item_type == "01")
}

/// What a letter is headed. `kind` is a word of [`issued`].
pub fn title(case: &Case, kind: &str) -> String {
    let licensing = is_licensing(case);
    let thing = if licensing {
        "行政许可申请"
    } else {
        "政务服务事项申请"
    };
    match kind {
        "acceptance" => format!("{thing}受理通知书"),
        "correction" => format!("{thing}补正告知书"),
        "not_accepted" => format!("{thing}不予受理决定书"),
        "decision" => {
            let granted = details::decision(case).is_some_and(|decision| decision.granted);
            match (granted, licensing) {
                (true, true) => "准予行政许可决定书",
                (false, true) => "不予行政许可决定书",
                (true, false) => "准予办理决定书",
                (false, false) => "不予办理决定书",
            }
            .to_owned()
        }
        "ban" => "不得再次申请行政许可告知书".to_owned(),
        "promise" => "告知承诺书".to_owned(),
        _ => match notice(case, kind) {
            Some(notice) => notice.kind.title().to_owned(),
            None => "送达回证".to_owned(),
        },
    }
}

/// The written notice that a word of [`issued`] names.
pub fn notice(case: &Case, kind: &str) -> Option<Notice> {
    let no = kind.strip_prefix("notice-")?.parse().ok()?;
    notices::by_no(case, no)
}

/// Letters that were written in a case, in the order they are written: the word in their address, what they are
/// called, their number.
pub fn issued(case: &Case) -> Vec<(String, &'static str, String)> {
    let letters = [
        (
            "correction",
            "补正告知书",
            details::correction(case).map(|letter| letter.doc_no),
        ),
        (
            "acceptance",
            "受理通知书",
            details::acceptance(case)
                .filter(|letter| !letter.deemed)
                .map(|letter| letter.doc_no),
        ),
        (
            "not_accepted",
            "不予受理决定书",
            details::not_accepted(case).map(|letter| letter.doc_no),
        ),
        (
            "decision",
            "决定书",
            details::decision(case).map(|letter| letter.doc_no),
        ),
        (
            "ban",
            "不得再次申请告知书",
            crate::after::bans::noted(case).map(|noted| noted.doc_no),
        ),
        (
            "delivery",
            "送达回证",
            details::delivered(case).map(|_| String::new()),
        ),
    ];
    let mut issued: Vec<(String, &'static str, String)> = letters
        .into_iter()
        .filter_map(|(kind, label, number)| Some((kind.to_owned(), label, number?)))
        .collect();
    if crate::promise::of(case).is_some() {
        issued.insert(0, ("promise".to_owned(), "告知承诺书", String::new()));
    }
    let more = notices::all(case).into_iter().map(|notice| {
        (
            notices::address(notice.no),
            notice.kind.title(),
            notice.doc_no,
        )
    });
    issued.extend(more);
    issued
}
