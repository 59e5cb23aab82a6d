//! 消息: what applicants are told when something happens to their cases.
//!
//! [`tell`] decides from a case and an event what is worth telling; [`follow`] does so for every entry of the
//! feed, each exactly once; [`words`] says it in the reader's language. Nothing here sends anything: a message is
//! a row that its addressee reads.
//!
//! To tell one more thing: add a [`Matter`], say when in [`tell::told`], say how in [`words::of`].

pub mod follow;
pub mod tell;
pub mod words;

use base::crypto::sm3;
use base::ids::{CaseId, PartyId};
use casework::Case;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Days a message is kept.
pub const KEPT_DAYS: i64 = 730;
/// Most unread messages that are counted; more is “99+”.
pub const COUNTED_MAX: u32 = 100;

/// What is told. Dates are kept as they were said: a message is a record of what somebody was told that day, and a
/// date that moves afterwards is told anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Matter {
    /// 收件, and 补正材料 taken in.
    Received {
        notice_due: Option<Date>,
        again: bool,
    },
    /// 一次性告知补正.
    CorrectionAsked {
        points: usize,
    },
    /// 受理; deemed where nobody said anything in time.
    Accepted {
        due: Option<Date>,
        deemed: bool,
    },
    /// 不予受理.
    NotAccepted {
        reason: String,
        agency: String,
    },
    /// A clock stands still (行政许可法第四十五条: the applicant is told in writing).
    Paused {
        reason: String,
        notice: String,
    },
    Resumed {
        due: Option<Date>,
    },
    /// 延期 (行政许可法第四十二条: the applicant is told the reason).
    Extended {
        due: Option<Date>,
        reason: String,
    },
    /// 容缺受理: what was promised, and until when it has to be there.
    GapAsked {
        names: Vec<String>,
        until: Option<Date>,
    },
    /// The promised materials are all there, or did not come in time.
    GapEnded {
        complete: bool,
    },
    /// 逾期未补正: the application has ended.
    Lapsed,
    /// 听证权利: may be asked for until.
    HearingRight {
        matter: String,
        until: Option<Date>,
    },
    /// 听证通知.
    HearingCalled {
        on: Date,
        time: String,
        place: String,
    },
    /// The hearing was held; the record can be read.
    HearingHeld,
    /// Silence was consent, by this law.
    DeemedGranted {
        basis: String,
    },
    /// Another working calendar moved the date.
    DueMoved {
        due: Date,
    },
    Decided {
        granted: bool,
        opinion: String,
    },
    /// The result waits at a window.
    Collect {
        until: Option<Date>,
    },
    Delivered {
        by_post: bool,
        tracking: String,
    },
    /// Somebody else withdrew it, at a window.
    Withdrawn,
    /// 催办 of the applicant was taken in.
    Urged,
    /// 好差评.
    Rate,
    /// 拟撤销、拟注销: what is to be done to a certificate, and until when the holder may answer.
    EndingTold {
        license_id: String,
        name: String,
        end: String,
        until: Option<Date>,
    },
    /// 撤销、注销 decided, or nothing follows.
    EndingDecided {
        license_id: String,
        name: String,
        end: String,
        dropped: bool,
    },
    /// 责令限期整改, after a check of what was promised.
    CorrectionOrdered {
        doc_no: String,
        stop: bool,
        until: Option<Date>,
    },
    /// 认定承诺不实.
    PromiseBroken {
        reason: String,
    },
    /// 主动服务: what somebody has a right to and need only confirm.
    Offered {
        offer: Uuid,
        words: String,
    },
    /// 证照有效期届满.
    Expiring {
        license_id: String,
        name: String,
        last: Date,
    },
}

impl Matter {
    /// The word that the JSON carries as `kind`.
    pub fn word(&self) -> &'static str {
        match self {
            Matter::Received { .. } => "received",
            Matter::CorrectionAsked { .. } => "correction_asked",
            Matter::Accepted { .. } => "accepted",
            Matter::NotAccepted { .. } => "not_accepted",
            Matter::Paused { .. } => "paused",
            Matter::Resumed { .. } => "resumed",
            Matter::Extended { .. } => "extended",
            Matter::GapAsked { .. } => "gap_asked",
            Matter::GapEnded { .. } => "gap_ended",
            Matter::Lapsed => "lapsed",
            Matter::HearingRight { .. } => "hearing_right",
            Matter::HearingCalled { .. } => "hearing_called",
            Matter::HearingHeld => "hearing_held",
            Matter::DeemedGranted { .. } => "deemed_granted",
            Matter::DueMoved { .. } => "due_moved",
            Matter::Decided { .. } => "decided",
            Matter::Collect { .. } => "collect",
            Matter::Delivered { .. } => "delivered",
            Matter::Withdrawn => "withdrawn",
            Matter::Urged => "urged",
            Matter::Rate => "rate",
            Matter::EndingTold { .. } => "ending_told",
            Matter::EndingDecided { .. } => "ending_decided",
            Matter::CorrectionOrdered { .. } => "correction_ordered",
            Matter::PromiseBroken { .. } => "promise_broken",
            Matter::Offered { .. } => "offered",
            Matter::Expiring { .. } => "expiring",
        }
    }
}

/// One message as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub id: Uuid,
    /// Whose case it is about.
    pub party: PartyId,
    pub case: CaseId,
    pub case_no: String,
    pub title: String,
    pub matter: Matter,
    pub at: Timestamp,
    /// Order among messages of one instant.
    pub place: i64,
    pub read_at: Option<Timestamp>,
}

impl Message {
    /// The message about one matter of one event of a case.
    pub fn new(case: &Case, seq: i64, index: usize, at: Timestamp, matter: Matter) -> Message {
        Message {
            id: derived(&format!("{}|{seq}|{}", case.id, matter.word())),
            party: case.applicant,
            case: case.id,
            case_no: case.no.clone(),
            title: case.title.clone(),
            matter,
            at,
            place: seq * 16 + i64::try_from(index).unwrap_or(15).min(15),
            read_at: None,
        }
    }

    /// The message about an offer; there is no case yet, so the offer's own id stands for one.
    pub fn offered(
        party: PartyId,
        offer: Uuid,
        title: &str,
        words: &str,
        at: Timestamp,
    ) -> Message {
        Message {
            id: derived(&format!("{offer}|offered")),
            party,
            case: CaseId::from_uuid(offer),
            case_no: String::new(),
            title: title.to_owned(),
            matter: Matter::Offered {
                offer,
                words: words.to_owned(),
            },
            at,
            place: 0,
            read_at: None,
        }
    }

    /// Where it leads when it is opened.
    pub fn target(&self) -> String {
        match &self.matter {
            Matter::Rate => format!("/cases/{}/rating", self.case),
            Matter::CorrectionAsked { .. } => format!("/cases/{}/correction", self.case),
            Matter::GapAsked { .. } => format!("/cases/{}/gap", self.case),
            Matter::HearingRight { .. } | Matter::HearingCalled { .. } | Matter::HearingHeld => {
                format!("/cases/{}/hearing", self.case)
            }
            Matter::EndingTold { license_id, .. } | Matter::EndingDecided { license_id, .. } => {
                format!("/licenses/{license_id}/ending")
            }
            Matter::CorrectionOrdered { .. } => format!("/checks/{}/order", self.case),
            Matter::PromiseBroken { .. } => "/my/licenses".to_owned(),
            Matter::Offered { offer, .. } => format!("/my/offers/{offer}"),
            Matter::Expiring { license_id, .. } => format!("/licenses/{license_id}/renewal"),
            _ => format!("/cases/{}", self.case),
        }
    }
}

/// The same id for the same thing, however often it is told.
fn derived(about: &str) -> Uuid {
    let digest = sm3(about.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
