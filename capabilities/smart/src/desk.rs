//! What people do with rules: draft, publish, switch, change a source, check a sample.
//!
//! 编制 and 审核 are two people (`Compile`, `Review`). Anybody who supervises or administers may stop; who lets rules
//! decide without a person must administer, and only where the rules ran in the shadow first.

use approval::Approval;
use base::ids::{ItemId, StaffId};
use casework::{Actor, Permission, Refusal};
use jiff::{Timestamp, ToSpan as _};
use store::Tx;
use uuid::Uuid;

use crate::error::Error;
use crate::model::{Mode, RuleSet, Source};
use crate::rules::{Compiled, Finding};
use crate::state::{self, EVERYTHING};
use crate::store as records;
use crate::store::sets::{State, Stored};

/// Comparisons that have to be there before rules may decide without a person.
pub const COMPARED_MIN: i64 = 20;
/// Share of them, of a thousand, in which rules that would grant agreed with the person.
pub const AGREED_MIN_PER_MILLE: i64 = 980;
/// Days of comparisons that count.
pub const COMPARED_DAYS: i64 = 180;
/// Items looked at in one step.
const ITEMS_STEP: usize = 200;
/// Characters of a note.
const NOTE_MAX: usize = 500;

fn staff_of(actor: &Actor) -> Option<StaffId> {
    match actor {
        Actor::Staff(staff) => Some(staff.staff),
        Actor::Person(_) | Actor::System => None,
    }
}

fn need(actor: &Actor, permission: Permission) -> Result<(), Error> {
    if actor.may_somewhere(permission) {
        Ok(())
    } else {
        Err(Error::NotAllowed(
            "您的岗位没有这项权限，如工作需要请联系系统管理员".to_owned(),
        ))
    }
}

fn note(text: &str) -> Result<String, Error> {
    let text = base::text::paragraphs(text);
    if text.is_empty() {
        return Err(Error::invalid("note", "请写明理由"));
    }
    if text.chars().count() > NOTE_MAX {
        return Err(Error::invalid("note", format!("理由最多{NOTE_MAX}字")));
    }
    Ok(text)
}

/// Everything that is wrong with a rule set against the sources there are.
pub fn check(tx: &mut Tx<'_>, set: &RuleSet) -> Result<Result<Compiled, Vec<Finding>>, Error> {
    let sources = records::sources(tx)?
        .into_iter()
        .map(|source| (source.key.clone(), source))
        .collect();
    Ok(Compiled::new(set.clone(), &sources))
}

/// Hands in a new version for review.
pub fn draft(
    tx: &mut Tx<'_>,
    actor: &Actor,
    (act_id, now): (Uuid, Timestamp),
    set: &RuleSet,
    why: &str,
) -> Result<i64, Error> {
    need(actor, Permission::Compile)?;
    let why = note(why)?;
    if let Err(findings) = check(tx, set)? {
        let first = findings.into_iter().next();
        return Err(first.map_or(Error::NotFound, |finding| {
            Error::invalid("body", finding.message)
        }));
    }
    let versions = records::sets::versions(tx, &set.base_code)?;
    if versions.iter().any(|known| known.state == State::Draft) {
        return Err(Error::Conflict(
            "draft_waiting",
            "这个事项已有一版规则待审核，请先审核或者退回".to_owned(),
        ));
    }
    let version = versions.first().map_or(1, |newest| newest.version + 1);
    records::sets::insert(
        tx,
        &Stored {
            set: set.clone(),
            version,
            state: State::Draft,
            digest: set.digest(),
            note: why.clone(),
            drafted_by: staff_of(actor),
            drafted_name: actor.name().to_owned(),
            drafted_at: now,
            reviewed_name: None,
            reviewed_at: None,
        },
    )?;
    let detail = format!("第{version}版：{why}");
    records::act(tx, actor, (act_id, now), "draft", &set.base_code, &detail)?;
    Ok(version)
}

/// The second person publishes a draft, or gives it back.
pub fn review(
    tx: &mut Tx<'_>,
    actor: &Actor,
    (act_id, now): (Uuid, Timestamp),
    (base_code, version): (&str, i64),
    publish: bool,
    said: &str,
) -> Result<(), Error> {
    need(actor, Permission::Review)?;
    let said = if publish && said.trim().is_empty() {
        String::new()
    } else {
        note(said)?
    };
    let stored = records::sets::version(tx, base_code, version)?.ok_or(Error::NotFound)?;
    // 编制 and 审核 are two people.
    if stored.drafted_by.is_some() && stored.drafted_by == staff_of(actor) {
        return Err(Error::NotAllowed(
            "规则不能由起草人自己审核发布，请由另一位审核人员办理".to_owned(),
        ));
    }
    let state = if publish {
        State::Published
    } else {
        State::Returned
    };
    if publish {
        if let Err(findings) = check(tx, &stored.set)? {
            let message = findings
                .into_iter()
                .next()
                .map_or_else(String::new, |finding| finding.message);
            return Err(Error::invalid("body", message));
        }
        if stored.state == State::Draft {
            records::sets::replace_published(tx, base_code)?;
        }
    }
    let by = (staff_of(actor), actor.name());
    if !records::sets::review(tx, (base_code, version), state, by, now)? {
        return Err(Error::Conflict(
            "not_a_draft",
            "这一版规则已经审核过，请刷新后查看".to_owned(),
        ));
    }
    let what = if publish { "publish" } else { "return" };
    let detail = format!(
        "第{version}版{}{said}",
        if said.is_empty() { "" } else { "：" }
    );
    records::act(tx, actor, (act_id, now), what, base_code, &detail)?;
    records::bump(tx)?;
    Ok(())
}

/// How the rules of a base code agreed with people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Decided by a person where the rules would have granted.
    pub compared: i64,
    /// Of those, granted by the person.
    pub agreed: i64,
}

impl Agreement {
    pub fn per_mille(self) -> i64 {
        if self.compared == 0 {
            0
        } else {
            self.agreed * 1000 / self.compared
        }
    }

    /// Whether the rules may decide without a person.
    pub fn suffices(self) -> bool {
        self.compared >= COMPARED_MIN && self.per_mille() >= AGREED_MIN_PER_MILLE
    }
}

/// Where the rules would have granted: how often the person granted as well.
pub fn agreement(tx: &mut Tx<'_>, base_code: &str, now: Timestamp) -> Result<Agreement, Error> {
    let since = now
        .checked_sub((COMPARED_DAYS * 24).hours())
        .unwrap_or(Timestamp::MIN);
    let mut found = Agreement::default();
    for (outcome, _, _, agrees, count) in records::runs::agreement(tx, base_code, since)? {
        if outcome == crate::model::Outcome::Grant {
            found.compared += count;
            if agrees {
                found.agreed += count;
            }
        }
    }
    Ok(found)
}

/// What a switch is over.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Over {
    Everything,
    Base(String),
    /// One item, and the base code whose rules it follows.
    Item(ItemId, String),
}

/// Turns a switch: over everything (`*`), over a base code, over one item. One item goes through the same gate as all
/// of its base code.
pub fn switch(
    tx: &mut Tx<'_>,
    approval: &Approval,
    actor: &Actor,
    (act_id, now): (Uuid, Timestamp),
    scope: &str,
    mode: Mode,
    why: &str,
) -> Result<(), Error> {
    let why = note(why)?;
    let over = over(tx, scope)?;
    let modes = state::Modes(records::modes(tx)?);
    let before = match &over {
        Over::Everything => modes.everything(),
        Over::Base(code) => modes.of_base(code),
        Over::Item(item, code) => modes.own(code, *item),
    };
    if mode < before {
        // Stopping is easy.
        if !actor.may_somewhere(Permission::Administer)
            && !actor.may_somewhere(Permission::Supervise)
            && !actor.may_somewhere(Permission::Review)
        {
            return Err(Error::NotAllowed(
                "停用由督查人员、审核人员或系统管理员办理".to_owned(),
            ));
        }
    } else {
        if !actor.may_somewhere(Permission::Administer) && !actor.may_somewhere(Permission::Review)
        {
            return Err(Error::NotAllowed(
                "启用由审核人员或系统管理员办理".to_owned(),
            ));
        }
        match &over {
            Over::Everything => {}
            Over::Base(code) | Over::Item(_, code) => enabling(tx, actor, code, mode, now)?,
        }
        if mode == Mode::Auto {
            for item in items(tx, &over)? {
                walkable(tx, approval, item)?;
            }
        }
    }
    records::set_mode(tx, scope, mode)?;
    let detail = format!("{} → {}：{why}", before.label(), mode.label());
    records::act(tx, actor, (act_id, now), "mode", scope, &detail)?;
    records::bump(tx)?;
    Ok(())
}

fn enabling(
    tx: &mut Tx<'_>,
    actor: &Actor,
    code: &str,
    mode: Mode,
    now: Timestamp,
) -> Result<(), Error> {
    let versions = records::sets::versions(tx, code)?;
    let published = versions
        .iter()
        .find(|version| version.state == State::Published);
    if mode > Mode::Off && published.is_none() {
        return Err(Error::Conflict(
            "no_rules",
            "这个事项还没有发布的规则".to_owned(),
        ));
    }
    if mode == Mode::Auto {
        let drafted_by = published.and_then(|version| version.drafted_by);
        // Whoever wrote the rules does not let them decide: a second person does.
        if drafted_by.is_some() && drafted_by == staff_of(actor) {
            return Err(Error::NotAllowed(
                "智能审批不能由起草规则的人自己启用，请由另一位审核人员或者系统管理员办理"
                    .to_owned(),
            ));
        }
        let found = agreement(tx, code, now)?;
        if !found.suffices() {
            return Err(Error::Conflict(
                "shadow_first",
                format!(
                    "启用智能审批前要先影子运行：规则会准予的件至少比对{COMPARED_MIN}件，与人工一致的不低于98%。现有{}件，一致{}件",
                    found.compared, found.agreed
                ),
            ));
        }
    }
    Ok(())
}

/// Refuses an item whose route has steps before the decision that a person has to do.
fn walkable(tx: &mut Tx<'_>, approval: &Approval, item: ItemId) -> Result<(), Error> {
    match approval.rules_may_decide(tx, item) {
        Ok(()) => Ok(()),
        Err(approval::Error::Refused(Refusal::Invalid { message, .. })) => {
            let name = catalog::store::current(tx, item)?
                .map_or_else(String::new, |published| published.item.name);
            Err(Error::Conflict(
                "route_by_people",
                format!("“{name}”不能启用智能审批：{message}。请先修改办理流程，或者使用人工秒批"),
            ))
        }
        Err(other) => Err(other.into()),
    }
}

/// The items that a switch is over.
fn items(tx: &mut Tx<'_>, over: &Over) -> Result<Vec<ItemId>, Error> {
    let code = match over {
        Over::Everything => return Ok(Vec::new()),
        Over::Item(item, _) => return Ok(vec![*item]),
        Over::Base(code) => code,
    };
    let filter = catalog::store::Filter {
        text: code.clone(),
        ..catalog::store::Filter::default()
    };
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let briefs = catalog::store::list(tx, &filter, after.as_ref(), ITEMS_STEP)?;
        let more = briefs.len() == ITEMS_STEP;
        after = briefs.last().map(|last| (last.name.clone(), last.item_id));
        found.extend(
            briefs
                .iter()
                .filter(|brief| brief.base_code == *code)
                .map(|brief| brief.item_id),
        );
        if !more {
            return Ok(found);
        }
    }
}

fn over(tx: &mut Tx<'_>, scope: &str) -> Result<Over, Error> {
    let wrong = || {
        Error::invalid(
            "scope",
            "没有这个开关，应为*、base:基本编码或者item:事项标识",
        )
    };
    match scope.split_once(':') {
        None if scope == EVERYTHING => Ok(Over::Everything),
        Some(("base", code)) if (6..=20).contains(&code.len()) => Ok(Over::Base(code.to_owned())),
        Some(("item", id)) => {
            let id = base::ids::parse_uuid(id).map_err(|_| wrong())?;
            let item = ItemId::from_uuid(id);
            let published = catalog::store::current(tx, item)?.ok_or_else(wrong)?;
            Ok(Over::Item(item, published.item.base_code))
        }
        _ => Err(wrong()),
    }
}

/// Changes how a source is asked, or adds one.
pub fn change_source(
    tx: &mut Tx<'_>,
    actor: &Actor,
    (act_id, now): (Uuid, Timestamp),
    source: &Source,
    why: &str,
) -> Result<(), Error> {
    need(actor, Permission::Administer)?;
    let why = note(why)?;
    check_source(source)?;
    // A published rule set must not lose what it names.
    let mut sources: std::collections::BTreeMap<String, Source> = records::sources(tx)?
        .into_iter()
        .map(|source| (source.key.clone(), source))
        .collect();
    sources.insert(source.key.clone(), source.clone());
    for stored in records::published(tx)? {
        if let Err(findings) = Compiled::new(stored.set.clone(), &sources) {
            let message = findings
                .into_iter()
                .next()
                .map_or_else(String::new, |finding| finding.message);
            return Err(Error::invalid(
                "fields",
                format!("“{}”的规则还在用：{message}", stored.set.name),
            ));
        }
    }
    records::put_source(tx, source)?;
    records::act(tx, actor, (act_id, now), "source", &source.key, &why)?;
    records::bump(tx)?;
    Ok(())
}

fn check_source(source: &Source) -> Result<(), Error> {
    let shaped = source
        .key
        .chars()
        .next()
        .is_some_and(|first| first.is_ascii_lowercase())
        && source
            .key
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && source.key.len() <= 40;
    if !shaped {
        return Err(Error::invalid(
            "key",
            "标识应以小写字母开头，由小写字母、数字和下划线组成，不超过40个字符",
        ));
    }
    if source.name.trim().is_empty() || source.name.chars().count() > 100 {
        return Err(Error::invalid("name", "请填写名称，最多100字"));
    }
    let url = &source.url;
    if !url.is_empty() && !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(Error::invalid(
            "url",
            "地址应以https://或http://开头；本地登记留空",
        ));
    }
    if url.len() > 300 {
        return Err(Error::invalid("url", "地址最多300个字符"));
    }
    for (field, value, low, high) in [
        ("timeout_ms", source.timeout_ms, 50, 10_000),
        ("retries", u32::from(source.retries), 0, 5),
        ("cache_s", source.cache_s, 0, 86_400),
        (
            "breaker_failures",
            u32::from(source.breaker_failures),
            1,
            100,
        ),
        ("breaker_open_s", source.breaker_open_s, 1, 3600),
    ] {
        if !(low..=high).contains(&value) {
            return Err(Error::invalid(field, format!("应为{low}至{high}")));
        }
    }
    if source.fields.is_empty() || source.fields.len() > 60 {
        return Err(Error::invalid("fields", "字段应有1至60个"));
    }
    Ok(())
}

/// A person says whether a drawn decision was right.
pub fn check_sample(
    tx: &mut Tx<'_>,
    actor: &Actor,
    (act_id, now): (Uuid, Timestamp),
    run: Uuid,
    right: bool,
    said: &str,
) -> Result<(), Error> {
    let sample = records::samples::one(tx, run)?.ok_or(Error::NotFound)?;
    let scope = casework::Scope {
        region: &sample.region,
        org: Some(sample.org),
    };
    let (Some(staff), true) = (
        staff_of(actor),
        actor.may(Permission::Decide, &scope) || actor.may(Permission::Supervise, &scope),
    ) else {
        return Err(Error::NotAllowed(
            "抽查复核由本机关审批人员或督查人员办理".to_owned(),
        ));
    };
    let said = if right && said.trim().is_empty() {
        String::new()
    } else {
        note(said)?
    };
    let result = if right { "right" } else { "wrong" };
    if !records::samples::check(tx, run, (result, &said), (staff, actor.name()), now)? {
        return Err(Error::Conflict(
            "checked",
            "这一件已经复核过，请刷新后查看".to_owned(),
        ));
    }
    let detail = format!("{}{said}", if right { "无误 " } else { "有误 " });
    records::act(
        tx,
        actor,
        (act_id, now),
        "sample",
        &sample.base_code,
        detail.trim(),
    )?;
    Ok(())
}
