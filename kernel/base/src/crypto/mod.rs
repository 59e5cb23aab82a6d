//! National cryptography behind one door: SM3 (GB/T 32905), SM4-GCM (GB/T 32907, RFC 8998),
//! HMAC-SM3, SM2 signatures (GB/T 32918), randomness. Callers see bytes and keys only, so a certified provider can take the
//! place of the library crates by changing this folder and nothing else.

mod entropy;
mod hash;
mod index;
mod seal;
mod sign;

pub use entropy::Entropy;
pub use hash::{HexError, HmacSm3, Sm3, constant_time_eq, from_hex, hmac_sm3, sm3, to_hex};
pub use index::BlindIndex;
pub use seal::{KeyId, Keyring, KeyringError, OpenError, Sealer};
pub use sign::{SIGNATURE_BYTES, SignatureError, Signer, check_signature, key_print};

/// A hash, an authentication code or a blind index: 32 bytes.
pub type Digest = [u8; 32];
