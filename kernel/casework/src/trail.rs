//! The hash chain: each event carries the SM3 of the one before it.
//!
//! `hash(n) = SM3("tongban.trail.1" ‖ case id ‖ seq as 8 bytes big-endian ‖ hash(n−1) ‖ body)`, with 32 zero
//! bytes before the first event and `body` the exact stored JSON text. Anyone with the rows can recompute it.

use base::{crypto::Sm3, ids::CaseId};

/// What stands before the first event.
pub const ORIGIN: [u8; 32] = [0; 32];

/// The hash of one stored event.
pub fn link(case: CaseId, seq: i64, previous: &[u8; 32], body: &str) -> [u8; 32] {
    let mut hash = Sm3::new();
    hash.update(b"tongban.trail.1");
    hash.update(case.uuid().as_bytes());
    hash.update(&seq.to_be_bytes());
    hash.update(previous);
    hash.update(body.as_bytes());
    hash.finish()
}
