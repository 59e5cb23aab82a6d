//! 撤销 and 注销 of a certificate: a case of its own, begun by the office, linked to the case that granted it.
//!
//! A revocation tells its holder first: facts, grounds, the right to be heard and to ask for a hearing. It is decided
//! when the holder has been heard, has given up being heard, or the time for it is over. A cancellation closes formally
//! what has ended already and is decided at once. Pure: the shell is [`super::ending_service`].

use base::ids::{CaseId, OrgId, PartyId};
use calendar::{ClockTerms, Length, PauseReason, Role};
use casework::{
    Case, Channel, Context, Event, Link, Permission, Refusal, Relation, Step,
    case::Duty,
    event::{ActorKind, ActorRef, Opened},
    flow::{Flow, Move, Phase, State, Who},
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{clocks, rules::needed, rules::text};

/// `case.kind` of every revocation and cancellation.
pub const KIND: &str = "license_end";
/// Key of [`Ending`] among the details.
pub const ENDING: &str = "ending";
/// Key of a list of [`Views`].
pub const VIEWS: &str = "views";
/// Key of the [`Hearing`] record.
pub const HEARING: &str = "hearing";
/// Key of [`Ended`].
pub const ENDED: &str = "ended";
/// Times the holder may write.
const VIEWS_MAX: usize = 20;

pub static FLOW: Flow = Flow {
    kind: KIND,
    first: "proposed",
    states: &[
        State {
            name: "proposed",
            label: "已告知，听取意见",
            phase: Phase::Office,
        },
        State {
            name: "hearing",
            label: "待听证",
            phase: Phase::Office,
        },
        State {
            name: "done",
            label: "已决定",
            phase: Phase::Closed,
        },
        State {
            name: "dropped",
            label: "终止处理",
            phase: Phase::Closed,
        },
    ],
    moves: &[
        // 行政许可法第七条: 陈述权、申辩权.
        Move {
            command: "state_views",
            label: "陈述申辩",
            from: &["proposed", "hearing"],
            to: &["proposed", "hearing"],
            who: &[Who::Applicant, Who::Staff(Permission::Decide)],
        },
        // 行政许可法第四十七条: asked for within five days of being told.
        Move {
            command: "ask_hearing",
            label: "要求听证",
            from: &["proposed"],
            to: &["hearing"],
            who: &[Who::Applicant, Who::Staff(Permission::Decide)],
        },
        Move {
            command: "record_hearing",
            label: "登记听证",
            from: &["hearing"],
            to: &["proposed"],
            who: &[Who::Staff(Permission::Decide)],
        },
        Move {
            command: "end_license",
            label: "作出决定",
            from: &["proposed"],
            to: &["done"],
            who: &[Who::Staff(Permission::Decide)],
        },
        Move {
            command: "drop_ending",
            label: "终止处理",
            from: &["proposed", "hearing"],
            to: &["dropped"],
            who: &[Who::Staff(Permission::Decide)],
        },
    ],
};

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// 撤销.
    Revoke,
    /// 注销.
    Cancel,
}

impl End {
    pub fn word(self) -> &'static str {
        match self {
            End::Revoke => "revoke",
            End::Cancel => "cancel",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            End::Revoke => "撤销",
            End::Cancel => "注销",
        }
    }

    pub fn grounds(self) -> &'static [Ground] {
        match self {
            End::Revoke => REVOKE,
            End::Cancel => CANCEL,
        }
    }

    /// The ground with this word.
    pub fn ground(self, word: &str) -> Option<&'static Ground> {
        self.grounds().iter().find(|ground| ground.word == word)
    }
}

/// A ground that the law names.
#[derive(Debug, PartialEq, Eq)]
pub struct Ground {
    pub word: &'static str,
    pub text: &'static str,
    pub law: &'static str,
}

/// 行政许可法第六十九条.
const REVOKE: &[Ground] = &[
    Ground {
        word: "abuse",
        text: "行政机关工作人员滥用职权、玩忽职守作出准予行政许可决定",
        law: "《行政许可法》第六十九条第一款第一项",
    },
    Ground {
        word: "beyond_powers",
        text: "超越法定职权作出准予行政许可决定",
        law: "《行政许可法》第六十九条第一款第二项",
    },
    Ground {
        word: "procedure",
        text: "违反法定程序作出准予行政许可决定",
        law: "《行政许可法》第六十九条第一款第三项",
    },
    Ground {
        word: "unqualified",
        text: "对不具备申请资格或者不符合法定条件的申请人准予行政许可",
        law: "《行政许可法》第六十九条第一款第四项",
    },
    Ground {
        word: "other",
        text: "依法可以撤销行政许可的其他情形",
        law: "《行政许可法》第六十九条第一款第五项",
    },
    Ground {
        word: FRAUD,
        text: "被许可人以欺骗、贿赂等不正当手段取得行政许可",
        law: "《行政许可法》第六十九条第二款",
    },
];

/// The ground that a ban may follow (行政许可法第七十九条).
pub const FRAUD: &str = "fraud";

/// 行政许可法第七十条.
const CANCEL: &[Ground] = &[
    Ground {
        word: "expired",
        text: "行政许可有效期届满未延续",
        law: "《行政许可法》第七十条第一项",
    },
    Ground {
        word: "person",
        text: "赋予公民特定资格的行政许可，该公民死亡或者丧失行为能力",
        law: "《行政许可法》第七十条第二项",
    },
    Ground {
        word: "dissolved",
        text: "法人或者其他组织依法终止",
        law: "《行政许可法》第七十条第三项",
    },
    Ground {
        word: "revoked",
        text: "行政许可依法被撤销、撤回，或者行政许可证件依法被吊销",
        law: "《行政许可法》第七十条第四项",
    },
    Ground {
        word: "force_majeure",
        text: "因不可抗力导致行政许可事项无法实施",
        law: "《行政许可法》第七十条第五项",
    },
    Ground {
        word: "other",
        text: "法律、法规规定的应当注销行政许可的其他情形",
        law: "《行政许可法》第七十条第六项",
    },
];

/// What is proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    pub end: End,
    pub license_id: String,
    pub license_name: String,
    pub serial: String,
    /// Word of the [`Ground`].
    pub ground: String,
    pub facts: String,
    /// Number of the notice.
    pub doc_no: String,
}

impl Ending {
    pub fn ground(&self) -> Option<&'static Ground> {
        self.end.ground(&self.ground)
    }
}

/// What the holder said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Views {
    pub text: String,
    /// 放弃陈述、申辩和听证的权利.
    #[serde(default)]
    pub waived: bool,
    pub by: String,
    pub at: Timestamp,
}

/// What came of the hearing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hearing {
    pub held_on: Date,
    pub record: String,
}

/// The decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub doc_no: String,
    /// What the office says of what the holder said.
    pub reply: String,
    /// 自始无效.
    pub from_start: bool,
    /// 直接关系公共安全、人身健康、生命财产安全: a ban follows a fraud.
    pub safety: bool,
    pub on: Date,
}

/// Everything a case begins with.
#[derive(Clone, Debug)]
pub struct Proposal {
    pub case_id: CaseId,
    pub case_no: String,
    pub first_case: CaseId,
    pub org: OrgId,
    pub region: String,
    pub holder: PartyId,
    pub holder_name: String,
    pub ending: Ending,
}

#[derive(Clone, Debug)]
pub enum Command {
    StateViews {
        text: String,
        waived: bool,
    },
    AskHearing,
    RecordHearing {
        held_on: Date,
        record: String,
    },
    End {
        doc_no: String,
        reply: String,
        from_start: bool,
        safety: bool,
    },
    Drop {
        reason: String,
    },
}

impl Command {
    pub fn word(&self) -> &'static str {
        match self {
            Command::StateViews { .. } => "state_views",
            Command::AskHearing => "ask_hearing",
            Command::RecordHearing { .. } => "record_hearing",
            Command::End { .. } => "end_license",
            Command::Drop { .. } => "drop_ending",
        }
    }
}

pub fn ending(case: &Case) -> Option<Ending> {
    case.detail(ENDING)
}

pub fn views(case: &Case) -> Vec<Views> {
    case.detail(VIEWS).unwrap_or_default()
}

pub fn hearing(case: &Case) -> Option<Hearing> {
    case.detail(HEARING)
}

pub fn ended(case: &Case) -> Option<Ended> {
    case.detail(ENDED)
}

/// Checks what is proposed; `facts` trimmed.
pub fn check(end: End, ground: &str, facts: &str) -> Result<String, Refusal> {
    if end.ground(ground).is_none() {
        return Err(Refusal::invalid("ground", "请选择法定事由"));
    }
    needed("facts", facts, "请写明事实和证据")
}

/// The event that opens a case.
pub fn propose(ctx: Context<'_>, proposal: &Proposal) -> Event {
    let ending = &proposal.ending;
    let opened = Opened {
        no: proposal.case_no.clone(),
        kind: KIND.to_owned(),
        state: FLOW.first.to_owned(),
        title: format!("{}{}", ending.end.label(), ending.license_name),
        region: proposal.region.clone(),
        org: proposal.org,
        applicant: proposal.holder,
        applicant_name: proposal.holder_name.clone(),
        channel: Channel::Other,
    };
    let mut step = Step::open(ctx, proposal.case_id, "propose_ending", opened);
    step.note(ENDING, ending);
    step.fact(casework::Fact::Linked {
        link: Link {
            relation: Relation::About,
            other: proposal.first_case,
        },
    });
    if ending.end == End::Revoke {
        let at = step.at();
        step.start_clock(statement(), at);
    }
    let duty = duty(step.case());
    let clock = (ending.end == End::Revoke).then_some(clocks::ENDING_STATEMENT);
    step.open_task("end_license", duty, clock);
    step.finish()
}

/// Decides a command.
pub fn decide(ctx: Context<'_>, case: &Case, command: &Command) -> Result<Event, Refusal> {
    let mut step = Step::begin(ctx, &FLOW, case, command.word())?;
    let ending =
        ending(case).ok_or_else(|| Refusal::invalid("ending", "本件没有写明撤销或者注销什么"))?;
    match command {
        Command::StateViews { text, waived } => {
            state_views(&mut step, ctx, text, *waived)?;
        }
        Command::AskHearing => {
            let open = case
                .open_clock(clocks::ENDING_STATEMENT)
                .and_then(|clock| clocks::due_at(clock, ctx.calendar))
                .is_some_and(|due| ctx.now < due);
            if !open {
                return Err(Refusal::invalid(
                    "hearing",
                    "要求听证应在被告知之日起五日内提出，期限已过",
                ));
            }
            step.close_clock(clocks::ENDING_STATEMENT)?;
            step.close_tasks("ask_hearing");
            step.move_to("hearing");
            let at = step.at();
            step.start_clock(hold_hearing(), at);
            let duty = duty(step.case());
            step.open_task("record_hearing", duty, Some(clocks::ENDING_HEARING));
        }
        Command::RecordHearing { held_on, record } => {
            if *held_on > calendar::civil_date(ctx.now) {
                return Err(Refusal::invalid("held_on", "听证日期不能晚于今天"));
            }
            let hearing = Hearing {
                held_on: *held_on,
                record: needed("record", record, "请写明听证笔录的要点")?,
            };
            step.note(HEARING, &hearing);
            step.close_clock(clocks::ENDING_HEARING)?;
            step.close_tasks("record_hearing");
            step.move_to("proposed");
            let duty = duty(step.case());
            step.open_task("end_license", duty, None);
        }
        Command::End {
            doc_no,
            reply,
            from_start,
            safety,
        } => {
            if ending.end == End::Revoke && !may_end(case, ctx) {
                return Err(Refusal::invalid(
                    "reply",
                    "持证主体陈述申辩和要求听证的期限还没有届满，也没有书面放弃，不能作出撤销决定",
                ));
            }
            let reply = if views(case).is_empty() && hearing(case).is_none() {
                text("reply", reply)?
            } else {
                needed("reply", reply, "请写明对陈述申辩和听证意见的采纳情况和理由")?
            };
            let done = Ended {
                doc_no: doc_no.clone(),
                reply,
                from_start: *from_start && ending.end == End::Revoke,
                safety: *safety,
                on: calendar::civil_date(step.at()),
            };
            let law = ending.ground().map_or("", |ground| ground.law);
            let code = match ending.end {
                End::Revoke => "revoked",
                End::Cancel => "cancelled",
            };
            step.decide(code, &ending.facts, law);
            step.note(ENDED, &done);
            finish(&mut step, "done", "end_license")?;
        }
        Command::Drop { reason } => {
            let reason = needed("reason", reason, "请写明终止处理的理由")?;
            step.decide("dropped", &reason, "");
            finish(&mut step, "dropped", "drop_ending")?;
        }
    }
    Ok(step.finish())
}

fn state_views(
    step: &mut Step<'_>,
    ctx: Context<'_>,
    said: &str,
    waived: bool,
) -> Result<(), Refusal> {
    let mut all = views(step.case());
    if all.len() >= VIEWS_MAX {
        return Err(Refusal::invalid("text", format!("最多提交{VIEWS_MAX}次")));
    }
    let said = if waived {
        text("text", said)?
    } else {
        needed("text", said, "请写明陈述和申辩的内容")?
    };
    // A waiver is the holder's own; staff record what was said, and cannot give up somebody else's right.
    if waived && ActorRef::from(ctx.actor).kind != ActorKind::Person {
        return Err(Refusal::invalid("waived", "只有持证主体本人可以放弃权利"));
    }
    all.push(Views {
        text: said,
        waived,
        by: ctx.actor.name().to_owned(),
        at: step.at(),
    });
    step.note(VIEWS, &all);
    Ok(())
}

/// Whether a revocation may be decided: heard at a hearing, given up, or the time is over.
pub fn may_end(case: &Case, ctx: Context<'_>) -> bool {
    let lapsed = case
        .clock(clocks::ENDING_STATEMENT)
        .and_then(|clock| clocks::due_at(clock, ctx.calendar))
        .is_some_and(|due| due <= ctx.now);
    hearing(case).is_some() || views(case).iter().any(|views| views.waived) || lapsed
}

fn finish(step: &mut Step<'_>, state: &str, command: &str) -> Result<(), Refusal> {
    step.close_all_clocks()?;
    step.close_tasks(command);
    step.move_to(state);
    step.close();
    Ok(())
}

fn duty(case: &Case) -> Duty {
    Duty::Staff {
        permission: Permission::Decide,
        org: case.org,
        region: case.region.clone(),
    }
}

/// 行政许可法第四十七条第一款: five days to ask for a hearing; counted in working days (第八十二条).
fn statement() -> ClockTerms {
    step_terms(
        clocks::ENDING_STATEMENT,
        "《行政许可法》第七条、第四十七条第一款",
        Length::working_days(5),
        "告知",
    )
}

/// 行政许可法第四十七条第一款: the hearing is held within twenty days.
fn hold_hearing() -> ClockTerms {
    step_terms(
        clocks::ENDING_HEARING,
        "《行政许可法》第四十七条第一款",
        Length::working_days(20),
        "要求听证",
    )
}

fn step_terms(kind: &str, basis: &str, length: Length, start_event: &str) -> ClockTerms {
    ClockTerms {
        kind: kind.to_owned(),
        role: Role::Step,
        basis: basis.to_owned(),
        length,
        start_event: start_event.to_owned(),
        rule: calendar::Rule::default(),
        pausable: Vec::<PauseReason>::new(),
        extension_max: None,
    }
}
