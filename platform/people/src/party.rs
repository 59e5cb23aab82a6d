//! 申请人: natural and legal persons, known once by their identity number or credit code.

use base::codes::{CitizenId, RegionCode, Uscc};
use base::ids::PartyId;
use base::text::{TextLimit, fold_width, normalise_code, single_line};
use jiff::Timestamp;
use jiff::civil::Date;
use store::{Row, Tx, params};
use uuid::Uuid;

use crate::seal::{ADDRESS, ID_NUMBER, PHONE};
use crate::{Error, People, Secret, SecretKind, china_day};

/// What kind of person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyKind {
    /// 自然人, known by 公民身份号码.
    Person,
    /// 法人或非法人组织, known by 统一社会信用代码.
    Legal,
}

impl PartyKind {
    /// The word stored and used by the API.
    pub fn word(self) -> &'static str {
        match self {
            PartyKind::Person => "person",
            PartyKind::Legal => "legal",
        }
    }

    /// As it is called on screens.
    pub fn label(self) -> &'static str {
        match self {
            PartyKind::Person => "自然人",
            PartyKind::Legal => "法人",
        }
    }

    /// The kind of a word.
    pub fn from_word(word: &str) -> Option<PartyKind> {
        match word {
            "person" => Some(PartyKind::Person),
            "legal" => Some(PartyKind::Legal),
            _ => None,
        }
    }

    fn secret(self) -> SecretKind {
        match self {
            PartyKind::Person => SecretKind::CitizenId,
            PartyKind::Legal => SecretKind::Uscc,
        }
    }
}

/// Somebody who asks for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Made when they were first registered.
    pub id: PartyId,
    /// Natural or legal person.
    pub kind: PartyKind,
    /// 姓名 or 名称.
    pub name: String,
    /// 公民身份号码 or 统一社会信用代码.
    pub id_number: Secret,
    /// 联系电话.
    pub phone: Option<Secret>,
    /// 联系地址.
    pub address: Option<Secret>,
    /// Region code of residence or registration; empty where not known.
    pub region: String,
    /// 法定代表人, of a legal person.
    pub legal_representative: Option<String>,
    /// First registered.
    pub created_at: Timestamp,
}

/// What is known of somebody to be registered. Texts as typed; they are tidied and checked here.
#[derive(Clone, Debug)]
pub struct NewParty {
    /// Natural or legal person.
    pub kind: PartyKind,
    /// 姓名 or 名称.
    pub name: String,
    /// 公民身份号码 or 统一社会信用代码.
    pub id_number: String,
    /// 联系电话: mobile or land line.
    pub phone: Option<String>,
    /// 联系地址.
    pub address: Option<String>,
    /// Region code, or empty.
    pub region: String,
    /// 法定代表人, of a legal person.
    pub legal_representative: Option<String>,
}

/// [`NewParty`], checked.
struct Checked {
    name: String,
    id_number: String,
    phone: Option<String>,
    address: Option<String>,
    region: String,
    legal_representative: Option<String>,
}

impl NewParty {
    fn check(&self, today: Date) -> Result<Checked, Error> {
        let legal_representative = match (self.kind, &self.legal_representative) {
            (PartyKind::Legal, Some(name)) if !name.trim().is_empty() => {
                Some(check_name("legal_representative", name)?)
            }
            _ => None,
        };
        Ok(Checked {
            name: check_name("name", &self.name)?,
            id_number: check_id_number(self.kind, &self.id_number, today)?,
            phone: check_optional(self.phone.as_deref(), check_phone)?,
            address: check_optional(self.address.as_deref(), check_address)?,
            region: check_region(&self.region)?,
            legal_representative,
        })
    }
}

impl People {
    /// Registers somebody under `id`, or returns whom the identity number is known as already; then the name must
    /// be the same and nothing of the known record changes. Compare the returned id with `id` to tell which.
    pub fn register_party(
        &self,
        tx: &mut Tx<'_>,
        new: &NewParty,
        id: PartyId,
        now: Timestamp,
    ) -> Result<Party, Error> {
        let checked = new.check(china_day(now))?;
        let row = id.uuid();
        let inserted = tx.exec(
            "INSERT INTO parties (party_id, kind, name, id_number_enc, id_number_blind, phone_enc, phone_blind,
                                  address_enc, region, legal_representative, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
             ON CONFLICT (id_number_blind) DO NOTHING",
            &params![
                row,
                new.kind.word(),
                &checked.name,
                self.seal_column(ID_NUMBER, row, &checked.id_number),
                self.blind(ID_NUMBER, &checked.id_number),
                checked.phone.as_ref().map(|phone| self.seal_column(PHONE, row, phone)),
                checked.phone.as_ref().map(|phone| self.blind(PHONE, phone)),
                checked.address.as_ref().map(|address| self.seal_column(ADDRESS, row, address)),
                &checked.region,
                checked.legal_representative.clone(),
                now,
            ],
        )?;
        if inserted == 0 {
            let known = self
                .find_party(tx, &checked.id_number)?
                .ok_or(store::Error::Stale)?;
            if !same_name(&known.name, &checked.name) {
                return Err(Error::NameMismatch);
            }
            return Ok(known);
        }
        let kind = new.kind;
        Ok(Party {
            id,
            kind,
            name: checked.name,
            id_number: Secret::new(kind.secret(), checked.id_number),
            phone: checked
                .phone
                .map(|phone| Secret::new(SecretKind::Phone, phone)),
            address: checked
                .address
                .map(|address| Secret::new(SecretKind::Address, address)),
            region: checked.region,
            legal_representative: checked.legal_representative,
            created_at: now,
        })
    }

    /// Whoever has this identity number or credit code, typed in any width and case.
    pub fn find_party(&self, tx: &mut Tx<'_>, id_number: &str) -> Result<Option<Party>, Error> {
        let blind = self.blind(ID_NUMBER, &normalise_code(id_number));
        let row = tx.query_opt(
            "SELECT party_id, kind, name, id_number_enc, phone_enc, address_enc, region, legal_representative, created_at
               FROM parties
              WHERE id_number_blind = $1",
            &params![blind],
        )?;
        row.map(|row| self.read_party(&row)).transpose()
    }

    /// Everybody with this phone number, at most 20.
    pub fn find_parties_by_phone(&self, tx: &mut Tx<'_>, phone: &str) -> Result<Vec<Party>, Error> {
        let Ok(phone) = check_phone(phone) else {
            return Ok(Vec::new());
        };
        let rows = tx.query(
            "SELECT party_id, kind, name, id_number_enc, phone_enc, address_enc, region, legal_representative, created_at
               FROM parties
              WHERE phone_blind = $1
              ORDER BY party_id
              LIMIT 20",
            &params![self.blind(PHONE, &phone)],
        )?;
        rows.iter().map(|row| self.read_party(row)).collect()
    }

    /// One party.
    pub fn party(&self, tx: &mut Tx<'_>, id: PartyId) -> Result<Option<Party>, Error> {
        let row = tx.query_opt(
            "SELECT party_id, kind, name, id_number_enc, phone_enc, address_enc, region, legal_representative, created_at
               FROM parties
              WHERE party_id = $1",
            &params![id.uuid()],
        )?;
        row.map(|row| self.read_party(&row)).transpose()
    }

    /// A party's name alone; nothing is opened.
    pub fn party_name(&self, tx: &mut Tx<'_>, id: PartyId) -> Result<Option<String>, Error> {
        let row = tx.query_opt(
            "SELECT name FROM parties WHERE party_id = $1",
            &params![id.uuid()],
        )?;
        Ok(row.map(|row| row.get(0)).transpose()?)
    }

    /// Replaces phone and address; `None` takes them away.
    pub fn update_party_contact(
        &self,
        tx: &mut Tx<'_>,
        id: PartyId,
        phone: Option<&str>,
        address: Option<&str>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let phone = check_optional(phone, check_phone)?;
        let address = check_optional(address, check_address)?;
        let row = id.uuid();
        let changed = tx.exec(
            "UPDATE parties
                SET phone_enc = $2,
                    phone_blind = $3,
                    address_enc = $4,
                    updated_at = $5
              WHERE party_id = $1",
            &params![
                row,
                phone
                    .as_ref()
                    .map(|phone| self.seal_column(PHONE, row, phone)),
                phone.as_ref().map(|phone| self.blind(PHONE, phone)),
                address
                    .as_ref()
                    .map(|address| self.seal_column(ADDRESS, row, address)),
                now,
            ],
        )?;
        if changed == 0 {
            return Err(Error::NotFound("party"));
        }
        Ok(())
    }

    fn read_party(&self, row: &Row) -> Result<Party, Error> {
        let id: Uuid = row.get(0)?;
        let word: String = row.get(1)?;
        let kind = PartyKind::from_word(&word)
            .ok_or_else(|| store::Error::Corrupt(format!("parties.kind {word}")))?;
        let id_number: Vec<u8> = row.get(3)?;
        let phone: Option<Vec<u8>> = row.get(4)?;
        let address: Option<Vec<u8>> = row.get(5)?;
        Ok(Party {
            id: PartyId::from_uuid(id),
            kind,
            name: row.get(2)?,
            id_number: self.open_column(ID_NUMBER, id, kind.secret(), &id_number)?,
            phone: phone
                .map(|sealed| self.open_column(PHONE, id, SecretKind::Phone, &sealed))
                .transpose()?,
            address: address
                .map(|sealed| self.open_column(ADDRESS, id, SecretKind::Address, &sealed))
                .transpose()?,
            region: row.get(6)?,
            legal_representative: row.get(7)?,
            created_at: row.get(8)?,
        })
    }
}

/// A name as typed: one line, at most 100 characters, at least one letter of any script.
fn check_name(field: &'static str, input: &str) -> Result<String, Error> {
    let name = single_line(&fold_middle_dot(input));
    TextLimit::NAME
        .check(&name)
        .map_err(|error| Error::invalid(field, format!("姓名或名称：{error}")))?;
    if !name.chars().any(char::is_alphabetic) {
        return Err(Error::invalid(field, "请按证件填写姓名或名称"));
    }
    Ok(name)
}

/// Every way of typing the dot between the parts of a name becomes the one of the identity card, U+00B7.
fn fold_middle_dot(input: &str) -> String {
    input
        .chars()
        .map(|c| match c {
            '\u{2022}' | '\u{2027}' | '\u{30FB}' | '\u{FF65}' | '\u{22C5}' => '\u{B7}',
            other => other,
        })
        .collect()
}

fn same_name(known: &str, given: &str) -> bool {
    let fold = |name: &str| -> String {
        fold_width(name)
            .chars()
            .filter(|c| !c.is_whitespace())
            .flat_map(char::to_lowercase)
            .collect()
    };
    fold(known) == fold(given)
}

/// GB 11643 or GB 32100, normalised.
fn check_id_number(kind: PartyKind, input: &str, today: Date) -> Result<String, Error> {
    match kind {
        PartyKind::Person => CitizenId::parse(input, today)
            .map(|id| id.as_str().to_owned())
            .map_err(|error| Error::invalid("id_number", error.to_string())),
        PartyKind::Legal => Uscc::parse(input)
            .map(|code| code.as_str().to_owned())
            .map_err(|error| Error::invalid("id_number", error.to_string())),
    }
}

/// A mobile number (11 digits, 13–19) or a land line with its area code; `+86`, blanks and dashes are dropped.
pub fn check_phone(input: &str) -> Result<String, Error> {
    let text: String = normalise_code(input)
        .chars()
        .filter(|c| !matches!(c, '-' | '(' | ')'))
        .collect();
    let digits = text.strip_prefix("+86").unwrap_or(&text);
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let mobile = digits.len() == 11
        && matches!(&digits[..2], "13" | "14" | "15" | "16" | "17" | "18" | "19");
    let land_line =
        (10..=12).contains(&digits.len()) && digits.starts_with('0') && !digits.starts_with("00");
    if all_digits && (mobile || land_line) {
        Ok(digits.to_owned())
    } else {
        Err(Error::invalid(
            "phone",
            "请填写 11 位手机号码，或带区号的固定电话，例如 0990-8551234",
        ))
    }
}

fn check_address(input: &str) -> Result<String, Error> {
    let address = single_line(input);
    TextLimit::LINE
        .check(&address)
        .map_err(|error| Error::invalid("address", format!("联系地址：{error}")))?;
    Ok(address)
}

fn check_region(input: &str) -> Result<String, Error> {
    if input.trim().is_empty() {
        return Ok(String::new());
    }
    RegionCode::parse(input)
        .map(|code| code.as_str().to_owned())
        .map_err(|error| Error::invalid("region", error.to_string()))
}

/// An empty field is none.
fn check_optional(
    input: Option<&str>,
    check: impl Fn(&str) -> Result<String, Error>,
) -> Result<Option<String>, Error> {
    input
        .filter(|text| !text.trim().is_empty())
        .map(check)
        .transpose()
}
