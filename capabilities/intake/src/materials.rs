//! 申请材料: which are needed now, which may follow, and what is still missing.

use approval::details::{FileGiven, MaterialGiven};
use catalog::model::{CommitmentMode, Item, Material, Necessity, SourceChannel};

use crate::form::Wrong;
use crate::said::Said;

/// Files of one material.
pub const FILES_MAX: usize = 10;
/// Files of one application.
pub const FILES_TOTAL_MAX: usize = 60;

/// What the applicant has to do about a material.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// 必须提交.
    Required,
    /// 免提交: the office gets it from another authority.
    Shared,
    /// 容缺后补: may follow after submission.
    Later,
    /// Only in the situation that the item names.
    Situational,
    /// 选交.
    Optional,
    /// 任选其一: one of several is enough.
    Choice,
}

impl Need {
    pub fn label(self) -> &'static str {
        match self {
            Need::Required => "必须提交",
            Need::Shared => "免提交",
            Need::Later => "容缺后补",
            Need::Situational => "符合情形时提交",
            Need::Optional => "选交",
            Need::Choice => "任选其一",
        }
    }

    /// Class of the tag beside the name.
    pub fn tone(self) -> &'static str {
        match self {
            Need::Required | Need::Choice => "brand",
            Need::Shared => "green",
            Need::Later => "amber",
            Need::Situational | Need::Optional => "plain",
        }
    }
}

/// What has to be done about this material.
///
/// What another authority holds and shares is not asked of the applicant (免提交).
pub fn need(material: &Material) -> Need {
    let shared =
        material.source_channel == SourceChannel::Government && !material.shared_via.is_empty();
    match material.necessity {
        _ if shared => Need::Shared,
        Necessity::Required if material.deficient_ok => Need::Later,
        Necessity::Required if !material.one_of.is_empty() => Need::Choice,
        Necessity::Required => Need::Required,
        Necessity::Deferrable => Need::Later,
        Necessity::Situational => Need::Situational,
        Necessity::Optional => Need::Optional,
    }
}

/// [`need`] for an applicant who holds certificates that stand for the materials of these keys.
pub fn need_beside(material: &Material, certified: &[&str]) -> Need {
    if certified.contains(&material.key.as_str()) {
        Need::Shared
    } else {
        need(material)
    }
}

/// Whether the paper may be brought to a window instead of a file.
pub fn paper_allowed(item: &Item, material: &Material) -> bool {
    let at_window = item.handling_forms.is_empty() || item.handling_forms.contains(&1);
    at_window && (material.form.is_empty() || material.form.contains("纸质"))
}

/// Whether a written promise may stand in its place (告知承诺).
pub fn promisable(item: &Item, material: &Material) -> bool {
    item.commitment.mode != CommitmentMode::None && material.commitment_replaceable
}

/// Notes, or takes back, that a promise stands in place of a material.
pub fn set_promised(all: &mut Vec<MaterialGiven>, key: &str, promised: bool) {
    all.retain(|given| given.key != key || given.is_here());
    if promised && given(all, key).is_none() {
        all.push(MaterialGiven {
            key: key.to_owned(),
            files: Vec::new(),
            paper: false,
            promised: true,
        });
    }
}

/// How the paper stands in a list of [`MaterialGiven`].
///
/// `paper` says that a window took the paper in; an entry without files and without it says that the applicant
/// will bring the paper to a window.
pub fn will_bring_paper(given: &MaterialGiven) -> bool {
    given.files.is_empty() && !given.paper && !given.promised
}

/// The entry of one material.
pub fn given<'a>(all: &'a [MaterialGiven], key: &str) -> Option<&'a MaterialGiven> {
    all.iter().find(|given| given.key == key)
}

/// Adds a file to a material; the same content twice is one file.
///
/// # Errors
/// Too many files.
pub fn add_file(all: &mut Vec<MaterialGiven>, key: &str, file: FileGiven) -> Result<(), Said> {
    let total: usize = all.iter().map(|given| given.files.len()).sum();
    if total >= FILES_TOTAL_MAX {
        return Err(Said::plain("一次申请最多上传{max}个文件").with("max", FILES_TOTAL_MAX));
    }
    let at = all
        .iter()
        .position(|given| given.key == key)
        .unwrap_or_else(|| {
            all.push(MaterialGiven {
                key: key.to_owned(),
                files: Vec::new(),
                paper: false,
                promised: false,
            });
            all.len() - 1
        });
    let entry = &mut all[at];
    if entry.files.iter().any(|known| known.digest == file.digest) {
        return Ok(());
    }
    if entry.files.len() >= FILES_MAX {
        return Err(
            Said::plain("一项材料最多{max}个文件，可以合并成一个PDF后上传").with("max", FILES_MAX),
        );
    }
    entry.files.push(file);
    entry.promised = false;
    Ok(())
}

/// Takes a file out; an entry that says nothing any more goes too.
pub fn remove_file(all: &mut Vec<MaterialGiven>, key: &str, digest: &str) {
    let mut emptied = false;
    if let Some(entry) = all.iter_mut().find(|given| given.key == key) {
        let before = entry.files.len();
        entry.files.retain(|file| file.digest != digest);
        emptied = before > 0 && entry.files.is_empty() && !entry.paper;
    }
    if emptied {
        all.retain(|given| given.key != key);
    }
}

/// Notes, or takes back, that the paper will be brought to a window.
pub fn set_will_bring(all: &mut Vec<MaterialGiven>, key: &str, will: bool) {
    match (given(all, key), will) {
        (None, true) => all.push(MaterialGiven {
            key: key.to_owned(),
            files: Vec::new(),
            paper: false,
            promised: false,
        }),
        (Some(entry), false) if will_bring_paper(entry) => all.retain(|given| given.key != key),
        _ => {}
    }
}

/// Everything wrong with the materials of an application, by material key.
pub fn check(item: &Item, all: &[MaterialGiven]) -> Vec<Wrong> {
    check_beside(item, all, &[])
}

/// [`check`] for an applicant who holds certificates that stand for the materials of these keys.
pub fn check_beside(item: &Item, all: &[MaterialGiven], certified: &[&str]) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    for material in &item.materials {
        let entry = given(all, &material.key);
        let name = || material.name.as_str();
        match entry {
            None if certified.contains(&material.key.as_str()) => {}
            None if need(material) == Need::Required => {
                let said = if !material.produced_by.is_empty() {
                    "请上传“{name}”，它是前一个事项的办理结果；还没有的，请先办好那个事项"
                } else if paper_allowed(item, material) {
                    "请上传“{name}”，或者勾选到窗口交纸质件"
                } else {
                    "请上传“{name}”"
                };
                wrong.push(Wrong::new(
                    &material.key,
                    Said::plain(said).with("name", name()),
                ));
            }
            None if need(material) == Need::Choice => {
                wrong.extend(no_choice(item, material, all, certified));
            }
            Some(entry) if entry.promised && !promisable(item, material) => {
                wrong.push(Wrong::new(
                    &material.key,
                    Said::plain("“{name}”不能用承诺代替，请提交").with("name", name()),
                ));
            }
            Some(entry) if will_bring_paper(entry) && !paper_allowed(item, material) => {
                wrong.push(Wrong::new(
                    &material.key,
                    Said::plain("“{name}”只收电子件，请上传").with("name", name()),
                ));
            }
            Some(entry) if entry.files.len() > FILES_MAX => {
                wrong.push(Wrong::new(
                    &material.key,
                    Said::plain("一项材料最多{max}个文件，可以合并成一个PDF后上传")
                        .with("max", FILES_MAX),
                ));
            }
            _ => {}
        }
    }
    for entry in all {
        let known = item
            .materials
            .iter()
            .any(|material| material.key == entry.key);
        if !known {
            wrong.push(Wrong::new(&entry.key, Said::plain("这个事项不收这项材料")));
        }
    }
    let mut keys: Vec<&str> = all.iter().map(|entry| entry.key.as_str()).collect();
    keys.sort_unstable();
    if let Some(pair) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
        wrong.push(Wrong::new(pair[0], Said::plain("同一项材料只能写一次")));
    }
    wrong
}

/// What is wrong with a choice none of whose alternatives is there; said once, at the first of them.
fn no_choice(
    item: &Item,
    material: &Material,
    all: &[MaterialGiven],
    certified: &[&str],
) -> Option<Wrong> {
    let alternatives: Vec<&Material> = item
        .materials
        .iter()
        .filter(|other| other.one_of == material.one_of)
        .collect();
    let there = |other: &&Material| {
        given(all, &other.key).is_some()
            || certified.contains(&other.key.as_str())
            || need(other) == Need::Shared
    };
    let first = alternatives.first()?;
    if first.key != material.key && need(first) == Need::Choice || alternatives.iter().any(there) {
        return None;
    }
    let names: Vec<&str> = alternatives
        .iter()
        .map(|other| other.name.as_str())
        .collect();
    let said = Said::plain("请从“{names}”里任选一项提交").with("names", names.join("”“"));
    Some(Wrong::new(&material.key, said))
}

/// A size as people read it.
pub fn size_text(bytes: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    if bytes >= MIB && bytes.is_multiple_of(MIB) {
        format!("{} MB", bytes / MIB)
    } else if bytes >= MIB {
        format!("{}.{} MB", bytes / MIB, bytes % MIB * 10 / MIB)
    } else {
        format!("{} KB", bytes.div_ceil(1024))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn material(key: &str, necessity: Necessity) -> Material {
        Material {
            key: key.into(),
            name: key.into(),
            necessity,
            form: "纸质或电子".into(),
            ..Material::default()
        }
    }

    fn file(n: usize) -> FileGiven {
        FileGiven {
            digest: format!("{n:064}"),
            size: 10,
            media_type: "application/pdf".into(),
            name: "a.pdf".into(),
        }
    }

    #[test]
    fn required_ones_must_be_there_or_come_on_paper() {
        let mut item = Item {
            materials: vec![
                material("plan", Necessity::Required),
                material("health", Necessity::Deferrable),
                material("extra", Necessity::Situational),
            ],
            handling_forms: vec![1, 2],
            ..Item::default()
        };
        let mut all = Vec::new();
        let wrong = check(&item, &all);
        assert_eq!(wrong.len(), 1);
        assert_eq!(wrong[0].field, "plan");
        assert!(wrong[0].said.to_string().contains("窗口"));
        set_will_bring(&mut all, "plan", true);
        assert!(check(&item, &all).is_empty());
        item.handling_forms = vec![2];
        assert_eq!(
            check(&item, &all)[0].said.to_string(),
            "“plan”只收电子件，请上传"
        );
        add_file(&mut all, "plan", file(1)).expect("one file");
        assert!(check(&item, &all).is_empty());
        remove_file(&mut all, "plan", &file(1).digest);
        assert!(all.is_empty());
    }

    #[test]
    fn one_of_several_is_enough_and_one_is_needed() {
        let one_of = |key: &str| Material {
            one_of: "home".into(),
            ..material(key, Necessity::Required)
        };
        let item = Item {
            materials: vec![one_of("deed"), one_of("lease"), one_of("loan")],
            handling_forms: vec![2],
            ..Item::default()
        };
        let wrong = check(&item, &[]);
        assert_eq!(wrong.len(), 1);
        assert_eq!(wrong[0].field, "deed");
        assert_eq!(
            wrong[0].said.to_string(),
            "请从“deed”“lease”“loan”里任选一项提交"
        );
        let mut all = Vec::new();
        add_file(&mut all, "lease", file(1)).expect("one file");
        assert!(check(&item, &all).is_empty());
        assert!(check_beside(&item, &[], &["loan"]).is_empty());
    }

    #[test]
    fn the_result_of_an_earlier_item_is_held_or_handed_in() {
        let item = Item {
            materials: vec![Material {
                produced_by: "990121001001".into(),
                ..material("permit", Necessity::Required)
            }],
            handling_forms: vec![2],
            ..Item::default()
        };
        let wrong = check(&item, &[]);
        assert!(wrong[0].said.to_string().contains("前一个事项"));
        assert!(check_beside(&item, &[], &["permit"]).is_empty());
    }

    #[test]
    fn what_another_authority_holds_is_not_asked_for() {
        let licence = Material {
            source_channel: SourceChannel::Government,
            shared_via: "电子营业执照".into(),
            ..material("licence", Necessity::Required)
        };
        assert_eq!(need(&licence), Need::Shared);
        let item = Item {
            materials: vec![licence],
            ..Item::default()
        };
        assert!(check(&item, &[]).is_empty());
    }

    #[test]
    fn strangers_doubles_and_floods_are_refused() {
        let item = Item {
            materials: vec![material("plan", Necessity::Optional)],
            ..Item::default()
        };
        let entry = |key: &str| MaterialGiven {
            key: key.into(),
            files: vec![file(1)],
            paper: false,
            promised: false,
        };
        assert_eq!(check(&item, &[entry("other")])[0].field, "other");
        assert_eq!(check(&item, &[entry("plan"), entry("plan")]).len(), 1);
        let mut all = Vec::new();
        for n in 0..FILES_MAX {
            add_file(&mut all, "plan", file(n)).expect("within the limit");
        }
        add_file(&mut all, "plan", file(0)).expect("the same file again changes nothing");
        assert!(add_file(&mut all, "plan", file(99)).is_err());
        assert_eq!(size_text(1_900_000), "1.8 MB");
        assert_eq!(size_text(20 * 1024 * 1024), "20 MB");
        assert_eq!(size_text(1), "1 KB");
    }
}
