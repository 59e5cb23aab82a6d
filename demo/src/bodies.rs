//! The bodies of the city: those of `city.json`, and the 31 streets, towns and townships, which carry out what the
//! counties have delegated to them.

use base::codes::Uscc;

use crate::data::{Body, City};

/// 行使层级 of a street or town (GB/T 39046-2020).
pub(crate) const TOWN_LEVEL: u8 = 5;
/// `body` of a street or town.
pub(crate) const TOWN: &str = "town";

/// All bodies, those above before those below.
pub(crate) fn all(city: &City) -> anyhow::Result<Vec<Body>> {
    let mut bodies = city.organisations.clone();
    for county in city.within(&city.region, "county") {
        for (number, town) in city.within(&county.code, "town").enumerate() {
            bodies.push(town_body(
                city,
                &county.code,
                &town.code,
                &town.name,
                number + 1,
            )?);
        }
    }
    Ok(bodies)
}

fn town_body(
    city: &City,
    county: &str,
    code: &str,
    name: &str,
    number: usize,
) -> anyhow::Result<Body> {
    // 地方组织法第八十五条: a street has an office 街道办事处, a town or township a government of its own.
    let (office, short) = match name.strip_suffix("街道") {
        Some(stem) => (format!("{name}办事处"), format!("{stem}街办")),
        None => (
            format!("{name}人民政府"),
            format!("{}政", without_kind(name)),
        ),
    };
    let phone = city
        .hall_of(code)
        .map_or_else(|| "0990-12345".to_owned(), |hall| hall.phone.clone());
    Ok(Body {
        key: format!("{code}.{TOWN}"),
        name: format!("{}{office}", city.region_name(county)),
        short_name: short,
        uscc: credit_code("11", county, county, number)?,
        level: TOWN_LEVEL,
        region: code.to_owned(),
        function: TOWN.to_owned(),
        parent: None,
        phone,
        office_units: vec!["便民服务中心".to_owned()],
    })
}

fn without_kind(name: &str) -> &str {
    name.trim_end_matches(['镇', '乡'])
}

/// A credit code that no real body has: the region part begins with 99 as GB/T 2260 never does. `stem` gives the
/// first signs of the organisation code, `number` the rest; both check characters are right.
pub(crate) fn credit_code(
    category: &str,
    region: &str,
    stem: &str,
    number: usize,
) -> anyhow::Result<String> {
    let digits = 8_usize.saturating_sub(stem.len());
    let organisation = format!("{stem}{number:0digits$}");
    anyhow::ensure!(
        organisation.len() == 8,
        "no room for body {number} in {stem}"
    );
    for check in "0123456789X".chars() {
        let code = Uscc::compose(&format!("{category}{region}{organisation}{check}"))?;
        if code.inner_check_holds() {
            return Ok(code.as_str().to_owned());
        }
    }
    anyhow::bail!("no check character fits {category}{region}{organisation}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use base::codes::Uscc;

    use super::{TOWN, all};

    #[test]
    fn every_body_has_a_code_key_and_short_name_of_its_own() {
        let city = crate::data::city().expect("the shipped city");
        let bodies = all(&city).expect("bodies");
        for word in [
            |body: &super::Body| body.key.clone(),
            |body: &super::Body| body.uscc.clone(),
            |body: &super::Body| body.short_name.clone(),
        ] {
            let words: BTreeSet<String> = bodies.iter().map(word).collect();
            assert_eq!(words.len(), bodies.len());
        }
        for body in &bodies {
            let code = Uscc::parse(&body.uscc).expect("a credit code");
            assert!(code.region().starts_with("99"), "{}", body.name);
        }
        let towns: Vec<_> = bodies.iter().filter(|body| body.function == TOWN).collect();
        assert_eq!(towns.len(), 31);
        assert!(towns.iter().any(|town| town.name == "云川区滨江街道办事处"));
        assert!(towns.iter().any(|town| town.name == "云川区白石镇人民政府"));
    }
}
