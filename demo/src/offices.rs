//! Who works in the city: bodies, halls, windows and staff of each role, with the actors the rules ask for.

use std::collections::HashMap;

use base::IdSource;
use base::codes::RegionCode;
use base::ids::{AccountId, HallId, OrgId, StaffId, WindowId};
use casework::actor::{self, Grant};
use casework::{Actor, Role};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use people::{NewStaff, Org, OrgKind, People, Region};
use store::Tx;

use crate::bodies::{self, TOWN};
use crate::data::{Body, City, Hall, Names, Window};
use crate::dice::{Dice, Part};
use crate::residents::person_name;

/// First day of every body, hall and region of the city.
const FIRST_DAY: Date = date(2019, 1, 1);

/// A body with those who work for it.
pub(crate) struct Desk {
    pub(crate) id: OrgId,
    pub(crate) body: Body,
    /// Places in [`Offices::staff`]; the last one is the chief approver where there are three or more.
    pub(crate) approvers: Vec<u32>,
    /// Clerks who take in its matters.
    pub(crate) clerks: Vec<u32>,
}

/// A member of staff.
pub(crate) struct Member {
    pub(crate) actor: Actor,
    pub(crate) staff: StaffId,
    pub(crate) account: AccountId,
    pub(crate) login: String,
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) role: Role,
    /// Place in [`Offices::desks`].
    pub(crate) desk: usize,
    pub(crate) window: Option<WindowId>,
}

struct Place {
    id: HallId,
    windows: Vec<WindowId>,
}

/// Everybody who serves.
pub(crate) struct Offices {
    pub(crate) desks: Vec<Desk>,
    pub(crate) staff: Vec<Member>,
    places: Vec<Place>,
    by_key: HashMap<String, usize>,
}

/// Accounts with a name that is easy to remember, and whose post they are: role, body or hall, place in it.
const WELL_KNOWN: &[(&str, Role, &str, usize)] = &[
    ("clerk1", Role::WindowClerk, "hall_990102", 0),
    ("clerk2", Role::WindowClerk, "city_hall", 0),
    ("approver1", Role::Approver, "990102.market", 0),
    ("approver2", Role::Approver, "990102.civil", 0),
    ("supervisor1", Role::Supervisor, "990100", 0),
    ("supervisor2", Role::Supervisor, "990102", 0),
    ("admin", Role::Administrator, "990100", 0),
    ("integrator1", Role::Integrator, "990100", 0),
    ("editor1", Role::CatalogEditor, "990100", 0),
    ("editor2", Role::CatalogEditor, "990100", 1),
    ("reviewer1", Role::CatalogReviewer, "990100", 0),
    ("helper1", Role::Helper, "990102", 0),
];

/// The body that runs the halls and the platform.
const OPERATOR: &str = "city.approval_bureau";

impl Offices {
    /// The same offices for the same seed and founding.
    pub(crate) fn new(
        city: &City,
        names: &Names,
        seed: u64,
        ids: &IdSource,
        founded: Timestamp,
    ) -> anyhow::Result<Offices> {
        let bodies = bodies::all(city)?;
        let desks: Vec<Desk> = bodies
            .into_iter()
            .map(|body| Desk {
                id: ids.next(founded),
                body,
                approvers: Vec::new(),
                clerks: Vec::new(),
            })
            .collect();
        let by_key = desks
            .iter()
            .enumerate()
            .map(|(place, desk)| (desk.body.key.clone(), place))
            .collect();
        let places = city
            .halls
            .iter()
            .map(|hall| Place {
                id: ids.next(founded),
                windows: hall.windows.iter().map(|_| ids.next(founded)).collect(),
            })
            .collect();
        let mut offices = Offices {
            desks,
            staff: Vec::new(),
            places,
            by_key,
        };
        let mut hiring = Hiring {
            dice: Dice::of(seed, Part::Staff),
            names,
            ids,
            founded,
        };
        offices.hire_approvers(&mut hiring);
        offices.hire_clerks(city, &mut hiring)?;
        offices.hire_others(city, &mut hiring)?;
        Ok(offices)
    }

    pub(crate) fn desk(&self, key: &str) -> Option<usize> {
        self.by_key.get(key).copied()
    }

    fn hire_approvers(&mut self, hiring: &mut Hiring<'_>) {
        for place in 0..self.desks.len() {
            let body = self.desks[place].body.clone();
            let count = match body.level {
                3 => 4,
                4 => 3,
                _ => 2,
            };
            for number in 0..count {
                let chief = count > 2 && number + 1 == count;
                let unit = body
                    .office_units
                    .get(number % body.office_units.len().max(1));
                let unit = unit.map_or("", String::as_str);
                let (login, title) = if chief {
                    (format!("sx-{}", body.key), "首席审批员".to_owned())
                } else {
                    (
                        format!("sp-{}-{}", body.key, number + 1),
                        format!("{unit}审批员"),
                    )
                };
                let grant = Grant {
                    role: Role::Approver,
                    region: body.region.clone(),
                    org: Some(self.desks[place].id),
                };
                let post = Post {
                    login: well_known(Role::Approver, &body.key, number).unwrap_or(login),
                    title,
                    role: Role::Approver,
                    desk: place,
                    window: None,
                    grants: vec![grant],
                };
                let member = self.hire(hiring, post);
                self.desks[place].approvers.push(member);
            }
        }
    }

    fn hire_clerks(&mut self, city: &City, hiring: &mut Hiring<'_>) -> anyhow::Result<()> {
        for (hall_place, hall) in city.halls.iter().enumerate() {
            let employer = self.employer(hall)?;
            for (number, window) in hall.windows.iter().enumerate() {
                let (grants, serves) = self.reach(city, hall, window)?;
                let login = well_known(Role::WindowClerk, &hall.key, number)
                    .unwrap_or_else(|| format!("ck-{}-{}", hall.key, number + 1));
                let post = Post {
                    login,
                    title: "窗口工作人员".to_owned(),
                    role: Role::WindowClerk,
                    desk: employer,
                    window: Some(self.places[hall_place].windows[number]),
                    grants,
                };
                let member = self.hire(hiring, post);
                // Nobody is sent with an ordinary matter to the window for what could not be done.
                if window.kind != "redress" {
                    for desk in serves {
                        self.desks[desk].clerks.push(member);
                    }
                }
            }
        }
        if let Some(desk) = self.desks.iter().find(|desk| desk.clerks.is_empty()) {
            anyhow::bail!("no window takes in the matters of {}", desk.body.name);
        }
        Ok(())
    }

    fn hire_others(&mut self, city: &City, hiring: &mut Hiring<'_>) -> anyhow::Result<()> {
        let operator = self.must_desk(OPERATOR)?;
        let mut wanted = vec![
            (Role::Administrator, city.region.as_str(), "系统管理员", 1),
            (Role::Integrator, city.region.as_str(), "系统对接账号", 1),
            (Role::Supervisor, city.region.as_str(), "督查员", 2),
        ];
        for county in city.within(&city.region, "county") {
            wanted.push((Role::Supervisor, county.code.as_str(), "督查员", 2));
        }
        // Last, so that whoever was there before keeps name and number.
        wanted.push((Role::CatalogEditor, city.region.as_str(), "事项编制员", 2));
        wanted.push((Role::CatalogReviewer, city.region.as_str(), "事项审核员", 1));
        wanted.push((Role::Helper, "990102", "帮办员", 1));
        for (role, region, title, count) in wanted {
            for number in 0..count {
                let login = well_known(role, region, number)
                    .unwrap_or_else(|| format!("dc-{region}-{}", number + 1));
                let post = Post {
                    login,
                    title: title.to_owned(),
                    role,
                    desk: operator,
                    window: None,
                    grants: vec![Grant {
                        role,
                        region: region.to_owned(),
                        org: None,
                    }],
                };
                self.hire(hiring, post);
            }
        }
        Ok(())
    }

    fn hire(&mut self, hiring: &mut Hiring<'_>, post: Post) -> u32 {
        let name = if post.role == Role::Integrator {
            "业务系统对接".to_owned()
        } else {
            person_name(&mut hiring.dice, hiring.names).0
        };
        let staff: StaffId = hiring.ids.next(hiring.founded);
        let account: AccountId = hiring.ids.next(hiring.founded);
        let actor = Actor::Staff(actor::Staff {
            account,
            staff,
            name: name.clone(),
            org: self.desks[post.desk].id,
            grants: post.grants,
            stands_in_for: Vec::new(),
        });
        self.staff.push(Member {
            actor,
            staff,
            account,
            login: post.login,
            name,
            title: post.title,
            role: post.role,
            desk: post.desk,
            window: post.window,
        });
        (self.staff.len() - 1) as u32
    }

    /// Which body pays the clerks of a hall: its street or town, else the one that runs the halls.
    fn employer(&self, hall: &Hall) -> anyhow::Result<usize> {
        match self.desk(&format!("{}.{TOWN}", hall.region)) {
            Some(desk) => Ok(desk),
            None => self.must_desk(OPERATOR),
        }
    }

    /// What the clerk of a window may do, and whose matters they take in. A window without bodies takes everything
    /// of its city or county; those of streets and towns take the county's matters too (就近办).
    fn reach(
        &self,
        city: &City,
        hall: &Hall,
        window: &Window,
    ) -> anyhow::Result<(Vec<Grant>, Vec<usize>)> {
        if window.bodies.is_empty() {
            let region = if hall.region == city.region {
                hall.region.clone()
            } else {
                hall.region.chars().take(6).collect()
            };
            let serves = self
                .desks
                .iter()
                .enumerate()
                .filter(|(_, desk)| {
                    let own = hall.kind == "station" && desk.body.region == hall.region;
                    let same = desk.body.region == region;
                    own || same
                })
                .map(|(place, _)| place)
                .collect();
            let grant = Grant {
                role: Role::WindowClerk,
                region,
                org: None,
            };
            return Ok((vec![grant], serves));
        }
        let mut grants = Vec::new();
        let mut serves = Vec::new();
        for key in &window.bodies {
            let desk = self.must_desk(key)?;
            grants.push(Grant {
                role: Role::WindowClerk,
                region: self.desks[desk].body.region.clone(),
                org: Some(self.desks[desk].id),
            });
            serves.push(desk);
        }
        Ok((grants, serves))
    }

    fn must_desk(&self, key: &str) -> anyhow::Result<usize> {
        self.desk(key)
            .ok_or_else(|| anyhow::anyhow!("no body {key} in city.json"))
    }

    /// The member who signs in with a login.
    pub(crate) fn by_login(&self, login: &str) -> Option<&Member> {
        self.staff.iter().find(|member| member.login == login)
    }

    /// Somebody who may publish the catalogue.
    pub(crate) fn administrator(&self) -> Option<&Actor> {
        self.by_login("admin").map(|member| &member.actor)
    }

    /// Puts regions, bodies, halls, windows and staff into the database.
    pub(crate) fn write(
        &self,
        tx: &mut Tx<'_>,
        people: &People,
        city: &City,
        password_hash: &str,
        founded: Timestamp,
    ) -> Result<(), people::Error> {
        for region in &city.regions {
            people::regions::put(tx, &region_row(region)?)?;
        }
        for desk in &self.desks {
            people::orgs::create(tx, &self.org_row(desk))?;
        }
        for (hall, place) in city.halls.iter().zip(&self.places) {
            self.write_hall(tx, city, hall, place)?;
        }
        for member in &self.staff {
            let Actor::Staff(actor) = &member.actor else {
                continue;
            };
            people.create_staff(
                tx,
                &NewStaff {
                    login: member.login.clone(),
                    password_hash: password_hash.to_owned(),
                    must_change: false,
                    name: member.name.clone(),
                    org: actor.org,
                    title: member.title.clone(),
                    window: member.window,
                    grants: actor.grants.clone(),
                },
                member.staff,
                member.account,
                founded,
            )?;
        }
        Ok(())
    }

    fn org_row(&self, desk: &Desk) -> Org {
        let body = &desk.body;
        let parent = body.parent.as_deref().and_then(|key| self.desk(key));
        Org {
            id: desk.id,
            key: body.key.clone(),
            name: body.name.clone(),
            short_name: body.short_name.clone(),
            uscc: Some(body.uscc.clone()),
            kind: if body.function == TOWN {
                OrgKind::Street
            } else if body.key == OPERATOR {
                OrgKind::Hall
            } else {
                OrgKind::Agency
            },
            body: body.function.clone(),
            level: body.level,
            region: body.region.clone(),
            parent: parent.map(|place| self.desks[place].id),
            phone: Some(body.phone.clone()),
            valid_from: FIRST_DAY,
            valid_to: None,
        }
    }

    fn write_hall(
        &self,
        tx: &mut Tx<'_>,
        city: &City,
        hall: &Hall,
        place: &Place,
    ) -> Result<(), people::Error> {
        let parent = hall
            .parent
            .as_ref()
            .and_then(|key| city.halls.iter().position(|other| other.key == *key))
            .map(|at| self.places[at].id);
        hall::manage::create_hall(
            tx,
            &hall::Hall {
                id: place.id,
                key: hall.key.clone(),
                name: hall.name.clone(),
                kind: hall::HallKind::from_word(&hall.kind)
                    .ok_or_else(|| odd(format!("kind of hall {}", hall.kind)))?,
                tier: hall.tier.as_deref().and_then(hall::Tier::from_word),
                region: hall.region.clone(),
                parent,
                address: hall.address.clone(),
                phone: hall.phone.clone(),
                hours: hall.hours.iter().map(period).collect::<Result<_, _>>()?,
                zones: hall.zones.clone(),
                note: String::new(),
                valid_from: FIRST_DAY,
                valid_to: None,
            },
        )?;
        for (window, id) in hall.windows.iter().zip(&place.windows) {
            let orgs = window
                .bodies
                .iter()
                .filter_map(|key| self.desk(key))
                .map(|desk| self.desks[desk].id)
                .collect();
            hall::manage::create_window(
                tx,
                &hall::Window {
                    id: *id,
                    hall: place.id,
                    number: window.number.clone(),
                    name: window.name.clone(),
                    kind: hall::WindowKind::from_word(&window.kind)
                        .ok_or_else(|| odd(format!("kind of window {}", window.kind)))?,
                    orgs,
                    closed_on: None,
                },
            )?;
        }
        Ok(())
    }
}

struct Hiring<'a> {
    dice: Dice,
    names: &'a Names,
    ids: &'a IdSource,
    founded: Timestamp,
}

struct Post {
    login: String,
    title: String,
    role: Role,
    desk: usize,
    window: Option<WindowId>,
    grants: Vec<Grant>,
}

fn well_known(role: Role, place: &str, number: usize) -> Option<String> {
    WELL_KNOWN
        .iter()
        .find(|(_, of, at, nth)| *of == role && *at == place && *nth == number)
        .map(|(login, ..)| (*login).to_owned())
}

/// Logins of [`WELL_KNOWN`] staff in the order they are shown.
pub(crate) fn well_known_logins() -> impl Iterator<Item = &'static str> {
    WELL_KNOWN.iter().map(|(login, ..)| *login)
}

fn region_row(region: &crate::data::Region) -> Result<Region, people::Error> {
    let code = RegionCode::parse(&region.code).map_err(|error| odd(error.to_string()))?;
    Ok(Region {
        code: region.code.clone(),
        name: region.name.clone(),
        level: code.level(),
        parent: None,
        valid_from: FIRST_DAY,
        valid_to: None,
        replaced_by: None,
    })
}

fn period(hours: &crate::data::Hours) -> Result<hall::Period, people::Error> {
    Ok(hall::Period {
        weekdays: hours.weekdays.clone(),
        opens: minute(&hours.from)?,
        closes: minute(&hours.to)?,
    })
}

fn minute(text: &str) -> Result<u16, people::Error> {
    text.split_once(':')
        .and_then(|(hour, minute)| {
            Some(hour.parse::<u16>().ok()? * 60 + minute.parse::<u16>().ok()?)
        })
        .ok_or_else(|| odd(format!("time {text}")))
}

/// The shipped file is not what it should be.
fn odd(what: String) -> people::Error {
    people::Error::Invalid {
        field: "city.json",
        message: what,
    }
}
