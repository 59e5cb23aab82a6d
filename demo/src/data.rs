//! The shipped files the city is made from; see `data/demo/README.md` and `data/items/README.md`.

use anyhow::Context as _;
use serde::Deserialize;

const CITY: &str = include_str!("../../data/demo/city.json");
const ITEMS: &str = include_str!("../../data/items/demo_items.json");
const SURNAMES: &str = include_str!("../../data/demo/surnames.csv");
const GIVEN_MALE: &str = include_str!("../../data/demo/given_names_male.csv");
const GIVEN_FEMALE: &str = include_str!("../../data/demo/given_names_female.csv");

/// `city.json`, as far as it is used here.
#[derive(Debug, Deserialize)]
pub(crate) struct City {
    pub(crate) region: String,
    pub(crate) regions: Vec<Region>,
    pub(crate) organisations: Vec<Body>,
    pub(crate) halls: Vec<Hall>,
    pub(crate) county_items: Vec<CountyItem>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Region {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) level: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Body {
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) short_name: String,
    pub(crate) uscc: String,
    pub(crate) level: u8,
    pub(crate) region: String,
    /// The same for bodies of one function at every level.
    #[serde(rename = "body")]
    pub(crate) function: String,
    pub(crate) parent: Option<String>,
    pub(crate) phone: String,
    #[serde(default)]
    pub(crate) office_units: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Hall {
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) tier: Option<String>,
    pub(crate) region: String,
    pub(crate) parent: Option<String>,
    pub(crate) address: String,
    pub(crate) phone: String,
    pub(crate) hours: Vec<Hours>,
    pub(crate) hours_text: String,
    pub(crate) zones: Vec<String>,
    pub(crate) windows: Vec<Window>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Hours {
    pub(crate) weekdays: Vec<u8>,
    pub(crate) from: String,
    pub(crate) to: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Window {
    pub(crate) number: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) bodies: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct CountyItem {
    pub(crate) base_code: String,
    pub(crate) body: String,
}

/// One entry of `demo_items.json`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ItemOf {
    /// Key of the body.
    pub(crate) org: String,
    pub(crate) item: catalog::model::Item,
}

/// Surnames with their share of the people, and given names.
pub(crate) struct Names {
    pub(crate) surnames: Vec<(String, f64)>,
    pub(crate) male: Vec<String>,
    pub(crate) female: Vec<String>,
}

pub(crate) fn city() -> anyhow::Result<City> {
    serde_json::from_str(CITY).context("data/demo/city.json")
}

pub(crate) fn items() -> anyhow::Result<Vec<ItemOf>> {
    serde_json::from_str(ITEMS).context("data/items/demo_items.json")
}

pub(crate) fn names() -> anyhow::Result<Names> {
    let mut reader = csv::Reader::from_reader(SURNAMES.as_bytes());
    let mut surnames = Vec::new();
    for row in reader.deserialize::<(String, f64)>() {
        surnames.push(row.context("data/demo/surnames.csv")?);
    }
    Ok(Names {
        surnames,
        male: given(GIVEN_MALE)?,
        female: given(GIVEN_FEMALE)?,
    })
}

fn given(text: &str) -> anyhow::Result<Vec<String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut names = Vec::new();
    for row in reader.records() {
        let row = row.context("a list of given names")?;
        names.push(row.get(0).unwrap_or_default().to_owned());
    }
    Ok(names)
}

impl City {
    /// The name of a region, empty where there is none.
    pub(crate) fn region_name(&self, code: &str) -> &str {
        self.regions
            .iter()
            .find(|region| region.code == code)
            .map_or("", |region| region.name.as_str())
    }

    /// The hall that serves a body: that of its street, county or the city.
    pub(crate) fn hall_of(&self, region: &str) -> Option<&Hall> {
        self.halls
            .iter()
            .find(|hall| hall.region == region && hall.kind != "branch")
    }

    /// Regions of one level inside another region.
    pub(crate) fn within<'a>(
        &'a self,
        region: &'a str,
        level: &'a str,
    ) -> impl Iterator<Item = &'a Region> + 'a {
        self.regions.iter().filter(move |found| {
            found.level == level && casework::actor::covers(region, &found.code)
        })
    }
}
