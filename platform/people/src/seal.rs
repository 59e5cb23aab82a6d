//! Sealing a column and finding it again. A sealed value is bound to its table, column and row, so a ciphertext
//! copied into another place does not open.

use base::crypto::Digest;
use uuid::Uuid;

use crate::{Error, People, Secret, SecretKind};

/// A sealed column.
#[derive(Clone, Copy)]
pub(crate) struct Column {
    table: &'static str,
    name: &'static str,
}

pub(crate) const ID_NUMBER: Column = Column {
    table: "parties",
    name: "id_number",
};
pub(crate) const PHONE: Column = Column {
    table: "parties",
    name: "phone",
};
pub(crate) const ADDRESS: Column = Column {
    table: "parties",
    name: "address",
};
pub(crate) const LOGIN: Column = Column {
    table: "accounts",
    name: "login",
};

impl Column {
    fn aad(self, row: Uuid) -> Vec<u8> {
        format!("{}|{}|{row}", self.table, self.name).into_bytes()
    }
}

impl People {
    pub(crate) fn seal(&self, column: Column, row: Uuid, value: &str) -> Vec<u8> {
        let nonce = self.0.entropy.nonce();
        self.0
            .keys
            .keyring
            .seal(value.as_bytes(), &column.aad(row), nonce)
    }

    pub(crate) fn open(
        &self,
        column: Column,
        row: Uuid,
        kind: SecretKind,
        sealed: &[u8],
    ) -> Result<Secret, Error> {
        let bytes = self.0.keys.keyring.open(sealed, &column.aad(row))?;
        let value = String::from_utf8(bytes)
            .map_err(|_| store::Error::Corrupt(format!("{}.{}", column.table, column.name)))?;
        Ok(Secret::new(kind, value))
    }

    /// `value` normalised by the caller.
    pub(crate) fn blind(&self, column: Column, value: &str) -> Digest {
        self.0.keys.blind.of(column.name, value)
    }
}
