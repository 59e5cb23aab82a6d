//! 监护: who cannot act alone, and until when somebody acts for them.

use jiff::{ToSpan as _, civil::Date};

/// Below this age somebody has no capacity of their own (民法典第二十条).
const NONE_BELOW: i16 = 8;
/// From this age on somebody acts alone (民法典第十七条、第十八条第一款).
const FULL_FROM: i16 = 18;

/// 民事行为能力 as far as it follows from age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// 无民事行为能力: under eight; the guardian acts (民法典第二十条).
    None,
    /// 限制民事行为能力: from eight to eighteen; the guardian acts or agrees (民法典第十九条).
    Limited,
    /// 完全民事行为能力.
    Full,
}

impl Capacity {
    /// The capacity of somebody born on `born`, on `day`.
    pub fn of(born: Date, day: Date) -> Capacity {
        match day {
            day if day < birthday(born, NONE_BELOW) => Capacity::None,
            day if day < birthday(born, FULL_FROM) => Capacity::Limited,
            _ => Capacity::Full,
        }
    }
}

/// The last day on which a guardian acts for a minor: the day before the eighteenth birthday.
pub fn guardianship_ends(born: Date) -> Date {
    let of_age = birthday(born, FULL_FROM);
    of_age.checked_sub(1.day()).unwrap_or(of_age)
}

/// The day from which a guardian acts for a minor only with the minor's own consent: the eighth birthday.
///
/// 民法典第十九条 lets whoever is eight or older act through the guardian or with their agreement; 第三十五条第二款 has
/// the guardian respect the minor's own will in what concerns them.
pub fn consent_begins(born: Date) -> Date {
    birthday(born, NONE_BELOW)
}

/// 周岁 are counted from the day after the birthday's eve; whoever was born on 29 February has theirs on 1 March in
/// other years.
fn birthday(born: Date, years: i16) -> Date {
    let year = born.year().saturating_add(years);
    Date::new(year, born.month(), born.day())
        .or_else(|_| Date::new(year, 3, 1))
        .unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn capacity_follows_the_birthdays() {
        let born = date(2018, 5, 21);
        for (day, capacity) in [
            (date(2026, 5, 20), Capacity::None),
            (date(2026, 5, 21), Capacity::Limited),
            (date(2036, 5, 20), Capacity::Limited),
            (date(2036, 5, 21), Capacity::Full),
        ] {
            assert_eq!(Capacity::of(born, day), capacity, "{day}");
        }
        assert_eq!(guardianship_ends(born), date(2036, 5, 20));
        assert_eq!(consent_begins(born), date(2026, 5, 21));
    }

    #[test]
    fn a_leap_day_is_a_birthday_too() {
        let born = date(2008, 2, 29);
        assert_eq!(Capacity::of(born, date(2026, 2, 28)), Capacity::Limited);
        assert_eq!(Capacity::of(born, date(2026, 3, 1)), Capacity::Full);
        assert_eq!(guardianship_ends(born), date(2026, 2, 28));
    }
}
