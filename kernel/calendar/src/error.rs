//! Why a date cannot be computed.

use crate::period::Unit;

/// Why a date cannot be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    #[error("日期超出 1900 年至 2200 年，无法计算")]
    OutOfRange,
    #[error("期限过长，最多 {most}{0}", most = .0.most())]
    TooLong(Unit),
    #[error("停止计时的结束早于开始")]
    PauseReversed,
    #[error("倒推的期限不能停止计时")]
    PauseBackward,
    #[error("起始日期晚于结束日期")]
    RangeReversed,
}
