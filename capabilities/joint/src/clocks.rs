//! The clocks of a whole: the one the applicant sees, and the law's beside it.

use approval::clocks as approval_clocks;
use approval::details::Limit;
use calendar::{ClockTerms, Length, Unit};

use crate::details::Variety;

/// 行政许可法第四十二条第二款: 统一办理或者联合办理、集中办理的，四十五日.
pub const JOINT_DAYS: u32 = 45;
/// The same: 经本级人民政府负责人批准，可以延长十五日.
pub const JOINT_EXTENSION: u32 = 15;
/// 滨州市工程建设项目并联审批管理规定第十条: a stage's correction is asked within two working days.
const STAGE_NOTICE_DAYS: u32 = 2;

/// The decision on everything together.
pub fn joint_statutory() -> ClockTerms {
    let limit = Limit {
        n: JOINT_DAYS,
        unit: Unit::WorkingDay,
        basis: "《行政许可法》第四十二条第二款".to_owned(),
    };
    ClockTerms {
        extension_max: Some(Length::working_days(JOINT_EXTENSION)),
        ..approval_clocks::deciding(approval_clocks::STATUTORY, &limit)
    }
}

/// To say everything that is missing, in one notice for all parts.
pub fn notice(variety: Variety) -> ClockTerms {
    let usual = approval_clocks::notice();
    match variety {
        Variety::Stage => ClockTerms {
            basis: "《滨州市工程建设项目并联审批管理规定》第十条".to_owned(),
            length: Length::working_days(STAGE_NOTICE_DAYS),
            ..usual
        },
        Variety::Bundle | Variety::Cart => usual,
    }
}

/// What the promise of a whole rests on.
pub fn promise(variety: Variety) -> &'static str {
    match variety {
        Variety::Stage => "工程建设项目审批阶段承诺办结时限",
        Variety::Bundle | Variety::Cart => "一件事承诺办结时限",
    }
}
