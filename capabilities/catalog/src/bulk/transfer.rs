//! Items that go to another body: departments that merge or move, powers given further 权项下放.

use casework::actor::covers;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::base_list;
use crate::model::{Item, PowerSource, Validity};

/// The body that receives.
#[derive(Clone, Copy, Debug)]
pub struct Receiver<'a> {
    pub region: &'a str,
    pub uscc: &'a str,
    /// 行使层级 1–7.
    pub level: u8,
}

/// 机构合并、划转: the item as the receiving body publishes it. The implementing code is made anew, the old one is kept
/// among the codes of older catalogues; where none can be made the item goes on without.
pub fn moved(item: &Item, to: Receiver<'_>) -> Item {
    let mut next = item.clone();
    let level = if (1..=7).contains(&item.exercise_level) {
        item.exercise_level
    } else {
        to.level
    };
    if !item.impl_code.is_empty() {
        next.local_item_code = kept(&item.local_item_code, &item.impl_code);
        next.impl_code = base_list::impl_code(to.uscc, level, &item.base_code).unwrap_or_default();
    }
    if !covers(to.region, &item.region_code) {
        to.region.clone_into(&mut next.region_code);
    }
    next
}

/// Old codes, each once, the oldest first.
fn kept(codes: &str, code: &str) -> String {
    if codes.is_empty() {
        code.to_owned()
    } else if codes.split('；').any(|known| known == code) {
        codes.to_owned()
    } else {
        format!("{codes}；{code}")
    }
}

/// How a power is given further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 下放: the lower level exercises it in its own name.
    Delegated,
    /// 授权: an organisation exercises it in its own name.
    Authorised,
    /// 委托: exercised in the name of the body that gave it (《行政许可法》第二十四条).
    Entrusted,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Delegated, Kind::Authorised, Kind::Entrusted];

    pub fn word(self) -> &'static str {
        match self {
            Kind::Delegated => "delegated",
            Kind::Authorised => "authorised",
            Kind::Entrusted => "entrusted",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Kind::Delegated => "下放",
            Kind::Authorised => "授权",
            Kind::Entrusted => "委托",
        }
    }

    pub fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// 权力来源 of the receiving body. Levels count downwards: 1 国家级, 5 镇级.
    pub fn power_source(self, from_level: u8, to_level: u8) -> PowerSource {
        match (self, from_level == to_level) {
            (Kind::Delegated, _) => PowerSource::Delegated,
            (Kind::Authorised, false) => PowerSource::Authorised,
            (Kind::Authorised, true) => PowerSource::PeerAuthorised,
            (Kind::Entrusted, false) => PowerSource::Entrusted,
            (Kind::Entrusted, true) => PowerSource::PeerEntrusted,
        }
    }

    /// Whether a power may go this way between two levels.
    pub fn allowed(self, from_level: u8, to_level: u8) -> bool {
        match self {
            Kind::Delegated => from_level < to_level,
            Kind::Authorised | Kind::Entrusted => from_level <= to_level,
        }
    }

    /// 实施主体性质 of the receiving body.
    fn body_nature(self) -> u8 {
        match self {
            Kind::Delegated => 1,
            Kind::Authorised => 2,
            Kind::Entrusted => 3,
        }
    }
}

/// The item as the receiving body begins with it. Places and telephone numbers are its own to fill in.
pub fn given(
    item: &Item,
    kind: Kind,
    giver: (&str, u8),
    to: Receiver<'_>,
    first_day: Date,
    last_day: Option<Date>,
) -> Item {
    let (giver_name, giver_level) = giver;
    Item {
        impl_code: base_list::impl_code(to.uscc, to.level, &item.base_code).unwrap_or_default(),
        local_item_code: String::new(),
        exercise_level: to.level,
        region_code: to.region.to_owned(),
        power_source: kind.power_source(giver_level, to.level),
        delegated_dept: giver_name.to_owned(),
        body_nature: Some(kind.body_nature()),
        validity: Validity {
            from: Some(first_day),
            to: last_day,
        },
        places: Vec::new(),
        consult_phone: String::new(),
        complaint_phone: String::new(),
        ..item.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TO: Receiver<'static> = Receiver {
        region: "990103",
        uscc: "11990103MB2A000015",
        level: 4,
    };

    fn item() -> Item {
        Item {
            name: "结婚登记".into(),
            base_code: "000711001000".into(),
            impl_code: "旧实施编码".into(),
            local_item_code: "更旧".into(),
            exercise_level: 3,
            region_code: "990100".into(),
            consult_phone: "1".into(),
            ..Item::default()
        }
    }

    #[test]
    fn a_moved_item_keeps_its_old_code_beside_the_new_one() {
        let next = moved(&item(), TO);
        assert_eq!(next.local_item_code, "更旧；旧实施编码");
        assert_ne!(next.impl_code, "旧实施编码");
        assert!(next.impl_code.is_empty() || next.impl_code.starts_with(TO.uscc));
        assert_eq!(next.region_code, "990103");
        assert_eq!(
            next.consult_phone, "1",
            "the places stay until somebody changes them"
        );
        // Moving twice never loses or doubles a code.
        assert_eq!(kept("更旧；旧", "旧"), "更旧；旧");
        let without = Item {
            impl_code: String::new(),
            ..item()
        };
        assert_eq!(moved(&without, TO).local_item_code, "更旧");
    }

    #[test]
    fn a_given_power_names_who_gave_it_how_and_until_when() {
        let (first, last) = (
            jiff::civil::date(2026, 7, 1),
            jiff::civil::date(2027, 6, 30),
        );
        let next = given(
            &item(),
            Kind::Entrusted,
            ("市民政局", 3),
            TO,
            first,
            Some(last),
        );
        assert_eq!(next.power_source, PowerSource::Entrusted);
        assert!(next.power_source.is_entrusted());
        assert_eq!(next.delegated_dept, "市民政局");
        assert_eq!((next.exercise_level, next.body_nature), (4, Some(3)));
        assert!(next.validity.holds(last) && !next.validity.holds(last.tomorrow().expect("a day")));
        assert_eq!(next.consult_phone, "", "another body has another telephone");
        assert_eq!(
            Kind::Authorised.power_source(4, 4),
            PowerSource::PeerAuthorised
        );
        assert!(!Kind::Delegated.allowed(4, 4) && Kind::Delegated.allowed(3, 4));
        assert!(!Kind::Entrusted.allowed(4, 3), "not upwards");
    }
}
