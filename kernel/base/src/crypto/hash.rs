//! SM3, HMAC over it, hexadecimal, and comparison that does not tell how far it matched.

use sm3::Digest as _;
use subtle::ConstantTimeEq as _;

use super::Digest;

/// SM3 of the bytes.
pub fn sm3(bytes: &[u8]) -> Digest {
    let mut hasher = Sm3::new();
    hasher.update(bytes);
    hasher.finish()
}

/// SM3 fed piece by piece.
#[derive(Debug, Clone, Default)]
pub struct Sm3(sm3::Sm3);

impl Sm3 {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(self) -> Digest {
        self.0.finalize().into()
    }
}

/// HMAC-SM3 (GB/T 15852.2) with the key's two states kept, so that one key serves many messages.
#[derive(Clone)]
pub struct HmacSm3 {
    inner: Sm3,
    outer: Sm3,
}

impl HmacSm3 {
    pub fn new(key: &[u8]) -> Self {
        const BLOCK: usize = 64;
        let mut block = [0_u8; BLOCK];
        if key.len() > BLOCK {
            block[..32].copy_from_slice(&sm3(key));
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        let mut inner = Sm3::new();
        inner.update(&block.map(|byte| byte ^ 0x36));
        let mut outer = Sm3::new();
        outer.update(&block.map(|byte| byte ^ 0x5C));
        Self { inner, outer }
    }

    /// The code over the concatenation of `parts`.
    pub fn code(&self, parts: &[&[u8]]) -> Digest {
        let mut inner = self.inner.clone();
        for part in parts {
            inner.update(part);
        }
        let mut outer = self.outer.clone();
        outer.update(&inner.finish());
        outer.finish()
    }
}

impl std::fmt::Debug for HmacSm3 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HmacSm3(..)")
    }
}

/// HMAC-SM3 of one message.
pub fn hmac_sm3(key: &[u8], message: &[u8]) -> Digest {
    HmacSm3::new(key).code(&[message])
}

/// Equality in time that depends on the lengths only.
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// Lower-case hexadecimal.
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 0xF)]));
    }
    out
}

/// The text is not hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("不是十六进制文本")]
pub struct HexError;

/// Reads hexadecimal of either case.
pub fn from_hex(text: &str) -> Result<Vec<u8>, HexError> {
    let nibble = |byte: u8| (byte as char).to_digit(16).ok_or(HexError);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return Err(HexError);
    }
    pairs
        .iter()
        .map(|&[high, low]| Ok((nibble(high)? << 4 | nibble(low)?) as u8))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// GB/T 32905-2016 appendix A.
    #[test]
    fn sm3_published_vectors() {
        assert_eq!(
            to_hex(&sm3(b"abc")),
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
        );
        assert_eq!(
            to_hex(&sm3(&b"abcd".repeat(16))),
            "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
        );
    }

    #[test]
    fn pieces_hash_as_the_whole() {
        let mut hasher = Sm3::new();
        hasher.update(b"a");
        hasher.update(b"");
        hasher.update(b"bc");
        assert_eq!(hasher.finish(), sm3(b"abc"));
    }

    /// GM/T 0042-2015 appendix D.3, also used by other published implementations.
    #[test]
    fn hmac_published_vectors() {
        let key = from_hex("0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20")
            .expect("hexadecimal");
        let message = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".repeat(2);
        assert_eq!(
            to_hex(&hmac_sm3(&key, &message)),
            "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a"
        );
        let key: Vec<u8> = (1..=37).collect();
        assert_eq!(
            to_hex(&hmac_sm3(&key, &[0xCD; 50])),
            "220bf579ded555393f0159f66c99877822a3ecf610d1552154b41d44b94db3ae"
        );
    }

    #[test]
    fn long_keys_are_hashed_first() {
        let key = [7_u8; 100];
        assert_eq!(hmac_sm3(&key, b"x"), hmac_sm3(&sm3(&key), b"x"));
    }

    #[test]
    fn comparison_sees_length_and_content() {
        assert!(constant_time_eq(b"same", b"same"));
        assert!(!constant_time_eq(b"same", b"sama"));
        assert!(!constant_time_eq(b"same", b"sam"));
    }

    proptest! {
        #[test]
        fn hexadecimal_reads_back(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert_eq!(from_hex(&to_hex(&bytes)), Ok(bytes));
        }

        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            if let Ok(bytes) = from_hex(&text) {
                prop_assert_eq!(to_hex(&bytes), text.to_lowercase());
            }
        }
    }
}
