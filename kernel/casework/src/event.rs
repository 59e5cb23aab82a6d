//! What happened: one accepted command, and the facts it made true.

use base::ids::{AccountId, ClockId, OrgId, PartyId, StaffId};
use calendar::{Clock, Judged};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    actor::Actor,
    case::{Channel, Hold, Link, Outcome, Task},
};

/// One row of the trail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// 1, 2, 3 … in the case.
    pub seq: i64,
    pub at: Timestamp,
    pub actor: ActorRef,
    /// The command's word, e.g. `accept`.
    pub command: String,
    /// What the actor wrote for the file; empty if nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remark: String,
    pub facts: Vec<Fact>,
}

/// The actor as the trail keeps them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorRef {
    pub kind: ActorKind,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// The principal of an agent; the applicant a helper brought something in for (帮办代办).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acting_for: Option<PartyId>,
    /// Name of the party in `acting_for`, or of the colleague in `deputy_for`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acting_for_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<StaffId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    /// 代理: the colleague in whose place they acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deputy_for: Option<StaffId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    Person,
    Staff,
    System,
}

impl ActorRef {
    /// Who acted, and for whom: 王小明（代李雨桐）.
    pub fn shown(&self) -> String {
        match &self.acting_for_name {
            Some(principal) => format!("{}（代{principal}）", self.name),
            None => self.name.clone(),
        }
    }
}

impl ActorRef {
    /// Whether somebody acted, themselves or through a deputy.
    pub fn answers(&self, staff: StaffId) -> bool {
        self.staff == Some(staff) || self.deputy_for == Some(staff)
    }
}

impl From<&Actor> for ActorRef {
    fn from(actor: &Actor) -> ActorRef {
        let mut reference = ActorRef {
            kind: ActorKind::System,
            name: actor.name().to_owned(),
            account: None,
            party: None,
            acting_for: None,
            acting_for_name: None,
            staff: None,
            org: None,
            deputy_for: None,
        };
        match actor {
            Actor::Person(person) => {
                reference.kind = ActorKind::Person;
                reference.account = Some(person.account);
                reference.party = Some(person.party);
                reference.acting_for = person.acting_for;
                reference
                    .acting_for_name
                    .clone_from(&person.acting_for_name);
            }
            Actor::Staff(staff) => {
                reference.kind = ActorKind::Staff;
                reference.account = Some(staff.account);
                reference.staff = Some(staff.staff);
                reference.org = Some(staff.org);
            }
            Actor::System => {}
        }
        reference
    }
}

/// The closed vocabulary of changes; see ADR 1. Nothing else changes a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "fact")]
pub enum Fact {
    Opened(Opened),
    Moved {
        to: String,
    },
    TaskOpened {
        task: Task,
    },
    TaskAssigned {
        no: u32,
        staff: Option<StaffId>,
    },
    TaskClosed {
        no: u32,
        /// The command that settled it, or `withdrawn`.
        result: String,
    },
    ClockStarted {
        clock: Clock,
    },
    ClockPaused {
        clock: Clock,
    },
    ClockResumed {
        clock: Clock,
    },
    ClockExtended {
        clock: Clock,
    },
    ClockClosed {
        id: ClockId,
        at: Timestamp,
        /// The end it was judged by; absent in trails from before ends were kept.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        judged: Option<Judged>,
    },
    /// A changed calendar moved the due date.
    ClockRecomputed {
        clock: Clock,
        old_due: Option<Date>,
        new_due: Option<Date>,
        calendar: String,
    },
    Held {
        hold: Hold,
    },
    Released {
        key: String,
    },
    Linked {
        link: Link,
    },
    Noted {
        key: String,
        value: Value,
    },
    Handed {
        org: OrgId,
        region: String,
    },
    Decided {
        outcome: Outcome,
    },
    Closed,
}

/// Everything a new case is born with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    pub no: String,
    pub kind: String,
    pub state: String,
    pub title: String,
    pub region: String,
    pub org: OrgId,
    pub applicant: PartyId,
    pub applicant_name: String,
    pub channel: Channel,
}
