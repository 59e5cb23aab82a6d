//! SM2 signatures (GB/T 32918.2) with SM3: what the platform hands out can be checked with its public key alone.
//!
//! Signing is deterministic: the same key and the same bytes give the same signature, so nothing random is needed.

use sm2::dsa::signature::{Signer as _, Verifier as _};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};

use super::{Digest, hmac_sm3, sm3, to_hex};

/// The signer's distinguishing identifier that GB/T 35276 gives where none is agreed.
const SIGNER_ID: &str = "1234567812345678";

/// Bytes of a signature: r and s.
pub const SIGNATURE_BYTES: usize = 64;

/// A private key. `Debug` shows no secret.
#[derive(Clone)]
pub struct Signer(SigningKey);

/// The public key is no point of the curve, the signature is none, or it is not this key's over these bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not match")]
pub struct SignatureError;

impl Signer {
    /// A key that follows from secret material; the same material gives the same key.
    pub fn from_material(material: &[u8]) -> Signer {
        // A candidate outside 1..n−1 turns up less than once in 2³² times; the next one is taken then.
        let key = (0_u32..)
            .find_map(|round| {
                let scalar: Digest = hmac_sm3(material, &round.to_be_bytes());
                SigningKey::from_slice(SIGNER_ID, &scalar).ok()
            })
            .expect("almost every 32 bytes are a private key");
        Signer(key)
    }

    /// The public key, uncompressed: `04`, x, y; 65 bytes.
    pub fn public_key(&self) -> Vec<u8> {
        self.0.verifying_key().to_sec1_bytes().into_vec()
    }

    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        let signature: Signature = self.0.sign(message);
        signature.to_bytes().into()
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Signer")
            .field(&key_print(&self.public_key()))
            .finish()
    }
}

/// Checks a signature over `message` with a public key.
pub fn check_signature(
    public_key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    let key = VerifyingKey::from_sec1_bytes(SIGNER_ID, public_key).map_err(|_| SignatureError)?;
    let signature = Signature::from_slice(signature).map_err(|_| SignatureError)?;
    key.verify(message, &signature).map_err(|_| SignatureError)
}

/// What people compare of a public key: SM3 over its bytes, hexadecimal.
pub fn key_print(public_key: &[u8]) -> String {
    to_hex(&sm3(public_key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::from_hex;

    /// GB/T 32918.5-2017, annex A.2: the signed message and the signature as they are printed there.
    #[test]
    fn the_standards_own_example_verifies() {
        let key = from_hex(
            "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020\
             ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13",
        )
        .expect("hexadecimal");
        let signature = from_hex(
            "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3\
             b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa",
        )
        .expect("hexadecimal");
        assert_eq!(check_signature(&key, b"message digest", &signature), Ok(()));
        assert_eq!(
            check_signature(&key, b"message digesT", &signature),
            Err(SignatureError)
        );
        let mut other = signature.clone();
        other[40] ^= 1;
        assert_eq!(
            check_signature(&key, b"message digest", &other),
            Err(SignatureError)
        );
    }

    #[test]
    fn what_was_signed_verifies_with_the_public_key_and_no_other() {
        let signer = Signer::from_material(b"one secret");
        let stranger = Signer::from_material(b"another secret");
        let signature = signer.sign("卷内目录".as_bytes());
        assert_eq!(signature, signer.sign("卷内目录".as_bytes()));
        assert_eq!(
            check_signature(&signer.public_key(), "卷内目录".as_bytes(), &signature),
            Ok(())
        );
        assert_eq!(
            check_signature(&stranger.public_key(), "卷内目录".as_bytes(), &signature),
            Err(SignatureError)
        );
        assert_eq!(
            check_signature(&[4; 65], b"x", &signature),
            Err(SignatureError)
        );
        assert_eq!(check_signature(&[], b"x", &[]), Err(SignatureError));
        assert!(!format!("{signer:?}").contains("secret_scalar"));
    }
}
