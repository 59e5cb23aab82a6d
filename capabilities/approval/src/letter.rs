//! Numbers of official documents 文书编号: short name of the body, kind, year, serial without gaps,
//! e.g. 云市监许受〔2026〕12号.

use store::Tx;

/// Kinds of letters an approval issues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letter {
    /// 受理通知书.
    Acceptance,
    /// 补正告知书.
    Correction,
    /// 不予受理通知书.
    NotAccepted,
    /// 准予决定书.
    Granted,
    /// 不予许可决定书.
    Refused,
}

impl Letter {
    fn word(self) -> &'static str {
        match self {
            Letter::Acceptance => "受",
            Letter::Correction => "补",
            Letter::NotAccepted => "不受",
            Letter::Granted => "准",
            Letter::Refused => "不准",
        }
    }
}

/// Takes the next number of an organisation, kind and year.
///
/// `item_type` is the two-digit 事项类型: documents on 行政许可 (`01`) carry 许, others 办.
pub fn number(
    tx: &mut Tx<'_>,
    short_name: &str,
    item_type: &str,
    letter: Letter,
    year: i16,
) -> Result<String, store::Error> {
    let head = format!(
        "{short_name}{}{}",
        if item_type == "01" { "许" } else { "办" },
        letter.word()
    );
    let serial = tx.next_number(&format!("letter|{head}|{year}"))?;
    Ok(format!("{head}〔{year}〕{serial}号"))
}
