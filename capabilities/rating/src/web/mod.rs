//! Pages: rating a case, public figures, what was said about a body.

pub(crate) mod rate;
pub(crate) mod staff;
pub(crate) mod summary;

use store::Tx;

/// Addresses of this capability's pages.
pub mod routes {
    use base::ids::CaseId;

    pub fn rate(case: CaseId) -> String {
        format!("/cases/{case}/rating")
    }

    pub const SUMMARY: &str = "/ratings";
    pub const STAFF: &str = "/staff/ratings";
}

/// Names of bodies by id, for lists of them.
fn org_names(
    tx: &mut Tx<'_>,
) -> Result<std::collections::HashMap<base::ids::OrgId, String>, people::Error> {
    let orgs = people::orgs::list(tx, &people::orgs::OrgFilter::default(), None, 2000)?;
    Ok(orgs.into_iter().map(|org| (org.id, org.name)).collect())
}

/// 99.97%, or — where there is nothing to divide by.
fn percent(hundredths: Option<i64>) -> String {
    hundredths.map_or_else(
        || "—".to_owned(),
        |rate| format!("{}.{:02}%", rate / 100, rate % 100),
    )
}

/// 804,598.
fn grouped(n: i64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{grouped, percent};

    #[test]
    fn figures_are_grouped_and_rounded_down() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(804_598), "804,598");
        assert_eq!(percent(Some(9996)), "99.96%");
        assert_eq!(percent(Some(10_000)), "100.00%");
        assert_eq!(percent(None), "—");
    }
}
