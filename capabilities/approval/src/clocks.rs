//! The clocks of an approval: what each is, which law sets it.

use calendar::{Calendar, Clock, ClockTerms, Length, PauseReason, Role, Rule};
use jiff::Timestamp;

use crate::details::Limit;

/// 一次性告知: to say everything that is missing.
pub const NOTICE: &str = "one_time_correction";
/// 法定办结时限.
pub const STATUTORY: &str = "statutory";
/// 承诺办结时限.
pub const PROMISED: &str = "promised";
/// 送达.
pub const DELIVERY: &str = "deliver";

/// 陈述申辩和要求听证 before a certificate is revoked.
pub const ENDING_STATEMENT: &str = "ending_statement";
/// 举行听证 before a certificate is revoked.
pub const ENDING_HEARING: &str = "ending_hearing";

/// What a clock is called.
pub fn label(kind: &str) -> &'static str {
    match kind {
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
