//! The pages of automatic decisions beside each other: only those that whoever looks may open.

use casework::Permission;
use web::Visit;

/// A page beside this one.
pub(super) struct Tab {
    pub(super) key: &'static str,
    pub(super) href: &'static str,
    pub(super) label: &'static str,
}

/// Key, address, name, and the permission it needs.
const TABS: [(&str, &str, &str, Option<Permission>); 6] = [
    ("overview", "/staff/smart", "总览", None),
    (
        "ready",
        "/staff/smart/ready",
        "人工秒批",
        Some(Permission::Decide),
    ),
    ("runs", "/staff/smart/runs", "审查记录", None),
    ("samples", "/staff/smart/samples", "每日抽查", None),
    ("sources", "/staff/smart/sources", "数据源", None),
    (
        "offers",
        "/staff/smart/offers",
        "主动服务",
        Some(Permission::ReadCase),
    ),
];

pub(super) fn tabs(visit: &Visit) -> Vec<Tab> {
    let may = |needed: Option<Permission>| {
        needed.is_none_or(|permission| {
            visit
                .actor()
                .is_ok_and(|actor| actor.may_somewhere(permission))
        })
    };
    TABS.into_iter()
        .filter(|(.., needed)| may(*needed))
        .map(|(key, href, label, _)| Tab { key, href, label })
        .collect()
}
