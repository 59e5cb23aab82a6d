//! Numerators and denominators, kept apart until they are shown.

use super::Kind;

/// How the last digit is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// 四舍五入.
    #[default]
    HalfUp,
    /// 截断: digits beyond are left away.
    Truncate,
}

impl Rounding {
    pub const ALL: [Rounding; 2] = [Rounding::HalfUp, Rounding::Truncate];

    pub fn word(self) -> &'static str {
        match self {
            Rounding::HalfUp => "half_up",
            Rounding::Truncate => "truncate",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Rounding::HalfUp => "四舍五入",
            Rounding::Truncate => "截断",
        }
    }

    pub fn from_word(word: &str) -> Option<Rounding> {
        Rounding::ALL
            .into_iter()
            .find(|rounding| rounding.word() == word)
    }

    /// `numerator ÷ denominator`, which is not zero, as a whole number; halves go away from zero.
    pub(super) fn divide(self, numerator: i128, denominator: i128) -> i128 {
        let (numerator, denominator) = if denominator < 0 {
            (-numerator, -denominator)
        } else {
            (numerator, denominator)
        };
        let whole = numerator.abs() / denominator;
        let rest = numerator.abs() % denominator;
        let up = self == Rounding::HalfUp && rest * 2 >= denominator;
        (whole + i128::from(up)) * numerator.signum()
    }
}

/// A number in parts: `n` of which `per` make one. 10,080 parts are one working day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity {
    pub n: i64,
    pub per: i64,
}

impl Quantity {
    pub fn whole(n: i64) -> Quantity {
        Quantity { n, per: 1 }
    }

    /// 5,311, or 12.86 where it is no whole number.
    pub fn print(self, rounding: Rounding) -> String {
        if self.n % self.per == 0 {
            return ui::format::number(self.n / self.per);
        }
        decimal(
            rounding.divide(i128::from(self.n) * 100, i128::from(self.per)),
            2,
        )
    }
}

/// What is counted and of how much; counts have no denominator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    pub numerator: Quantity,
    pub denominator: Option<Quantity>,
}

/// Decimals of rates and means.
pub const DECIMALS: u8 = 2;

impl Ratio {
    /// A plain count.
    pub fn count(n: usize) -> Ratio {
        Ratio {
            numerator: Quantity::whole(int(n)),
            denominator: None,
        }
    }

    pub fn of(numerator: i64, denominator: i64) -> Ratio {
        Ratio {
            numerator: Quantity::whole(numerator),
            denominator: Some(Quantity::whole(denominator)),
        }
    }

    /// The value as an exact fraction; none for 0 ÷ 0 and everything else without a value.
    pub(super) fn fraction(self) -> Option<(i128, i128)> {
        let Some(denominator) = self.denominator else {
            return Some((i128::from(self.numerator.n), i128::from(self.numerator.per)));
        };
        let below = i128::from(denominator.n) * i128::from(self.numerator.per);
        let above = i128::from(self.numerator.n) * i128::from(denominator.per);
        (below != 0).then_some((above, below))
    }

    /// The value in its smallest part: hundredths of a per cent for rates, hundredths for means, ones for counts.
    pub fn scaled(self, kind: Kind, rounding: Rounding) -> Option<i64> {
        let (above, below) = self.fraction()?;
        let factor = match kind {
            Kind::Rate => 10_000,
            Kind::Mean => 100,
            Kind::Count => 1,
        };
        let mut scaled = rounding.divide(above * factor, below);
        // 100.00% is said only where nothing is missing.
        if kind == Kind::Rate && scaled == factor && above < below {
            scaled = factor - 1;
        }
        i64::try_from(scaled).ok()
    }

    /// As it is shown: 67.50%, 4.52, 2,950; — where there is nothing to divide.
    pub fn print(self, kind: Kind, rounding: Rounding) -> String {
        let Some(scaled) = self.scaled(kind, rounding) else {
            return "—".to_owned();
        };
        match kind {
            Kind::Rate => format!("{}%", decimal(i128::from(scaled), DECIMALS)),
            Kind::Mean => decimal(i128::from(scaled), DECIMALS),
            Kind::Count => self.numerator.print(rounding),
        }
    }
}

/// 1234 with two decimals is 12.34.
pub(super) fn decimal(scaled: i128, decimals: u8) -> String {
    let one = 10_i128.pow(u32::from(decimals));
    let sign = if scaled < 0 { "−" } else { "" };
    let whole = i64::try_from(scaled.abs() / one).unwrap_or(i64::MAX);
    let places = usize::from(decimals);
    format!(
        "{sign}{}.{:0places$}",
        ui::format::number(whole),
        scaled.abs() % one
    )
}

pub(super) fn int(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
