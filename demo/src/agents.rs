//! Who acts for whom in the city, beside the heads of enterprises: somebody for one matter, a clerk and a manager of a
//! company, an authorisation that was taken back and one that ran out.

use anyhow::Context as _;
use base::IdSource;
use base::ids::FileId;
use jiff::{Timestamp, ToSpan as _};
use people::{
    Consent, Proxy, ProxyGround, ProxyHow, ProxyItems, ProxyLevel, ProxyScope,
    proxy::{consent_begins, guardianship_ends},
};
use web::App;

use crate::marker;
use crate::residents::{Resident, Town};

const PART: &str = "agents";

/// What one authorisation says.
struct Given {
    proxy: Proxy,
    /// Taken back on this instant.
    back: Option<Timestamp>,
}

/// Adds the authorisations, once.
pub(crate) async fn add(
    app: &App,
    town: &Town,
    item: base::ids::ItemId,
    ids: &IdSource,
    until: Timestamp,
) -> anyhow::Result<()> {
    let given = given(town, item, ids, until).context("three residents and a company")?;
    let people = app.people.clone();
    let written: Result<(), people::Error> = app
        .db
        .write(move |tx| {
            if marker::progress(tx, PART)? > 0 {
                return Ok(());
            }
            for one in &given {
                people.authorise(tx, &one.proxy)?;
                if let Some(at) = one.back {
                    people.revoke(tx, one.proxy.id, one.proxy.principal, at)?;
                }
            }
            Ok(marker::advance(tx, PART, 1)?)
        })
        .await;
    written.context("who acts for whom")
}

fn given(
    town: &Town,
    item: base::ids::ItemId,
    ids: &IdSource,
    until: Timestamp,
) -> Option<Vec<Given>> {
    let [first, second, third, ..] = town.residents.as_slice() else {
        return None;
    };
    let company = town.enterprises.first()?;
    let month_ago = until.checked_sub((30 * 24).hours()).ok()?;
    let week_ago = until.checked_sub((7 * 24).hours()).ok()?;
    let next = |principal, agent: &Resident, items, level, by: &str| {
        let day = calendar::civil_date(month_ago);
        Proxy {
            id: ids.next::<FileId>(month_ago).uuid(),
            principal,
            agent: agent.party,
            scope: ProxyScope { items },
            how: ProxyHow {
                level,
                ground: ProxyGround::Own,
                basis: String::new(),
                recorded_by: by.to_owned(),
                ..ProxyHow::default()
            },
            from: day,
            to: day.checked_add(365.days()).ok(),
            created_at: month_ago,
            revoked_at: None,
        }
    };
    let one_matter = ProxyItems::List(vec![item]);
    let head = town.residents.get(company.head as usize)?;
    let mut given = vec![
        Given {
            proxy: next(
                first.party,
                third,
                one_matter,
                ProxyLevel::Agent,
                &first.name,
            ),
            back: None,
        },
        Given {
            proxy: next(
                second.party,
                third,
                ProxyItems::All,
                ProxyLevel::Agent,
                &second.name,
            ),
            back: Some(week_ago),
        },
    ];
    for (agent, level) in [(first, ProxyLevel::Manager), (third, ProxyLevel::Agent)] {
        if agent.party != head.party {
            given.push(Given {
                proxy: next(company.party, agent, ProxyItems::All, level, &head.name),
                back: None,
            });
        }
    }
    // A minor among the residents has a guardian.
    let minor = town.residents.iter().skip(3).find(|resident| {
        people::Capacity::of(resident.born, calendar::civil_date(until)) != people::Capacity::Full
    });
    if let Some(minor) = minor {
        let mut proxy = next(minor.party, second, ProxyItems::All, ProxyLevel::Agent, "");
        proxy.how.ground = ProxyGround::Guardian;
        "户口簿".clone_into(&mut proxy.how.basis);
        proxy.to = Some(guardianship_ends(minor.born));
        // Who is eight or older was asked at the window.
        let (begins, day) = (consent_begins(minor.born), calendar::civil_date(month_ago));
        proxy.how.consent_from = Some(begins);
        proxy.how.consent = (begins <= day).then(|| Consent {
            at: month_ago,
            how: "本人到窗口当面同意".to_owned(),
        });
        given.push(Given { proxy, back: None });
    }
    let neighbour = town.residents.iter().skip(3).find(|resident| {
        people::Capacity::of(resident.born, calendar::civil_date(until)) == people::Capacity::Full
    });
    if let Some(neighbour) = neighbour {
        let mut proxy = next(
            neighbour.party,
            third,
            ProxyItems::All,
            ProxyLevel::Agent,
            &neighbour.name,
        );
        proxy.to = Some(calendar::civil_date(week_ago));
        given.push(Given { proxy, back: None });
    }
    Some(given)
}
