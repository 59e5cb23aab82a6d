//! Pages for when something is not as it should be: what happened, what to do.

use askama::Template;

use crate::page::Page;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    BadRequest,
    SignInNeeded,
    NotAllowed,
    NotFound,
    MethodNotAllowed,
    /// Somebody else was first.
    Conflict,
    TooLarge,
    Unsupported,
    Invalid,
    /// Too many tries, or too many visitors.
    TooMany,
    Internal,
}

#[derive(Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    pub page: Page,
    pub kind: ErrorKind,
    /// Sentence about this case, already written for the visitor; may be empty.
    pub detail: String,
    /// Seconds.
    pub retry_after: Option<u32>,
    /// Number to read out to the help desk.
    pub request_id: String,
}

impl ErrorPage {
    fn needs_sign_in(&self) -> bool {
        self.kind == ErrorKind::SignInNeeded
    }

    fn for_staff(&self) -> bool {
        ["/staff", "/admin"]
            .iter()
            .any(|area| self.page.url.starts_with(area))
    }

    /// This address as the value of a query parameter.
    fn back(&self) -> String {
        crate::page::query_value(&self.page.url)
    }

    /// Chinese source string of the heading.
    pub fn heading(&self) -> &'static str {
        match self.kind {
            ErrorKind::BadRequest => "请求有误",
            ErrorKind::SignInNeeded => "请先登录",
            ErrorKind::NotAllowed => "您没有办理这件事的权限",
            ErrorKind::NotFound => "没有找到这个页面",
            ErrorKind::MethodNotAllowed => "这个地址不支持这样访问",
            ErrorKind::Conflict => "已经有人先办理了",
            ErrorKind::TooLarge => "文件或内容太大",
            ErrorKind::Unsupported => "不支持这种文件",
            ErrorKind::Invalid => "填写的内容需要修改",
            ErrorKind::TooMany => "请稍等再试",
            ErrorKind::Internal => "系统出了问题",
        }
    }

    /// Chinese source string of the advice.
    pub fn advice(&self) -> &'static str {
        match self.kind {
            ErrorKind::BadRequest => {
                "请返回上一页重新操作。如果是从收藏夹或链接打开的，地址可能不完整。"
            }
            ErrorKind::SignInNeeded => "登录后会回到您要去的页面。",
            ErrorKind::NotAllowed => "如果您认为应当有权限，请联系本单位的系统管理员。",
            ErrorKind::NotFound => {
                "地址可能写错了，或者这项内容不在您的名下。可以从首页搜索要办的事。"
            }
            ErrorKind::MethodNotAllowed => "请从页面上的按钮和链接进入。",
            ErrorKind::Conflict => "请回到办件页面，看最新的状态后再操作。您刚才的操作没有生效。",
            ErrorKind::TooLarge => "请压缩或拆分后再提交。",
            ErrorKind::Unsupported => "请换成 PDF、JPG、PNG 等支持的格式。",
            ErrorKind::Invalid => "请返回上一页，按提示修改后再提交。您填写的内容没有丢失。",
            ErrorKind::TooMany => "现在访问的人很多，或者您尝试的次数太多。",
            ErrorKind::Internal => {
                "您刚才的操作可能没有完成，请稍后查看结果再决定是否重试。可以拨打12345，并报出下面的编号。"
            }
        }
    }
}
