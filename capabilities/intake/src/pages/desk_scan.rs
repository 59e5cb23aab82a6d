//! What is put into the one field of the desk, by hand or by a reader of cards and codes.

use base::codes::{CaseNo, CitizenId, CitizenIdError, Uscc};
use base::text::{fold_width, normalise_code, single_line};
use jiff::civil::Date;
use people::PartyKind;

use crate::form;
use crate::said::Said;

/// A code recognised by its shape and its check digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scanned {
    /// An applicant's number; from a card also what else stands on it.
    Party { kind: PartyKind, card: Card },
    /// A case number, also inside the address printed on a receipt.
    Case(String),
    /// The verification code of a certificate, also inside its address.
    Licence(String),
}

/// What a reader of identity cards gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Card {
    pub number: String,
    pub name: String,
    pub address: String,
}

/// Signs of a verification code; see `license`.
const LICENCE_SIGNS: usize = 12;
/// Signs of a case number.
const CASE_SIGNS: usize = 22;

/// Reads what was typed or scanned.
pub(super) fn read(text: &str, today: Date) -> Result<Scanned, Said> {
    let tidy = normalise_code(text);
    if tidy.is_empty() {
        return Err(Said::plain("请输入或扫描身份证号码、统一社会信用代码"));
    }
    if let Some(code) = in_address(&tidy) {
        return read(&code, today);
    }
    if let Some(card) = card(text, today) {
        return Ok(Scanned::Party {
            kind: PartyKind::Person,
            card,
        });
    }
    let party = |kind| {
        Ok(Scanned::Party {
            kind,
            card: Card {
                number: tidy.clone(),
                ..Card::default()
            },
        })
    };
    let Err(citizen) = CitizenId::parse(&tidy, today) else {
        return party(PartyKind::Person);
    };
    // Right but for its last sign it is an identity number with a slip, even where it passes for a credit code, as one
    // in thirty-one does.
    if citizen == CitizenIdError::Check {
        return Err(form::citizen_id_said(&citizen));
    }
    let Err(uscc) = Uscc::parse(&tidy) else {
        return party(PartyKind::Legal);
    };
    if CaseNo::parse(&tidy).is_ok() {
        return Ok(Scanned::Case(tidy));
    }
    let code = license::store::normalise_code(&tidy);
    let has_letter = code.bytes().any(|byte| byte.is_ascii_alphabetic());
    if code.len() == LICENCE_SIGNS && has_letter {
        return Ok(Scanned::Licence(code));
    }
    Err(meant(&tidy, &citizen, &uscc))
}

/// What is wrong, by what the number was meant to be: digits but for the last are an identity number with a slip, of
/// the length of a case number a case number; anything else was meant as a credit code.
fn meant(tidy: &str, citizen: &CitizenIdError, uscc: &base::codes::UsccError) -> Said {
    let head = |signs: usize| {
        tidy.char_indices()
            .nth(signs)
            .map_or(tidy, |(at, _)| &tidy[..at])
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if tidy.chars().count() == CASE_SIGNS && digits(head(CASE_SIGNS - 1)) {
        Said::plain("办件编号不对，请核对后重新输入或扫描")
    } else if digits(head(17)) {
        form::citizen_id_said(citizen)
    } else {
        form::uscc_said(uscc)
    }
}

/// The code inside an address of ours: `…/verify/CODE`, `…/progress?no=CODE`.
fn in_address(tidy: &str) -> Option<String> {
    tidy.strip_prefix("HTTP")?;
    let (_, rest) = tidy
        .split_once("/VERIFY/")
        .or_else(|| tidy.split_once("?NO="))
        .or_else(|| tidy.split_once("&NO="))?;
    let code: String = rest
        .chars()
        .take_while(|sign| sign.is_ascii_alphanumeric() || *sign == '-')
        .collect();
    (!code.is_empty()).then_some(code)
}

/// A line as readers of identity cards give it: 姓名,性别,民族,出生,地址,号码, in any order, with or without labels.
fn card(text: &str, today: Date) -> Option<Card> {
    let folded = fold_width(text);
    let parts: Vec<(String, String)> = folded
        .split([',', '|', '\t', '\n', '\r', ';', '、'])
        .map(single_line)
        .filter(|part| !part.is_empty())
        .map(|part| match part.split_once(':') {
            Some((label, value)) => (label.trim().to_owned(), value.trim().to_owned()),
            None => (String::new(), part),
        })
        .collect();
    if parts.len() < 2 {
        return None;
    }
    let number = parts
        .iter()
        .find_map(|(_, value)| CitizenId::parse(value, today).ok().map(|_| value))?;
    let labelled = |labels: &[&str]| {
        parts
            .iter()
            .find(|(label, _)| labels.contains(&label.as_str()))
            .map(|(_, value)| value.clone())
    };
    let han = |value: &str| {
        value
            .chars()
            .all(|sign| ('\u{4E00}'..='\u{9FFF}').contains(&sign) || sign == '·')
    };
    let bare: Vec<&String> = parts
        .iter()
        .filter(|(label, _)| label.is_empty())
        .map(|(_, value)| value)
        .collect();
    let name = labelled(&["姓名"]).or_else(|| {
        let name = bare.iter().find(|value| {
            (2..=30).contains(&value.chars().count()) && han(value) && !value.ends_with('族')
        })?;
        Some((*name).clone())
    });
    let address = labelled(&["住址", "地址"]).or_else(|| {
        let address = bare
            .iter()
            .filter(|value| Some(**value) != name.as_ref() && value.chars().count() >= 6)
            .filter(|value| value.chars().any(|sign| han(&sign.to_string())))
            .max_by_key(|value| value.chars().count())?;
        Some((*address).clone())
    });
    Some(Card {
        number: normalise_code(number),
        name: name.unwrap_or_default(),
        address: address.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Synthetic: region 99, the check digit computed by hand.
    const NUMBER: &str = "990102198808083456";

    fn today() -> Date {
        Date::constant(2026, 5, 11)
    }

    fn number_with_check() -> String {
        let body = &NUMBER[..17];
        "0123456789X"
            .chars()
            .map(|check| format!("{body}{check}"))
            .find(|number| CitizenId::parse(number, today()).is_ok())
            .expect("one of eleven fits")
    }

    #[test]
    fn a_card_is_taken_apart_in_any_order_with_or_without_labels() {
        let number = number_with_check();
        let card = Card {
            number: number.clone(),
            name: "阿依努尔·买买提".to_owned(),
            address: "云川市云川区和平街道观澜路8号".to_owned(),
        };
        for line in [
            format!(
                "阿依努尔·买买提,女,维吾尔族,1988-08-08,云川市云川区和平街道观澜路8号,{number}"
            ),
            format!("{number}|阿依努尔·买买提|女|19880808|云川市云川区和平街道观澜路8号"),
            format!(
                "姓名：阿依努尔·买买提，性别：女，住址：云川市云川区和平街道观澜路8号，公民身份号码：{number}"
            ),
        ] {
            let read = read(&line, today());
            assert_eq!(
                read,
                Ok(Scanned::Party {
                    kind: PartyKind::Person,
                    card: card.clone()
                }),
                "{line}"
            );
        }
    }

    #[test]
    fn a_slip_in_an_identity_number_is_no_credit_code() {
        let numbers = (0..1000).map(|sequence| format!("99010219880808{sequence:03}"));
        let passing = numbers
            .flat_map(|body| (0..10).map(move |check| format!("{body}{check}")))
            .find(|number| {
                Uscc::parse(number).is_ok() && CitizenId::parse(number, today()).is_err()
            })
            .expect("one of thirty-one passes for a credit code");
        let slip = CitizenIdError::Check;
        assert_eq!(
            read(&passing, today()),
            Err(form::citizen_id_said(&slip)),
            "{passing}"
        );
    }

    #[test]
    fn each_code_is_known_by_its_shape() {
        let number = number_with_check();
        let spaced = format!("{} {}", &number[..6], &number[6..]);
        assert!(matches!(
            read(&spaced, today()),
            Ok(Scanned::Party { kind: PartyKind::Person, card }) if card.number == number
        ));
        for (text, code) in [
            ("7K4M-2RQX-98TT", "7K4M2RQX98TT"),
            ("https://zwfw.example/verify/7K4M-2RQX-98TT", "7K4M2RQX98TT"),
        ] {
            assert_eq!(
                read(text, today()),
                Ok(Scanned::Licence(code.to_owned())),
                "{text}"
            );
        }
        for wrong in [
            "",
            "99010219880808",
            "91990101MA0000T1X",
            "9901022026041730002640",
        ] {
            assert!(read(wrong, today()).is_err(), "{wrong}");
        }
    }
}
