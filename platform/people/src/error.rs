//! The ways a use case of this crate says no.

use base::crypto::OpenError;

/// Why something about people was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value cannot be accepted; `message` tells in Chinese what to do.
    #[error("invalid {field}: {message}")]
    Invalid {
        /// The field as the forms and the API call it.
        field: &'static str,
        /// For the person who filled it in.
        message: String,
    },
    /// The identity number is known under another name.
    #[error("the identity number is registered under another name")]
    NameMismatch,
    /// Somebody or something else has it already, or was changed meanwhile.
    #[error("conflict on {field}: {message}")]
    Conflict {
        /// The field as the forms and the API call it.
        field: &'static str,
        /// For the person who filled it in.
        message: String,
    },
    /// There is no such record; the word says of what kind.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// Login and password do not belong together. Deliberately the same answer for an unknown login.
    #[error("login or password is wrong")]
    SignInRefused,
    /// The account was disabled; said only to whoever knows its password.
    #[error("the account is disabled")]
    Disabled,
    /// Nobody may act for this principal here and now.
    #[error("may not act for the principal: {0}")]
    Proxy(#[from] crate::ProxyRefusal),
    /// Too often; come back later.
    #[error("too many attempts, again in {} s", .0.retry_after_s)]
    TooMany(TooMany),
    /// A sealed value could not be opened: wrong key file or damaged data.
    #[error("a sealed value cannot be opened: {0}")]
    Sealed(#[from] OpenError),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Too often; the same may be tried again after a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// Seconds, at least 1.
    pub retry_after_s: u32,
}

/// What sort of no it is; the web turns it into a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The input is wrong.
    Invalid,
    /// Who are you.
    SignIn,
    /// There is no such thing.
    NotFound,
    /// Somebody else was first.
    Conflict,
    /// Known, and not allowed.
    NotAllowed,
    /// Come back later.
    TooMany,
    /// Not the visitor's fault.
    Internal,
}

impl Error {
    /// Somebody else’s check of a field, told in Chinese.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Error {
        Error::Invalid {
            field,
            message: message.into(),
        }
    }

    pub(crate) fn conflict(field: &'static str, message: impl Into<String>) -> Error {
        Error::Conflict {
            field,
            message: message.into(),
        }
    }

    /// What sort of no it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::Invalid { .. } | Error::NameMismatch => ErrorKind::Invalid,
            Error::Conflict { .. } => ErrorKind::Conflict,
            Error::NotFound(_) => ErrorKind::NotFound,
            Error::Proxy(_) => ErrorKind::NotAllowed,
            Error::SignInRefused | Error::Disabled => ErrorKind::SignIn,
            Error::TooMany(_) => ErrorKind::TooMany,
            Error::Sealed(_) | Error::Store(_) => ErrorKind::Internal,
        }
    }

    /// The field it is about, where it is about one.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Error::Invalid { field, .. } | Error::Conflict { field, .. } => Some(field),
            Error::NameMismatch => Some("name"),
            _ => None,
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Error::Invalid { .. } => "invalid_field",
            Error::NameMismatch => "name_mismatch",
            Error::Conflict { .. } => "conflict",
            Error::NotFound(_) => "not_found",
            Error::Proxy(refusal) => refusal.code(),
            Error::SignInRefused => "sign_in_refused",
            Error::Disabled => "account_disabled",
            Error::TooMany(_) => "too_many",
            Error::Sealed(_) | Error::Store(_) => "internal",
        }
    }

    /// What to tell the person, in Chinese: what is wrong and what to do.
    pub fn message(&self) -> String {
        match self {
            Error::Invalid { message, .. } | Error::Conflict { message, .. } => message.clone(),
            Error::NameMismatch => "该证件号码已登记在另一个姓名（名称）下，请核对证件".to_owned(),
            Error::NotFound(_) => "没有找到对应的记录".to_owned(),
            Error::Proxy(refusal) => refusal.message().to_owned(),
            Error::SignInRefused => "账号或密码不正确，请重新输入".to_owned(),
            Error::Disabled => "该账号已停用，请联系本单位管理员".to_owned(),
            Error::TooMany(too_many) => too_many.message(),
            Error::Sealed(_) | Error::Store(_) => "系统暂时不能完成这一操作，请稍后再试".to_owned(),
        }
    }
}

impl TooMany {
    /// What to tell the person, in Chinese.
    pub fn message(self) -> String {
        if self.retry_after_s < 60 {
            format!("操作过于频繁，请在 {} 秒后再试", self.retry_after_s)
        } else {
            format!(
                "尝试次数过多，请在 {} 分钟后再试",
                self.retry_after_s.div_ceil(60)
            )
        }
    }
}

impl From<TooMany> for Error {
    fn from(too_many: TooMany) -> Error {
        Error::TooMany(too_many)
    }
}

impl store::Retry for Error {
    fn storage(&self) -> Option<&store::Error> {
        match self {
            Error::Store(error) => Some(error),
            _ => None,
        }
    }
}
