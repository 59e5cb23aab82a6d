//! Axes: where they begin and end, and what their ticks are called.

use crate::{format, i18n::Lang};

/// What a chart counts. Values are whole numbers of its smallest part: 26 is 2.6 where `decimals` is 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// 件, 个工作日, 万元, %; in the visitor's language.
    pub word: String,
    pub decimals: u8,
}

impl Unit {
    pub fn whole(word: impl Into<String>) -> Unit {
        Unit {
            word: word.into(),
            decimals: 0,
        }
    }

    pub fn tenths(word: impl Into<String>) -> Unit {
        Unit {
            word: word.into(),
            decimals: 1,
        }
    }

    /// How many smallest parts make one.
    pub fn one(&self) -> i64 {
        10_i64.pow(u32::from(self.decimals.min(6)))
    }

    /// 1,234.5 without the word.
    pub fn figure(&self, value: i64) -> String {
        let one = self.one();
        if one == 1 {
            return format::number(value);
        }
        let sign = if value < 0 { "−" } else { "" };
        let (whole, part) = (
            value.unsigned_abs() / one.unsigned_abs(),
            value.unsigned_abs() % one.unsigned_abs(),
        );
        let whole = format::number(i64::try_from(whole).unwrap_or(i64::MAX));
        let places = usize::from(self.decimals.min(6));
        format!("{sign}{whole}.{part:0places$}")
    }

    /// 1,234.5个工作日.
    pub fn say(&self, value: i64) -> String {
        format!("{}{}", self.figure(value), self.word)
    }

    /// As short as a tick needs: 12万, 1.5亿, 2.5.
    pub fn tick(&self, lang: Lang, value: i64) -> String {
        let one = i128::from(self.one());
        let steps: [(i128, &str); 2] = match lang {
            Lang::Zh => [(100_000_000, "亿"), (10_000, "万")],
            Lang::En => [(1_000_000, "M"), (1_000, "k")],
        };
        let value = i128::from(value);
        for (size, word) in steps {
            if value.abs() >= size * one {
                return format!("{}{word}", shortest(value, size * one));
            }
        }
        shortest(value, one)
    }
}

/// `value / whole` with at most two decimals and no zeros at the end.
fn shortest(value: i128, whole: i128) -> String {
    let hundredths = value * 100 / whole;
    let sign = if hundredths < 0 { "−" } else { "" };
    let hundredths = hundredths.unsigned_abs();
    let text = format!("{sign}{}.{:02}", hundredths / 100, hundredths % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The ticks of an axis, evenly apart, around every value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    pub low: i64,
    pub high: i64,
    pub ticks: Vec<i64>,
}

/// Steps between ticks that an axis is given at least, and at most one more.
const STEPS: i128 = 4;

impl Axis {
    /// An axis that begins at zero and holds every value; below zero only where a value is.
    pub fn of(values: impl IntoIterator<Item = i64>) -> Axis {
        let (mut low, mut high) = (0_i128, 0_i128);
        for value in values {
            low = low.min(i128::from(value));
            high = high.max(i128::from(value));
        }
        if low == high {
            high = 1;
        }
        let step = nice((high - low).max(1).div_ceil_positive(STEPS));
        let first = low.div_euclid(step) * step;
        let last = high.div_ceil_positive(step) * step;
        let clamp = |value: i128| {
            i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
        };
        let mut ticks = Vec::new();
        let mut tick = first;
        while tick <= last {
            ticks.push(clamp(tick));
            tick += step;
        }
        Axis {
            low: clamp(first),
            high: clamp(last),
            ticks,
        }
    }

    /// Where a value stands between the ends, in ten-thousandths.
    pub fn share(&self, value: i64) -> i64 {
        let whole = (i128::from(self.high) - i128::from(self.low)).max(1);
        let part = i128::from(value) - i128::from(self.low);
        i64::try_from((part * 10_000 / whole).clamp(0, 10_000)).expect("at most 10,000")
    }
}

/// The next of 1, 2, 5, 10, 20, 50 … that is not less.
fn nice(least: i128) -> i128 {
    let mut size = 1;
    loop {
        for factor in [1, 2, 5] {
            if size * factor >= least {
                return size * factor;
            }
        }
        size *= 10;
    }
}

trait DivCeil {
    /// Rounded up; the divisor is positive.
    fn div_ceil_positive(self, by: i128) -> i128;
}

impl DivCeil for i128 {
    fn div_ceil_positive(self, by: i128) -> i128 {
        self.div_euclid(by) + i128::from(self.rem_euclid(by) != 0)
    }
}
