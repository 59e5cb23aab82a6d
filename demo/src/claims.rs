//! Who claims which base item, and what each body adds of its own: places, telephone, hours, a shorter promise.

use anyhow::Context as _;
use catalog::base_list;
use catalog::model::{BaseItem, Delivery, Item, Limit, PowerSource, Support, WindowMode};

use crate::base_list::{Base, steps};
use crate::data::{Body, City};
use crate::dice::Dice;
use crate::directory::Kind;
use crate::items::places;
use crate::offices::Offices;

/// Implementing items of the city, shipped ones and claimed ones together.
pub(crate) const ITEMS: usize = 2950;
/// Base items nobody has claimed yet, at least.
const UNCLAIMED: usize = 12;
/// Of a hundred base items, those whose bodies promise more than they must.
const IMPROVED_PERCENT: u64 = 75;
/// Base items whose promise was shortened during the year.
const SHORTENED_LATER: usize = 40;

/// An implementing item of a body.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    /// Place in [`Offices::desks`].
    pub(crate) desk: usize,
    /// Place in the list of base items.
    pub(crate) base: usize,
    pub(crate) item: Item,
    /// What was published first, where the promise was shortened later.
    pub(crate) before: Option<Item>,
}

/// Lets the bodies of the city claim `wanted` items. A base item is done either by the counties or by the city; its
/// levels are noted in it.
pub(crate) fn claims(
    city: &City,
    offices: &Offices,
    bases: &mut [Base],
    wanted: usize,
    dice: &mut Dice,
) -> anyhow::Result<Vec<Claim>> {
    let tiers = tiers(offices, bases, wanted, dice)?;
    let mut shortened = 0;
    let mut claims = Vec::with_capacity(wanted);
    for (place, desks) in tiers {
        let base = &mut bases[place];
        let level = desks
            .first()
            .map_or(3, |desk| offices.desks[*desk].body.level);
        base.item.exercise_levels = vec![level];
        let improved = dice.below(100) < IMPROVED_PERCENT;
        let shorter = if improved { shorter(&base.item) } else { None };
        let later = desks.len() > 1 && shorter.is_some() && shortened < SHORTENED_LATER;
        shortened += usize::from(later);
        for desk in desks {
            let body = &offices.desks[desk].body;
            let plain = localised(city, body, base, improved)?;
            let best = shorter
                .as_ref()
                .map(|limit| promising(plain.clone(), limit.clone()));
            let (item, before) = match best {
                Some(best) if later => (best, Some(plain)),
                Some(best) => (best, None),
                None => (plain, None),
            };
            claims.push(Claim {
                desk,
                base: place,
                item,
                before,
            });
        }
    }
    Ok(claims)
}

/// Which base item is claimed by whom: by all bodies of its function in the counties, or by the one of the city.
fn tiers(
    offices: &Offices,
    bases: &[Base],
    wanted: usize,
    dice: &mut Dice,
) -> anyhow::Result<Vec<(usize, Vec<usize>)>> {
    let doing = |function: &str, level: u8| -> Vec<usize> {
        let all = offices.desks.iter().enumerate();
        all.filter(|(_, desk)| desk.body.function == function && desk.body.level == level)
            .map(|(place, _)| place)
            .collect()
    };
    let mut all = Vec::new();
    let mut open = Vec::new();
    for (place, base) in bases.iter().enumerate() {
        let counties = doing(&base.function, 4);
        if counties.is_empty() {
            all.push((place, doing(&base.function, 3)));
        } else {
            open.push((place, counties));
        }
    }
    shuffle(&mut open, dice);
    let each = open.first().map_or(1, |(_, counties)| counties.len());
    let left = wanted
        .checked_sub(all.len())
        .context("more matters of the city than items wanted")?;
    let claimed = open.len().saturating_sub(UNCLAIMED);
    let in_counties = left.saturating_sub(claimed).div_ceil(each - 1);
    anyhow::ensure!(
        in_counties <= claimed,
        "the directory is too short for {wanted} items"
    );
    let in_city = left
        .checked_sub(in_counties * each)
        .context("a number of items the counties can share")?;
    for (number, (place, counties)) in open.into_iter().enumerate() {
        if number < in_counties {
            all.push((place, counties));
        } else if number < in_counties + in_city {
            all.push((place, doing(&bases[place].function, 3)));
        }
    }
    all.sort_unstable();
    Ok(all)
}

fn shuffle<T>(list: &mut [T], dice: &mut Dice) {
    for last in (1..list.len()).rev() {
        list.swap(last, dice.index(last + 1));
    }
}

/// Half of what the base item promises, where that is shorter.
fn shorter(base: &BaseItem) -> Option<Limit> {
    let promised = base.promised_limit.as_ref()?;
    (promised.n > 1).then(|| Limit {
        n: promised.n.div_ceil(2),
        ..promised.clone()
    })
}

fn promising(mut item: Item, limit: Limit) -> Item {
    item.steps = steps(limit.n, &item.result.name);
    item.promised_limit = Some(limit);
    item
}

/// The claimed item with everything that is the body's own.
fn localised(city: &City, body: &Body, base: &Base, improved: bool) -> anyhow::Result<Item> {
    let mut item = base_list::claim(&base.item, 1, body.level, &body.region);
    item.impl_code = base_list::impl_code(&body.uscc, body.level, &base.item.base_code)
        .with_context(|| format!("no code for {} at {}", item.name, body.key))?;
    if improved {
        item.visit_count = 0;
    }
    let fully_online = item.visit_count == 0;
    if fully_online {
        item.handling_forms = vec![1, 2, 3];
        item.delivery = vec![Delivery::Window, Delivery::Post, Delivery::Electronic];
        item.online_depth = words(&[
            "互联网咨询",
            "收件",
            "预审",
            "受理",
            "办理",
            "办理结果信息反馈",
        ]);
        "全市通办".clone_into(&mut item.cross_region_scope);
        item.cross_region_mode = words(&["全程网办"]);
    } else {
        item.delivery = vec![Delivery::Window];
        "领取结果时须核对原件".clone_into(&mut item.visit_reason);
        item.online_depth = words(&["互联网咨询", "收件", "预审"]);
    }
    item.power_source = PowerSource::Statutory;
    item.body_nature = Some(if body.uscc.starts_with("11") { 1 } else { 2 });
    item.in_hall = true;
    item.accept_window_mode = WindowMode::Integrated;
    item.support = Support {
        booking: true,
        pay: false,
        post: fully_online,
        terminal: base.kind == Kind::Query,
    };
    item.places = places(city, body);
    item.consult_phone.clone_from(&body.phone);
    "12345".clone_into(&mut item.complaint_phone);
    let remedy = if item.item_type == "20" {
        "对服务不满意的，可以拨打12345投诉，也可以在办结后评价。"
    } else {
        "对本事项的决定不服的，可以自知道该决定之日起60日内依法申请行政复议，也可以自知道或者应当知道之日起6个月内依法向人民法院提起行政诉讼。"
    };
    remedy.clone_into(&mut item.remedy);
    item.summary = summary(&item, base.kind);
    Ok(item)
}

fn summary(item: &Item, kind: Kind) -> String {
    let name = &item.name;
    match kind {
        Kind::Consult => format!("想了解“{name}”的，可以在线提问或者到窗口咨询，当场答复。"),
        Kind::Query => format!("需要办理“{name}”的，凭有效证件在线或者到窗口查询，当场得到结果。"),
        _ if item.visit_count == 0 => {
            format!("需要办理“{name}”的，可以在线提交申请，结果邮寄或者电子送达，不用跑。")
        }
        _ => format!("需要办理“{name}”的，可以在线提交申请，领取结果时到窗口一次。"),
    }
}

fn words(all: &[&str]) -> Vec<String> {
    all.iter().map(|word| (*word).to_owned()).collect()
}
