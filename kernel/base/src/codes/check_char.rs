//! The check character of ISO 7064 MOD 37,36, used by certificate identifiers and case numbers.

const ALPHABET: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The check character over `0-9A-Z` (ISO 7064, MOD 37,36), or `None` when another character
/// occurs.
pub fn mod_37_36(body: impl IntoIterator<Item = u8>) -> Option<char> {
    let mut product = 36_u32;
    for byte in body {
        let value = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            _ => return None,
        };
        product = (product + u32::from(value)) % 36;
        if product == 0 {
            product = 36;
        }
        product = product * 2 % 37;
    }
    let check = (36 + 1 - product) % 36;
    Some(char::from(ALPHABET[check as usize]))
}
