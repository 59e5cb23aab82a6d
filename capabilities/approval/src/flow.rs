//! The straight road of an approval: states and moves, as a table.

use casework::{
    Permission::{
        Accept, Administer, ApproveExtension, ApproveJointExtension, Archive, Assist, Decide,
        Deliver, Receive, RefuseAcceptance, RequestCorrection, Supervise, Unmask,
    },
    flow::{Flow, Move, Phase, State, Who},
};

/// `case.kind` of every approval.
pub const KIND: &str = "approval";

pub static FLOW: Flow = Flow {
    kind: KIND,
    first: "received",
    states: &[
        State {
            name: "received",
            label: "待受理",
            phase: Phase::Office,
        },
        State {
            name: "correcting",
            label: "待补正",
            phase: Phase::Applicant,
        },
        State {
            name: "accepted",
            label: "审查中",
            phase: Phase::Office,
        },
        State {
            name: "granted",
            label: "已准予，待送达",
            phase: Phase::Office,
        },
        State {
            name: "refused",
            label: "不予许可，待送达",
            phase: Phase::Office,
        },
        State {
            name: "done",
            label: "办结",
            phase: Phase::Closed,
        },
        State {
            name: "not_accepted",
            label: "不予受理",
            phase: Phase::Closed,
        },
        State {
            name: "withdrawn",
            label: "已撤回",
            phase: Phase::Closed,
        },
        State {
            name: "terminated",
            label: "已终止",
            phase: Phase::Closed,
        },
    ],
    moves: &[
        Move {
            command: "accept",
            label: "受理",
            from: &["received"],
            to: &["accepted"],
            // 秒批、智能审批: rules accept and decide, see the capability `smart`. And where a leading body has
            // accepted for all, each is accepted in its own trail.
            who: &[Who::Staff(Accept), Who::System],
        },
        // 行政许可法第三十二条第一款第四项: everything that is missing, told once.
        Move {
            command: "request_correction",
            label: "一次性告知补正",
            from: &["received"],
            to: &["correcting"],
            who: &[Who::Staff(RequestCorrection), Who::System],
        },
        Move {
            command: "supply_correction",
            label: "提交补正",
            from: &["correcting"],
            to: &["received"],
            who: &[Who::Applicant, Who::Staff(Receive)],
        },
        // 窗口无否决权: a clerk has no permission to refuse acceptance.
        Move {
            command: "refuse_acceptance",
            label: "不予受理",
            from: &["received"],
            to: &["not_accepted"],
            who: &[Who::Staff(RefuseAcceptance)],
        },
        // 行政许可法第三十二条第一款第四项: 逾期不告知的，自收到申请材料之日起即为受理.
        Move {
            command: "deem_accepted",
            label: "逾期未告知，视为受理",
            from: &["received"],
            to: &["accepted"],
            who: &[Who::System],
        },
        Move {
            command: "grant",
            label: "准予许可",
            from: &["accepted"],
            to: &["granted", "done"],
            who: &[Who::Staff(Decide), Who::System],
        },
        // 行政许可法第五十条第二款: 逾期未作决定的，视为准予延续.
        Move {
            command: "deem_renewed",
            label: "逾期未决定，视为准予延续",
            from: &["received", "accepted"],
            to: &["granted", "done"],
            who: &[Who::System],
        },
        Move {
            command: "refuse",
            label: "不予许可",
            from: &["accepted"],
            to: &["refused", "done"],
            // Only where a rule set names the law that allows it.
            who: &[Who::Staff(Decide), Who::System],
        },
        Move {
            command: "deliver",
            label: "送达",
            from: &["granted", "refused"],
            to: &["done"],
            who: &[Who::Staff(Deliver), Who::System],
        },
        // Another case's result has come, or all that is delivered together is ready.
        Move {
            command: "release",
            label: "前序结果到位",
            from: OPEN,
            to: &[
                "received",
                "correcting",
                "accepted",
                "granted",
                "refused",
                "done",
            ],
            who: &[Who::System],
        },
        Move {
            command: "withdraw",
            label: "撤回申请",
            from: &["received", "correcting", "accepted"],
            to: &["withdrawn"],
            who: &[Who::Applicant, Who::Staff(Receive)],
        },
        // 行政许可法第四十五条: the time of these is not counted, and the applicant is told it in writing.
        Move {
            command: "start_procedure",
            label: "启动特别程序",
            from: &["accepted"],
            to: &["accepted"],
            who: &[Who::Staff(Decide)],
        },
        Move {
            command: "end_procedure",
            label: "登记特别程序结论",
            from: &["accepted"],
            to: &["accepted"],
            who: &[Who::Staff(Decide)],
        },
        // 行政许可法第四十二条: once, with the approval of the head, the reasons told.
        Move {
            command: "request_extension",
            label: "申请延长办理期限",
            from: &["accepted"],
            to: &["accepted"],
            who: &[Who::Staff(Decide)],
        },
        Move {
            command: "approve_extension",
            label: "批准延长",
            from: &["accepted"],
            to: &["accepted"],
            who: &[
                Who::Staff(ApproveExtension),
                Who::Staff(ApproveJointExtension),
            ],
        },
        Move {
            command: "decline_extension",
            label: "不同意延长",
            from: &["accepted"],
            to: &["accepted"],
            who: &[
                Who::Staff(ApproveExtension),
                Who::Staff(ApproveJointExtension),
            ],
        },
        // 行政许可法第四十七条、第四十八条.
        Move {
            command: "tell_hearing_right",
            label: "告知听证权利",
            from: &["accepted"],
            to: &["accepted"],
            who: &[Who::Staff(Decide)],
        },
        Move {
            command: "request_hearing",
            label: "要求听证",
            from: &["accepted"],
            to: &["accepted"],
            who: &[Who::Applicant, Who::Staff(Receive)],
        },
        Move {
            command: "waive_hearing",
            label: "放弃听证",
            from: &["accepted"],
            to: &["accepted"],
            who: &[Who::Applicant, Who::Staff(Receive)],
        },
        Move {
            command: "call_hearing",
            label: "通知举行听证",
            from: &["accepted"],
            to: &["accepted"],
            who: &[Who::Staff(Decide)],
        },
        Move {
            command: "record_hearing",
            label: "登记听证笔录",
            from: &["accepted"],
            to: &["accepted"],
            who: &[Who::Staff(Decide)],
        },
        Move {
            command: "serve_notice",
            label: "登记文书送达",
            from: &["accepted", "granted", "refused"],
            to: &["accepted", "granted", "refused"],
            who: &[Who::Staff(Deliver), Who::Staff(Decide)],
        },
        // 容缺受理: core materials there, the rest promised.
        Move {
            command: "promise_gap",
            label: "承诺补交",
            from: &["received"],
            to: &["received"],
            who: &[Who::Applicant, Who::Staff(Receive)],
        },
        Move {
            command: "accept_with_gap",
            label: "容缺受理",
            from: &["received"],
            to: &["accepted"],
            who: &[Who::Staff(Accept)],
        },
        Move {
            command: "supply_gap",
            label: "补交容缺材料",
            from: &["accepted"],
            to: &["accepted"],
            who: &[Who::Applicant, Who::Staff(Receive)],
        },
        Move {
            command: "lapse_gap",
            label: "容缺材料逾期未补",
            from: &["accepted"],
            to: &["accepted"],
            who: &[Who::System],
        },
        Move {
            command: "lapse_correction",
            label: "逾期未补正，终止办理",
            from: &["correcting"],
            to: &["terminated"],
            who: &[Who::System],
        },
        // 行政许可法第四十三条.
        Move {
            command: "report_review",
            label: "报送初审意见",
            from: &["accepted"],
            to: &["accepted"],
            who: &[Who::Staff(Decide)],
        },
        // Only where the item's law makes silence consent, as 行政许可法第五十条第二款 does.
        Move {
            command: "deem_granted",
            label: "逾期未决定，视为准予",
            from: &["accepted"],
            to: &["granted", "done"],
            who: &[Who::System],
        },
        // 行政许可法第七十八条.
        Move {
            command: "record_false_materials",
            label: "登记提供虚假材料",
            from: &["refused", "done"],
            to: &["refused", "done"],
            who: &[Who::Staff(Decide)],
        },
        Move {
            command: "take",
            label: "领办",
            from: &["received", "accepted", "granted", "refused"],
            to: &["received", "accepted", "granted", "refused"],
            who: &[Who::Staff(Accept), Who::Staff(Decide), Who::Staff(Deliver)],
        },
        // 个人信息保护法第五十一条: seeing personal data in full is an act of its own, on record.
        Move {
            command: "reveal",
            label: "查看完整个人信息",
            from: EVERY,
            to: EVERY,
            who: &[Who::Staff(Unmask)],
        },
        // 行政许可法第七十八条: false materials in a matter of safety, one year.
        Move {
            command: "ban_reapplying",
            label: "记录一年内不得再次申请",
            from: &["refused", "done", "not_accepted"],
            to: &["refused", "done", "not_accepted"],
            who: &[Who::Staff(Decide)],
        },
        // The hold it leaves behind lets nothing through but reading on record.
        Move {
            command: "archive",
            label: "归档",
            from: CLOSED,
            to: CLOSED,
            who: &[Who::Staff(Archive)],
        },
        // 个人信息保护法第五十一条: the whole file leaves the platform, so it is on record.
        Move {
            command: "export_file",
            label: "调取电子卷宗",
            from: EVERY,
            to: EVERY,
            who: &[Who::Staff(Unmask)],
        },
        // 窗口无否决权: what a clerk can neither accept nor have corrected is passed on, never turned away.
        Move {
            command: "escalate",
            label: "上报审批部门",
            from: &["received"],
            to: &["received"],
            who: &[Who::Staff(Receive), Who::Staff(Accept)],
        },
        Move {
            command: "answer_escalation",
            label: "答复窗口上报",
            from: &["received", "correcting", "accepted"],
            to: &["received", "correcting", "accepted"],
            who: &[Who::Staff(RefuseAcceptance)],
        },
        Move {
            command: "take_originals",
            label: "收取原件",
            from: EVERY,
            to: EVERY,
            who: &[
                Who::Staff(Receive),
                Who::Staff(Accept),
                Who::Holder(Receive),
            ],
        },
        Move {
            command: "move_originals",
            label: "转交原件",
            from: EVERY,
            to: EVERY,
            who: &[
                Who::Staff(Receive),
                Who::Staff(Accept),
                Who::Holder(Receive),
            ],
        },
        Move {
            command: "return_originals",
            label: "退还原件",
            from: EVERY,
            to: EVERY,
            who: &[
                Who::Staff(Receive),
                Who::Staff(Accept),
                Who::Staff(Deliver),
                Who::Holder(Receive),
            ],
        },
        Move {
            command: "add_scan",
            label: "扫描入卷",
            from: &["received", "correcting", "accepted"],
            to: &["received", "correcting", "accepted"],
            who: &[
                Who::Staff(Receive),
                Who::Staff(Accept),
                Who::Holder(Receive),
            ],
        },
        Move {
            command: "prioritise",
            label: "列入绿色通道",
            from: &["received", "correcting", "accepted", "granted", "refused"],
            to: &["received", "correcting", "accepted", "granted", "refused"],
            who: &[Who::Staff(Receive), Who::Staff(Accept), Who::Staff(Assist)],
        },
        // 收受分离: from the window that took it in to the office that decides.
        Move {
            command: "send_handover",
            label: "移交办理机关",
            from: &["received", "correcting", "accepted"],
            to: &["received", "correcting", "accepted"],
            who: &[Who::Staff(Receive)],
        },
        Move {
            command: "receive_handover",
            label: "签收移交",
            from: &["received", "correcting", "accepted", "granted", "refused"],
            to: &["received", "correcting", "accepted", "granted", "refused"],
            who: &[Who::Staff(Accept)],
        },
        Move {
            command: "urge",
            label: "催办",
            from: OPEN,
            to: OPEN,
            who: &[
                Who::Applicant,
                Who::Staff(Decide),
                Who::Staff(Accept),
                Who::Staff(Supervise),
            ],
        },
        Move {
            command: "step:sign",
            label: "办结环节",
            from: &["accepted"],
            to: &["accepted"],
            who: STEP_WHO,
        },
        Move {
            command: "step:return",
            label: "退回",
            from: &["accepted"],
            to: &["accepted"],
            who: STEP_WHO,
        },
        Move {
            command: "step:recall",
            label: "撤回",
            from: &["accepted"],
            to: &["accepted"],
            who: STEP_WHO,
        },
        Move {
            command: "step:transfer",
            label: "转办",
            from: &["accepted"],
            to: &["accepted"],
            who: STEP_WHO,
        },
        Move {
            command: "step:delegate",
            label: "委派",
            from: &["accepted"],
            to: &["accepted"],
            who: STEP_WHO,
        },
        Move {
            command: "step:add_signer",
            label: "加签",
            from: &["accepted"],
            to: &["accepted"],
            who: STEP_WHO,
        },
        Move {
            command: "step:drop_signer",
            label: "减签",
            from: &["accepted"],
            to: &["accepted"],
            who: STEP_WHO,
        },
        Move {
            command: "step:jump",
            label: "跳转",
            from: &["accepted"],
            to: &["accepted"],
            who: STEP_WHO,
        },
        Move {
            command: "step:suspend",
            label: "挂起",
            from: &["accepted"],
            to: &["accepted"],
            who: STEP_WHO,
        },
        Move {
            command: "step:resume",
            label: "恢复",
            from: &["accepted"],
            to: &["accepted"],
            who: STEP_WHO,
        },
        Move {
            command: "step:urge",
            label: "催办",
            from: &["accepted"],
            to: &["accepted"],
            who: URGE_WHO,
        },
        // 智能审批: the published rules take the place of 审查.
        Move {
            command: "step:by_rules",
            label: "按规则审查",
            from: &["accepted"],
            to: &["accepted"],
            who: &[Who::System],
        },
        Move {
            command: "step:migrate",
            label: "换用流程版本",
            from: &["accepted"],
            to: &["accepted"],
            who: &[Who::Staff(Administer)],
        },
    ],
};

/// Every state that is not the end.
const OPEN: &[&str] = &["received", "correcting", "accepted", "granted", "refused"];
/// Who may hold a step of a route; which of them does, its duty says.
const STEP_WHO: &[Who] = &[Who::Staff(Decide), Who::Staff(Accept), Who::Staff(Deliver)];
/// 催办 is also a supervisor's.
const URGE_WHO: &[Who] = &[
    Who::Staff(Decide),
    Who::Staff(Accept),
    Who::Staff(Supervise),
];

/// Every state of the flow.
const EVERY: &[&str] = &[
    "received",
    "correcting",
    "accepted",
    "granted",
    "refused",
    "done",
    "not_accepted",
    "withdrawn",
    "terminated",
];

/// States in which nothing more is to be done.
const CLOSED: &[&str] = &["done", "not_accepted", "withdrawn", "terminated"];

/// The official term of a state.
pub fn state_label(state: &str) -> &'static str {
    let known = FLOW
        .state(state)
        .or_else(|| crate::after::ending::FLOW.state(state))
        .or_else(|| crate::aftercheck::FLOW.state(state));
    match (known, state) {
        (Some(known), _) => known.label,
        // Wholes of several approvals, and construction projects, stand in the same lists.
        (None, "rectifying") => "整改后复验",
        (None, "registered") => "已登记",
        (None, "running") => "审批中",
        (None, "between") => "等待下一阶段申报",
        (None, "stopped") => "已终止",
        (None, _) => "未知状态",
    }
}

/// What an act is called in a timeline.
pub fn command_label(command: &str) -> &'static str {
    match command {
        "file" => "提交申请",
        "recompute_clocks" => "工作日历调整，重算期限",
        "open_check" => "交办核查",
        other => FLOW
            .command(other)
            .or_else(|| crate::aftercheck::FLOW.command(other))
            .map_or("办理", |known| known.label),
    }
}
