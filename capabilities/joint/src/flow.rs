//! The road of a whole: handed in, accepted once, its parts decided each by its body, delivered once.

use casework::Permission::{Accept, Decide, Deliver, Receive, RequestCorrection};
use casework::flow::{Flow, Move, Phase, State, Who};

/// `case.kind` of every whole made of approvals.
pub const KIND: &str = "bundle";

/// Names of states are those of an approval where they mean the same, so that lists read alike.
pub static FLOW: Flow = Flow {
    kind: KIND,
    first: "received",
    states: &[
        state("received", "待受理", Phase::Office),
        state("correcting", "待补正", Phase::Applicant),
        state("accepted", "审查中", Phase::Office),
        // 联合验收: some parts did not pass; they are put right and looked at again.
        state("rectifying", "整改后复验", Phase::Applicant),
        state("granted", "已准予，待送达", Phase::Office),
        state("refused", "不予许可，待送达", Phase::Office),
        state("done", "办结", Phase::Closed),
        state("withdrawn", "已撤回", Phase::Closed),
    ],
    moves: &[
        Move {
            command: "accept",
            label: "统一受理",
            from: &["received"],
            to: &["accepted"],
            who: &[Who::Staff(Accept)],
        },
        Move {
            command: "request_correction",
            label: "一次性告知补正",
            from: &["received"],
            to: &["received", "correcting"],
            who: &[Who::Staff(RequestCorrection)],
        },
        // A part was accepted, asked for something, decided, withdrawn: told through the feed.
        Move {
            command: "part_moved",
            label: "分项有了进展",
            from: OPEN,
            to: &[
                "received",
                "correcting",
                "accepted",
                "granted",
                "refused",
                "done",
                "withdrawn",
            ],
            who: &[Who::System],
        },
        Move {
            command: "extend",
            label: "延长办理期限",
            from: &["accepted"],
            to: &["accepted"],
            who: &[Who::Staff(Decide)],
        },
        Move {
            command: "arrange_visit",
            label: "组织联合踏勘",
            from: &["received", "accepted"],
            to: &["received", "accepted"],
            who: &[Who::Staff(Decide)],
        },
        Move {
            command: "record_visit",
            label: "记录联合踏勘结果",
            from: &["accepted"],
            to: AFTER_VISIT,
            who: &[Who::Staff(Decide)],
        },
        Move {
            command: "cancel_visit",
            label: "取消联合踏勘",
            from: &["received", "accepted"],
            to: &[
                "received",
                "accepted",
                "granted",
                "refused",
                "done",
                "withdrawn",
            ],
            who: &[Who::Staff(Decide)],
        },
        Move {
            command: "give_opinion",
            label: "提出分项意见",
            from: &["accepted"],
            to: &["accepted"],
            who: &[Who::Staff(Decide)],
        },
        Move {
            command: "conclude",
            label: "出具综合意见",
            from: &["accepted"],
            to: &["granted", "done", "rectifying"],
            who: &[Who::Staff(Decide)],
        },
        Move {
            command: "ask_again",
            label: "申请复验",
            from: &["rectifying"],
            to: &["accepted"],
            who: &[Who::Applicant, Who::Staff(Receive)],
        },
        Move {
            command: "deliver",
            label: "统一送达",
            from: &["granted", "refused"],
            to: &["done"],
            who: &[Who::Staff(Deliver)],
        },
        Move {
            command: "withdraw",
            label: "撤回全部申请",
            from: &["received", "correcting", "accepted", "rectifying"],
            to: &["withdrawn"],
            who: &[Who::Applicant, Who::Staff(Receive)],
        },
    ],
};

/// A stage that waited for nothing but the visit is over with it.
const AFTER_VISIT: &[&str] = &["accepted", "granted", "refused", "done", "withdrawn"];

const OPEN: &[&str] = &[
    "received",
    "correcting",
    "accepted",
    "rectifying",
    "granted",
    "refused",
];

const fn state(name: &'static str, label: &'static str, phase: Phase) -> State {
    State { name, label, phase }
}

/// What an act is called in a timeline.
pub fn command_label(command: &str) -> &'static str {
    match command {
        "file" => "提交申请",
        "recompute_clocks" => "工作日历调整，重算期限",
        other => FLOW.command(other).map_or("办理", |known| known.label),
    }
}

/// The official term of a state.
pub fn state_label(state: &str) -> &'static str {
    FLOW.state(state).map_or("未知状态", |state| state.label)
}
