//! Base64 for URLs (RFC 4648 §5) without padding: cursors only.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut block = [0_u8; 4];
        block[1..=chunk.len()].copy_from_slice(chunk);
        let number = u32::from_be_bytes(block);
        for position in 0..=chunk.len() {
            let index = (number >> (18 - 6 * position)) & 63;
            out.push(char::from(ALPHABET[index as usize]));
        }
    }
    out
}

/// `None` for anything that [`encode`] does not produce, so one value has one text.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    for chunk in text.as_bytes().chunks(4) {
        if chunk.len() == 1 {
            return None;
        }
        let mut number = 0_u32;
        for byte in chunk {
            let index = ALPHABET.iter().position(|letter| letter == byte)?;
            number = (number << 6) | index as u32;
        }
        number <<= 6 * (4 - chunk.len());
        let bytes = number.to_be_bytes();
        out.extend_from_slice(&bytes[1..chunk.len()]);
        let spare = &bytes[chunk.len()..];
        if spare.iter().any(|byte| *byte != 0) {
            return None;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn the_vectors_of_rfc_4648_come_and_go() {
        for (plain, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(plain.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Some(plain.as_bytes()));
        }
        assert_eq!(encode(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn a_second_spelling_of_a_value_is_refused() {
        for bad in ["Z", "Zh", "Zm9=", "Zm 9", "Zm9v\n", "编号"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
