//! Identifiers: UUIDv7 newtypes, and the one source that makes them from an instant and random
//! bytes that are handed in. To add an identifier outside this crate, call [`define_id!`].

use std::sync::Mutex;

use jiff::Timestamp;
pub use uuid::Uuid;

use crate::crypto::Entropy;

/// What every identifier can do; implemented by [`define_id!`].
pub trait Id: Copy + Eq + Ord + std::hash::Hash + std::fmt::Display {
    fn from_uuid(uuid: Uuid) -> Self;
    fn uuid(self) -> Uuid;
}

/// The text is not an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("标识不正确，应为 32 位十六进制（可带连字符）")]
pub struct IdError;

/// Reads an identifier with hyphens (36 characters) or without (32). Other forms are refused.
pub fn parse_uuid(text: &str) -> Result<Uuid, IdError> {
    match text.len() {
        32 | 36 => Uuid::try_parse(text).map_err(|_| IdError),
        _ => Err(IdError),
    }
}

/// Declares identifier newtypes. Each is written with hyphens, read with or without.
#[macro_export]
macro_rules! define_id {
    ($($(#[$meta:meta])* $name:ident;)+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($crate::ids::Uuid);

        impl $name {
            pub const fn from_uuid(uuid: $crate::ids::Uuid) -> Self {
                Self(uuid)
            }

            pub const fn uuid(self) -> $crate::ids::Uuid {
                self.0
            }
        }

        impl $crate::ids::Id for $name {
            fn from_uuid(uuid: $crate::ids::Uuid) -> Self {
                Self(uuid)
            }

            fn uuid(self) -> $crate::ids::Uuid {
                self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::ids::IdError;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                $crate::ids::parse_uuid(text).map(Self)
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                let text = <::std::borrow::Cow<'de, str> as ::serde::Deserialize>::deserialize(
                    deserializer,
                )?;
                text.parse().map_err(::serde::de::Error::custom)
            }
        }
    )+};
}

define_id! {
    /// A case 办件.
    CaseId;
    /// A task inside a case: one step waiting for one person or post.
    TaskId;
    /// One event in a trail.
    EventId;
    /// One legal clock of a case.
    ClockId;
    /// A person or body that asks for something: citizen, enterprise, organisation.
    PartyId;
    /// A sign-in account.
    AccountId;
    /// A member of staff.
    StaffId;
    /// A department, hall operator or other body of the administration.
    OrgId;
    /// A signed-in session.
    SessionId;
    /// A service item 事项, over all its versions.
    ItemId;
    /// One immutable published version of an item.
    VersionId;
    /// An application being written.
    DraftId;
    /// A material handed in with a case.
    MaterialId;
    /// A stored file.
    FileId;
    /// A service hall.
    HallId;
    /// A window in a hall.
    WindowId;
    /// A queue ticket.
    TicketId;
    /// An appointment.
    AppointmentId;
    /// An electronic certificate.
    CertificateId;
    /// A rating given by an applicant.
    RatingId;
    /// A notice or other official document.
    NoticeId;
    /// Work that runs in the background.
    JobId;
    /// One request as logged.
    RequestId;
}

/// How far the clock may step back and still be taken for a corrected clock. A larger step is
/// another time line (records entered for the past) and its identifiers keep their own instant.
const STEP_BACK_MS_MAX: u64 = 60_000;

/// Makes identifiers. Within one process they rise strictly as long as the instants handed in do
/// not fall back by more than a minute; many in one millisecond rise too. Shared by reference
/// between threads.
#[derive(Debug)]
pub struct IdSource {
    entropy: Entropy,
    /// The last value made: 48 bits of milliseconds, then 74 random bits.
    last: Mutex<u128>,
}

impl IdSource {
    /// Randomness from the operating system.
    pub fn system() -> Self {
        Self::new(Entropy::system())
    }

    /// The same identifiers for the same seed and the same instants.
    pub fn seeded(seed: u64) -> Self {
        Self::new(Entropy::seeded(seed))
    }

    pub fn new(entropy: Entropy) -> Self {
        Self {
            entropy,
            last: Mutex::new(0),
        }
    }

    /// The next identifier of type `T` for the instant `at`; instants before 1970 count as 1970.
    pub fn next<T: Id>(&self, at: Timestamp) -> T {
        T::from_uuid(self.next_uuid(at))
    }

    /// The next bare UUIDv7.
    pub fn next_uuid(&self, at: Timestamp) -> Uuid {
        const RANDOM_BITS: u32 = 74;
        const RANDOM_MASK: u128 = (1 << RANDOM_BITS) - 1;
        let ms = u64::try_from(at.as_millisecond()).unwrap_or(0) & 0xFFFF_FFFF_FFFF;
        let mut bytes = [0_u8; 16];
        self.entropy.fill(&mut bytes[..10]);
        let random = u128::from_be_bytes(bytes) >> 48;
        let fresh = (u128::from(ms) << RANDOM_BITS) | (random & RANDOM_MASK);

        let value = {
            let mut last = self.last.lock().expect("no holder of this lock can panic");
            let last_ms = (*last >> RANDOM_BITS) as u64;
            let other_time_line = last_ms > ms.saturating_add(STEP_BACK_MS_MAX);
            if fresh > *last || other_time_line {
                *last = fresh;
            } else {
                // A random step forward keeps the next identifier hard to guess.
                *last += 1 + (random & 0xFFFF_FFFF);
            }
            *last
        };

        let high = (value >> RANDOM_BITS) & 0xFFFF_FFFF_FFFF;
        let rand_a = (value >> 62) & 0xFFF;
        let rand_b = value & 0x3FFF_FFFF_FFFF_FFFF;
        Uuid::from_u128((high << 80) | (0x7 << 76) | (rand_a << 64) | (0b10 << 62) | rand_b)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(ms).expect("in range")
    }

    #[test]
    fn identifiers_are_version_7_and_carry_their_instant() {
        let ids = IdSource::system();
        let id: CaseId = ids.next(at(1_700_000_000_123));
        assert_eq!(id.uuid().get_version_num(), 7);
        assert_eq!(id.uuid().as_u128() >> 80, 1_700_000_000_123);
        assert_eq!((id.uuid().as_u128() >> 62) & 0b11, 0b10);
    }

    #[test]
    fn identifiers_rise_within_a_millisecond_and_over_a_small_step_back() {
        let ids = IdSource::seeded(7);
        let mut last: CaseId = ids.next(at(1_000_000));
        for step in 0..10_000 {
            let next: CaseId = ids.next(at(1_000_000 - step % 3));
            assert!(next > last);
            last = next;
        }
    }

    #[test]
    fn records_of_the_past_keep_their_own_instant() {
        let ids = IdSource::seeded(7);
        let _now: CaseId = ids.next(at(1_000_000_000));
        let past: CaseId = ids.next(at(500_000_000));
        assert_eq!(past.uuid().as_u128() >> 80, 500_000_000);
    }

    #[test]
    fn threads_never_share_an_identifier() {
        let ids = IdSource::system();
        let all: BTreeSet<CaseId> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| (0..1000).map(|_| ids.next(at(5))).collect::<Vec<CaseId>>())
                })
                .collect();
            workers
                .into_iter()
                .flat_map(|worker| worker.join().expect("worker ends"))
                .collect()
        });
        assert_eq!(all.len(), 4000);
    }

    #[test]
    fn a_seed_gives_the_same_identifiers() {
        let (a, b) = (IdSource::seeded(42), IdSource::seeded(42));
        for ms in [1, 1, 9, 10] {
            assert_eq!(a.next::<FileId>(at(ms)), b.next::<FileId>(at(ms)));
        }
        assert_ne!(
            IdSource::seeded(1).next::<FileId>(at(1)),
            IdSource::seeded(2).next::<FileId>(at(1))
        );
    }

    #[test]
    fn text_and_json_forms() {
        let id: CaseId = IdSource::seeded(1).next(at(1_700_000_000_000));
        let hyphenless = id.uuid().simple().to_string();
        assert_eq!(hyphenless.parse::<CaseId>(), Ok(id));
        assert_eq!(id.to_string().parse::<CaseId>(), Ok(id));
        let json = serde_json::to_string(&id).expect("serializes");
        assert_eq!(json, format!("\"{id}\""));
        assert_eq!(serde_json::from_str::<CaseId>(&json).expect("reads"), id);
        for bad in [
            "",
            "x",
            "{01890a5d-ac96-774b-bcce-b302099a8057}",
            "编号编号编号编号编号编号",
        ] {
            assert_eq!(bad.parse::<CaseId>(), Err(IdError));
        }
    }
}
