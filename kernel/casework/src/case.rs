//! The state of a case: what the stored row holds and what replaying its trail gives.

use std::collections::BTreeMap;

use base::ids::{CaseId, OrgId, PartyId, StaffId};
use calendar::Clock;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    actor::{Permission, Scope},
    event::{ActorRef, Event, Fact},
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    pub id: CaseId,
    /// 办件编号.
    pub no: String,
    /// The flow it follows, e.g. `approval`.
    pub kind: String,
    pub state: String,
    /// Number of events applied; the next event has this sequence number plus one.
    pub version: i64,
    pub title: String,
    /// 区划 where it is decided.
    pub region: String,
    /// Responsible organisation.
    pub org: OrgId,
    pub applicant: PartyId,
    pub applicant_name: String,
    pub channel: Channel,
    pub opened_at: Timestamp,
    pub closed_at: Option<Timestamp>,
    /// Only open tasks.
    pub tasks: Vec<Task>,
    /// Every clock the case ever had, open or closed.
    pub clocks: Vec<Clock>,
    pub links: Vec<Link>,
    pub holds: Vec<Hold>,
    pub outcome: Option<Outcome>,
    /// Newest value of everything `noted`, by key.
    pub details: BTreeMap<String, Value>,
    /// The last act: whoever comes second is told who was first.
    pub last: LastAct,
    /// Number of the next task.
    pub next_task: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastAct {
    pub command: String,
    pub by: String,
    pub at: Timestamp,
}

/// 办理形式, codes of GB/T 39046-2020 annex A.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Window,
    Web,
    Mobile,
    Post,
    Other,
}

impl Channel {
    /// 1 窗口 2 电脑端网上 3 移动端网上 4 快递申请 9 其他.
    pub fn digit(self) -> u8 {
        match self {
            Channel::Window => 1,
            Channel::Web => 2,
            Channel::Mobile => 3,
            Channel::Post => 4,
            Channel::Other => 9,
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Channel::Window => "窗口",
            Channel::Web => "电脑端网上",
            Channel::Mobile => "移动端网上",
            Channel::Post => "快递申请",
            Channel::Other => "其他",
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Channel::Window => "window",
            Channel::Web => "web",
            Channel::Mobile => "mobile",
            Channel::Post => "post",
            Channel::Other => "other",
        }
    }
}

/// Somebody is expected to do something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// 1, 2, 3 … in the case.
    pub no: u32,
    /// e.g. `accept`, `decide`, `review:fire`.
    pub kind: String,
    pub duty: Duty,
    pub opened_at: Timestamp,
    /// The clock it stands under, by the clock's kind.
    pub clock: Option<String>,
    /// Who has taken it (领办).
    pub staff: Option<StaffId>,
}

/// Who is expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "who")]
pub enum Duty {
    Applicant,
    Staff {
        permission: Permission,
        org: OrgId,
        region: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub relation: Relation,
    pub other: CaseId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    ChildOf,
    MergedInto,
    About,
    Suspends,
}

/// Something else stops this case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Unique in the case, e.g. the id of the objection.
    pub key: String,
    pub reason: String,
    /// The only commands still possible; empty means none.
    pub allows: Vec<String>,
    pub since: Timestamp,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// e.g. `granted`, `refused`, `not_accepted`, `withdrawn`.
    pub code: String,
    pub reason: String,
    pub legal_basis: String,
    pub by: ActorRef,
    pub at: Timestamp,
}

impl Case {
    /// The state after the event that opens a case; `None` if its first fact is not `opened`.
    pub fn open(id: CaseId, event: &Event) -> Option<Case> {
        let Some(Fact::Opened(opened)) = event.facts.first() else {
            return None;
        };
        let mut case = Case {
            id,
            no: opened.no.clone(),
            kind: opened.kind.clone(),
            state: opened.state.clone(),
            version: 0,
            title: opened.title.clone(),
            region: opened.region.clone(),
            org: opened.org,
            applicant: opened.applicant,
            applicant_name: opened.applicant_name.clone(),
            channel: opened.channel,
            opened_at: event.at,
            closed_at: None,
            tasks: Vec::new(),
            clocks: Vec::new(),
            links: Vec::new(),
            holds: Vec::new(),
            outcome: None,
            details: BTreeMap::new(),
            last: LastAct {
                command: event.command.clone(),
                by: event.actor.shown(),
                at: event.at,
            },
            next_task: 1,
        };
        case.apply(event);
        Some(case)
    }

    /// Folds one event. Total: a fact about something that is not there changes nothing.
    pub fn apply(&mut self, event: &Event) {
        for fact in &event.facts {
            self.apply_fact(event.at, fact);
        }
        self.version = event.seq;
        self.last = LastAct {
            command: event.command.clone(),
            by: event.actor.shown(),
            at: event.at,
        };
    }

    /// Folds one fact of an event that happens at `at`.
    pub(crate) fn apply_fact(&mut self, at: Timestamp, fact: &Fact) {
        match fact {
            Fact::Opened(_) => {}
            Fact::Moved { to } => self.state.clone_from(to),
            Fact::TaskOpened { task } => {
                self.next_task = self.next_task.max(task.no + 1);
                self.tasks.push(task.clone());
            }
            Fact::TaskAssigned { no, staff } => {
                if let Some(task) = self.tasks.iter_mut().find(|task| task.no == *no) {
                    task.staff = *staff;
                }
            }
            Fact::TaskClosed { no, .. } => self.tasks.retain(|task| task.no != *no),
            // A clock's facts carry the whole ledger entry: replay needs no calendar.
            Fact::ClockStarted { clock }
            | Fact::ClockPaused { clock }
            | Fact::ClockResumed { clock }
            | Fact::ClockExtended { clock }
            | Fact::ClockRecomputed { clock, .. } => {
                match self.clocks.iter_mut().find(|known| known.id == clock.id) {
                    Some(known) => *known = clock.clone(),
                    None => self.clocks.push(clock.clone()),
                }
            }
            Fact::ClockClosed {
                id,
                at: closed_at,
                judged,
            } => {
                if let Some(clock) = self.clocks.iter_mut().find(|clock| clock.id == *id) {
                    clock.closed_at = Some(*closed_at);
                    clock.judged.clone_from(judged);
                }
            }
            Fact::Held { hold } => self.holds.push(hold.clone()),
            Fact::Released { key } => self.holds.retain(|hold| hold.key != *key),
            Fact::Linked { link } => self.links.push(link.clone()),
            Fact::Noted { key, value } => {
                self.details.insert(key.clone(), value.clone());
            }
            Fact::Handed { org, region } => {
                self.org = *org;
                self.region.clone_from(region);
            }
            Fact::Decided { outcome } => self.outcome = Some(outcome.clone()),
            Fact::Closed => self.closed_at = Some(at),
        }
    }

    pub fn scope(&self) -> Scope<'_> {
        Scope {
            region: &self.region,
            org: Some(self.org),
        }
    }

    /// The newest clock of a kind, open or closed.
    pub fn clock(&self, kind: &str) -> Option<&Clock> {
        self.clocks.iter().rfind(|clock| clock.terms.kind == kind)
    }

    /// The open clock of a kind.
    pub fn open_clock(&self, kind: &str) -> Option<&Clock> {
        self.clock(kind).filter(|clock| clock.closed_at.is_none())
    }

    pub fn open_clocks(&self) -> impl Iterator<Item = &Clock> {
        self.clocks.iter().filter(|clock| clock.closed_at.is_none())
    }

    pub fn task(&self, kind: &str) -> Option<&Task> {
        self.tasks.iter().find(|task| task.kind == kind)
    }

    /// A capability's own detail.
    ///
    /// # Errors
    /// None if it was never noted or does not have that shape.
    pub fn detail<T: serde::de::DeserializeOwned>(&self, key: &str) -> Option<T> {
        self.details
            .get(key)
            .and_then(|value| serde_json::from_value(value.clone()).ok())
    }

    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }
}
