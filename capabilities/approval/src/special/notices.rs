//! Written notices of a case under way: numbered, with the words they were issued in, and proof of how each was served.
//!
//! A notice goes out by the means the applicant chose. Electronic service takes effect at once, for those who agreed to
//! it; at a window when somebody signs for it; by post when the post says it was delivered, which is entered then.

use casework::{Case, Channel, Permission, Refusal, Step};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{hearing, procedure};
use crate::details::{self, Delivered, Delivery};
use crate::rules::{duty, needed, text};

/// Key of the list of [`Notice`].
pub const NOTICES: &str = "notices";

/// What a notice says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
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
}

impl NoticeKind {
    pub fn title(self) -> &'static str {
        match self {
            NoticeKind::Procedure => "特别程序所需时间告知书",
            NoticeKind::Extension => "延长办理期限告知书",
            NoticeKind::HearingRight => "听证权利告知书",
            NoticeKind::Hearing => "听证通知书",
            NoticeKind::Gap => "容缺受理一次性告知书",
        }
    }
}

/// One written notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// 1, 2, 3 … in the case.
    pub no: u32,
    pub kind: NoticeKind,
    pub doc_no: String,
    pub at: Timestamp,
    /// Number of the procedure or hearing it is about; 0 for none.
    pub about: u32,
    /// Its words, as they were issued.
    pub text: Vec<String>,
    /// By which means it goes out.
    pub method: Delivery,
    /// Proof of service; none until it was served.
    pub served: Option<Delivered>,
}

/// How a notice is served: 送达方式, and what proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Means {
    pub method: Delivery,
    /// Who signs for it at a window; empty: later.
    pub receiver: String,
    /// Number of the letter; the post.
    pub tracking: String,
}

impl Means {
    pub fn new(method: Delivery) -> Means {
        Means {
            method,
            receiver: String::new(),
            tracking: String::new(),
        }
    }

    /// As the applicant wished, electronically where they agreed to that.
    pub fn by_wish(case: &Case) -> Means {
        Means::new(if electronic_agreed(case) {
            Delivery::Electronic
        } else {
            details::delivery_wish(case)
        })
    }
}

/// Whether the applicant may be served electronically: they applied over the network or asked for it.
pub fn electronic_agreed(case: &Case) -> bool {
    matches!(case.channel, Channel::Web | Channel::Mobile)
        || details::delivery_wish(case) == Delivery::Electronic
}

/// Notices of a case, oldest first.
pub fn all(case: &Case) -> Vec<Notice> {
    case.detail(NOTICES).unwrap_or_default()
}

/// The notice of a number.
pub fn by_no(case: &Case, no: u32) -> Option<Notice> {
    all(case).into_iter().find(|notice| notice.no == no)
}

/// Word of a notice in the address of letters.
pub fn address(no: u32) -> String {
    format!("notice-{no}")
}

/// Issues one, and serves it where its means allow that at once; otherwise somebody has to see to it.
pub(super) fn issue(
    step: &mut Step<'_>,
    kind: NoticeKind,
    doc_no: &str,
    about: u32,
    text: Vec<String>,
    means: &Means,
) -> Result<(), Refusal> {
    let mut notices = all(step.case());
    let no = u32::try_from(notices.len()).unwrap_or(u32::MAX) + 1;
    let served = at_once(step, means)?;
    let is_served = served.is_some();
    notices.push(Notice {
        no,
        kind,
        doc_no: doc_no.to_owned(),
        at: step.at(),
        about,
        text,
        method: means.method,
        served,
    });
    step.note(NOTICES, &notices);
    if is_served {
        return took_effect(step, kind, about);
    }
    let duty = duty(step.case(), Permission::Deliver);
    step.open_task(&format!("serve_notice:{no}"), duty, None);
    Ok(())
}

/// Proof of service where it can be given now.
fn at_once(step: &Step<'_>, means: &Means) -> Result<Option<Delivered>, Refusal> {
    let receiver = text("receiver", &means.receiver)?;
    let served = match means.method {
        Delivery::Electronic if !electronic_agreed(step.case()) => {
            return Err(Refusal::invalid(
                "method",
                "申请人没有同意电子送达，请选择窗口送达或者邮寄送达",
            ));
        }
        Delivery::Electronic => true,
        Delivery::Window => !receiver.is_empty(),
        Delivery::Post => false,
    };
    Ok(served.then(|| Delivered {
        method: means.method,
        receiver,
        tracking: String::new(),
        at: step.at(),
    }))
}

/// 送达回证 of a notice that went out earlier.
pub(super) fn serve(step: &mut Step<'_>, no: u32, means: &Means) -> Result<(), Refusal> {
    let mut notices = all(step.case());
    let Some(notice) = notices.iter_mut().find(|notice| notice.no == no) else {
        return Err(Refusal::invalid("no", "本件没有这份文书"));
    };
    if notice.served.is_some() {
        return Err(Refusal::invalid("no", "这份文书已经送达"));
    }
    match means.method {
        Delivery::Window => {
            needed("receiver", &means.receiver, "请填写签收人姓名")?;
        }
        Delivery::Post => {
            needed("tracking", &means.tracking, "请填写邮件单号")?;
        }
        Delivery::Electronic if !electronic_agreed(step.case()) => {
            return Err(Refusal::invalid(
                "method",
                "申请人没有同意电子送达，请选择窗口送达或者邮寄送达",
            ));
        }
        Delivery::Electronic => {}
    }
    notice.method = means.method;
    notice.served = Some(Delivered {
        method: means.method,
        receiver: text("receiver", &means.receiver)?,
        tracking: text("tracking", &means.tracking)?,
        at: step.at(),
    });
    let (kind, about) = (notice.kind, notice.about);
    step.note(NOTICES, &notices);
    step.close_task(&format!("serve_notice:{no}"), "serve_notice");
    took_effect(step, kind, about)
}

/// What follows from a notice having been served.
fn took_effect(step: &mut Step<'_>, kind: NoticeKind, about: u32) -> Result<(), Refusal> {
    // A case that was decided or withdrawn meanwhile has no clocks left to stop or start.
    if step.case().state != "accepted" {
        return Ok(());
    }
    match kind {
        NoticeKind::Procedure => procedure::served(step, about),
        NoticeKind::Hearing => {
            hearing::in_time(step)?;
            procedure::served(step, about)
        }
        NoticeKind::HearingRight => {
            hearing::told(step);
            Ok(())
        }
        NoticeKind::Extension | NoticeKind::Gap => Ok(()),
    }
}
