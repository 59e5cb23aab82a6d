//! 收受分离: taken in at one window, decided by another office. What goes between the two is one message.
//!
//! [`HandOver`] is a promise: its JSON, with `version`, is what deployments will exchange. A field is added with a
//! default; anything else is a new version. Its digest is SM3 over the canonical text that [`HandOver::text`] gives.

use base::ids::OrgId;
use casework::{Case, Permission, Refusal, Step};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{close_task, of_place};

/// Key of [`Transfer`].
pub const TRANSFER: &str = "transfer";
/// The version this deployment writes.
pub const VERSION: u32 = 1;

/// One side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub org: OrgId,
    pub org_name: String,
    /// 区划.
    pub region: String,
}

/// A material as it was received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Received {
    pub key: String,
    pub name: String,
    /// SM3 of each file.
    pub files: Vec<String>,
    /// Taken in on paper.
    pub paper: bool,
}

/// 收件移交单.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandOver {
    pub version: u32,
    pub case_no: String,
    /// 实施编码.
    pub item_code: String,
    pub item_name: String,
    pub applicant_name: String,
    /// 通办范围 the item declares.
    pub scope: String,
    pub from: Place,
    pub to: Place,
    /// Who took it in.
    pub clerk: String,
    pub taken_at: Timestamp,
    pub materials: Vec<Received>,
}

impl HandOver {
    /// The canonical text: what is kept, sent and hashed.
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("a message is plain data")
    }

    /// SM3 of the canonical text, hexadecimal.
    pub fn digest(&self) -> String {
        base::crypto::to_hex(&base::crypto::sm3(self.text().as_bytes()))
    }

    /// Reads a message from elsewhere.
    ///
    /// # Errors
    /// A Chinese sentence where the version is not understood or the digest is another text's.
    pub fn read(text: &str, digest: &str) -> Result<HandOver, String> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } =
            serde_json::from_str(text).map_err(|error| format!("移交单无法读取：{error}"))?;
        if version != VERSION {
            return Err(format!(
                "移交单是第{version}版，本平台只识别第{VERSION}版，请升级后再接收"
            ));
        }
        let message: HandOver =
            serde_json::from_str(text).map_err(|error| format!("移交单内容有误：{error}"))?;
        if message.digest() != digest {
            return Err("移交单与摘要不符，内容可能被改动，请要求重新发送".to_owned());
        }
        Ok(message)
    }
}

/// The message and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    pub message: HandOver,
    pub digest: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Signed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Signed>,
}

/// 交接签字: who, when, what they said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    pub by: String,
    pub at: Timestamp,
    /// Courier and number at sending; what was missing at receiving.
    pub note: String,
    /// Everything on the list was there.
    pub complete: bool,
}

pub fn transfer(case: &Case) -> Option<Transfer> {
    case.detail(TRANSFER)
}

/// Whether an item whose 通办范围 is `scope` and which is decided in `decided` may be taken in at `window`.
///
/// 全国、跨省: anywhere; 跨市、省内通办: in the province; 跨县、全城通办、跨镇: in the city.
pub fn may_take_in(scope: &str, decided: &str, window: &str) -> bool {
    let same = |digits: usize| {
        decided.len() >= digits
            && window.len() >= digits
            && decided.as_bytes()[..digits] == window.as_bytes()[..digits]
    };
    let says = |words: &[&str]| words.iter().any(|word| scope.contains(word));
    if says(&["全国", "跨省"]) {
        true
    } else if says(&["省内", "全省", "跨市"]) {
        same(2)
    } else if says(&["全城", "全市", "跨县", "跨镇", "市内"]) {
        same(4)
    } else {
        false
    }
}

/// From filing on the receiving window owes the hand-over.
pub(super) fn begin(step: &mut Step<'_>, message: &HandOver) {
    let transfer = Transfer {
        digest: message.digest(),
        message: message.clone(),
        sent: None,
        received: None,
    };
    step.note(TRANSFER, &transfer);
    settle(step);
}

pub(super) fn send(step: &mut Step<'_>, actor: &str, courier: &str) -> Result<(), Refusal> {
    let mut transfer = pending(step.case())?;
    if let Some(sent) = &transfer.sent {
        return Err(Refusal::invalid(
            "courier",
            format!("{}已经移交，不能重复移交", sent.by),
        ));
    }
    transfer.sent = Some(Signed {
        by: actor.to_owned(),
        at: step.at(),
        note: courier.to_owned(),
        complete: true,
    });
    step.remark(courier);
    step.note(TRANSFER, &transfer);
    close_task(step, "send_handover");
    settle(step);
    Ok(())
}

pub(super) fn receive(
    step: &mut Step<'_>,
    actor: &str,
    complete: bool,
    note: &str,
) -> Result<(), Refusal> {
    let mut transfer = pending(step.case())?;
    if transfer.sent.is_none() {
        return Err(Refusal::invalid("complete", "收件窗口还没有移交，不能签收"));
    }
    if let Some(received) = &transfer.received {
        return Err(Refusal::invalid(
            "complete",
            format!("{}已经签收，不能重复签收", received.by),
        ));
    }
    if !complete && note.is_empty() {
        return Err(Refusal::invalid("note", "与清单不一致的，请写明缺少什么"));
    }
    transfer.received = Some(Signed {
        by: actor.to_owned(),
        at: step.at(),
        note: note.to_owned(),
        complete,
    });
    step.remark(note);
    step.note(TRANSFER, &transfer);
    close_task(step, "receive_handover");
    Ok(())
}

/// The next hand-over task is open while the case is.
pub(super) fn settle(step: &mut Step<'_>) {
    let Some(transfer) = transfer(step.case()) else {
        return;
    };
    if transfer.sent.is_none() {
        if step.case().task("send_handover").is_none() {
            let duty = of_place(&transfer.message.from, Permission::Receive);
            step.open_task("send_handover", duty, None);
        }
    } else if transfer.received.is_none() && step.case().task("receive_handover").is_none() {
        let duty = of_place(&transfer.message.to, Permission::Accept);
        step.open_task("receive_handover", duty, None);
    }
}

fn pending(case: &Case) -> Result<Transfer, Refusal> {
    transfer(case).ok_or_else(|| Refusal::invalid("transfer", "本件在受理地办理，不需要移交"))
}
