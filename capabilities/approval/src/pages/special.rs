//! Forms of the acts beside the straight road: which are possible, what each asks for, how it is read.

use casework::Case;
use jiff::civil::Date;
use web::Problem;

use crate::details::Delivery;
use crate::service::Act;
use crate::special::notices::{self, Means};
use crate::special::procedure::{self, Kind};
use crate::special::{Command, extension, gap, hearing, urging};

/// One field of an act's form.
pub(super) struct Field {
    /// Without the act's word before it.
    pub name: &'static str,
    pub label: &'static str,
    pub hint: String,
    /// `text`, `textarea`, `number`, `date`, `select`.
    pub kind: &'static str,
    pub options: Vec<(String, String)>,
    /// What stands in it at first.
    pub value: String,
}

impl Field {
    fn new(name: &'static str, label: &'static str, kind: &'static str) -> Field {
        Field {
            name,
            label,
            hint: String::new(),
            kind,
            options: Vec::new(),
            value: String::new(),
        }
    }

    fn hint(mut self, hint: impl Into<String>) -> Field {
        self.hint = hint.into();
        self
    }

    fn among(mut self, options: Vec<(String, String)>) -> Field {
        self.options = options;
        self
    }

    fn at_first(mut self, value: impl Into<String>) -> Field {
        self.value = value.into();
        self
    }
}

/// One of each that could be possible, with something in every field that must be filled in.
pub(super) fn candidates(case: &Case) -> Vec<Act> {
    let sample = || "示例".to_owned();
    let means = || Means::by_wish(case);
    let mut commands = Vec::new();
    if case.state == "received" {
        commands.push(Command::AcceptWithGap {
            acceptance_no: String::new(),
            doc_no: sample(),
            days: None,
            means: means(),
        });
        commands.push(Command::PromiseGap);
    }
    if let Some(open) = procedure::open(case).find(|open| open.kind != Kind::Hearing) {
        commands.push(Command::EndProcedure {
            no: open.no,
            result: sample(),
        });
    }
    if let Some(kind) = kinds(case).first() {
        commands.push(Command::StartProcedure(procedure::Start {
            doc_no: sample(),
            kind: kind.0,
            name: kind.1.clone(),
            reason: sample(),
            body: String::new(),
            days: 1,
            means: means(),
        }));
    }
    commands.extend([
        Command::ApproveExtension { doc_no: sample() },
        Command::DeclineExtension { reason: sample() },
        Command::RequestExtension {
            days: 1,
            reason: sample(),
        },
    ]);
    match hearing::of(case) {
        None => commands.push(Command::TellHearingRight {
            doc_no: sample(),
            reason: sample(),
            means: means(),
        }),
        Some(hearing) if hearing.requested_at.is_some() && hearing.on.is_none() => {
            // Any date would do for showing the form; its own rules are checked when it is sent.
            commands.push(Command::CallHearing(hearing::Call {
                doc_no: sample(),
                on: sample_date(case),
                time: sample(),
                place: sample(),
                officer: sample(),
                means: means(),
            }));
        }
        Some(_) => {}
    }
    commands.push(Command::RecordHearing { record: sample() });
    commands.push(Command::ReportReview { opinion: sample() });
    if let Some(notice) = notices::all(case)
        .into_iter()
        .find(|notice| notice.served.is_none())
    {
        commands.push(Command::ServeNotice {
            no: notice.no,
            means: Means {
                method: notice.method,
                receiver: sample(),
                tracking: sample(),
            },
        });
    }
    if matches!(case.state.as_str(), "refused" | "done") {
        commands.push(Command::RecordFalseMaterials { what: sample() });
    }
    commands.push(Command::Urge { text: sample() });
    commands.into_iter().map(Act::Special).collect()
}

/// A date within the time a hearing has to be held in.
fn sample_date(case: &Case) -> Date {
    let from = hearing::of(case)
        .and_then(|hearing| hearing.requested_at)
        .unwrap_or(case.last.at);
    let day = calendar::civil_date(from.max(case.last.at));
    day.checked_add(jiff::Span::new().days(14)).unwrap_or(day)
}

/// Procedures the case may be put under now, by kind and name.
fn kinds(case: &Case) -> Vec<(Kind, String)> {
    let law = crate::details::terms(case).law;
    let own = law
        .special
        .iter()
        .filter(|term| crate::law::is_own(&term.name))
        .map(|term| (Kind::SpecialLaw, term.name.clone()));
    Kind::LICENSING
        .into_iter()
        .filter(|kind| *kind != Kind::Hearing)
        .map(|kind| (kind, kind.name().to_owned()))
        .chain(own)
        .filter(|(kind, name)| {
            !procedure::open(case).any(|open| open.kind == *kind && open.name == *name)
        })
        .collect()
}

fn means_fields(case: &Case) -> [Field; 3] {
    let wish = match Means::by_wish(case).method {
        Delivery::Electronic => "electronic",
        Delivery::Window => "window",
        Delivery::Post => "post",
    };
    [
        Field::new("method", "文书送达方式", "select")
            .among(methods(case))
            .at_first(wish),
        Field::new("receiver", "签收人", "text").hint("窗口当面送达时填写"),
        Field::new("tracking", "邮件单号", "text").hint("邮寄时填写；签收后再登记送达"),
    ]
}

fn methods(case: &Case) -> Vec<(String, String)> {
    let all = [
        (Delivery::Electronic, "electronic"),
        (Delivery::Window, "window"),
        (Delivery::Post, "post"),
    ];
    all.into_iter()
        .filter(|(method, _)| *method != Delivery::Electronic || notices::electronic_agreed(case))
        .map(|(method, word)| (word.to_owned(), method.label().to_owned()))
        .collect()
}

/// What the form of an act asks for.
pub(super) fn fields(command: &str, case: &Case) -> Vec<Field> {
    let mut fields = match command {
        "start_procedure" => vec![
            Field::new("kind", "程序", "select").among(
                kinds(case)
                    .into_iter()
                    .map(|(_, name)| (name.clone(), name))
                    .collect(),
            ),
            Field::new("reason", "为什么需要", "textarea").hint("会写进告知书"),
            Field::new("body", "承担单位", "text"),
            Field::new("days", "预计需要（工作日）", "number"),
        ],
        "end_procedure" => vec![
            Field::new("no", "程序", "select").among(
                procedure::open(case)
                    .filter(|open| open.kind != Kind::Hearing)
                    .map(|open| {
                        (
                            open.no.to_string(),
                            format!("{} {}", open.name, open.doc_no),
                        )
                    })
                    .collect(),
            ),
            Field::new("result", "收到的结论", "textarea"),
        ],
        "request_extension" => {
            let most = extension::longest(case).map_or_else(String::new, |(length, basis)| {
                format!("最多{length}（{basis}）")
            });
            vec![
                Field::new("days", "延长", "number").hint(most),
                Field::new("reason", "理由", "textarea").hint("会告知申请人"),
            ]
        }
        "decline_extension" => vec![Field::new("reason", "不同意的理由", "textarea")],
        "tell_hearing_right" => {
            vec![
                Field::new("reason", "听证的事由", "textarea")
                    .at_first("直接涉及申请人与他人之间重大利益关系"),
            ]
        }
        "call_hearing" => vec![
            Field::new("on", "日期", "date").hint("如2026-03-20；至少提前7个工作日"),
            Field::new("time", "时间", "text").hint("如上午9时30分"),
            Field::new("place", "地点", "text"),
            Field::new("officer", "主持人", "text").hint("审查本件以外的工作人员"),
        ],
        "record_hearing" => vec![Field::new("record", "听证笔录要点", "textarea")],
        "report_review" => vec![Field::new("opinion", "初步审查意见", "textarea")],
        "record_false_materials" => {
            vec![Field::new("what", "隐瞒的情况或者虚假的材料", "textarea")]
        }
        "urge" => {
            let known = urging::open(case);
            let hint = match known.last() {
                Some(last) => format!(
                    "已经催办{}次，最近一次：{} {}",
                    known.len(),
                    last.who(),
                    last.text
                ),
                None => format!("办理人的待办里会标出；一步最多催办{}次", urging::TIMES_MAX),
            };
            vec![Field::new("text", "催办内容", "textarea").hint(hint)]
        }
        "serve_notice" => vec![
            Field::new("no", "文书", "select").among(
                notices::all(case)
                    .into_iter()
                    .filter(|notice| notice.served.is_none())
                    .map(|notice| {
                        let label = format!("{} {}", notice.kind.title(), notice.doc_no);
                        (notice.no.to_string(), label)
                    })
                    .collect(),
            ),
        ],
        "accept_with_gap" => {
            let missing: Vec<String> = gap::missing(case)
                .unwrap_or_default()
                .into_iter()
                .map(|named| named.name)
                .collect();
            vec![
                Field::new("days", "补交期限", "number")
                    .hint(format!("不填为承诺办结时限。待补：{}", missing.join("、"))),
            ]
        }
        "refuse" => {
            // Late materials: the words are ready, a person decides.
            let Some((reason, basis)) = gap::prepared_refusal(case) else {
                return Vec::new();
            };
            return vec![
                Field::new("reason", "", "prepared").at_first(reason),
                Field::new("legal_basis", "", "prepared").at_first(basis),
            ];
        }
        _ => Vec::new(),
    };
    let is_notice = matches!(
        command,
        "start_procedure"
            | "tell_hearing_right"
            | "call_hearing"
            | "serve_notice"
            | "accept_with_gap"
    );
    if is_notice {
        fields.extend(means_fields(case));
    }
    fields
}

/// Reads an act of this kind; `None` for a word that is none.
pub(super) fn read(command: &str, text: &dyn Fn(&str) -> String) -> Result<Option<Act>, Problem> {
    let number = |name: &'static str| -> Result<u32, Problem> {
        let typed = text(name);
        typed
            .trim()
            .parse()
            .map_err(|_| Problem::invalid(name, "请填写整数"))
    };
    let means = || Means {
        method: match text("method").as_str() {
            "electronic" => Delivery::Electronic,
            "post" => Delivery::Post,
            _ => Delivery::Window,
        },
        receiver: text("receiver"),
        tracking: text("tracking"),
    };
    let doc_no = String::new();
    let command = match command {
        "start_procedure" => {
            let name = text("kind");
            let kind = Kind::LICENSING
                .into_iter()
                .find(|kind| kind.name() == name)
                .unwrap_or(Kind::SpecialLaw);
            Command::StartProcedure(procedure::Start {
                doc_no,
                kind,
                name,
                reason: text("reason"),
                body: text("body"),
                days: number("days")?,
                means: means(),
            })
        }
        "end_procedure" => Command::EndProcedure {
            no: number("no")?,
            result: text("result"),
        },
        "request_extension" => Command::RequestExtension {
            days: number("days")?,
            reason: text("reason"),
        },
        "approve_extension" => Command::ApproveExtension { doc_no },
        "decline_extension" => Command::DeclineExtension {
            reason: text("reason"),
        },
        "tell_hearing_right" => Command::TellHearingRight {
            doc_no,
            reason: text("reason"),
            means: means(),
        },
        "request_hearing" => Command::RequestHearing {
            by: text("by"),
            reason: text("reason"),
        },
        "waive_hearing" => Command::WaiveHearing,
        "call_hearing" => Command::CallHearing(hearing::Call {
            doc_no,
            on: text("on")
                .trim()
                .parse()
                .map_err(|_| Problem::invalid("on", "请填写日期，如2026-03-20"))?,
            time: text("time"),
            place: text("place"),
            officer: text("officer"),
            means: means(),
        }),
        "record_hearing" => Command::RecordHearing {
            record: text("record"),
        },
        "serve_notice" => Command::ServeNotice {
            no: number("no")?,
            means: means(),
        },
        "promise_gap" => Command::PromiseGap,
        "accept_with_gap" => Command::AcceptWithGap {
            acceptance_no: doc_no,
            doc_no: String::new(),
            days: if text("days").trim().is_empty() {
                None
            } else {
                Some(number("days")?)
            },
            means: means(),
        },
        "report_review" => Command::ReportReview {
            opinion: text("opinion"),
        },
        "record_false_materials" => Command::RecordFalseMaterials { what: text("what") },
        "urge" => Command::Urge { text: text("text") },
        _ => return Ok(None),
    };
    Ok(Some(Act::Special(command)))
}
