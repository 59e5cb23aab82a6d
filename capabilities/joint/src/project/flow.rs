//! The road of a construction project: registered under its code, its stages one after another, over.

use casework::Permission::{Accept, Decide};
use casework::flow::{Flow, Move, Phase, State, Who};

/// `case.kind` of every project.
pub const KIND: &str = "project";

pub static FLOW: Flow = Flow {
    kind: KIND,
    first: "registered",
    states: &[
        State {
            name: "registered",
            label: "已登记",
            phase: Phase::Applicant,
        },
        State {
            name: "running",
            label: "审批中",
            phase: Phase::Office,
        },
        State {
            name: "between",
            label: "等待下一阶段申报",
            phase: Phase::Applicant,
        },
        State {
            name: "done",
            label: "全部完成",
            phase: Phase::Closed,
        },
        State {
            name: "stopped",
            label: "已终止",
            phase: Phase::Closed,
        },
    ],
    moves: &[
        Move {
            command: "file_stage",
            label: "申报阶段",
            from: &["registered", "between", "running"],
            to: &["running"],
            who: &[Who::Applicant],
        },
        // A stage was accepted, is over, waits for the applicant: told through the feed.
        Move {
            command: "stage_moved",
            label: "阶段有了进展",
            from: &["registered", "between", "running"],
            to: &["running", "between", "done"],
            who: &[Who::System],
        },
        // 区域评估: what was assessed for a whole area is not assessed again for one project in it.
        Move {
            command: "use_assessment",
            label: "采用区域评估成果",
            from: &["registered", "between", "running"],
            to: &["registered", "between", "running"],
            who: &[Who::Staff(Decide)],
        },
        Move {
            command: "ask_utility",
            label: "申请市政公用接入",
            from: &["registered", "between", "running"],
            to: &["registered", "between", "running"],
            who: &[Who::Applicant],
        },
        Move {
            command: "connect_utility",
            label: "市政公用接入完成",
            from: &["registered", "between", "running"],
            to: &["registered", "between", "running"],
            who: &[Who::Staff(Accept)],
        },
        Move {
            command: "stop",
            label: "终止项目",
            from: &["registered", "between"],
            to: &["stopped"],
            who: &[Who::Applicant],
        },
    ],
};

/// What an act is called in a timeline.
pub fn command_label(command: &str) -> &'static str {
    match command {
        "register" => "登记项目",
        "recompute_clocks" => "工作日历调整，重算期限",
        other => FLOW.command(other).map_or("办理", |known| known.label),
    }
}

/// The official term of a state.
pub fn state_label(state: &str) -> &'static str {
    FLOW.state(state).map_or("未知状态", |state| state.label)
}
