//! Sealing a column and finding it again. A sealed value is bound to its table, column and row, so a ciphertext
//! copied into another place does not open.

use base::crypto::{Digest, OpenError};
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
    pub(crate) fn place(self, row: Uuid) -> String {
        format!("{}|{}|{row}", self.table, self.name)
    }
}

impl People {
    /// Seals other crates' personal data at rest. `place` names table, column and row (`drafts|body|<id>`): the
    /// sealed value opens there and nowhere else.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Vec<u8> {
        let nonce = self.0.entropy.nonce();
        self.0.keys.keyring.seal(plain, place.as_bytes(), nonce)
    }

    /// Opens what [`People::seal`] sealed for the same place.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        self.0.keys.keyring.open(sealed, place.as_bytes())
    }

    /// How everything begins that the newest key seals.
    pub(crate) fn head(&self) -> [u8; 2] {
        self.0.keys.keyring.head()
    }

    pub(crate) fn seal_column(&self, column: Column, row: Uuid, value: &str) -> Vec<u8> {
        self.seal(&column.place(row), value.as_bytes())
    }

    pub(crate) fn open_column(
        &self,
        column: Column,
        row: Uuid,
        kind: SecretKind,
        sealed: &[u8],
    ) -> Result<Secret, Error> {
        let bytes = self.open(&column.place(row), sealed)?;
        let value = String::from_utf8(bytes)
            .map_err(|_| store::Error::Corrupt(format!("{}.{}", column.table, column.name)))?;
        Ok(Secret::new(kind, value))
    }

    /// `value` normalised by the caller.
    pub(crate) fn blind(&self, column: Column, value: &str) -> Digest {
        self.0.keys.blind.of(column.name, value)
    }
}
