//! What an element of an item says, so that two items that say the same give the same text.
//!
//! One writer serves both uses: hashed for comparing many items, written out for the few that differ.

use std::fmt::{self, Write};
use std::hash::{DefaultHasher, Hasher};

use crate::model::{CaseType, FieldKind, Item, Limit};
use crate::words;

/// Characters of a value that a report shows.
const SHOWN_MAX: usize = 2000;

type Writer = fn(&Item, &mut dyn Write) -> fmt::Result;

/// An element that can be compared.
pub struct Field {
    /// Its name in the model, or a word for several elements together.
    pub name: &'static str,
    pub label: &'static str,
    /// Where the editor shows it.
    pub anchor: &'static str,
    write: Writer,
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

const fn field(name: &'static str, label: &'static str, write: Writer) -> Field {
    Field {
        name,
        label,
        anchor: name,
        write,
    }
}

/// Everything a rule may name.
pub static FIELDS: [Field; 20] = [
    field("name", "事项名称", |item, out| {
        out.write_str(item.name.trim())
    }),
    field("base_code", "事项编码", code),
    field("main_item_name", "主项名称", |item, out| {
        out.write_str(item.main_item_name.trim())
    }),
    field("sub_item_name", "子项名称", |item, out| {
        out.write_str(item.sub_item_name.trim())
    }),
    field("item_type", "事项类型", |item, out| {
        out.write_str(&words::item_type(&item.item_type))
    }),
    field("legal_basis", "设定依据", |item, out| {
        lines(out, item.legal_basis.iter(), |basis, out| {
            write!(out, "{}{}", title(&basis.law), basis.article.trim())
        })
    }),
    field("power_scope", "权限划分", |item, out| {
        out.write_str(item.power_scope.trim())
    }),
    field("case_type", "办件类型", |item, out| {
        out.write_str(match item.case_type {
            CaseType::Instant => "即办件",
            CaseType::Promised => "承诺件",
        })
    }),
    field("service_objects", "服务对象", |item, out| {
        let mut objects = item.service_objects.clone();
        objects.sort_unstable();
        joined(out, objects.iter(), words::SERVICE_OBJECTS)
    }),
    field("statutory_limit", "法定办结时限", |item, out| {
        limit(item.statutory_limit.as_ref(), out)
    }),
    field("promised_limit", "承诺办结时限", |item, out| {
        limit(item.promised_limit.as_ref(), out)
    }),
    field("accept_conditions", "受理条件", |item, out| {
        lines(out, item.accept_conditions.iter(), |text, out| {
            out.write_str(text.trim())
        })
    }),
    field("steps", "办理流程", |item, out| {
        lines(out, item.steps.iter(), |step, out| {
            out.write_str(step.name.trim())?;
            match step.days {
                Some(days) => write!(out, "（{days}个工作日）"),
                None => Ok(()),
            }
        })
    }),
    field("materials", "申请材料", materials),
    field("form", "申请表", form),
    field("handling_forms", "办理形式", |item, out| {
        let mut forms = item.handling_forms.clone();
        forms.sort_unstable();
        joined(out, forms.iter(), words::HANDLING_FORMS)
    }),
    field("visit_count", "到办事现场次数", |item, out| {
        write!(out, "{}次", item.visit_count)
    }),
    field("fees", "收费项目", |item, out| {
        lines(out, item.fees.iter(), |fee, out| {
            write!(out, "{}：{}", fee.name.trim(), fee.standard.trim())
        })
    }),
    field("result", "办理结果", |item, out| {
        out.write_str(item.result.name.trim())?;
        match words::word_of(words::RESULT_KINDS, &item.result.kind) {
            Some(kind) => write!(out, "（{kind}）"),
            None => Ok(()),
        }
    }),
    Field {
        anchor: "visit_count",
        ..field("service_standard", "服务标准", |item, out| {
            let mut objects = item.service_objects.clone();
            objects.sort_unstable();
            joined(out, objects.iter(), words::SERVICE_OBJECTS)?;
            write!(out, "；到办事现场{}次", item.visit_count)
        })
    },
];

/// The code of the item as its implementing code says it; without one of the national form, its base code.
fn code(item: &Item, out: &mut dyn Write) -> fmt::Result {
    match base::codes::ImplCode::parse(&item.impl_code) {
        Ok(code) => write!(out, "{}", code.base()),
        Err(_) => out.write_str(&item.base_code),
    }
}

/// A law with or without 《》 and 中华人民共和国 is the same law.
fn title(law: &str) -> String {
    let bare = law.trim().trim_matches(['《', '》']);
    format!(
        "《{}》",
        bare.strip_prefix("中华人民共和国").unwrap_or(bare)
    )
}

fn limit(limit: Option<&Limit>, out: &mut dyn Write) -> fmt::Result {
    match limit {
        Some(limit) => out.write_str(&words::limit(limit)),
        None => Ok(()),
    }
}

/// The papers and how many of each. What a body does better (sharing, 容缺, 承诺) is no difference.
fn materials(item: &Item, out: &mut dyn Write) -> fmt::Result {
    lines(out, item.materials.iter(), |material, out| {
        out.write_str(material.name.trim())?;
        if let Some(word) = words::word_of(words::NECESSITIES, &material.necessity) {
            write!(out, "（{word}）")?;
        }
        if material.original_count > 0 {
            write!(out, "原件{}份", material.original_count)?;
        }
        if material.copy_count > 0 {
            write!(out, "复印件{}份", material.copy_count)?;
        }
        Ok(())
    })
}

fn form(item: &Item, out: &mut dyn Write) -> fmt::Result {
    lines(out, item.form.fields(), |field, out| {
        out.write_str(field.label.trim())?;
        if field.required {
            out.write_str("（必填）")?;
        }
        if matches!(field.kind, FieldKind::Choice | FieldKind::Choices) {
            for option in &field.options {
                write!(out, "·{}", option.label.trim())?;
            }
        }
        Ok(())
    })
}

fn lines<T>(
    out: &mut dyn Write,
    entries: impl Iterator<Item = T>,
    each: impl Fn(T, &mut dyn Write) -> fmt::Result,
) -> fmt::Result {
    for (index, entry) in entries.enumerate() {
        if index > 0 {
            out.write_char('\n')?;
        }
        each(entry, out)?;
    }
    Ok(())
}

fn joined<'a, C: PartialEq + 'a>(
    out: &mut dyn Write,
    codes: impl Iterator<Item = &'a C>,
    table: &'static [(C, &'static str)],
) -> fmt::Result {
    for (index, code) in codes.enumerate() {
        if index > 0 {
            out.write_char('、')?;
        }
        out.write_str(words::word_of(table, code).unwrap_or("？"))?;
    }
    Ok(())
}

/// What the element says, for people; long ones are cut.
pub fn text(field: &Field, item: &Item) -> String {
    let mut text = String::new();
    (field.write)(item, &mut text).expect("a String takes everything");
    if let Some((cut, _)) = text.char_indices().nth(SHOWN_MAX) {
        text.truncate(cut);
        text.push('…');
    }
    text
}

/// The same as a number: equal where the texts are.
pub fn digest(field: &Field, item: &Item) -> u64 {
    let mut hashing = Hashing(DefaultHasher::new());
    (field.write)(item, &mut hashing).expect("hashing takes everything");
    hashing.0.finish()
}

struct Hashing(DefaultHasher);

impl Write for Hashing {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}
