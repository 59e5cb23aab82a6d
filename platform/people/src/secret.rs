//! A personal value that hides itself: it is masked unless somebody opens it on purpose.

use std::fmt;

use base::mask;

/// An opened personal value: identity number, phone, address, login name.
///
/// Neither `Debug` nor `Display` nor serialization shows it. [`Secret::masked`] is for screens;
/// [`Secret::reveal`] for the one whose task needs the whole, who records the unmasking.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    kind: SecretKind,
    value: String,
}

/// What a secret is, and so how it is masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKind {
    /// 公民身份号码.
    CitizenId,
    /// 统一社会信用代码: published by law, shown whole.
    Uscc,
    /// A phone number.
    Phone,
    /// A postal address.
    Address,
    /// The name somebody signs in with; may be their phone number.
    Login,
}

impl Secret {
    pub(crate) fn new(kind: SecretKind, value: impl Into<String>) -> Secret {
        Secret {
            kind,
            value: value.into(),
        }
    }

    /// What it is.
    pub fn kind(&self) -> SecretKind {
        self.kind
    }

    /// The whole value. The caller answers for who sees it.
    pub fn reveal(&self) -> &str {
        &self.value
    }

    /// What a screen shows by default.
    pub fn masked(&self) -> String {
        match self.kind {
            SecretKind::CitizenId => mask::citizen_id(&self.value),
            SecretKind::Uscc => self.value.clone(),
            SecretKind::Phone => mask::phone(&self.value),
            SecretKind::Address => mask::address(&self.value),
            SecretKind::Login => {
                let digits = self.value.chars().filter(char::is_ascii_digit).count();
                if digits >= 7 {
                    mask::phone(&self.value)
                } else {
                    self.value.clone()
                }
            }
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({:?}, ..)", self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_shows_it_by_accident() {
        let id = Secret::new(SecretKind::CitizenId, "990101199003070007");
        assert_eq!(format!("{id:?}"), "Secret(CitizenId, ..)");
        assert_eq!(id.masked(), "990101********0007");
        assert_eq!(id.reveal(), "990101199003070007");
        let login = Secret::new(SecretKind::Login, "13800001234");
        assert_eq!(login.masked(), "138****1234");
        assert_eq!(Secret::new(SecretKind::Login, "chencw").masked(), "chencw");
    }
}
