//! argon2id in memory that is kept for the next hash: 19 MiB a time, given back to the allocator, would stay with
//! the process once for every thread that ever hashed.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base::crypto::constant_time_eq;
use parking_lot::Mutex;

/// KiB of a hash; with two passes the minimum the OWASP password storage guidance recommends.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Bytes of a hash.
const LENGTH: usize = 32;

/// Memories that are kept; those of more hashes at once are given back.
const KEPT_MAX: usize = 2;

static KEPT: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());

/// The PHC string of a password.
pub(crate) fn hash(password: &[u8], salt: &[u8; 16]) -> String {
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(LENGTH)).expect("within argon2's limits");
    let written = ParamsString::try_from(&params).expect("three short numbers");
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut output = [0; LENGTH];
    run(&argon2, password, salt, &mut output).expect("passwords are far below 4 GiB");
    let hash = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: written,
        salt: Some(Salt::new(salt).expect("16 bytes are a salt")),
        hash: Some(Output::new(&output).expect("32 bytes are a hash")),
    };
    hash.to_string()
}

/// Whether the password is the one of the PHC string; no where that is none of argon2id.
pub(crate) fn verify(password: &[u8], hash: &str) -> bool {
    let read = || {
        let known = PasswordHash::new(hash).ok()?;
        let params = Params::try_from(&known.params).ok()?;
        let version = match known.version {
            Some(version) => Version::try_from(version).ok()?,
            None => return None,
        };
        let argon2id = known.algorithm == Algorithm::Argon2id.ident();
        let argon2 = Argon2::new(Algorithm::Argon2id, version, params);
        argon2id.then_some((argon2, known.salt?, known.hash?))
    };
    let Some((argon2, salt, known)) = read() else {
        return false;
    };
    let mut output = vec![0; known.len()];
    run(&argon2, password, salt.as_ref(), &mut output).is_ok()
        && constant_time_eq(&output, known.as_bytes())
}

fn run(
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    output: &mut [u8],
) -> Result<(), argon2::Error> {
    let mut memory = KEPT.lock().pop().unwrap_or_default();
    memory.resize(argon2.params().block_count(), Block::new());
    let done = argon2.hash_password_into_with_memory(password, salt, output, &mut memory);
    let mut kept = KEPT.lock();
    if kept.len() < KEPT_MAX {
        kept.push(memory);
    }
    done
}

#[cfg(test)]
mod tests {
    use argon2::PasswordHasher as _;

    use super::*;

    #[test]
    fn used_memory_changes_nothing() {
        let salt = [7; 16];
        let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("within argon2's limits");
        let plain = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        for password in ["清风明月 照大江", "another one"] {
            let theirs = plain
                .hash_password_with_salt(password.as_bytes(), &salt)
                .expect("hashed");
            assert_eq!(hash(password.as_bytes(), &salt), theirs.to_string());
            assert!(verify(password.as_bytes(), &theirs.to_string()));
        }
        assert!(KEPT.lock().len() <= KEPT_MAX);
    }
}
