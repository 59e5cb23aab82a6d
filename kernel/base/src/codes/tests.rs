use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;

const TODAY: Date = date(2026, 8, 10);

fn word(kind: &str, value: &str) -> &'static str {
    match check(kind, value, TODAY) {
        Ok(()) => "ok",
        Err(error) => error.code(),
    }
}

fn table(kind: &str, rows: &[(&str, &str)]) {
    for (value, expected) in rows {
        assert_eq!(word(kind, value), *expected, "{kind} {value}");
    }
}

#[test]
fn citizen_ids_in_the_order_of_the_standard() {
    table(
        "citizen_id",
        &[
            ("11010519491231002X", "ok"),
            (" 11010519491231002x ", "ok"),
            ("１１０１０５１９４９１２３１００２Ｘ", "ok"),
            ("110105 19491231 002X", "ok"),
            ("440524188001010014", "ok"),
            ("990101199003070007", "ok"),
            ("990101200002290011", "ok"),
            ("990101199902290011", "birth_date"),
            ("110105194912310021", "check"),
            ("110105491231002", "length"),
            ("", "length"),
            ("1101051949123100２X乙", "length"),
            ("1101051949123100乙X", "charset"),
            ("1101051949123100X2", "charset"),
            ("11010519491331002X", "birth_date"),
            ("110105179912310021", "birth_date"),
            ("110105202608110021", "birth_date"),
        ],
    );
}

#[test]
fn citizen_id_parts() {
    let id = CitizenId::parse("11010519491231002X", TODAY).expect("valid");
    assert_eq!(id.birth_date(), date(1949, 12, 31));
    assert_eq!(id.sex(), Sex::Female);
    assert_eq!(id.region(), "110105");
    assert_eq!(id.masked(), "110105********002X");
    assert_eq!(id.masked_strict(), "1****************X");
    assert_eq!(format!("{id:?}"), "CitizenId(110105********002X)");
    assert_eq!(id.age_on(date(2026, 12, 30)), 76);
    assert_eq!(id.age_on(date(2026, 12, 31)), 77);
    assert_eq!(id.age_on(date(1900, 1, 1)), 0);
    assert_eq!(CitizenId::upgrade("110105491231002", TODAY), Ok(id.clone()));
    assert_eq!(CitizenId::compose(110_105, date(1949, 12, 31), 2), Some(id));
    assert_eq!(CitizenId::compose(990_101, date(1990, 3, 7), 1000), None);
    assert_eq!(
        CitizenId::upgrade("110105990229001", TODAY),
        Err(CitizenIdError::BirthDate)
    );
    assert_eq!(
        CitizenId::upgrade("11010519491231002X", TODAY),
        Err(CitizenIdError::Length { actual: 18 })
    );
}

#[test]
fn birth_today_is_allowed_and_tomorrow_is_not() {
    let born_today = CitizenId::compose(990_101, TODAY, 1).expect("fits");
    assert!(CitizenId::parse(born_today.as_str(), TODAY).is_ok());
    let yesterday = TODAY.yesterday().expect("in range");
    assert_eq!(
        CitizenId::parse(born_today.as_str(), yesterday),
        Err(CitizenIdError::BirthDate)
    );
}

#[test]
fn credit_codes() {
    table(
        "uscc",
        &[
            ("91350100M000100Y43", "ok"),
            ("91350100m000100y43", "ok"),
            ("11440300MB2C94128A", "ok"),
            ("11100000000013338W", "ok"),
            ("91990101MA0000T1XA", "ok"),
            ("11990101MB00000193", "ok"),
            ("11440300MB2C92051N", "check"),
            ("91350100M000100O43", "charset"),
            ("91350100M000100Y4", "length"),
            ("91350100M000100Y4三", "charset"),
        ],
    );
    let code = Uscc::parse("91350100M000100Y43").expect("valid");
    assert_eq!((code.category(), code.region()), ("91", "350100"));
    assert_eq!(code.organisation_code(), "M000100Y4");
    assert!(code.inner_check_holds());
    assert_eq!(Uscc::compose("91350100M000100Y4"), Ok(code));
    let old = Uscc::compose("91350100M000100Y5").expect("17 good characters");
    assert!(old.warning().is_some());
}

#[test]
fn regions_levels_and_parents() {
    table(
        "region",
        &[
            ("530521", "ok"),
            ("450202001", "ok"),
            ("450202001001", "ok"),
            ("110000000000", "ok"),
            ("4502020", "length"),
            ("45020a", "charset"),
            ("45020甲", "charset"),
            ("000000", "province"),
        ],
    );
    let region = |text: &str| RegionCode::parse(text).expect("valid");
    for (code, level, parent) in [
        ("450202001001", RegionLevel::Village, Some("450202001")),
        ("450202001", RegionLevel::Town, Some("450202")),
        ("441900003", RegionLevel::Town, Some("441900")),
        ("450202", RegionLevel::County, Some("450200")),
        ("460100", RegionLevel::Prefecture, Some("460000")),
        ("460000", RegionLevel::Province, None),
        ("460100000000", RegionLevel::Prefecture, Some("460000")),
    ] {
        assert_eq!(region(code).level(), level, "{code}");
        assert_eq!(region(code).parent(), parent.map(region), "{code}");
    }
    assert!(region("990100").covers(&region("990102003001")));
    assert!(region("990100").covers(&region("990100")));
    assert!(!region("990102").covers(&region("990100")));
    assert!(!region("990100").covers(&region("990200")));
    assert_eq!(region("990100000000").canonical(), region("990100"));
}

#[test]
fn item_codes() {
    table(
        "impl_code",
        &[
            ("11440300MB2C94128A3440217281000", "ok"),
            ("11440300MB2D0722464440127028001", "ok"),
            ("11440300MB2C94128B3440217281000", "body_check"),
            ("11440300MB2C94128O3440217281000", "body_charset"),
            ("11440300MB2C94128A344021728100", "length"),
            ("11440300MB2C94128A8440217281000", "level"),
            ("11440300MB2C94128A34402172810X0", "base_charset"),
            ("11440300MB2C94128A3440217281-00", "charset"),
        ],
    );
    table(
        "base_code",
        &[
            ("440217281000", "ok"),
            ("44021728100", "length"),
            ("44021728100A", "charset"),
        ],
    );
    let code = ImplCode::parse("11440300MB2C94128A3440217281000").expect("valid");
    assert_eq!(code.level(), 3);
    assert_eq!(code.base().item_type(), "02");
    assert_eq!(code.base().sub_item(), "000");
    assert_eq!(
        ImplCode::compose(&code.body(), 3, &code.base()),
        Some(code.clone())
    );
    assert_eq!(ImplCode::compose(&code.body(), 8, &code.base()), None);
}

#[test]
fn case_numbers_are_made_and_checked() {
    let region = RegionCode::parse("990102").expect("valid");
    let number = CaseNo::make(&region, date(2026, 3, 9), Channel::Web, 42).expect("fits");
    assert_eq!(number.as_str().len(), 22);
    assert!(number.as_str().starts_with("990102202603092000042"));
    assert_eq!(word("case_no", number.as_str()), "ok");
    assert_eq!(number.date(), date(2026, 3, 9));
    assert_eq!(number.channel(), Channel::Web);
    assert_eq!(number.sequence(), 42);
    assert_eq!(CaseNo::make(&region, TODAY, Channel::Web, 1_000_000), None);

    let body = &number.as_str()[..21];
    let last = number.as_str().chars().last().expect("22 characters");
    for wrong in ('0'..='9').chain('A'..='Z').filter(|&c| c != last) {
        assert_eq!(word("case_no", &format!("{body}{wrong}")), "check");
    }
    table(
        "case_no",
        &[
            ("99010220260309200004", "length"),
            ("99010220260309200004AA", "charset"),
            ("9901022026030920000421!", "length"),
            ("0001022026030920000421", "region"),
            ("9901022026023020000421", "date"),
            ("9901020000010120000421", "date"),
            ("9901022026030950000421", "channel"),
        ],
    );
}

#[test]
fn certificate_identifiers() {
    table(
        "license_id",
        &[
            (
                "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
                "ok",
            ),
            (
                "1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F",
                "ok",
            ),
            (
                "1.2.156.3005.2.11990101MB00000193001.11990101MB00000193.990101202600001.001.R",
                "ok",
            ),
            (
                "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.V",
                "check",
            ),
            (
                "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.",
                "check",
            ),
            (
                "1.2.156.3005.1.11100000000013338W011.11430000006122244L.20230000403.001.U",
                "prefix",
            ),
            (
                "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001",
                "segments",
            ),
            (
                "1.2.156.3005.2.11100000000013338W01.11430000006122244L.20230000403.001.U",
                "type_code",
            ),
            (
                "1.2.156.3005.2.11100000000013338W011.11430000006122244K.20230000403.001.U",
                "issuer",
            ),
            (
                "1.2.156.3005.2.11100000000013338W011.11430000006122244L..001.U",
                "serial",
            ),
            (
                "1.2.156.3005.2.11100000000013338W011.11430000006122244L.2023.1.U",
                "version",
            ),
            ("证照", "prefix"),
        ],
    );
    let body = Uscc::parse("11990101MB00000193").expect("valid");
    let made = LicenseId::make((&body, 1), &body, "990101202600001", 1).expect("good parts");
    assert_eq!(made.to_string().chars().last(), Some('R'));
    assert_eq!((made.version(), made.serial()), (1, "990101202600001"));
    assert_eq!(
        LicenseId::make((&body, 1), &body, "a", 1),
        Err(LicenseIdError::Serial)
    );
    assert_eq!(
        LicenseId::make((&body, 1000), &body, "1", 1),
        Err(LicenseIdError::TypeCode)
    );
}

#[test]
fn project_codes() {
    table(
        "project_code",
        &[
            ("2104-460105-04-01-123456", "ok"),
            ("２１０４－４６０１０５－０４－０１－１２３４５６", "ok"),
            ("2017-130000-01-01-00001", "ok"),
            ("2019-000052-48-01-012345", "ok"),
            ("2113-460105-04-01-123456", "month"),
            ("2100-460105-04-01-123456", "month"),
            ("2104-460105-04-01-12345", "length"),
            ("2104-46010-04-01-123456", "length"),
            ("2104-460105-04-123456", "segments"),
            ("210446010504011234", "segments"),
            ("2104-46010A-04-01-123456", "charset"),
            ("2104-001000-04-01-123456", "region"),
        ],
    );
}

#[test]
fn kinds_have_words_names_and_an_answer_for_the_unknown() {
    for kind in Kind::ALL {
        assert_eq!(Kind::from_word(kind.word()), Some(kind));
        let error = check(kind.word(), "？", TODAY).expect_err("one sign is no code");
        assert!(!error.to_string().is_ascii(), "{error}");
    }
    assert_eq!(word("passport", "1"), "unknown_kind");
}

#[test]
fn codes_travel_as_json_text() {
    let region = RegionCode::parse("990102").expect("valid");
    let json = serde_json::to_string(&region).expect("serializes");
    assert_eq!(json, "\"990102\"");
    assert_eq!(
        serde_json::from_str::<RegionCode>(&json).expect("reads"),
        region
    );
    assert!(serde_json::from_str::<RegionCode>("\"9\"").is_err());
}

proptest! {
    #[test]
    fn any_text_is_answered(value in any::<String>()) {
        for kind in Kind::ALL {
            prop_assert!(check(kind.word(), &value, TODAY).is_err());
        }
    }

    /// Mixtures of the right characters and wide ones at the right lengths reach the inner rules.
    #[test]
    fn near_codes_are_answered(value in "[0-9A-Z.甲Ｘé-]{5,40}") {
        for kind in Kind::ALL {
            let first = check(kind.word(), &value, TODAY);
            prop_assert_eq!(first, check(kind.word(), &format!(" {value} "), TODAY));
        }
    }

    #[test]
    fn one_changed_digit_of_an_identity_number_is_found(
        sequence in 0_u16..1000, day in 0_i32..30_000, position in 0_usize..17, by in 1_u8..10,
    ) {
        let born = date(1940, 1, 1)
            .checked_add(jiff::SignedDuration::from_hours(i64::from(day) * 24))
            .expect("in range");
        let id = CitizenId::compose(990_102, born, sequence).expect("fits");
        let mut bytes = id.as_str().as_bytes().to_vec();
        bytes[position] = b'0' + (bytes[position] - b'0' + by) % 10;
        let changed = String::from_utf8(bytes).expect("ASCII");
        prop_assert!(CitizenId::parse(&changed, date(2030, 1, 1)).is_err());
    }
}
