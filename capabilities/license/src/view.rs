//! A certificate as pages show it, and who may see one.

use base::ids::PartyId;
use casework::{Actor, Permission, Scope};
use jiff::civil::Date;
use people::{PartyKind, People};
use store::Tx;
use web::Config;

use crate::model::{License, LicenseState};

/// Whether the actor may see the whole certificate: its holder, or staff who may read the issuing body's cases.
pub fn may_see(actor: &Actor, license: &License) -> bool {
    match actor {
        Actor::System => true,
        Actor::Person(_) => actor.owns(license.holder),
        Actor::Staff(_) => actor.may(
            Permission::ReadCase,
            &Scope {
                region: &license.region,
                org: Some(license.issuer),
            },
        ),
    }
}

/// `7K4M-2RQX-98TT`: the code as it is printed and read out.
pub fn grouped(code: &str) -> String {
    let mut text = String::with_capacity(code.len() + 2);
    for (place, sign) in code.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            text.push('-');
        }
        text.push(sign);
    }
    text
}

/// The address the QR code holds.
pub fn verify_address(config: &Config, code: &str) -> String {
    format!("{}/verify/{code}", config.public_url)
}

/// Tag class and Chinese words of a state.
pub fn state_tag(state: LicenseState) -> &'static str {
    match state {
        LicenseState::Valid => "tag-green",
        LicenseState::Expired => "tag-amber",
        LicenseState::Superseded => "",
        LicenseState::Revoked | LicenseState::Cancelled | LicenseState::Void => "tag-zhu",
    }
}

/// What anyone with the code is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certified {
    pub type_name: String,
    pub serial: String,
    /// A person's name masked; an enterprise's name is public (企业信息公示暂行条例第六条).
    pub holder_name: String,
    pub issuer_name: String,
    pub valid_from: Date,
    pub valid_to: Option<Date>,
    pub state: LicenseState,
    /// When the state changed last; nothing where it still counts or has only run out.
    pub since: Option<Date>,
    /// 文书编号 of the decision that ended it.
    pub doc_no: String,
    /// 自始无效.
    pub from_start: bool,
}

/// Hides the holder of a certificate where it is a person.
pub fn certified(
    tx: &mut Tx<'_>,
    people: &People,
    license: License,
    state: LicenseState,
) -> web::Result<Certified> {
    let holder_name = if is_person(tx, people, license.holder)? {
        base::mask::name(&license.holder_name)
    } else {
        license.holder_name
    };
    let last = crate::states::history(tx, &license.license_id)?.pop();
    Ok(Certified {
        since: last.as_ref().map(|change| calendar::civil_date(change.at)),
        from_start: last.as_ref().is_some_and(|change| change.from_start),
        doc_no: last.map(|change| change.doc_no).unwrap_or_default(),
        type_name: license.type_name,
        serial: license.serial,
        holder_name,
        issuer_name: license.issuer_name,
        valid_from: license.valid_from,
        valid_to: license.valid_to,
        state,
    })
}

/// A holder who is not on record is treated as a person.
fn is_person(tx: &mut Tx<'_>, people: &People, holder: PartyId) -> Result<bool, people::Error> {
    Ok(people
        .party(tx, holder)?
        .is_none_or(|party| party.kind == PartyKind::Person))
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn codes_are_read_in_fours() {
        assert_eq!(grouped("7K4M2RQX98TT"), "7K4M-2RQX-98TT");
        assert_eq!(grouped(""), "");
    }
}
