//! What offices do with open work: 办结, 会签, 票签, 退回, 撤回, 转办, 委派, 加签, 减签, 跳转, 挂起, 恢复, 催办.
//!
//! Who holds a duty is the caller's to ask; here is only what a verb does to the marking, and when it is refused.

use base::ids::StaffId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::guard::{AGREED, Facts, Value};
use crate::marking::{Choose, Doing, Done, Marking, Stuck, Suspension, Token};
use crate::model::{Duty, SEATS_MAX, Seat, Signing, Step};
use crate::net::{Net, Role};

/// Reminders kept for one piece of work; later ones are counted by the trail only.
const URGES_MAX: usize = 10;

/// Who does it, when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<StaffId>,
    pub name: String,
    pub at: Timestamp,
}

/// Somebody by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub staff: StaffId,
    pub name: String,
}

/// Work that is open at a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    pub rule: Rule,
    pub seats: Vec<OpenSeat>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub urged: Vec<Urge>,
}

/// When the work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "mode")]
pub enum Rule {
    /// All seats have signed; in favour when all are.
    All,
    /// So many are in favour, or cannot be any more.
    Votes { needed: u32 },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSeat {
    /// 1, 2, 3 … in the work.
    pub no: u32,
    /// What the seat is called; empty where a step has only one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    pub duty: Duty,
    /// 转办, 领办: one person is expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Person>,
    /// 委派: who gave it to the holder and gets it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegated_by: Option<Person>,
    /// What the delegate reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Signature>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
    /// 加签.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub added: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub seat: String,
    #[serde(flatten)]
    pub by: By,
    pub agreed: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub opinion: String,
}

/// 催办.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Urge {
    #[serde(flatten)]
    pub by: By,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verb {
    /// 办结, 会签, 票签: one seat has its say. A delegate reports with it.
    Sign {
        token: u32,
        seat: u32,
        agreed: bool,
        opinion: String,
    },
    /// 退回 to a step that led here.
    Return { token: u32, to: u32, reason: String },
    /// 撤回 what one has just handed on.
    Recall { done: u32, reason: String },
    /// 转办.
    Transfer { token: u32, seat: u32, to: Person },
    /// 委派.
    Delegate { token: u32, seat: u32, to: Person },
    /// 加签.
    AddSigner { token: u32, seat: Seat },
    /// 减签.
    DropSigner { token: u32, seat: u32 },
    /// 跳转 to a step ahead.
    Jump {
        token: u32,
        to: String,
        reason: String,
    },
    /// 挂起.
    Suspend { reason: String },
    /// 恢复.
    Resume,
    /// 催办.
    Urge { token: u32, text: String },
}

/// Why a verb was refused: what to do instead, in Chinese.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Denial {
    pub field: &'static str,
    pub message: String,
}

fn denied(field: &'static str, message: impl Into<String>) -> Denial {
    Denial {
        field,
        message: message.into(),
    }
}

/// A step one can go back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    pub done: u32,
    pub key: String,
    pub name: String,
    /// Names of steps whose work is undone with it, or stopped while open.
    pub undoes: Vec<String>,
}

impl Work {
    /// What a step begins with.
    pub fn new(step: &Step) -> Work {
        let seat = |(at, name, duty): (usize, &str, &Duty)| OpenSeat {
            no: at as u32 + 1,
            name: name.to_owned(),
            duty: duty.clone(),
            holder: None,
            delegated_by: None,
            report: None,
            signature: None,
            added: false,
        };
        let rule = match &step.signing {
            Signing::Votes { needed, .. } => Rule::Votes { needed: *needed },
            Signing::One | Signing::All { .. } => Rule::All,
        };
        let seats = match step.signing.seats() {
            [] => vec![seat((0, "", &step.duty))],
            seats => seats
                .iter()
                .enumerate()
                .map(|(at, known)| seat((at, &known.name, &known.duty)))
                .collect(),
        };
        Work {
            rule,
            seats,
            urged: Vec::new(),
        }
    }

    pub fn seat(&self, no: u32) -> Option<&OpenSeat> {
        self.seats.iter().find(|seat| seat.no == no)
    }

    /// Whether it is settled, and how.
    pub fn outcome(&self) -> Option<bool> {
        let signed = |agreed| {
            let signatures = self.seats.iter().filter_map(|seat| seat.signature.as_ref());
            signatures
                .filter(|signature| signature.agreed == agreed)
                .count()
        };
        let (favour, against) = (signed(true), signed(false));
        match self.rule {
            Rule::All if favour + against == self.seats.len() => Some(against == 0),
            Rule::Votes { needed } if favour >= needed as usize => Some(true),
            Rule::Votes { needed } if self.seats.len() - against < needed as usize => Some(false),
            _ => None,
        }
    }
}

impl Marking {
    /// Does a verb. `facts` are what conditions may ask, without `agreed.…`.
    ///
    /// # Errors
    /// Why not; the marking is as it was.
    pub fn apply(&mut self, net: &Net, verb: &Verb, by: &By, facts: &Facts) -> Result<(), Denial> {
        let mut choose = by_facts(facts);
        self.apply_choosing(net, verb, by, &mut choose)
    }

    /// The same with the ways chosen by hand.
    ///
    /// # Errors
    /// Why not; the marking is as it was.
    pub fn apply_choosing(
        &mut self,
        net: &Net,
        verb: &Verb,
        by: &By,
        choose: &mut dyn Choose,
    ) -> Result<(), Denial> {
        let mut next = self.clone();
        next.verb(net, verb, by, choose)?;
        *self = next;
        Ok(())
    }

    fn verb(
        &mut self,
        net: &Net,
        verb: &Verb,
        by: &By,
        choose: &mut dyn Choose,
    ) -> Result<(), Denial> {
        if let Some(pause) = &self.suspended
            && !matches!(verb, Verb::Resume | Verb::Urge { .. })
        {
            return Err(denied(
                "route",
                format!("本件由{}挂起（{}），恢复后才能办理", pause.by, pause.reason),
            ));
        }
        match verb {
            Verb::Sign {
                token,
                seat,
                agreed,
                opinion,
            } => {
                let signature = Signature {
                    seat: String::new(),
                    by: by.clone(),
                    agreed: *agreed,
                    opinion: opinion.clone(),
                };
                self.sign(*token, *seat, signature)?;
                self.settle_work(net, *token, choose)
            }
            Verb::Return { token, to, .. } => {
                let earlier = self.earlier(net, *token);
                if !earlier.iter().any(|known| known.done == *to) {
                    return Err(denied("to", "只能退回到本件已经办过、并且通到这一步的环节"));
                }
                self.undo(net, *to)
                    .map(drop)
                    .ok_or_else(|| denied("to", "没有这个环节的办理记录"))
            }
            Verb::Recall { done, .. } => {
                if !self.recallable(net, *done) {
                    return Err(denied(
                        "done",
                        "下一环节已经有人办理，不能撤回；请下一环节退回",
                    ));
                }
                let signed = self.done_by_id(*done).map(|done| done.signed.clone());
                let theirs = signed
                    .iter()
                    .flatten()
                    .any(|signature| signature.by.staff == by.staff);
                if !theirs {
                    return Err(denied("done", "只能撤回自己刚刚办结的环节"));
                }
                self.undo(net, *done);
                Ok(())
            }
            Verb::Transfer { token, seat, to } => {
                let seat = self.open_seat(*token, *seat)?;
                if seat
                    .holder
                    .as_ref()
                    .is_some_and(|holder| holder.staff == to.staff)
                {
                    return Err(denied("to", format!("本环节已经由{}办理", to.name)));
                }
                seat.holder = Some(to.clone());
                seat.delegated_by = None;
                seat.report = None;
                Ok(())
            }
            Verb::Delegate { token, seat, to } => {
                let Some(me) = by.staff else {
                    return Err(denied("to", "只有工作人员可以委派"));
                };
                if me == to.staff {
                    return Err(denied("to", "不能委派给自己"));
                }
                let seat = self.open_seat(*token, *seat)?;
                if seat.delegated_by.is_some() {
                    return Err(denied("to", "已经委派出去，请等回复，或者转办"));
                }
                seat.delegated_by = Some(Person {
                    staff: me,
                    name: by.name.clone(),
                });
                seat.holder = Some(to.clone());
                seat.report = None;
                Ok(())
            }
            Verb::AddSigner { token, seat } => self.add_signer(net, *token, seat),
            Verb::DropSigner { token, seat } => {
                self.drop_signer(*token, *seat)?;
                self.settle_work(net, *token, choose)
            }
            Verb::Jump { token, to, reason } => self.jump(net, *token, to, by, reason),
            Verb::Suspend { reason } => {
                if self.is_over() {
                    return Err(denied("route", "流程已经走完"));
                }
                self.suspended = Some(Suspension {
                    by: by.name.clone(),
                    at: by.at,
                    reason: reason.clone(),
                });
                Ok(())
            }
            Verb::Resume => self
                .suspended
                .take()
                .map(drop)
                .ok_or_else(|| denied("route", "本件没有挂起")),
            Verb::Urge { token, text } => {
                let work = self.open_work(*token)?;
                if work.urged.len() >= URGES_MAX {
                    return Err(denied(
                        "text",
                        format!("这一步已经催办{URGES_MAX}次，请转督办"),
                    ));
                }
                work.urged.push(Urge {
                    by: by.clone(),
                    text: text.clone(),
                });
                Ok(())
            }
        }
    }

    fn open_work(&mut self, token: u32) -> Result<&mut Work, Denial> {
        self.tokens
            .iter_mut()
            .find(|known| known.id == token)
            .and_then(|token| token.work.as_mut())
            .ok_or_else(|| denied("token", "这一步已经办过或者被退回，请刷新页面"))
    }

    /// A seat that has not signed.
    fn open_seat(&mut self, token: u32, seat: u32) -> Result<&mut OpenSeat, Denial> {
        self.open_work(token)?
            .seats
            .iter_mut()
            .find(|known| known.no == seat && known.signature.is_none())
            .ok_or_else(|| denied("seat", "这一席已经签过或者被减去，请刷新页面"))
    }

    fn sign(&mut self, token: u32, seat: u32, signature: Signature) -> Result<(), Denial> {
        let seat = self.open_seat(token, seat)?;
        let signature = Signature {
            seat: seat.name.clone(),
            ..signature
        };
        match seat.delegated_by.take() {
            // The delegate reports: the seat goes back to whoever gave it.
            Some(principal) if Some(principal.staff) != signature.by.staff => {
                seat.report = Some(signature);
                seat.holder = Some(principal);
            }
            _ => seat.signature = Some(signature),
        }
        Ok(())
    }

    /// Goes on when enough have signed.
    fn settle_work(
        &mut self,
        net: &Net,
        token: u32,
        choose: &mut dyn Choose,
    ) -> Result<(), Denial> {
        let work = self.open_work(token)?;
        let Some(agreed) = work.outcome() else {
            return Ok(());
        };
        let doing = Doing {
            signed: work
                .seats
                .iter()
                .filter_map(|seat| seat.signature.clone())
                .collect(),
            agreed: Some(agreed),
            skipped: None,
        };
        self.finish(net, token, doing, choose)
            .map_err(|stuck| stuck_denial(net, &stuck))
    }

    fn add_signer(&mut self, net: &Net, token: u32, seat: &Seat) -> Result<(), Denial> {
        let node = self
            .token(token)
            .map(|token| token.node.clone())
            .unwrap_or_default();
        if net
            .node(&node)
            .and_then(crate::net::NetNode::kind)
            .is_some_and(crate::Kind::is_barrier)
        {
            return Err(denied("token", "受理、决定、送达由一人作出，不能加签"));
        }
        let work = self.open_work(token)?;
        if work.seats.len() >= SEATS_MAX {
            return Err(denied("seat", format!("一个环节最多{SEATS_MAX}名签批人")));
        }
        let no = work.seats.iter().map(|seat| seat.no).max().unwrap_or(0) + 1;
        work.seats.push(OpenSeat {
            no,
            name: seat.name.clone(),
            duty: seat.duty.clone(),
            holder: None,
            delegated_by: None,
            report: None,
            signature: None,
            added: true,
        });
        Ok(())
    }

    fn drop_signer(&mut self, token: u32, seat: u32) -> Result<(), Denial> {
        self.open_seat(token, seat)?;
        let work = self.open_work(token)?;
        let least = match work.rule {
            Rule::All => 1,
            Rule::Votes { needed } => needed as usize,
        };
        if work.seats.len() <= least {
            return Err(denied("seat", format!("至少要有{least}名签批人，不能再减")));
        }
        work.seats.retain(|known| known.no != seat);
        Ok(())
    }

    /// Steps that a token can go back to: the last doing of each step it comes from. What is a legal act of its own
    /// (受理, 决定 and what follows it) is not undone.
    pub fn earlier(&self, net: &Net, token: u32) -> Vec<Earlier> {
        let Some(token) = self.token(token).filter(|token| token.work.is_some()) else {
            return Vec::new();
        };
        let causes = self.causes(token);
        let mut found: Vec<Earlier> = Vec::new();
        for done in self
            .done
            .iter()
            .rev()
            .filter(|done| causes.contains(&done.id))
        {
            let Some(step) = net.node(&done.node).and_then(|node| node.step()) else {
                continue;
            };
            if found.iter().any(|known| known.key == done.node) || !self.may_undo(net, done.id) {
                continue;
            }
            found.push(Earlier {
                done: done.id,
                key: done.node.clone(),
                name: step.name.clone(),
                undoes: self.undone_with(net, done.id),
            });
        }
        found
    }

    /// Whether taking a doing back undoes no legal act.
    fn may_undo(&self, net: &Net, done: u32) -> bool {
        let undone = self.consequences(done);
        self.done
            .iter()
            .filter(|known| undone.contains(&known.id))
            .all(|known| !is_barrier(net, &known.node))
    }

    fn undone_with(&self, net: &Net, done: u32) -> Vec<String> {
        let undone = self.consequences(done);
        let past = self
            .done
            .iter()
            .filter(|known| known.id != done && undone.contains(&known.id))
            .map(|known| &known.node);
        let open = self
            .tokens
            .iter()
            .filter(|token| token.work.is_some() && undone.contains(&token.by))
            .map(|token| &token.node);
        let mut names: Vec<String> = Vec::new();
        for key in past.chain(open) {
            if let Some(step) = net.node(key).and_then(|node| node.step())
                && !names.contains(&step.name)
            {
                names.push(step.name.clone());
            }
        }
        names
    }

    /// Whether nobody has acted on what a step handed on: no step done, nothing signed.
    pub fn recallable(&self, net: &Net, done: u32) -> bool {
        let Some(known) = self.done_by_id(done).filter(|done| !done.signed.is_empty()) else {
            return false;
        };
        let undone = self.consequences(done);
        let acted = self.done.iter().any(|later| {
            later.id != done
                && undone.contains(&later.id)
                && !matches!(
                    net.node(&later.node).map(|node| &node.role),
                    Some(Role::Choice | Role::Fork | Role::Join)
                )
        });
        let signing = self.works().any(|(token, work)| {
            undone.contains(&token.by)
                && work
                    .seats
                    .iter()
                    .any(|seat| seat.signature.is_some() || seat.report.is_some())
        });
        !acted && !signing && !is_barrier(net, &known.node)
    }

    fn jump(
        &mut self,
        net: &Net,
        token: u32,
        to: &str,
        by: &By,
        reason: &str,
    ) -> Result<(), Denial> {
        let found = self.jumps_as(net, token, Some((to, by, reason)));
        match found.into_iter().find(|(key, _)| key == to) {
            Some((_, marking)) => {
                *self = marking;
                Ok(())
            }
            None => Err(denied(
                "to",
                "不能跳到这一步：中间有不能跳过的环节，或者要等其他分支汇合",
            )),
        }
    }

    /// Keys of the steps ahead that a token can jump to.
    pub fn jumps(&self, net: &Net, token: u32) -> Vec<String> {
        let found = self.jumps_as(net, token, None);
        found.into_iter().map(|(key, _)| key).collect()
    }

    /// Follows one token forward over steps that may be passed over, nearest first. Each jump is a run in which those
    /// steps were done at once, so it leads to no marking that an ordinary run would not come to.
    fn jumps_as(
        &self,
        net: &Net,
        token: u32,
        wanted: Option<(&str, &By, &str)>,
    ) -> Vec<(String, Marking)> {
        let mut found: Vec<(String, Marking)> = Vec::new();
        if self.suspended.is_some() || self.token(token).is_none_or(|token| token.work.is_none()) {
            return found;
        }
        let mut seen: Vec<String> = Vec::new();
        let mut queue = std::collections::VecDeque::from([(self.clone(), token)]);
        while let Some((marking, token)) = queue.pop_front() {
            let Some(standing) = marking.token(token) else {
                continue;
            };
            let key = standing.node.clone();
            if seen.contains(&key) {
                continue;
            }
            seen.push(key.clone());
            if marking.done.len() > self.done.len() {
                found.push((key.clone(), marking.clone()));
            }
            let started = standing
                .work
                .iter()
                .flat_map(|work| &work.seats)
                .any(|seat| seat.signature.is_some());
            if is_barrier(net, &key) || started {
                continue;
            }
            let skipped = wanted.map(|(_, by, reason)| Signature {
                seat: String::new(),
                by: by.clone(),
                agreed: true,
                opinion: reason.to_owned(),
            });
            let mut script = Script::default();
            loop {
                let mut next = marking.clone();
                let doing = Doing {
                    agreed: Some(true),
                    skipped: skipped.clone(),
                    signed: Vec::new(),
                };
                if next.finish(net, token, doing, &mut script).is_ok() {
                    for after in next.reached_from(marking.next) {
                        queue.push_back((next.clone(), after));
                    }
                }
                if !script.advance() {
                    break;
                }
            }
        }
        found
    }

    /// Work that came to be since a number was the next.
    fn reached_from(&self, number: u32) -> Vec<u32> {
        self.tokens
            .iter()
            .filter(|token: &&Token| token.id >= number && token.work.is_some())
            .map(|token| token.id)
            .collect()
    }
}

fn is_barrier(net: &Net, key: &str) -> bool {
    net.node(key)
        .and_then(crate::net::NetNode::kind)
        .is_some_and(crate::Kind::is_barrier)
}

/// What a stuck marking means to whoever pressed the button.
pub fn stuck_denial(net: &Net, stuck: &Stuck) -> Denial {
    match stuck {
        Stuck::NoWay { fact, .. } if !fact.is_empty() => {
            denied("facts", format!("请填写“{fact}”，下一步走哪里由它决定"))
        }
        Stuck::NoWay { node, .. } => {
            let name = net.node(node).map_or(node.as_str(), |node| node.name());
            denied(
                "facts",
                format!("“{name}”之后没有一条连线的条件成立，请检查填写的内容"),
            )
        }
        Stuck::UnknownNode(node) => denied("route", format!("路线里没有“{node}”")),
        Stuck::TooLong => denied("route", "本件办理的环节太多，请撤回或作出决定"),
    }
}

/// Chooses by what is known.
pub fn by_facts(facts: &Facts) -> impl Choose + '_ {
    move |net: &Net, node: usize, done: &[Done]| {
        let mut known = facts.clone();
        for guard in net.guards(node).into_iter().flatten() {
            for key in &guard.facts {
                if let Some(step) = key
                    .strip_prefix(AGREED)
                    .and_then(|rest| rest.strip_prefix('.'))
                {
                    known.insert(key.clone(), Value::YesNo(Marking::agreed(done, step)));
                }
            }
        }
        net.way(node, &known)
    }
}

/// Goes through all ways of all choices, one after the other.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// The way of each choice that was met, and how many there were.
    ways: Vec<(usize, usize)>,
    at: usize,
}

impl Script {
    /// On to the next combination; false when all were had.
    pub fn advance(&mut self) -> bool {
        self.at = 0;
        while let Some((way, of)) = self.ways.pop() {
            if way + 1 < of {
                self.ways.push((way + 1, of));
                return true;
            }
        }
        false
    }
}

impl Choose for Script {
    fn way(&mut self, net: &Net, node: usize, _done: &[Done]) -> Result<usize, String> {
        let possible = net.possible(node);
        let known = self.ways.get(self.at).copied();
        let (way, _) = known.unwrap_or((0, possible.len()));
        if known.is_none() {
            self.ways.push((0, possible.len()));
        }
        self.at += 1;
        possible.get(way).copied().ok_or_else(String::new)
    }
}
