//! Identifiers as columns: 16-byte BLOBs.
//!
//! One line per identifier of `base::ids`; add yours here when you add it there.

use base::ids::{
    AccountId, CaseId, ClockId, DraftId, FileId, HallId, ItemId, OrgId, PartyId, RatingId,
    SessionId, StaffId, VersionId, WindowId,
};
use uuid::Uuid;

use crate::value::{FromValue, Value};

macro_rules! id_columns {
    ($($id:ident),+ $(,)?) => {$(
        impl From<$id> for Value {
            fn from(id: $id) -> Value {
                Value::from(id.uuid())
            }
        }

        impl From<&$id> for Value {
            fn from(id: &$id) -> Value {
                Value::from(id.uuid())
            }
        }

        impl FromValue for $id {
            const EXPECTED: &'static str = Uuid::EXPECTED;

            fn from_value(value: &Value) -> Option<$id> {
                Uuid::from_value(value).map($id::from_uuid)
            }
        }
    )+};
}

id_columns!(
    AccountId, CaseId, ClockId, DraftId, FileId, HallId, ItemId, OrgId, PartyId, RatingId,
    SessionId, StaffId, VersionId, WindowId,
);
