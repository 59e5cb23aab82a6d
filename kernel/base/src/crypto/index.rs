//! Finding a sealed value without opening any: equal values have equal blind indexes, and without
//! the key nobody can tell which value an index stands for.

use super::{Digest, HmacSm3, hmac_sm3};

/// A keyed index over normalised values. Its key is not rotated with the sealing keys: changing
/// it means indexing every row again.
#[derive(Debug, Clone)]
pub struct BlindIndex(HmacSm3);

impl BlindIndex {
    /// `material`: the secret from the configuration, at least 16 bytes of real randomness.
    pub fn new(material: &[u8]) -> Self {
        Self(HmacSm3::new(&hmac_sm3(material, b"tongban blind index 1")))
    }

    /// The index of `value`, which the caller has normalised. `domain` keeps equal texts of
    /// different meaning apart (`citizen_id`, `phone`).
    pub fn of(&self, domain: &str, value: &str) -> Digest {
        let length = (domain.len() as u64).to_be_bytes();
        self.0.code(&[&length, domain.as_bytes(), value.as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_meet_and_others_do_not() {
        let index = BlindIndex::new(b"0123456789abcdef");
        let phone = index.of("phone", "13800001234");
        assert_eq!(phone, index.clone().of("phone", "13800001234"));
        assert_ne!(phone, index.of("phone", "13800001235"));
        assert_ne!(phone, index.of("citizen_id", "13800001234"));
        assert_ne!(index.of("ab", "c"), index.of("a", "bc"));
        assert_ne!(
            phone,
            BlindIndex::new(b"another material").of("phone", "13800001234")
        );
    }
}
