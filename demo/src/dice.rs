//! The one source of chance in the city: seeded, the same on every machine.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// A stream of chance.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of one part of the city. Parts never share a stream, so that changing one leaves the others as
    /// they were.
    pub(crate) fn of(seed: u64, part: Part) -> Dice {
        Dice(ChaCha8Rng::seed_from_u64(mix(seed ^ mix(part.number()))))
    }

    /// A number below `bound`; 0 for a bound of 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        // The bias is below one in four thousand million for every bound used here.
        ((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// An index into a list of `length`; 0 for an empty one.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// From `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below(u64::try_from(high - low + 1).unwrap_or(0)) as i64
    }

    /// From 0 up to, not including, 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True `per_mille` times in a thousand.
    pub(crate) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of a list that is not empty.
    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.index(list.len())]
    }

    /// `length` decimal digits.
    pub(crate) fn digits(&mut self, length: usize) -> String {
        (0..length)
            .map(|_| char::from(b'0' + self.below(10) as u8))
            .collect()
    }
}

/// What a stream is for.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    Staff,
    Residents,
    Enterprises,
    Year,
    Catalogue,
    /// How one case goes on, by its place in the year.
    Course(u64),
    /// What is written in one case.
    Words(u64),
    /// What other departments' registers know of one resident or enterprise.
    Register(u64),
}

impl Part {
    fn number(self) -> u64 {
        match self {
            Part::Staff => 1,
            Part::Residents => 2,
            Part::Enterprises => 3,
            Part::Year => 4,
            Part::Catalogue => 5,
            Part::Course(case) => (1 << 60) | case,
            Part::Words(case) => (2 << 60) | case,
            Part::Register(place) => (3 << 60) | place,
        }
    }
}

/// Spreads neighbouring numbers (the finaliser of SplitMix64).
pub(crate) fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Draws indices in proportion to weights.
pub(crate) struct Wheel(Vec<f64>);

impl Wheel {
    pub(crate) fn new(weights: impl IntoIterator<Item = f64>) -> Wheel {
        let mut total = 0.0;
        Wheel(
            weights
                .into_iter()
                .map(|weight| {
                    total += weight;
                    total
                })
                .collect(),
        )
    }

    /// An index; 0 where there are no weights.
    pub(crate) fn spin(&self, dice: &mut Dice) -> usize {
        let Some(total) = self.0.last() else { return 0 };
        let at = dice.unit() * total;
        self.0
            .partition_point(|upto| *upto <= at)
            .min(self.0.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::{Dice, Part, Wheel};

    #[test]
    fn a_seed_repeats_and_parts_differ() {
        let draw = |seed, part| {
            let mut dice = Dice::of(seed, part);
            (0..8).map(|_| dice.below(1_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1, Part::Year), draw(1, Part::Year));
        assert_ne!(draw(1, Part::Year), draw(2, Part::Year));
        assert_ne!(draw(1, Part::Course(5)), draw(1, Part::Words(5)));
        assert_ne!(draw(1, Part::Course(5)), draw(1, Part::Course(6)));
    }

    #[test]
    fn a_wheel_follows_its_weights() {
        let wheel = Wheel::new([1.0, 0.0, 3.0]);
        let mut dice = Dice::of(7, Part::Year);
        let mut hits = [0_u32; 3];
        for _ in 0..4000 {
            hits[wheel.spin(&mut dice)] += 1;
        }
        assert_eq!(hits[1], 0);
        assert!((900..1100).contains(&hits[0]), "{hits:?}");
    }
}
