//! When what may be asked for, and how long the next version counts.

use base::IdSource;
use jiff::civil::{Date, date};
use license::{License, LicenseState, Made};

use super::{Obstacle, Wish, may_ask, next_validity, renewal_window};

fn license(valid_to: Option<Date>) -> License {
    let ids = IdSource::seeded(1);
    let at = "2023-06-01T02:00:00Z".parse().expect("an instant");
    License {
        license_id: String::new(),
        verify_code: String::new(),
        case_id: ids.next(at),
        case_no: String::new(),
        type_name: "食品经营许可证".to_owned(),
        item_name: String::new(),
        holder: ids.next(at),
        holder_name: String::new(),
        issuer: ids.next(at),
        issuer_name: String::new(),
        issuer_uscc: String::new(),
        region: "990102".to_owned(),
        serial: String::new(),
        valid_from: date(2023, 6, 1),
        valid_to,
        issued_at: at,
        version: 1,
        made: Made::Issued,
        supersedes: None,
    }
}

#[test]
fn the_flow_of_ending_is_sound() {
    assert_eq!(super::ending::FLOW.check(), Vec::<String>::new());
}

#[test]
fn a_renewal_is_asked_for_thirty_days_before_the_last_day_at_the_latest() {
    let one = license(Some(date(2028, 5, 31)));
    let ask = |today| may_ask(Wish::Renew, &one, LicenseState::Valid, today);
    assert_eq!(
        renewal_window(date(2028, 5, 31)),
        Some((date(2028, 3, 2), date(2028, 5, 1)))
    );
    assert_eq!(
        ask(date(2028, 3, 1)),
        Err(Obstacle::TooEarly(date(2028, 3, 2)))
    );
    assert_eq!(ask(date(2028, 3, 2)), Ok(true));
    assert_eq!(ask(date(2028, 5, 1)), Ok(true));
    // Late: it may still be asked for, but silence grants nothing.
    assert_eq!(ask(date(2028, 5, 2)), Ok(false));
    assert_eq!(ask(date(2028, 5, 31)), Ok(false));
    assert_eq!(
        ask(date(2028, 6, 1)),
        Err(Obstacle::Ended(LicenseState::Expired))
    );
}

#[test]
fn the_window_counts_through_a_leap_day() {
    // 2028 has a 29 February.
    assert_eq!(
        renewal_window(date(2028, 3, 15)).map(|(_, last)| last),
        Some(date(2028, 2, 14))
    );
    assert_eq!(
        renewal_window(date(2027, 3, 15)).map(|(_, last)| last),
        Some(date(2027, 2, 13))
    );
}

#[test]
fn nothing_follows_from_what_has_ended_or_never_ends() {
    let one = license(None);
    let today = date(2026, 5, 21);
    assert_eq!(
        may_ask(Wish::Renew, &one, LicenseState::Valid, today),
        Err(Obstacle::Endless)
    );
    assert_eq!(
        may_ask(Wish::Change, &one, LicenseState::Valid, today),
        Ok(false)
    );
    for ended in [
        LicenseState::Revoked,
        LicenseState::Cancelled,
        LicenseState::Superseded,
        LicenseState::Void,
    ] {
        for wish in Wish::ALL {
            assert_eq!(
                may_ask(wish, &one, ended, today),
                Err(Obstacle::Ended(ended))
            );
        }
    }
}

#[test]
fn a_renewed_period_begins_where_the_old_one_ends() {
    let one = license(Some(date(2028, 5, 31)));
    // Decided early: no day is lost.
    assert_eq!(
        next_validity(Wish::Renew, &one, Some(5), date(2028, 4, 20)),
        (date(2028, 4, 20), Some(date(2033, 5, 31)))
    );
    // By silence, just after the last day.
    assert_eq!(
        next_validity(Wish::Renew, &one, Some(5), date(2028, 6, 1)),
        (date(2028, 6, 1), Some(date(2033, 5, 31)))
    );
    // A change and a reissue leave the period alone.
    for wish in [Wish::Change, Wish::Reissue] {
        assert_eq!(
            next_validity(wish, &one, Some(5), date(2026, 4, 20)),
            (one.valid_from, one.valid_to)
        );
    }
}
