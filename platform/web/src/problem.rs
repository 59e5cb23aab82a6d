//! Every way of saying no, in one type.
//!
//! A handler returns [`Problem`]; the front of the server turns it into a page or into
//! `application/problem+json`, by whether the path starts with `/api/`.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use crate::app::OFFSET;

pub type Result<T, E = Problem> = std::result::Result<T, E>;

/// Why a request was not done, and what the visitor can do about it.
#[derive(Clone, Debug)]
pub struct Problem {
    pub kind: Kind,
    /// Stable machine word, e.g. `case_changed`; `/problems/<code>` explains it.
    pub code: &'static str,
    /// A Chinese sentence for the visitor: what is wrong and what to do.
    pub detail: String,
    /// What is wrong with which field; empty unless input was refused.
    pub fields: Vec<FieldProblem>,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u32>,
    /// For the log and for retries, never for the visitor.
    pub(crate) cause: Option<Cause>,
}

/// What went wrong underneath.
#[derive(Clone, Debug)]
pub(crate) enum Cause {
    Storage(Box<store::Error>),
    Other(String),
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// Name of the form field, or the last name of the JSON path.
    pub field: String,
    /// JSON pointer (RFC 6901) into the body; empty for the whole.
    pub pointer: String,
    /// A Chinese sentence saying what to enter.
    pub message: String,
}

/// The family of a problem: decides status, title and page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 400: the request cannot be understood.
    BadRequest,
    /// 401: who are you. Pages lead to the sign-in instead.
    SignInNeeded,
    /// 403: you may not.
    NotAllowed,
    /// 404: not there, or not for you to know.
    NotFound,
    /// 405.
    MethodNotAllowed,
    /// 408: the body stopped arriving.
    SlowBody,
    /// 409: somebody else was first, or the state does not allow it.
    Conflict,
    /// 413.
    TooLarge,
    /// 415: a kind of content that is not taken here.
    Unsupported,
    /// 422: understood, but something in it is wrong.
    Invalid,
    /// 429: this visitor asks too often.
    TooMany,
    /// 429: everybody together asks too much just now.
    Busy,
    /// 500.
    Internal,
    /// 503: the platform is closing or a part of it does not answer.
    Unavailable,
}

impl Kind {
    pub fn status(self) -> StatusCode {
        match self {
            Kind::BadRequest => StatusCode::BAD_REQUEST,
            Kind::SignInNeeded => StatusCode::UNAUTHORIZED,
            Kind::NotAllowed => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Kind::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Kind::Conflict => StatusCode::CONFLICT,
            Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Kind::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::TooMany | Kind::Busy => StatusCode::TOO_MANY_REQUESTS,
            Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Short Chinese title, the same for every problem of the kind.
    pub fn title(self) -> &'static str {
        match self {
            Kind::BadRequest => "请求无法识别",
            Kind::SignInNeeded => "请先登录",
            Kind::NotAllowed => "没有权限",
            Kind::NotFound => "没有找到",
            Kind::MethodNotAllowed => "此地址不支持这种操作",
            Kind::SlowBody => "内容没有传完",
            Kind::Conflict => "情况已有变化",
            Kind::TooLarge => "内容过大",
            Kind::Unsupported => "不支持的内容类型",
            Kind::Invalid => "填写的内容有误",
            Kind::TooMany => "操作过于频繁",
            Kind::Busy => "当前办理的人较多",
            Kind::Internal => "系统出现故障",
            Kind::Unavailable => "服务暂时不可用",
        }
    }
}

impl Problem {
    pub fn new(kind: Kind, code: &'static str, detail: impl Into<String>) -> Problem {
        Problem {
            kind,
            code,
            detail: detail.into(),
            fields: Vec::new(),
            retry_after: None,
            cause: None,
        }
    }

    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Problem {
        Problem::new(Kind::BadRequest, code, detail)
    }

    pub fn sign_in_needed() -> Problem {
        Problem::new(Kind::SignInNeeded, "sign_in_needed", "请先登录，再继续办理")
    }

    pub fn not_allowed(detail: impl Into<String>) -> Problem {
        Problem::new(Kind::NotAllowed, "not_allowed", detail)
    }

    /// `detail` says what was looked for, e.g. 没有找到这个办件.
    pub fn not_found(detail: impl Into<String>) -> Problem {
        Problem::new(Kind::NotFound, "not_found", detail)
    }

    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Problem {
        Problem::new(Kind::Conflict, code, detail)
    }

    /// One field is wrong; more are added with [`Problem::and_field`].
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Problem {
        let message = message.into();
        let mut problem = Problem::new(Kind::Invalid, "invalid", message.clone());
        problem.push_field(field.into(), message);
        problem
    }

    /// Several fields are wrong, as (field, message).
    pub fn invalid_fields<F, M>(fields: impl IntoIterator<Item = (F, M)>) -> Problem
    where
        F: Into<String>,
        M: Into<String>,
    {
        let mut problem = Problem::new(Kind::Invalid, "invalid", "请更正标出的内容后再提交");
        for (field, message) in fields {
            problem.push_field(field.into(), message.into());
        }
        problem
    }

    pub fn too_many(retry_after_s: u32) -> Problem {
        let wait = if retry_after_s < 120 {
            format!("{retry_after_s} 秒")
        } else {
            format!("{} 分钟", retry_after_s.div_ceil(60))
        };
        let mut problem = Problem::new(
            Kind::TooMany,
            "too_many_requests",
            format!("操作过于频繁，请 {wait}后再试"),
        );
        problem.retry_after = Some(retry_after_s);
        problem
    }

    pub fn busy() -> Problem {
        let mut problem = Problem::new(
            Kind::Busy,
            "busy",
            "当前办理的人较多，请稍等片刻再试，已填写的内容不会丢失",
        );
        problem.retry_after = Some(1);
        problem
    }

    /// A fault of ours. `cause` goes to the log, not to the visitor.
    pub fn internal(cause: impl std::fmt::Display) -> Problem {
        let mut problem = Problem::new(
            Kind::Internal,
            "internal",
            "系统出现故障，已经记录。请稍后再试；如仍不能办理，请把下方的请求编号告诉工作人员",
        );
        problem.cause = Some(Cause::Other(cause.to_string()));
        problem
    }

    /// The same problem naming one more field.
    #[must_use]
    pub fn and_field(mut self, field: impl Into<String>, message: impl Into<String>) -> Problem {
        self.push_field(field.into(), message.into());
        self
    }

    /// The message for a field, for a form that is shown again.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|problem| problem.field == name)
            .map(|problem| problem.message.as_str())
    }

    /// Whether the visitor's own input was refused, so that the form should be shown again.
    pub fn is_invalid(&self) -> bool {
        self.kind == Kind::Invalid
    }

    pub(crate) fn push_field(&mut self, field: String, message: String) {
        let pointer = if field.is_empty() {
            String::new()
        } else {
            format!("/{}", field.replace('~', "~0").replace('/', "~1"))
        };
        self.fields.push(FieldProblem {
            field,
            pointer,
            message,
        });
    }
}

/// Carries the problem to the front of the server, which knows who is visiting and renders it.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.kind.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind.status().as_u16(), self.code)?;
        match &self.cause {
            Some(Cause::Storage(error)) => write!(f, ": {error}"),
            Some(Cause::Other(text)) => write!(f, ": {text}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}

impl store::Retry for Problem {
    fn storage(&self) -> Option<&store::Error> {
        match &self.cause {
            Some(Cause::Storage(error)) => Some(error),
            _ => None,
        }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Problem {
        let mut problem = match &error {
            store::Error::Busy => Problem::busy(),
            store::Error::Stale => {
                Problem::conflict("changed_meanwhile", "同一内容正在被多人修改，请刷新后再试")
            }
            store::Error::Unique { .. } => {
                Problem::conflict("already_exists", "同样的内容已经存在，请刷新后查看")
            }
            store::Error::TooLarge { limit } => crate::body::too_large(*limit),
            store::Error::ZeroCharacter => Problem::new(
                Kind::Invalid,
                "control_character",
                "内容中含有无法保存的控制字符，请删去后再提交",
            ),
            store::Error::Closed => {
                let mut problem =
                    Problem::new(Kind::Unavailable, "closing", "服务正在维护，请稍后再试");
                problem.retry_after = Some(10);
                problem
            }
            store::Error::Away(_) => {
                let mut problem = Problem::new(
                    Kind::Unavailable,
                    "files_away",
                    "保存文件的服务暂时没有响应，请稍后再试",
                );
                problem.retry_after = Some(10);
                problem
            }
            _ => Problem::internal(""),
        };
        problem.cause = Some(Cause::Storage(Box::new(error)));
        problem
    }
}

impl From<casework::Refusal> for Problem {
    fn from(refusal: casework::Refusal) -> Problem {
        use casework::Refusal;
        match refusal {
            Refusal::Changed { by, command, at } => Problem::conflict(
                "case_changed",
                format!(
                    "{by} 已于 {} {}，请刷新后查看最新情况",
                    clock_text(at),
                    act(&command)
                ),
            ),
            Refusal::WrongState {
                by,
                last_command,
                at,
                ..
            } => Problem::conflict(
                "wrong_state",
                format!(
                    "办件当前状态不能这样办理：{by} 已于 {} {}",
                    clock_text(at),
                    act(&last_command)
                ),
            ),
            Refusal::NotAllowed { .. } => {
                Problem::not_allowed("您没有办理这一步的权限，如工作需要请联系系统管理员")
            }
            Refusal::Held { reason } => {
                Problem::conflict("held", format!("办件已暂停办理：{reason}"))
            }
            Refusal::Invalid { field, message } => Problem::invalid(field, message),
            Refusal::Clock(message) => Problem::conflict("clock", message),
        }
    }
}

impl From<people::Error> for Problem {
    fn from(error: people::Error) -> Problem {
        use people::{Error, ErrorKind};
        let detail = error.message();
        let mut problem = match error.kind() {
            // A wrong password too is an input to correct, not a visitor to send to the sign-in page.
            ErrorKind::Invalid | ErrorKind::SignIn => {
                Problem::new(Kind::Invalid, error.code(), detail.clone())
            }
            ErrorKind::Conflict => Problem::conflict(error.code(), detail.clone()),
            ErrorKind::NotFound => Problem::not_found(detail.clone()),
            ErrorKind::NotAllowed => Problem::new(Kind::NotAllowed, error.code(), detail.clone()),
            ErrorKind::TooMany => Problem::new(Kind::TooMany, "too_many_requests", detail.clone()),
            ErrorKind::Internal => Problem::internal(&error),
        };
        if let Some(field) = error.field() {
            problem.push_field(field.to_owned(), detail);
        }
        match error {
            Error::TooMany(too_many) => problem.retry_after = Some(too_many.retry_after_s),
            Error::Store(error) => return Problem::from(error),
            _ => {}
        }
        problem
    }
}

/// `5月21日 10:20` in China.
fn clock_text(at: Timestamp) -> String {
    let at = OFFSET.to_datetime(at);
    format!(
        "{}月{}日 {:02}:{:02}",
        at.month(),
        at.day(),
        at.hour(),
        at.minute()
    )
}

/// What a command is called in a sentence about who was first.
fn act(command: &str) -> &str {
    match command {
        "submit" => "提交",
        "receive" => "收件",
        "accept" => "受理",
        "request_correction" => "一次性告知补正",
        "correct" | "supply" => "补正",
        "refuse_acceptance" => "不予受理",
        "review" => "审查",
        "decide" | "grant" | "refuse" => "作出决定",
        "deliver" => "送达",
        "withdraw" => "撤回",
        "assign" | "claim" => "领取",
        "rate" => "评价",
        "extend" => "延长期限",
        "pause" => "暂停计时",
        "resume" => "恢复计时",
        "deem_accepted" => "视为受理",
        "deem_granted" => "视为准予",
        "deem_renewed" => "视为准予延续",
        "accept_with_gap" => "容缺受理",
        "promise_gap" => "作出容缺承诺",
        "supply_gap" => "补交容缺材料",
        "supply_correction" => "补正",
        "lapse_gap" | "lapse_correction" => "登记逾期没有补正",
        "start_procedure" => "启动特别程序",
        "end_procedure" => "登记特别程序结论",
        "request_extension" => "申请延长期限",
        "approve_extension" => "批准延长期限",
        "decline_extension" => "不同意延长期限",
        "tell_hearing_right" => "告知听证权利",
        "request_hearing" => "要求听证",
        "waive_hearing" => "放弃听证",
        "call_hearing" => "通知举行听证",
        "record_hearing" => "登记听证笔录",
        "escalate" => "上报",
        "answer_escalation" => "答复上报",
        "archive" => "归档",
        "file" => "提交申请",
        "part_moved" | "stage_moved" => "登记分项进展",
        "arrange_visit" => "安排联合踏勘",
        "record_visit" => "登记踏勘情况",
        "cancel_visit" => "取消联合踏勘",
        "give_opinion" => "提出意见",
        "conclude" => "出具综合意见",
        "ask_again" => "申请复验",
        "open_check" => "交办核查",
        "order_correction" => "责令整改",
        "confirm_promise" | "confirm_correction" => "登记核查合格",
        "find_broken" => "认定承诺不实",
        "edit_route" => "修改办理流程",
        "step:sign" => "签批",
        "step:return" => "退回",
        "step:recall" => "撤回环节",
        "step:transfer" => "转办",
        "step:delegate" => "委派",
        "step:add_signer" => "加签",
        "step:drop_signer" => "减签",
        "step:jump" => "跳转",
        "step:suspend" => "挂起",
        "step:resume" => "恢复办理",
        "take" => "领办",
        _ => "办理",
    }
}

#[cfg(test)]
mod tests {
    use casework::Refusal;

    use super::{Kind, Problem};

    #[test]
    fn what_the_platform_did_by_itself_has_a_name() {
        let problem = Problem::from(Refusal::WrongState {
            command: "request_correction".to_owned(),
            state: "accepted".to_owned(),
            by: "系统".to_owned(),
            last_command: "deem_accepted".to_owned(),
            at: "2026-02-14T16:01:00Z".parse().expect("an instant"),
        });
        assert_eq!(
            problem.detail,
            "办件当前状态不能这样办理：系统 已于 2月15日 00:01 视为受理"
        );
    }

    #[test]
    fn whoever_comes_second_is_told_who_was_first() {
        let problem = Problem::from(Refusal::Changed {
            by: "张三".to_owned(),
            command: "accept".to_owned(),
            at: "2026-05-21T02:20:00Z".parse().expect("an instant"),
        });
        assert_eq!(problem.kind, Kind::Conflict);
        assert_eq!(
            problem.detail,
            "张三 已于 5月21日 10:20 受理，请刷新后查看最新情况"
        );
    }

    #[test]
    fn storage_errors_keep_what_a_retry_needs_and_hide_the_rest() {
        use store::Retry;
        let stale = Problem::from(store::Error::Stale);
        assert_eq!(stale.storage(), Some(&store::Error::Stale));
        assert_eq!(stale.kind.status(), 409);
        assert_eq!(Problem::from(store::Error::Busy).retry_after, Some(1));
        let engine = Problem::from(store::Error::Engine("no such table: cases".to_owned()));
        assert_eq!(engine.kind, Kind::Internal);
        assert!(!engine.detail.contains("cases"));
        assert!(engine.to_string().contains("no such table"));
    }

    #[test]
    fn people_errors_keep_their_field() {
        let problem = Problem::from(people::Error::NameMismatch);
        assert_eq!(
            (problem.kind, problem.code),
            (Kind::Invalid, "name_mismatch")
        );
        assert!(problem.field("name").is_some());
        let too_many = people::Error::TooMany(people::TooMany { retry_after_s: 90 });
        assert_eq!(Problem::from(too_many).retry_after, Some(90));
    }

    #[test]
    fn pointers_are_escaped() {
        let problem = Problem::invalid_fields([("a/b", "x"), ("c~d", "y")]);
        assert_eq!(problem.fields[0].pointer, "/a~1b");
        assert_eq!(problem.fields[1].pointer, "/c~0d");
    }
}
