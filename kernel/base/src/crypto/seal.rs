//! Sealing small values at rest with SM4-GCM. A sealed value names its form and key, so keys can
//! be rotated while old values stay readable.

use std::collections::BTreeMap;

use aes_gcm::AesGcm;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use sm4::Sm4;

use super::hmac_sm3;

type Sm4Gcm = AesGcm<Sm4, U12>;

/// Form 1: form byte, nonce (12), ciphertext with its tag (16) at the end.
const FORM_PLAIN: u8 = 1;
/// Form 2: form byte, key id, nonce (12), ciphertext with its tag (16) at the end.
const FORM_KEYED: u8 = 2;
const NONCE: usize = 12;

/// A sealed value cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("密文格式不正确")]
    Form,
    #[error("没有编号为 {0} 的密钥，请在配置中补上")]
    UnknownKey(KeyId),
    #[error("密文校验不通过：内容、用途或密钥不符")]
    Tampered,
}

/// One SM4-GCM key.
#[derive(Clone)]
pub struct Sealer(Sm4Gcm);

impl Sealer {
    /// Derives the SM4 key from secret `material` of any length; at least 16 bytes of real
    /// randomness are expected.
    pub fn new(material: &[u8]) -> Self {
        let derived = hmac_sm3(material, b"tongban seal 1");
        let mut key = [0_u8; 16];
        key.copy_from_slice(&derived[..16]);
        Self::with_sm4_key(key)
    }

    fn with_sm4_key(key: [u8; 16]) -> Self {
        Self(Sm4Gcm::new(&key.into()))
    }

    /// Seals `plain` for the use named in `aad` (such as table, column and row id). The nonce must
    /// never be used twice with one key.
    pub fn seal(&self, plain: &[u8], aad: &[u8], nonce: [u8; NONCE]) -> Vec<u8> {
        self.seal_after(&[FORM_PLAIN], plain, aad, nonce)
    }

    /// Opens what [`Sealer::seal`] made with the same key and `aad`.
    pub fn open(&self, sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>, OpenError> {
        match sealed.split_first() {
            Some((&FORM_PLAIN, rest)) => self.open_rest(rest, aad),
            _ => Err(OpenError::Form),
        }
    }

    fn seal_after(&self, head: &[u8], plain: &[u8], aad: &[u8], nonce: [u8; NONCE]) -> Vec<u8> {
        let payload = Payload { msg: plain, aad };
        let ciphertext = self
            .0
            .encrypt(&nonce.into(), payload)
            .expect("values at rest are far below the 64 GiB limit of GCM");
        [head, &nonce, &ciphertext].concat()
    }

    fn open_rest(&self, rest: &[u8], aad: &[u8]) -> Result<Vec<u8>, OpenError> {
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>().ok_or(OpenError::Form)?;
        let payload = Payload {
            msg: ciphertext,
            aad,
        };
        self.0
            .decrypt(&(*nonce).into(), payload)
            .map_err(|_| OpenError::Tampered)
    }
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(..)")
    }
}

/// Names a key in sealed values; never given to another key.
pub type KeyId = u8;

/// The keys do not fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("密钥编号 {0} 重复")]
pub struct KeyringError(pub KeyId);

/// The current key, which seals, and older ones, which still open.
#[derive(Debug, Clone)]
pub struct Keyring {
    current: KeyId,
    keys: BTreeMap<KeyId, Sealer>,
}

impl Keyring {
    /// A ring with the current key only.
    pub fn new(current: KeyId, material: &[u8]) -> Self {
        Self {
            current,
            keys: BTreeMap::from([(current, Sealer::new(material))]),
        }
    }

    /// Adds a key that may open old values.
    pub fn with_old(mut self, id: KeyId, material: &[u8]) -> Result<Self, KeyringError> {
        match self.keys.insert(id, Sealer::new(material)) {
            None => Ok(self),
            Some(_) => Err(KeyringError(id)),
        }
    }

    pub fn current(&self) -> KeyId {
        self.current
    }

    /// Seals with the current key; see [`Sealer::seal`].
    pub fn seal(&self, plain: &[u8], aad: &[u8], nonce: [u8; NONCE]) -> Vec<u8> {
        let sealer = self
            .keys
            .get(&self.current)
            .expect("the constructor put it there");
        sealer.seal_after(&[FORM_KEYED, self.current], plain, aad, nonce)
    }

    /// Opens a value sealed with any key of the ring.
    pub fn open(&self, sealed: &[u8], aad: &[u8]) -> Result<Vec<u8>, OpenError> {
        let [FORM_KEYED, id, rest @ ..] = sealed else {
            return Err(OpenError::Form);
        };
        let key = self.keys.get(id).ok_or(OpenError::UnknownKey(*id))?;
        key.open_rest(rest, aad)
    }

    /// The first bytes of every value the current key seals, so that a database can find the others.
    pub fn head(&self) -> [u8; 2] {
        [FORM_KEYED, self.current]
    }

    /// This ring with a fresh current key; what was current only opens from now on.
    pub fn renewed(mut self, id: KeyId, material: &[u8]) -> Result<Self, KeyringError> {
        match self.keys.insert(id, Sealer::new(material)) {
            None => {
                self.current = id;
                Ok(self)
            }
            Some(_) => Err(KeyringError(id)),
        }
    }

    /// Whether the value should be sealed again with the current key.
    pub fn is_outdated(&self, sealed: &[u8]) -> bool {
        !matches!(sealed, [FORM_KEYED, id, ..] if *id == self.current)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::crypto::{from_hex, to_hex};

    /// RFC 8998 appendix A.1.
    #[test]
    fn sm4_gcm_published_vector() {
        let hex = |text: &str| from_hex(text).expect("hexadecimal");
        let key = hex("0123456789ABCDEFFEDCBA9876543210");
        let nonce = hex("00001234567800000000ABCD");
        let aad = hex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2");
        let plain = hex(
            "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD\
             EEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA",
        );
        let cipher = Sealer::with_sm4_key(key.try_into().expect("16 bytes"));
        let sealed = cipher.seal(&plain, &aad, nonce.try_into().expect("12 bytes"));
        assert_eq!(
            to_hex(&sealed[13..]).to_uppercase(),
            "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735\
             D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D\
             83DE3541E4C2B58177E065A9BF7B62EC"
        );
        assert_eq!(cipher.open(&sealed, &aad), Ok(plain));
    }

    #[test]
    fn every_changed_byte_is_found() {
        let ring = Keyring::new(1, b"material of the first key");
        let sealed = ring.seal("陈采薇".as_bytes(), b"people.name", [9; 12]);
        assert_eq!(
            ring.open(&sealed, b"people.name").as_deref(),
            Ok("陈采薇".as_bytes())
        );
        assert_eq!(
            ring.open(&sealed, b"people.phone"),
            Err(OpenError::Tampered)
        );
        for position in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[position] ^= 1;
            assert!(ring.open(&changed, b"people.name").is_err(), "{position}");
        }
        for length in 0..sealed.len() {
            assert!(
                ring.open(&sealed[..length], b"people.name").is_err(),
                "{length}"
            );
        }
    }

    #[test]
    fn old_keys_open_and_the_new_one_seals() {
        let old = Keyring::new(1, b"material of the first key");
        let sealed = old.seal(b"value", b"use", [1; 12]);
        let new = Keyring::new(2, b"material of the second key")
            .with_old(1, b"material of the first key")
            .expect("ids differ");
        assert_eq!(new.open(&sealed, b"use").as_deref(), Ok(&b"value"[..]));
        assert!(new.is_outdated(&sealed));
        let resealed = new.seal(b"value", b"use", [2; 12]);
        assert!(!new.is_outdated(&resealed));
        assert_eq!(old.open(&resealed, b"use"), Err(OpenError::UnknownKey(2)));
        assert_eq!(
            new.with_old(1, b"again").expect_err("taken"),
            KeyringError(1)
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let ring = Keyring::new(2, b"material");
            prop_assert!(ring.open(&bytes, b"").is_err());
        }
    }
}
