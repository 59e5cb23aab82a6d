//! 机构: bodies of the administration, the organisations that answer for cases.

use base::codes::{RegionCode, Uscc};
use base::ids::OrgId;
use base::text::{TextLimit, single_line};
use jiff::civil::Date;
use store::{Row, Tx, params};
use uuid::Uuid;

use crate::sql::{Select, contains, given};
use crate::{Error, party};

/// What sort of body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrgKind {
    /// 部门、委办局.
    Agency,
    /// 政务服务中心.
    Hall,
    /// 街道办事处、乡镇人民政府.
    Street,
    /// 社区居民委员会、村民委员会.
    Community,
    /// 其他单位.
    Other,
}

impl OrgKind {
    /// All of them, in the order of the select list.
    pub const ALL: [OrgKind; 5] = [
        OrgKind::Agency,
        OrgKind::Hall,
        OrgKind::Street,
        OrgKind::Community,
        OrgKind::Other,
    ];

    /// The word stored and used by the API.
    pub fn word(self) -> &'static str {
        match self {
            OrgKind::Agency => "agency",
            OrgKind::Hall => "hall",
            OrgKind::Street => "street",
            OrgKind::Community => "community",
            OrgKind::Other => "other",
        }
    }

    /// As it is called on screens.
    pub fn label(self) -> &'static str {
        match self {
            OrgKind::Agency => "部门",
            OrgKind::Hall => "政务服务中心",
            OrgKind::Street => "街道（乡镇）",
            OrgKind::Community => "社区（村）",
            OrgKind::Other => "其他单位",
        }
    }

    /// The kind of a word.
    pub fn from_word(word: &str) -> Option<OrgKind> {
        OrgKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A body of the administration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Org {
    /// Handed in when it was added.
    pub id: OrgId,
    /// Short unique word for imports and addresses: `city.market`.
    pub key: String,
    /// 全称.
    pub name: String,
    /// 机关代字 of document numbers: 云市监.
    pub short_name: String,
    /// 统一社会信用代码; street halls and communities may have none of their own.
    pub uscc: Option<String>,
    /// What sort of body.
    pub kind: OrgKind,
    /// The function it has, the same at every level: `market`. Empty where there is none.
    pub body: String,
    /// 行使层级 code (GB/T 39046): 3 市, 4 县, 5 镇, 6 村 …
    pub level: u8,
    /// Region code it belongs to.
    pub region: String,
    /// The body above it.
    pub parent: Option<OrgId>,
    /// 咨询电话, public.
    pub phone: Option<String>,
    /// First day.
    pub valid_from: Date,
    /// Last day; none while it exists.
    pub valid_to: Option<Date>,
}

impl Org {
    /// Whether it exists on a day.
    pub fn exists_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|to| day <= to)
    }
}

/// Which organisations.
#[derive(Clone, Debug, Default)]
pub struct OrgFilter {
    /// Of this region and all below it.
    pub region: Option<String>,
    /// Name, short name or key contains this.
    pub query: Option<String>,
    /// Of this kind.
    pub kind: Option<OrgKind>,
    /// Existing on this day.
    pub on: Option<Date>,
}

/// What a list of organisations is ordered by; the key decides between equals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrgOrder {
    #[default]
    Region,
    RegionDown,
    Name,
    NameDown,
}

impl OrgOrder {
    /// What an organisation is ordered by, for going on after it.
    pub fn place(self, org: &Org) -> (String, String) {
        let first = match self {
            OrgOrder::Region | OrgOrder::RegionDown => &org.region,
            OrgOrder::Name | OrgOrder::NameDown => &org.name,
        };
        (first.clone(), org.key.clone())
    }
}

/// Organisations by region and key; `after` is the last of the page before.
pub fn list(
    tx: &mut Tx<'_>,
    filter: &OrgFilter,
    after: Option<(&str, &str)>,
    limit: usize,
) -> Result<Vec<Org>, Error> {
    list_by(tx, filter, OrgOrder::Region, after, limit)
}

/// Organisations in an order; `after` is the [`OrgOrder::place`] of the last of the page before.
pub fn list_by(
    tx: &mut Tx<'_>,
    filter: &OrgFilter,
    order: OrgOrder,
    after: Option<(&str, &str)>,
    limit: usize,
) -> Result<Vec<Org>, Error> {
    let prefix = match &filter.region {
        Some(region) => region_prefix(region)?,
        None => String::new(),
    };
    let mut select = Select::new(
        "SELECT org_id, key, name, short_name, uscc, kind, body, level, region, parent, phone, valid_from, valid_to
           FROM organisations
          WHERE region LIKE $?",
        vec![format!("{prefix}%").into()],
    );
    if let Some(query) = given(filter.query.as_deref()) {
        let pattern = contains(query);
        select.add(
            " AND (name LIKE $? ESCAPE '\\' OR short_name LIKE $? ESCAPE '\\' OR key LIKE $? ESCAPE '\\')",
            params![&pattern, &pattern, &pattern].to_vec(),
        );
    }
    if let Some(kind) = filter.kind {
        select.add(" AND kind = $?", vec![kind.word().into()]);
    }
    if let Some(day) = filter.on {
        select.add(
            " AND valid_from <= $? AND (valid_to IS NULL OR valid_to >= $?)",
            vec![day.into(), day.into()],
        );
    }
    let (further, ordered) = match order {
        OrgOrder::Region => (
            " AND (region, key) > ($?, $?)",
            " ORDER BY region, key LIMIT $?",
        ),
        OrgOrder::RegionDown => (
            " AND (region, key) < ($?, $?)",
            " ORDER BY region DESC, key DESC LIMIT $?",
        ),
        OrgOrder::Name => (
            " AND (name, key) > ($?, $?)",
            " ORDER BY name, key LIMIT $?",
        ),
        OrgOrder::NameDown => (
            " AND (name, key) < ($?, $?)",
            " ORDER BY name DESC, key DESC LIMIT $?",
        ),
    };
    if let Some((first, key)) = after {
        select.add(further, params![first, key].to_vec());
    }
    let limit = i64::try_from(limit.min(2000)).expect("at most 2000");
    select.add(ordered, vec![limit.into()]);
    let rows = tx.query(select.sql(), select.values())?;
    rows.iter().map(read).collect()
}

/// One organisation.
pub fn by_id(tx: &mut Tx<'_>, id: OrgId) -> Result<Option<Org>, Error> {
    let row = tx.query_opt(
        "SELECT org_id, key, name, short_name, uscc, kind, body, level, region, parent, phone, valid_from, valid_to
           FROM organisations
          WHERE org_id = $1",
        &params![id.uuid()],
    )?;
    row.as_ref().map(read).transpose()
}

/// The organisation with this key.
pub fn by_key(tx: &mut Tx<'_>, key: &str) -> Result<Option<Org>, Error> {
    let row = tx.query_opt(
        "SELECT org_id, key, name, short_name, uscc, kind, body, level, region, parent, phone, valid_from, valid_to
           FROM organisations
          WHERE key = $1",
        &params![key],
    )?;
    row.as_ref().map(read).transpose()
}

/// Adds an organisation.
pub fn create(tx: &mut Tx<'_>, org: &Org) -> Result<(), Error> {
    let org = check(tx, org)?;
    let inserted = tx.exec(
        "INSERT INTO organisations (org_id, key, name, short_name, uscc, kind, body, level, region, parent, phone,
                                    valid_from, valid_to)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (key) DO NOTHING",
        &params![
            org.id.uuid(),
            &org.key,
            &org.name,
            &org.short_name,
            org.uscc.clone(),
            org.kind.word(),
            &org.body,
            org.level,
            &org.region,
            org.parent.map(OrgId::uuid),
            org.phone.clone(),
            org.valid_from,
            org.valid_to,
        ],
    )?;
    if inserted == 0 {
        return Err(Error::conflict("key", "这个机构标识已被使用，请换一个"));
    }
    Ok(())
}

/// Replaces everything but id and key.
pub fn update(tx: &mut Tx<'_>, org: &Org) -> Result<(), Error> {
    let org = check(tx, org)?;
    let changed = tx.exec(
        "UPDATE organisations
            SET name = $2,
                short_name = $3,
                uscc = $4,
                kind = $5,
                body = $6,
                level = $7,
                region = $8,
                parent = $9,
                phone = $10,
                valid_from = $11,
                valid_to = $12
          WHERE org_id = $1",
        &params![
            org.id.uuid(),
            &org.name,
            &org.short_name,
            org.uscc.clone(),
            org.kind.word(),
            &org.body,
            org.level,
            &org.region,
            org.parent.map(OrgId::uuid),
            org.phone.clone(),
            org.valid_from,
            org.valid_to,
        ],
    )?;
    if changed == 0 {
        return Err(Error::NotFound("organisation"));
    }
    Ok(())
}

/// Ends an organisation after `last_day`. Its staff must have gone elsewhere first.
pub fn close(tx: &mut Tx<'_>, id: OrgId, last_day: Date) -> Result<(), Error> {
    let org = by_id(tx, id)?.ok_or(Error::NotFound("organisation"))?;
    if last_day < org.valid_from {
        return Err(Error::invalid("valid_to", "撤销日期不能早于设立日期"));
    }
    let staff: i64 = tx
        .query_one(
            "SELECT count(*) FROM staff WHERE org_id = $1 AND left_at IS NULL",
            &params![id.uuid()],
        )?
        .get(0)?;
    if staff > 0 {
        return Err(Error::conflict(
            "valid_to",
            format!("该机构还有 {staff} 名在岗人员，请先调整或停用他们的账号"),
        ));
    }
    tx.exec(
        "UPDATE organisations SET valid_to = $2 WHERE org_id = $1",
        &params![id.uuid(), last_day],
    )?;
    Ok(())
}

/// 撤并: ends an organisation whose matters went to another. Its staff finish what they began.
pub fn dissolve(tx: &mut Tx<'_>, id: OrgId, last_day: Date) -> Result<(), Error> {
    tx.exec(
        "UPDATE organisations SET valid_to = CASE WHEN valid_from > $2 THEN valid_from ELSE $2 END
          WHERE org_id = $1 AND valid_to IS NULL",
        &params![id.uuid(), last_day],
    )?;
    Ok(())
}

/// Lets an organisation that was ended exist again: what went to another comes back.
pub fn restore(tx: &mut Tx<'_>, id: OrgId) -> Result<(), Error> {
    tx.exec(
        "UPDATE organisations SET valid_to = NULL WHERE org_id = $1",
        &params![id.uuid()],
    )?;
    Ok(())
}

/// The digits every region below a code begins with.
pub(crate) fn region_prefix(code: &str) -> Result<String, Error> {
    RegionCode::parse(code)
        .map(|code| code.prefix().to_owned())
        .map_err(|error| Error::invalid("region", error.to_string()))
}

fn check(tx: &mut Tx<'_>, org: &Org) -> Result<Org, Error> {
    let key = org.key.trim().to_owned();
    let key_ok = (1..=64).contains(&key.len())
        && key.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-')
        });
    if !key_ok {
        return Err(Error::invalid(
            "key",
            "机构标识只用小写字母、数字和 . _ -，最多 64 位",
        ));
    }
    let text = |field: &'static str, label: &str, value: &str, limit: TextLimit| {
        let value = single_line(value);
        match limit.check(&value) {
            Ok(()) => Ok(value),
            Err(error) => Err(Error::invalid(field, format!("{label}：{error}"))),
        }
    };
    let short = TextLimit { min: 1, max: 20 };
    let uscc = match org.uscc.as_deref().filter(|code| !code.trim().is_empty()) {
        Some(code) => Some(
            Uscc::parse(code)
                .map_err(|error| Error::invalid("uscc", error.to_string()))?
                .as_str()
                .to_owned(),
        ),
        None => None,
    };
    let region = RegionCode::parse(&org.region)
        .map_err(|error| Error::invalid("region", error.to_string()))?;
    if !(1..=7).contains(&org.level) {
        return Err(Error::invalid("level", "请选择行使层级"));
    }
    let phone = match org
        .phone
        .as_deref()
        .filter(|phone| !phone.trim().is_empty())
    {
        Some(phone) => {
            party::check_phone(phone)?;
            Some(single_line(phone))
        }
        None => None,
    };
    if org.valid_to.is_some_and(|to| to < org.valid_from) {
        return Err(Error::invalid("valid_to", "撤销日期不能早于设立日期"));
    }
    if let Some(parent) = org.parent {
        check_parent(tx, org.id, parent)?;
    }
    Ok(Org {
        id: org.id,
        key,
        name: text("name", "机构名称", &org.name, TextLimit::NAME)?,
        short_name: text("short_name", "机关代字", &org.short_name, short)?,
        uscc,
        kind: org.kind,
        body: single_line(&org.body),
        level: org.level,
        region: region.as_str().to_owned(),
        parent: org.parent,
        phone,
        valid_from: org.valid_from,
        valid_to: org.valid_to,
    })
}

/// The body above must be there, and not stand below.
fn check_parent(tx: &mut Tx<'_>, id: OrgId, parent: OrgId) -> Result<(), Error> {
    const DEPTH_MAX: usize = 8;
    let mut above = Some(parent);
    for _ in 0..DEPTH_MAX {
        let Some(next) = above else { return Ok(()) };
        if next == id {
            return Err(Error::invalid("parent", "上级机构不能是本机构或其下级"));
        }
        above = by_id(tx, next)?
            .ok_or_else(|| Error::invalid("parent", "没有这个上级机构"))?
            .parent;
    }
    Err(Error::invalid("parent", "机构层级过深，请检查上级机构"))
}

fn read(row: &Row) -> Result<Org, Error> {
    let kind: String = row.get(5)?;
    Ok(Org {
        id: OrgId::from_uuid(row.get(0)?),
        key: row.get(1)?,
        name: row.get(2)?,
        short_name: row.get(3)?,
        uscc: row.get(4)?,
        kind: OrgKind::from_word(&kind)
            .ok_or_else(|| store::Error::Corrupt(format!("organisations.kind {kind}")))?,
        body: row.get(6)?,
        level: u8::try_from(row.get::<i64>(7)?)
            .map_err(|_| store::Error::Corrupt("organisations.level".to_owned()))?,
        region: row.get(8)?,
        parent: row.get::<Option<Uuid>>(9)?.map(OrgId::from_uuid),
        phone: row.get(10)?,
        valid_from: row.get(11)?,
        valid_to: row.get(12)?,
    })
}
