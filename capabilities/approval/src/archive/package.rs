//! What an exported file says about itself: the index that names every entry with its SM3, and the seal over it.
//!
//! The index is signed with the platform's SM2 key. Whoever has the public key — published by the platform, printed
//! in the file — needs nothing else to check the whole file; see `docs/verification.md`.

use base::ids::CaseId;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// Word of the first format.
pub const FORMAT: &str = "tongban.file.1";

/// Fixed names of entries.
pub const INDEX: &str = "index.json";
pub const SEAL: &str = "seal.json";
pub const TRAIL: &str = "trail.jsonl";
pub const CASE: &str = "case.json";
pub const ITEM: &str = "item.json";
pub const ANSWERS: &str = "answers.json";
pub const CLOCKS: &str = "clocks.json";
pub const CONTENTS: &str = "contents.html";
pub const LICENSE: &str = "license.json";
pub const README: &str = "README.txt";

/// Purpose of the key: no other of the platform's codes can be taken for a seal.
pub const KEY_PURPOSE: &str = "approval.file.seal.1";

/// 卷内目录 as data: everything the file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    pub format: String,
    pub case_id: CaseId,
    pub case_no: String,
    pub title: String,
    /// Body that decided.
    pub org: String,
    pub applicant: String,
    /// 档号, once the case is archived.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub archive_no: String,
    /// 保管期限, once the case is archived.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub retention: String,
    pub exported_at: Timestamp,
    pub exported_by: String,
    /// Why it was exported, as the trail says.
    pub purpose: String,
    pub item: ItemRef,
    pub trail: TrailRef,
    pub entries: Vec<Entry>,
}

/// The item version the case followed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemRef {
    pub version_id: String,
    pub version: i64,
    /// SM3 over the canonical JSON of the item, as it was published.
    pub digest: String,
}

/// The last event the file holds: the export itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailRef {
    pub events: i64,
    /// SM3 of the last row; every row before it is bound by the chain.
    pub head: String,
}

/// One entry of the container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// 件号 in the list of contents; 0 for what is not a paper.
    pub no: u32,
    pub path: String,
    pub title: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub doc_no: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    #[serde(default)]
    pub pages: u32,
    pub media_type: String,
    pub size: u64,
    /// Hexadecimal.
    pub sm3: String,
}

/// The signature over the exact bytes of the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// `SM2-SM3`: GB/T 32918.2 with signer id `1234567812345678`.
    pub algorithm: String,
    /// Uncompressed point, hexadecimal.
    pub public_key: String,
    /// SM3 of the public key: what people compare.
    pub key_print: String,
    /// r and s, hexadecimal.
    pub signature: String,
}

/// Word of the only algorithm.
pub const ALGORITHM: &str = "SM2-SM3";

/// One line of `trail.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailLine {
    pub seq: i64,
    /// SM3 of this row over the one before it, hexadecimal.
    pub hash: String,
    /// The exact text the hash was made over.
    pub body: String,
}

/// The key this installation seals with.
pub fn signer(people: &people::People) -> base::crypto::Signer {
    base::crypto::Signer::from_material(&people.mac(KEY_PURPOSE).code(&[b"sm2"]))
}

/// Signs the bytes of an index.
pub fn seal(signer: &base::crypto::Signer, index: &[u8]) -> Seal {
    let public_key = signer.public_key();
    Seal {
        algorithm: ALGORITHM.to_owned(),
        key_print: base::crypto::key_print(&public_key),
        public_key: base::crypto::to_hex(&public_key),
        signature: base::crypto::to_hex(&signer.sign(index)),
    }
}
