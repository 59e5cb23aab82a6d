//! What is written in one case: answers, materials, remarks, reasons, opinions, and what the applicant says afterwards.

use approval::Answers;
use approval::details::{CorrectionItem, Delivery, MaterialGiven};
use approval::rules::Command;
use calendar::civil_date;
use casework::{Case, Channel};
use catalog::model::{Item, Material};
use intake::materials::{Need, need, paper_allowed};
use rating::{Given, Level};

use crate::dice::Dice;
use crate::forms;
use crate::office::instant;
use crate::papers::Paper;
use crate::residents::Applicant;

/// What is written in one case.
pub(crate) struct Words<'a> {
    pub(crate) dice: Dice,
    pub(crate) item: &'a Item,
    pub(crate) applicant: &'a Applicant<'a>,
    pub(crate) papers: &'a [Paper],
}

impl Words<'_> {
    pub(crate) fn answers(&mut self, at: i64) -> Answers {
        let filed = civil_date(instant(at));
        forms::answers(self.item, self.applicant, filed, &mut self.dice)
    }

    pub(crate) fn materials(&mut self, window: bool) -> Vec<MaterialGiven> {
        let mut given = Vec::new();
        for material in &self.item.materials {
            let brought = match need(material) {
                Need::Required | Need::Choice => true,
                Need::Later => self.dice.chance(600),
                Need::Optional => self.dice.chance(300),
                Need::Situational => self.dice.chance(250),
                Need::Shared => false,
            };
            if brought {
                given.push(self.hand_in(material, window));
            }
        }
        given
    }

    fn hand_in(&mut self, material: &Material, window: bool) -> MaterialGiven {
        let paper = window && paper_allowed(self.item, material) && self.dice.chance(750);
        let files = if paper {
            Vec::new()
        } else {
            vec![self.dice.pick(self.papers).given(&material.name)]
        };
        MaterialGiven {
            key: material.key.clone(),
            files,
            paper,
            promised: false,
        }
    }

    /// A material again, by its key.
    pub(crate) fn given(&mut self, key: &str, window: bool) -> MaterialGiven {
        let item = self.item;
        match item.materials.iter().find(|material| material.key == key) {
            Some(material) => self.hand_in(material, window),
            None => MaterialGiven {
                key: key.to_owned(),
                files: vec![self.dice.pick(self.papers).given("补充材料")],
                paper: false,
                promised: false,
            },
        }
    }

    pub(crate) fn accepted(&mut self) -> String {
        let said = [
            "",
            "",
            "",
            "材料齐全，予以受理。",
            "材料齐全、符合法定形式。",
        ];
        (*self.dice.pick(&said)).to_owned()
    }

    pub(crate) fn supplied(&mut self) -> String {
        let said = ["", "", "已按要求补正。", "已重新上传，请查收。"];
        (*self.dice.pick(&said)).to_owned()
    }

    pub(crate) fn withdrawn(&mut self) -> String {
        let said = [
            "计划有变，暂不办理",
            "信息填写有误，准备重新申请",
            "改为到窗口办理",
            "暂时不需要了",
        ];
        (*self.dice.pick(&said)).to_owned()
    }

    pub(crate) fn granted(&mut self) -> String {
        let said: &[&str] = match self.item.item_type.as_str() {
            "01" => &[
                "经审查，申请材料齐全、符合法定条件，准予许可。",
                "符合许可条件，准予许可。",
            ],
            "05" => &[
                "经审核，符合给付条件，同意给付。",
                "经核对相关信息，符合条件，同意。",
            ],
            "07" => &["经审查，符合确认条件，予以确认。", "情况属实，予以确认。"],
            "10" => &["材料齐全，予以备案。"],
            _ => &["经审核，符合办理条件，同意办理。", "同意办理。"],
        };
        (*self.dice.pick(said)).to_owned()
    }

    /// One or two points: a material handed in, or the form where there is none.
    pub(crate) fn correction(&mut self, case: &Case) -> Vec<CorrectionItem> {
        let given = approval::details::materials(case);
        let count = if self.dice.chance(280) { 2 } else { 1 };
        let mut items: Vec<CorrectionItem> = Vec::new();
        for _ in 0..count.min(given.len()) {
            let one = self.dice.pick(&given);
            if items.iter().any(|item| item.material == one.key) {
                continue;
            }
            let Some(material) = self
                .item
                .materials
                .iter()
                .find(|known| known.key == one.key)
            else {
                continue;
            };
            items.push(CorrectionItem {
                material: one.key.clone(),
                what: self.what_is_missing(material),
            });
        }
        if items.is_empty() {
            items.push(CorrectionItem {
                material: String::new(),
                what: "申请表中的联系信息与证件不一致，请核对后重新填写".to_owned(),
            });
        }
        items
    }

    fn what_is_missing(&mut self, material: &Material) -> String {
        let name = &material.name;
        if !material.accept_standard.is_empty() && self.dice.chance(550) {
            let standard = material.accept_standard.trim_end_matches('。');
            return format!("“{name}”应当{standard}，请补正后重新提交");
        }
        let fault = self.dice.pick(&[
            "影像不清晰，无法辨认，请重新扫描或拍照后提交",
            "缺少签名或者盖章，请签名盖章后重新提交",
            "已过有效期，请提交有效期内的材料",
            "只有第一页，请提交完整的全部页面",
        ]);
        format!("“{name}”{fault}")
    }

    fn basis(&self) -> String {
        self.item.legal_basis.first().map_or_else(
            || "《行政许可法》第三十八条第二款".to_owned(),
            |basis| format!("{}{}", basis.law, basis.article),
        )
    }

    pub(crate) fn not_accepted(&mut self, doc_no: String) -> Command {
        let elsewhere = self.dice.chance(450);
        // 行政许可法第三十二条第一款第一项、第二项.
        let (reason, article, agency) = if elsewhere {
            (
                "申请事项依法不属于本机关职权范围，请向有权机关申请。".to_owned(),
                "《行政许可法》第三十二条第一款第二项",
                "申请人住所地的县级主管部门",
            )
        } else {
            (
                format!("申请人的情况依法不需要办理“{}”。", self.item.name),
                "《行政许可法》第三十二条第一款第一项",
                "",
            )
        };
        let legal_basis = if self.item.item_type == "01" {
            article.to_owned()
        } else {
            self.basis()
        };
        Command::RefuseAcceptance {
            doc_no,
            reason,
            legal_basis,
            right_agency: agency.to_owned(),
        }
    }

    pub(crate) fn refused(&mut self, doc_no: String) -> Command {
        let conditions = &self.item.accept_conditions;
        let reason = if conditions.is_empty() {
            "经审查，申请人提交的材料不能证明符合规定的条件。".to_owned()
        } else {
            let condition = self.dice.pick(conditions).trim_end_matches('。');
            format!("经审查，不符合“{condition}”的条件。")
        };
        Command::Refuse {
            doc_no,
            reason,
            legal_basis: self.basis(),
        }
    }

    pub(crate) fn delivered(&mut self, method: Delivery) -> Command {
        let (receiver, tracking) = match method {
            Delivery::Window => (self.applicant.person.name.clone(), String::new()),
            Delivery::Post => (
                self.applicant.person.name.clone(),
                format!("990{}", self.dice.digits(10)),
            ),
            Delivery::Electronic => (String::new(), String::new()),
        };
        Command::Deliver {
            method,
            receiver,
            tracking,
        }
    }

    pub(crate) fn rating(&mut self, channel: Channel, content: bool) -> Given {
        let drawn = self.dice.below(1000);
        let level: i64 = match (content, drawn) {
            (true, 0..740) | (false, 0..330) => 1,
            (true, 740..930) | (false, 330..620) => 2,
            (true, 930..988) | (false, 620..850) => 3,
            (true, 988..997) | (false, 850..950) => 4,
            _ => 5,
        };
        let service = rating::tags::Service::of(channel);
        let known = Level::from_code(level)
            .map(|level| rating::tags::current().of(service, level))
            .unwrap_or_default();
        let mut tags = Vec::new();
        let wanted = if level >= 4 {
            1 + self.dice.index(2)
        } else {
            self.dice.index(4)
        };
        for _ in 0..wanted.min(known.len()) {
            let code = self.dice.pick(known).code.clone();
            if !tags.contains(&code) {
                tags.push(code);
            }
        }
        let said: &[&str] = match level {
            1 | 2 => &[
                "",
                "",
                "",
                "",
                "",
                "办得很快，谢谢。",
                "不用跑腿，很方便。",
                "工作人员耐心细致。",
            ],
            3 => &["", "", "", "页面说明可以再清楚一点。"],
            _ => &[
                "",
                "等的时间比说的长。",
                "同一份材料交了两次。",
                "电话一直打不通。",
            ],
        };
        let on_phone = self.dice.chance(300);
        Given {
            level: Some(level),
            tags,
            said: (*self.dice.pick(said)).to_owned(),
            channel: match channel {
                Channel::Web => rating::Channel::Pc,
                Channel::Mobile => rating::Channel::Mobile,
                _ if on_phone => rating::Channel::Qr,
                _ => rating::Channel::HallPad,
            },
        }
    }
}
