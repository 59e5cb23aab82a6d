//! The rule of acting for somebody, case by case.

use jiff::civil::date;

use super::*;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn given(n: u128, items: ProxyItems) -> Proxy {
    Proxy {
        id: id(n),
        principal: PartyId::from_uuid(id(100)),
        agent: PartyId::from_uuid(id(200)),
        scope: ProxyScope { items },
        how: ProxyHow::default(),
        from: date(2026, 5, 1),
        to: Some(date(2026, 5, 31)),
        created_at: Timestamp::from_second(i64::try_from(n).expect("small")).expect("an instant"),
        revoked_at: None,
    }
}

fn item(n: u128) -> ItemId {
    ItemId::from_uuid(id(n))
}

const NOBODY: Deaths = Deaths {
    principal: None,
    agent: None,
};

#[test]
fn an_authorisation_carries_what_it_covers_while_it_holds() {
    let one = [given(1, ProxyItems::List(vec![item(7)]))];
    let day = date(2026, 5, 21);
    assert_eq!(
        judge(&one, NOBODY, Some(item(7)), day).map(|p| p.id),
        Ok(id(1))
    );
    assert_eq!(judge(&one, NOBODY, None, day).map(|p| p.id), Ok(id(1)));
    assert_eq!(
        judge(&one, NOBODY, Some(item(8)), day),
        Err(ProxyRefusal::OtherItem)
    );
    assert_eq!(
        judge(&one, NOBODY, Some(item(7)), date(2026, 6, 1)),
        Err(ProxyRefusal::Expired(date(2026, 5, 31)))
    );
    assert_eq!(
        judge(&one, NOBODY, Some(item(7)), date(2026, 4, 30)),
        Err(ProxyRefusal::NotYet(date(2026, 5, 1)))
    );
    assert_eq!(
        judge(&[], NOBODY, Some(item(7)), day),
        Err(ProxyRefusal::Missing)
    );
}

#[test]
fn what_was_taken_back_says_so_and_another_one_still_carries() {
    let day = date(2026, 5, 21);
    let at = Timestamp::from_second(1_779_000_000).expect("an instant");
    let mut back = given(1, ProxyItems::All);
    back.revoked_at = Some(at);
    assert_eq!(
        judge(std::slice::from_ref(&back), NOBODY, Some(item(7)), day),
        Err(ProxyRefusal::Revoked(at))
    );
    let both = [back.clone(), given(2, ProxyItems::List(vec![item(7)]))];
    assert_eq!(
        judge(&both, NOBODY, Some(item(7)), day).map(|p| p.id),
        Ok(id(2))
    );
    // For the other item the one that was taken back is the reason, not the narrow one.
    assert_eq!(
        judge(&both, NOBODY, Some(item(8)), day),
        Err(ProxyRefusal::Revoked(at))
    );
}

#[test]
fn death_ends_everything_first() {
    let day = date(2026, 5, 21);
    let holds = [given(1, ProxyItems::All)];
    let died = date(2026, 5, 20);
    let principal = Deaths {
        principal: Some(died),
        agent: None,
    };
    assert_eq!(
        judge(&holds, principal, None, day),
        Err(ProxyRefusal::PrincipalDied(died))
    );
    let agent = Deaths {
        principal: None,
        agent: Some(died),
    };
    assert_eq!(
        judge(&holds, agent, None, day),
        Err(ProxyRefusal::AgentDied(died))
    );
}

#[test]
fn a_guardian_stops_at_eighteen() {
    let mut ward = given(1, ProxyItems::All);
    ward.how.ground = ProxyGround::Guardian;
    assert_eq!(
        judge(&[ward], NOBODY, Some(item(7)), date(2026, 6, 1)),
        Err(ProxyRefusal::OfAge(date(2026, 5, 31)))
    );
}

#[test]
fn words_lead_back_to_what_they_name() {
    for level in [ProxyLevel::Agent, ProxyLevel::Manager] {
        assert_eq!(ProxyLevel::from_word(level.word()), Some(level));
    }
    for ground in [
        ProxyGround::Own,
        ProxyGround::Window,
        ProxyGround::Representative,
        ProxyGround::Manager,
        ProxyGround::Guardian,
    ] {
        assert_eq!(ProxyGround::from_word(ground.word()), Some(ground));
    }
}

#[test]
fn a_guardian_acts_for_a_child_of_eight_only_with_the_childs_consent() {
    // 民法典第十九条: eight on 21 May 2026.
    let mut one = given(1, ProxyItems::All);
    one.how.ground = ProxyGround::Guardian;
    one.how.consent_from = Some(date(2026, 5, 21));
    let judged = |given: &Proxy, day| {
        judge(std::slice::from_ref(given), NOBODY, Some(item(7)), day).map(|p| p.id)
    };
    assert_eq!(judged(&one, date(2026, 5, 20)), Ok(id(1)));
    let needed = Err(ProxyRefusal::ConsentNeeded(date(2026, 5, 21)));
    assert_eq!(judged(&one, date(2026, 5, 21)), needed);
    // Given at the window, on that day: a new record beside the old one carries it.
    let mut two = given(2, ProxyItems::All);
    two.how = one.how.clone();
    two.how.consent = Some(Consent {
        at: Timestamp::UNIX_EPOCH,
        how: "本人到窗口当面同意".to_owned(),
    });
    assert_eq!(judged(&two, date(2026, 5, 21)), Ok(id(2)));
    let both = [one, two];
    let found = judge(&both, NOBODY, None, date(2026, 5, 22)).map(|p| p.id);
    assert_eq!(found, Ok(id(2)));
    // Agreeing does not make it longer.
    let late = judge(&both, NOBODY, None, date(2026, 6, 1)).map(|p| p.id);
    assert_eq!(late, Err(ProxyRefusal::OfAge(date(2026, 5, 31))));
}
