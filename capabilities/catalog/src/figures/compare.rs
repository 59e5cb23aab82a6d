//! Comparing two values of one figure.

use super::value::{Ratio, Rounding, decimal};
use super::{Figure, Kind};

/// How far one value lies from an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Hundredths of a percentage point, between two rates.
    Points(i64),
    /// Hundredths of a per cent of the earlier value.
    Relative(i64),
    /// One of the two has no value, or the earlier one is zero.
    Unknown,
}

/// From `before` to `now`: rates in percentage points, everything else relative to the earlier value.
pub fn change(figure: Figure, before: Ratio, now: Ratio, rounding: Rounding) -> Change {
    let (Some((a, b)), Some((c, d))) = (before.fraction(), now.fraction()) else {
        return Change::Unknown;
    };
    // c/d − a/b over the common denominator.
    let difference = c * b - a * d;
    let scaled = |above: i128, below: i128| {
        (below != 0)
            .then(|| i64::try_from(rounding.divide(above * 10_000, below)).ok())
            .flatten()
    };
    match figure.kind() {
        Kind::Rate => scaled(difference, b * d).map_or(Change::Unknown, Change::Points),
        Kind::Count | Kind::Mean => {
            scaled(difference, a * d).map_or(Change::Unknown, Change::Relative)
        }
    }
}

impl Change {
    /// +37.83个百分点, −16.08%, —.
    pub fn print(self) -> String {
        let signed = |scaled: i64| {
            let plus = if scaled > 0 { "+" } else { "" };
            format!("{plus}{}", decimal(i128::from(scaled), 2))
        };
        match self {
            Change::Points(scaled) => format!("{}个百分点", signed(scaled)),
            Change::Relative(scaled) => format!("{}%", signed(scaled)),
            Change::Unknown => "—".to_owned(),
        }
    }
}
