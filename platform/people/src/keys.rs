//! The secret that protects personal data at rest: one file, readable by its owner only, never logged.
//!
//! The file is TOML. `current` names the key that seals; older keys stay in it so that what they sealed can be
//! opened, until [`crate::reseal`] has left nothing of them. The index secret is made once and never rotated: every
//! look-up by number depends on it. Whoever loses the file loses the sealed data, so it is backed up apart from the
//! database.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use base::crypto::{
    BlindIndex, Digest, Entropy, HmacSm3, KeyId, Keyring, KeyringError, from_hex, hmac_sm3, to_hex,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Bytes of each secret.
const SECRET_BYTES: usize = 32;

/// Everything derived from the key file. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct Keys {
    pub(crate) keyring: Keyring,
    pub(crate) blind: BlindIndex,
    root: Root,
}

#[derive(Clone)]
struct Root(Digest);

impl std::fmt::Debug for Root {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Root(..)")
    }
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file could not be read or written.
    #[error("key file {path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What happened.
        source: io::Error,
    },
    /// The file is not as it should be; the text says what to do and holds nothing of the file.
    #[error("key file {path}: {problem}")]
    Content {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    current: KeyId,
    index: String,
    #[serde(rename = "key")]
    keys: Vec<KeyEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyEntry {
    id: KeyId,
    created: String,
    secret: String,
}

impl Keys {
    /// Keys from one secret of at least 16 random bytes: tests, and deployments that keep secrets elsewhere.
    pub fn from_material(material: &[u8]) -> Keys {
        Keys::of(Keyring::new(1, material), material)
    }

    /// These keys with a fresh one that seals from now on; the others still open.
    ///
    /// # Errors
    /// Where the number is taken.
    pub fn renewed(&self, id: KeyId, material: &[u8]) -> Result<Keys, KeyringError> {
        let mut keys = self.clone();
        keys.keyring = keys.keyring.renewed(id, material)?;
        Ok(keys)
    }

    /// Number of the key that seals.
    pub fn current(&self) -> KeyId {
        self.keyring.current()
    }

    fn of(keyring: Keyring, index: &[u8]) -> Keys {
        Keys {
            keyring,
            blind: BlindIndex::new(index),
            root: Root(hmac_sm3(index, b"tongban root 1")),
        }
    }

    /// A keyed code for one purpose (cursors, signed links); purposes do not know each other's codes.
    pub fn mac(&self, purpose: &str) -> HmacSm3 {
        HmacSm3::new(&hmac_sm3(&self.root.0, purpose.as_bytes()))
    }
}

/// Reads the key file, or makes one with fresh secrets (mode 0600) where there is none.
///
/// Refuses a file that others than its owner may read.
pub fn load_or_create(path: &Path, entropy: &Entropy, now: Timestamp) -> Result<Keys, KeyError> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            check_mode(path)?;
            parse(path, &text)
        }
        Err(source) if source.kind() == io::ErrorKind::NotFound => create(path, entropy, now),
        Err(source) => Err(KeyError::Io {
            path: path.to_owned(),
            source,
        }),
    }
}

fn create(path: &Path, entropy: &Entropy, now: Timestamp) -> Result<Keys, KeyError> {
    let file = KeyFile {
        current: 1,
        index: to_hex(&entropy.bytes::<SECRET_BYTES>()),
        keys: vec![KeyEntry {
            id: 1,
            created: now.to_string(),
            secret: to_hex(&entropy.bytes::<SECRET_BYTES>()),
        }],
    };
    let io = |source| KeyError::Io {
        path: path.to_owned(),
        source,
    };
    write(path, written(&file).as_bytes(), If::Absent).map_err(io)?;
    // Read back: where two processes started at once, both use what is in the file.
    let text = std::fs::read_to_string(path).map_err(io)?;
    parse(path, &text)
}

/// Puts a fresh key into the key file; it seals from now on, in every process that reads the file anew. Its number
/// comes back.
pub fn renew(path: &Path, entropy: &Entropy, now: Timestamp) -> Result<KeyId, KeyError> {
    let io = |source| KeyError::Io {
        path: path.to_owned(),
        source,
    };
    check_mode(path)?;
    let text = std::fs::read_to_string(path).map_err(io)?;
    // Whatever is wrong with the file is said before anything is written.
    parse(path, &text)?;
    let mut file: KeyFile = toml::from_str(&text).map_err(|_| not_ours(path))?;
    let newest = file.keys.iter().map(|key| key.id).max().unwrap_or(0);
    let Some(id) = newest.checked_add(1) else {
        return Err(KeyError::Content {
            path: path.to_owned(),
            problem: "there is no number left for another key".to_owned(),
        });
    };
    file.keys.push(KeyEntry {
        id,
        created: now.to_string(),
        secret: to_hex(&entropy.bytes::<SECRET_BYTES>()),
    });
    file.current = id;
    write(path, written(&file).as_bytes(), If::Present).map_err(io)?;
    Ok(id)
}

fn written(file: &KeyFile) -> String {
    let body = toml::to_string(file).expect("numbers and strings are always TOML");
    format!(
        "# 个人信息的密钥。请与数据分开备份；丢失后，已加密的证件号、电话和地址无法恢复。不要手工修改。\n{body}"
    )
}

/// What a file that is written must find.
#[derive(Clone, Copy, PartialEq, Eq)]
enum If {
    /// One that is there is never replaced.
    Absent,
    Present,
}

/// Writes beside, then puts into place: a half-written key file is never seen.
fn write(path: &Path, bytes: &[u8], condition: If) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    if condition == If::Present {
        std::fs::rename(&draft, path)?;
    } else {
        let linked = match std::fs::hard_link(&draft, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        };
        std::fs::remove_file(&draft)?;
        linked?;
    }
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(unix)]
fn check_mode(path: &Path) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = std::fs::metadata(path).map_err(|source| KeyError::Io {
        path: path.to_owned(),
        source,
    })?;
    let others = metadata.permissions().mode() & 0o077;
    if others == 0 {
        return Ok(());
    }
    Err(KeyError::Content {
        path: path.to_owned(),
        problem: "others may read it; run chmod 600 on it".to_owned(),
    })
}

#[cfg(not(unix))]
fn check_mode(_path: &Path) -> Result<(), KeyError> {
    Ok(())
}

fn not_ours(path: &Path) -> KeyError {
    KeyError::Content {
        path: path.to_owned(),
        problem: "it is not the TOML this program writes; restore it from a backup".to_owned(),
    }
}

fn parse(path: &Path, text: &str) -> Result<Keys, KeyError> {
    let content = |problem: &str| KeyError::Content {
        path: path.to_owned(),
        problem: problem.to_owned(),
    };
    // The parser's own message would quote the file.
    let file: KeyFile = toml::from_str(text).map_err(|_| not_ours(path))?;
    let secret = |hex: &str| {
        from_hex(hex)
            .ok()
            .filter(|bytes| bytes.len() == SECRET_BYTES)
            .ok_or_else(|| content("a secret is not 64 hexadecimal characters"))
    };
    let index = secret(&file.index)?;
    let current = file
        .keys
        .iter()
        .find(|key| key.id == file.current)
        .ok_or_else(|| content("the current key is not in it"))?;
    let mut keyring = Keyring::new(current.id, &secret(&current.secret)?);
    let mut current_seen = false;
    for key in &file.keys {
        if key.id == file.current && !current_seen {
            current_seen = true;
            continue;
        }
        keyring = keyring
            .with_old(key.id, &secret(&key.secret)?)
            .map_err(|_| content("two keys have the same id"))?;
    }
    Ok(Keys::of(keyring, &index))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-05-18T01:00:00Z".parse().expect("an instant")
    }

    #[test]
    fn the_second_start_opens_what_the_first_sealed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret").join("keys.toml");
        let entropy = Entropy::seeded(1);
        let first = load_or_create(&path, &entropy, now()).expect("made");
        let second = load_or_create(&path, &entropy, now()).expect("read");
        let sealed = first.keyring.seal(b"value", b"use", [1; 12]);
        assert_eq!(
            second.keyring.open(&sealed, b"use").as_deref(),
            Ok(&b"value"[..])
        );
        assert_eq!(first.blind.of("phone", "1"), second.blind.of("phone", "1"));
        assert_eq!(
            first.mac("cursor").code(&[b"x"]),
            second.mac("cursor").code(&[b"x"])
        );
        assert_ne!(
            first.mac("cursor").code(&[b"x"]),
            first.mac("link").code(&[b"x"])
        );
        let files = std::fs::read_dir(path.parent().expect("a folder")).expect("readable");
        assert_eq!(files.count(), 1, "no draft stays behind");
    }

    #[test]
    fn a_fresh_key_seals_and_the_older_ones_still_open() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys.toml");
        let entropy = Entropy::seeded(1);
        let first = load_or_create(&path, &entropy, now()).expect("made");
        let sealed = first.keyring.seal(b"value", b"use", [1; 12]);
        assert_eq!(renew(&path, &entropy, now()).expect("renewed"), 2);
        let second = load_or_create(&path, &entropy, now()).expect("read");
        assert_eq!(second.current(), 2);
        assert!(second.keyring.open(&sealed, b"use").is_ok());
        assert!(second.keyring.is_outdated(&sealed));
        let again = second.keyring.seal(b"value", b"use", [2; 12]);
        assert_eq!(again[..2], second.keyring.head());
        assert!(!second.keyring.is_outdated(&again));
        assert_eq!(first.blind.of("phone", "1"), second.blind.of("phone", "1"));
        let files = std::fs::read_dir(folder.path()).expect("readable");
        assert_eq!(files.count(), 1, "no draft stays behind");
        #[cfg(unix)]
        check_mode(&path).expect("still its owner's only");

        let missing = folder.path().join("other.toml");
        assert!(
            renew(&missing, &entropy, now()).is_err(),
            "nothing to renew"
        );
        assert!(!missing.exists());
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("keys.toml");
        load_or_create(&path, &Entropy::seeded(1), now()).expect("made");
        let mode = std::fs::metadata(&path)
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("changed");
        let error = load_or_create(&path, &Entropy::seeded(1), now()).expect_err("too open");
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }

    #[test]
    fn errors_never_quote_the_file() {
        let secret = "5ecre7".repeat(11);
        for text in [
            format!("current = 1\nindex = \"{secret}\"\n"),
            format!("current = {secret}"),
            format!(
                "current = 1\nindex = \"{secret}\"\n[[key]]\nid = 2\ncreated = \"\"\nsecret = \"{secret}\"\n"
            ),
        ] {
            let error = parse(Path::new("keys.toml"), &text).expect_err("broken");
            assert!(
                !format!("{error} {error:?}").contains("5ecre7"),
                "{error:?}"
            );
        }
    }

    #[test]
    fn an_old_key_still_opens() {
        let secret = |byte: u8| to_hex(&[byte; 32]);
        let entry = |id: u8, byte: u8| {
            format!(
                "[[key]]\nid = {id}\ncreated = \"2026-01-01T00:00:00Z\"\nsecret = \"{}\"\n",
                secret(byte)
            )
        };
        let head = |current: u8| format!("current = {current}\nindex = \"{}\"\n", secret(9));
        let path = Path::new("keys.toml");
        let before = parse(path, &format!("{}{}", head(1), entry(1, 1))).expect("one key");
        let after =
            parse(path, &format!("{}{}{}", head(2), entry(1, 1), entry(2, 2))).expect("two keys");
        let sealed = before.keyring.seal(b"value", b"use", [1; 12]);
        assert!(after.keyring.open(&sealed, b"use").is_ok());
        assert!(after.keyring.is_outdated(&sealed));
        let twice = format!("{}{}{}", head(1), entry(1, 1), entry(1, 2));
        assert!(parse(path, &twice).is_err());
    }
}
