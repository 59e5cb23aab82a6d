//! What stands above the queue: the figures of the day, tabs, filters, heads, and what can be done to several at once.

use cases::queue::{self, Counts, Figures};
use casework::{Actor, Permission};
use ui::staff_list::{BulkAct, Column, Field, Filters, ListAddress, Sorted};
use web::saved::Tab;

use super::{
    queue::Read,
    queue_query::{ClaimWord, PATH, Params, STANDING},
};

/// A figure above the list: how many, and the list of them.
pub(super) struct Lamp {
    pub label: &'static str,
    pub count: String,
    pub href: String,
    pub urgent: bool,
}

pub(super) fn lamps(figures: &Figures, alerts: i64, urged: usize) -> Vec<Lamp> {
    let lamp = |label, count: i64, href: &str, urgent| Lamp {
        label,
        count: if figures.partial {
            format!("{count}+")
        } else {
            count.to_string()
        },
        href: href.to_owned(),
        urgent: urgent && count > 0,
    };
    let alerts = Lamp {
        label: "新提醒",
        count: if alerts < cases::alerts::COUNTED_MAX {
            alerts.to_string()
        } else {
            format!("{}+", cases::alerts::COUNTED_MAX - 1)
        },
        href: "/staff/alerts".to_owned(),
        urgent: alerts > 0,
    };
    let urged = Lamp {
        label: "被催办",
        count: urged.to_string(),
        href: super::urgings::PATH.to_owned(),
        urgent: urged > 0,
    };
    vec![
        alerts,
        urged,
        lamp("超期", figures.over, "/staff?light=over", true),
        lamp("今天到期", figures.today, "/staff?due=today", true),
        lamp("补正后待审", figures.returned, "/staff?returned=1", false),
        lamp("待送达", figures.deliver, "/staff?kind=deliver", false),
        lamp("我已领办", figures.mine, "/staff?claim=mine", false),
    ]
}

/// Tabs by light.
pub(super) fn lights(page: &ui::Page, counts: &Counts) -> Vec<Tab> {
    let tab = |label, query, n| Tab {
        label: page.t(label).to_owned(),
        query,
        count: u64::try_from(n).ok(),
    };
    vec![
        tab("全部", "", counts.total()),
        tab("超期", "light=over", counts.over),
        tab("快到期", "light=near", counts.near),
        tab("充裕", "light=ok", counts.ok),
        tab("停止计时", "light=held", counts.held),
    ]
}

pub(super) fn filters(
    page: &ui::Page,
    params: &Params,
    read: &Read,
    at: &ListAddress,
    filtered: bool,
) -> Filters {
    let all = |label: &str, rest: Vec<(String, String)>| {
        let mut options = vec![(String::new(), page.t(label).to_owned())];
        options.extend(rest);
        options
    };
    let own = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(value, label)| ((*value).to_owned(), page.t(label).to_owned()))
            .collect()
    };
    let mut items = read.overview.subjects.items.clone();
    items.extend(params.item.clone().filter(|item| !item.is_empty()));
    let items = items.into_iter().map(|item| (item.clone(), item)).collect();
    let mut fields = vec![
        Field::search(
            "q",
            page.t("办件编号、申请人、事项"),
            params.q.as_deref().unwrap_or_default(),
        ),
        Field::choice(
            "item",
            page.t("事项"),
            params.item.as_deref().unwrap_or_default(),
            all("全部事项", items),
        ),
        Field::choice(
            "kind",
            page.t("环节"),
            params.kind.as_deref().unwrap_or_default(),
            all(
                "全部环节",
                own(&[
                    ("accept", "待受理"),
                    ("decide", "待决定"),
                    ("deliver", "待送达"),
                ]),
            ),
        ),
        Field::choice(
            "claim",
            page.t("领办"),
            params.claim.map_or("", ClaimWord::word),
            all(
                "不限领办",
                own(&[
                    ("mine", "我已领办"),
                    ("free", "无人领办"),
                    ("taken", "已有人领办"),
                ]),
            ),
        ),
    ];
    if read.orgs.len() > 1 || params.org.is_some() {
        let value = at.get("org");
        fields.push(Field::choice(
            "org",
            page.t("机构"),
            value,
            all("全部机构", read.orgs.clone()),
        ));
    }
    if read.regions.len() > 1 || params.region.is_some() {
        let value = at.get("region");
        fields.push(Field::choice(
            "region",
            page.t("区划"),
            value,
            all("全部区划", read.regions.clone()),
        ));
    }
    fields.push(Field::day("from", page.t("收到自"), at.get("from")));
    fields.push(Field::day("to", page.t("至"), at.get("to")));
    let keep = at
        .pairs()
        .iter()
        .filter(|(name, _)| ["light", "due", "returned", "sort"].contains(name))
        .cloned()
        .collect();
    let found = if read.found >= queue::COUNT_LIMIT {
        format!("{}+", queue::COUNT_LIMIT - 1)
    } else {
        read.found.to_string()
    };
    Filters {
        action: PATH,
        fields,
        keep,
        clear: if filtered {
            format!("{PATH}?view=all")
        } else {
            String::new()
        },
        said: page.t1("共{n}件", "n", found),
    }
}

pub(super) fn columns(page: &ui::Page, at: &ListAddress) -> Vec<Column> {
    let plain = |label| Column::new(page.t(label));
    let sorting = |label, key, first| Column::new(page.t(label)).sorting(at, key, first, STANDING);
    vec![
        sorting("剩余时间", "due", Sorted::Up),
        plain("到期日"),
        sorting("事项", "item", Sorted::Up),
        sorting("申请人", "applicant", Sorted::Up),
        plain("办件编号"),
        plain("环节"),
        sorting("收到时间", "opened", Sorted::Down),
    ]
}

/// What can be done to several cases at once.
pub(super) fn bulk_acts(page: &ui::Page, actor: &Actor) -> Vec<BulkAct> {
    let mut acts = Vec::new();
    let mut add = |value, label| {
        acts.push(BulkAct {
            value,
            label: page.t(label).to_owned(),
        });
    };
    let may = |permission| actor.may_somewhere(permission);
    if [Permission::Accept, Permission::Decide, Permission::Deliver]
        .into_iter()
        .any(may)
    {
        add("take", "领办");
        add("release", "退回待办");
    }
    if may(Permission::Accept) {
        add("accept", "受理");
    }
    if may(Permission::Decide) {
        add("grant", "准予许可");
        add("refuse", "不予许可");
    }
    acts
}
