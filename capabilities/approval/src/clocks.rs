//! The clocks of an approval: what each is, which law sets it.

use calendar::{Calendar, Clock, ClockTerms, Length, PauseReason, Role, Rule};
use jiff::Timestamp;

use crate::details::{Limit, Terms};

/// 一次性告知: to say everything that is missing.
pub const NOTICE: &str = "one_time_correction";
/// 法定办结时限.
pub const STATUTORY: &str = "statutory";
/// 承诺办结时限.
pub const PROMISED: &str = "promised";
/// 送达.
pub const DELIVERY: &str = "deliver";
/// Head of the clocks of special procedures: `procedure:1` …
pub const PROCEDURE: &str = "procedure";
/// 要求听证.
pub const HEARING_REQUEST: &str = "hearing_request";
/// 组织听证.
pub const HEARING_HOLD: &str = "hearing_hold";
/// 容缺材料补交.
pub const GAP: &str = "gap_supply";
/// 申请人补正, where a limit is set for it.
pub const CORRECTION: &str = "correction";
/// 下级先行审查.
pub const LOWER_REVIEW: &str = "lower_review";

/// 陈述申辩和要求听证 before a certificate is revoked.
pub const ENDING_STATEMENT: &str = "ending_statement";
/// 举行听证 before a certificate is revoked.
pub const ENDING_HEARING: &str = "ending_hearing";

/// What a clock is called.
pub fn label(kind: &str) -> &'static str {
    match kind.split(':').next().unwrap_or(kind) {
        PROCEDURE => "特别程序时限",
        HEARING_REQUEST => "要求听证时限",
        HEARING_HOLD => "组织听证时限",
        GAP => "容缺材料补交时限",
        CORRECTION => "补正时限",
        LOWER_REVIEW => "下级先行审查时限",
        crate::aftercheck::CLOCK => "核查时限",
        crate::aftercheck::RECTIFY_CLOCK => "整改时限",
        NOTICE => "一次性告知时限",
        STATUTORY => "法定办结时限",
        PROMISED => "承诺办结时限",
        DELIVERY => "送达时限",
        ENDING_STATEMENT => "陈述申辩期限",
        ENDING_HEARING => "组织听证期限",
        _ => "时限",
    }
}

/// 行政许可法第三十二条第一款第四项: on the spot or within five working days of receiving the materials.
pub fn notice() -> ClockTerms {
    terms(
        NOTICE,
        Role::Step,
        "《行政许可法》第三十二条第一款第四项",
        Length::working_days(5),
        "收到申请材料",
        &[],
    )
}

/// 行政许可法第四十四条: ten working days from the decision.
pub fn delivery() -> ClockTerms {
    terms(
        DELIVERY,
        Role::Step,
        "《行政许可法》第四十四条",
        Length::working_days(10),
        "作出决定",
        &[],
    )
}

/// The statutory or the promised clock of the decision, from acceptance.
///
/// Both may stand still only for the reasons of 行政许可法第四十五条.
pub fn deciding(kind: &str, limit: &Limit) -> ClockTerms {
    let role = if kind == STATUTORY {
        Role::Statutory
    } else {
        Role::Promised
    };
    terms(
        kind,
        role,
        &limit.basis,
        Length::new(limit.n, limit.unit),
        "受理",
        &PauseReason::LICENSING,
    )
}

/// The statutory or the promised clock under the law of its item.
///
/// 行政许可法第四十二条: it may be made longer once; 第四十五条: it stands still for the procedures named there, and those
/// the item's own law adds.
pub fn deciding_under(kind: &str, terms: &Terms, licensing: bool) -> Option<ClockTerms> {
    let limit = if kind == STATUTORY {
        &terms.statutory
    } else {
        &terms.promised
    };
    let limit = limit.as_ref()?;
    let longest = terms
        .statutory
        .as_ref()
        .and_then(|statutory| terms.law.extension(statutory, licensing))
        .map(|(length, _)| Length::new(length.n, limit.unit));
    Some(ClockTerms {
        pausable: terms.law.pausable(),
        extension_max: longest,
        ..deciding(kind, limit)
    })
}

/// The instant the clock falls due; `None` while it stands still.
pub fn due_at(clock: &Clock, calendar: &Calendar) -> Option<Timestamp> {
    clock.due(calendar).ok()?.due().map(|due| due.at)
}

fn terms(
    kind: &str,
    role: Role,
    basis: &str,
    length: Length,
    start_event: &str,
    pausable: &[PauseReason],
) -> ClockTerms {
    ClockTerms {
        kind: kind.to_owned(),
        role,
        basis: basis.to_owned(),
        length,
        start_event: start_event.to_owned(),
        rule: Rule::default(),
        pausable: pausable.to_vec(),
        extension_max: None,
    }
}
