//! What somebody may do with the open case, and what each of it would do to the clocks.

use casework::{Actor, Case, Refusal};
use jiff::Timestamp;

use super::special;
use crate::{
    details::{CorrectionItem, Delivery},
    effect::{Change, Effects},
    flow::{command_label, state_label},
    service::{Act, Approval},
};

/// One thing the actor could do now.
pub(super) struct ActView {
    pub command: &'static str,
    pub label: &'static str,
    pub effects: Vec<String>,
    /// What it does to the clocks, in one line: read before the act is even opened.
    pub clock: String,
    /// Open on arrival: the first, or the one with errors.
    pub open: bool,
    pub danger: bool,
    /// What its form asks for, where it is one of `special`.
    pub fields: Vec<special::Field>,
}

impl ActView {
    /// Name and id of a field's control.
    pub(super) fn id_of(&self, field: &special::Field) -> String {
        format!("{}-{}", self.command, field.name)
    }

    /// What the form begins with.
    pub(super) fn prepared(&self, name: &str) -> &str {
        self.fields
            .iter()
            .find(|field| field.name == name)
            .map_or("", |field| field.value.as_str())
    }
}

/// Every act that would be possible with its fields filled in, and its effect. `failed` is the one that was refused.
pub(super) fn possible(
    approval: &Approval,
    actor: &Actor,
    case: &Case,
    now: Timestamp,
    failed: &str,
) -> Vec<ActView> {
    let mut views: Vec<ActView> = Vec::new();
    for act in candidates().into_iter().chain(special::candidates(case)) {
        let command = word(&act);
        let (effects, clock) = match approval.preview(actor, now, case, &act) {
            Ok(effects) => {
                let clocks = clock_lines(&effects);
                let clock = clocks.join("；");
                (lines(&effects), clock)
            }
            Err(
                Refusal::NotAllowed { .. } | Refusal::WrongState { .. } | Refusal::Invalid { .. },
            ) => continue,
            Err(refusal) => (vec![refusal.to_string()], refusal.to_string()),
        };
        views.push(ActView {
            command,
            label: command_label(command),
            effects,
            clock: if clock.is_empty() {
                "期限不变".to_owned()
            } else {
                clock
            },
            open: if failed.is_empty() {
                views.is_empty()
            } else {
                failed == command
            },
            danger: matches!(command, "refuse" | "refuse_acceptance"),
            fields: special::fields(command, case),
        });
    }
    views
}

/// One of each, with something in every field that must be filled in.
fn candidates() -> [Act; 6] {
    let sample = || "示例".to_owned();
    [
        Act::Accept {
            remark: String::new(),
        },
        Act::RequestCorrection {
            items: vec![CorrectionItem {
                material: String::new(),
                what: sample(),
            }],
            remark: String::new(),
        },
        Act::RefuseAcceptance {
            reason: sample(),
            legal_basis: sample(),
            right_agency: String::new(),
        },
        Act::Grant {
            opinion: String::new(),
        },
        Act::Refuse {
            reason: sample(),
            legal_basis: sample(),
        },
        Act::Deliver {
            method: Delivery::Window,
            receiver: sample(),
            tracking: sample(),
        },
    ]
}

fn word(act: &Act) -> &'static str {
    match act {
        Act::Accept { .. } => "accept",
        Act::RequestCorrection { .. } => "request_correction",
        Act::SupplyCorrection { .. } => "supply_correction",
        Act::RefuseAcceptance { .. } => "refuse_acceptance",
        Act::DeemAccepted => "deem_accepted",
        Act::Grant { .. } => "grant",
        Act::Refuse { .. } => "refuse",
        Act::Deliver { .. } => "deliver",
        Act::Withdraw { .. } => "withdraw",
        Act::Take { .. } => "take",
        Act::Reveal { .. } => "reveal",
        Act::Archive(act) => act.word(),
        Act::After(act) => act.word(),
        Act::Release(_) => "release",
        Act::Window(command) => command.word(),
        Act::Route(command) => command.word(),
        Act::Special(command) => command.word(),
    }
}

/// Effects as sentences: the state first, then each clock.
pub fn lines(effects: &Effects) -> Vec<String> {
    let state = if effects.moved {
        format!("办件转为“{}”", state_label(&effects.state))
    } else {
        "办件状态不变".to_owned()
    };
    std::iter::once(state).chain(clock_lines(effects)).collect()
}

fn clock_lines(effects: &Effects) -> Vec<String> {
    let zh = ui::Lang::Zh;
    let day = |at: Timestamp| ui::format::date_long(zh, ui::format::last_day(at));
    effects
        .clocks
        .iter()
        .map(|effect| match effect.change {
            Change::Starts {
                due: Some(due),
                provisional,
            } => format!(
                "{}开始计时，{}到期{}",
                effect.label,
                day(due),
                if provisional { "（暂定）" } else { "" }
            ),
            Change::Starts { due: None, .. } => format!("{}开始计时", effect.label),
            Change::Stops { late: false } => format!("{}按时结束", effect.label),
            Change::Stops { late: true } => format!("{}已超期，就此结束并留痕", effect.label),
            Change::Moves {
                from: Some(from),
                to: Some(to),
            } => format!("{}由{}改为{}到期", effect.label, day(from), day(to)),
            Change::Moves { to: None, .. } => format!("{}停止计时", effect.label),
            Change::Moves {
                from: None,
                to: Some(to),
            } => format!("{}恢复计时，{}到期", effect.label, day(to)),
        })
        .collect()
}
