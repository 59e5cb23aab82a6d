//! 不得再次申请: who may not apply again for a licence, until when, and by which decision.
//!
//! 行政许可法第七十八条: false materials for a matter that concerns public safety, health or life and property, one year.
//! 第七十九条: such a licence obtained by fraud or bribery, three years. A ban is about one item and one party; it is
//! recorded with the decision it follows and never edited.

use base::ids::{CaseId, PartyId};
use casework::{Case, Refusal, Step};
use jiff::{Timestamp, ToSpan as _, civil::Date};
use serde::{Deserialize, Serialize};
use store::{Tx, params};

use crate::{details, error::Error, rules::needed};

/// Key of [`Noted`] among the details.
pub const BAN: &str = "reapply_ban";

/// Why somebody may not apply again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// 隐瞒有关情况或者提供虚假材料申请 (第七十八条).
    FalseMaterials,
    /// 以欺骗、贿赂等不正当手段取得 (第七十九条).
    Fraud,
}

impl Cause {
    pub fn law(self) -> &'static str {
        match self {
            Cause::FalseMaterials => "《行政许可法》第七十八条",
            Cause::Fraud => "《行政许可法》第七十九条",
        }
    }

    fn years(self) -> i32 {
        match self {
            Cause::FalseMaterials => 1,
            Cause::Fraud => 3,
        }
    }

    /// The first day on which an application is possible again: the same date, that many years later.
    pub fn until(self, from: Date) -> Date {
        from.checked_add(self.years().years()).unwrap_or(Date::MAX)
    }
}

/// A ban as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    pub until: Date,
    pub law: String,
    pub case_no: String,
}

/// 不得再次申请, as a refused case notes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    pub doc_no: String,
    /// What was concealed or false.
    pub facts: String,
    pub on: Date,
    /// The first day on which an application is possible again.
    pub until: Date,
}

pub fn noted(case: &Case) -> Option<Noted> {
    case.detail(BAN)
}

/// Whether a case may have a ban recorded: turned down, and none noted yet.
pub fn possible(case: &Case) -> bool {
    let turned_down = case
        .outcome
        .as_ref()
        .is_some_and(|outcome| matches!(outcome.code.as_str(), "refused" | "not_accepted"));
    turned_down && noted(case).is_none()
}

/// 行政许可法第七十八条: recorded by whoever turned the application down for false materials.
pub(super) fn decide(
    step: &mut Step<'_>,
    now: Timestamp,
    doc_no: &str,
    facts: &str,
) -> Result<(), Refusal> {
    if !possible(step.case()) {
        return Err(Refusal::invalid(
            "facts",
            "只有不予受理、不予许可的申请可以记录，而且只记录一次",
        ));
    }
    let facts = needed("facts", facts, "请写明隐瞒的情况或者虚假的材料")?;
    step.remark(&facts);
    let on = calendar::civil_date(now);
    let until = Cause::FalseMaterials.until(on);
    step.note(
        BAN,
        &Noted {
            doc_no: doc_no.to_owned(),
            facts,
            on,
            until,
        },
    );
    Ok(())
}

/// Keeps the ban that a case has just noted.
pub(crate) fn record(tx: &mut Tx<'_>, case: &Case, now: Timestamp) -> Result<(), Error> {
    if let Some(about) = details::about(case) {
        keep(
            tx,
            &NewBan {
                party: case.applicant,
                impl_code: &about.impl_code,
                cause: Cause::FalseMaterials,
                case: case.id,
                case_no: &case.no,
                at: now,
            },
        )?;
    }
    Ok(())
}

/// What a ban follows from.
#[derive(Clone, Debug)]
pub struct NewBan<'a> {
    pub party: PartyId,
    /// 实施编码 of the item.
    pub impl_code: &'a str,
    pub cause: Cause,
    pub case: CaseId,
    pub case_no: &'a str,
    pub at: Timestamp,
}

/// The part of an 实施编码 that is the same wherever an item is exercised: a ban is not escaped in the next county.
fn family(impl_code: &str) -> &str {
    impl_code.get(19..31).unwrap_or(impl_code)
}

/// Keeps a ban.
pub fn keep(tx: &mut Tx<'_>, new: &NewBan<'_>) -> Result<Ban, Error> {
    let from = calendar::civil_date(new.at);
    let until = new.cause.until(from);
    tx.queue(
        "INSERT INTO reapply_bans (party_id, family, from_day, until_day, law, case_id, case_no)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            new.party,
            family(new.impl_code),
            from,
            until,
            new.cause.law(),
            new.case,
            new.case_no
        ],
    )?;
    Ok(Ban {
        until,
        law: new.cause.law().to_owned(),
        case_no: new.case_no.to_owned(),
    })
}

/// The longest ban that stands today.
pub fn standing(
    tx: &mut Tx<'_>,
    party: PartyId,
    impl_code: &str,
    today: Date,
) -> Result<Option<Ban>, Error> {
    let row = tx.query_opt(
        "SELECT until_day, law, case_no FROM reapply_bans
         WHERE party_id = $1 AND family = $2 AND until_day > $3
         ORDER BY until_day DESC LIMIT 1",
        &params![party, family(impl_code), today],
    )?;
    row.map(|row| {
        Ok(Ban {
            until: row.get(0)?,
            law: row.get(1)?,
            case_no: row.get(2)?,
        })
    })
    .transpose()
}

/// Refuses an application of somebody who may not apply again yet.
pub fn check(tx: &mut Tx<'_>, party: PartyId, impl_code: &str, today: Date) -> Result<(), Error> {
    match standing(tx, party, impl_code, today)? {
        None => Ok(()),
        Some(ban) => Err(Refusal::invalid(
            "applicant",
            format!(
                "依照{}（{}），申请人在{}之前不得再次申请这项行政许可",
                ban.law, ban.case_no, ban.until
            ),
        )
        .into()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{Cause, family};

    #[test]
    fn one_year_and_three_years_to_the_day() {
        assert_eq!(
            Cause::FalseMaterials.until(date(2026, 5, 21)),
            date(2027, 5, 21)
        );
        assert_eq!(Cause::Fraud.until(date(2026, 5, 21)), date(2029, 5, 21));
        assert_eq!(
            Cause::FalseMaterials.until(date(2028, 2, 29)),
            date(2029, 2, 28)
        );
    }

    #[test]
    fn the_same_item_of_two_bodies_is_one_family() {
        let here = "11440300MB2C94128A3440217281000";
        let there = "11440300MB2D0722464440217281000";
        assert_eq!(family(here), "440217281000");
        assert_eq!(family(here), family(there));
        assert_eq!(family("短码"), "短码");
    }
}
