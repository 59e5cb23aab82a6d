//! Traditional characters 繁体字 to the simplified ones the catalogue is written in.
//!
//! Not every character there is: those of the words of government services, in the forms of Taiwan and Hong Kong.

/// Traditional and simplified, side by side.
const PAIRS: &str = "丟丢來来倉仓個个備备傳传傷伤僑侨價价優优儲储兒儿冊册創创劃划劇剧動动務务勞劳區区協协卹恤參参員员問问\
啞哑喪丧單单囑嘱國国園园圓圆圖图團团執执報报場场塊块壓压壞坏壽寿娛娱婦妇嬰婴孫孙學学實实審审寬宽寵宠\
專专對对屬属師师幣币幫帮幾几庫库廠厂廣广廳厅後后從从復复應应戶户採采換换損损搖摇搶抢撫抚擇择擔担據据\
擴扩攝摄攤摊敵敌數数斷断於于時时晉晋暫暂曆历曉晓書书會会東东枱台條条業业榮荣構构槍枪樂乐樓楼標标樣样\
樹树橋桥機机檢检權权歐欧歡欢歲岁歷历歸归殘残殺杀殼壳毀毁氣气氫氢決决沒没況况淚泪淨净淺浅減减湊凑湯汤\
準准溝沟溫温滅灭滾滚滿满漁渔漢汉漲涨漸渐潔洁潛潜潤润澤泽濃浓濕湿濟济濫滥濱滨灑洒灣湾災灾為为烏乌無无\
煉炼煙烟煩烦熱热燒烧營营爐炉爭争爺爷牆墙牽牵狀状猶犹獄狱獎奖獨独獲获獸兽獻献現现瑣琐瑪玛環环甌瓯產产\
畝亩畢毕畫画異异當当疊叠痠酸瘋疯療疗癥症發发皚皑盜盗監监盤盘睜睁矚瞩確确碼码磚砖礎础禍祸禮礼稅税種种\
稱称積积穩稳窮穷競竞筆笔節节範范築筑簡简簽签籃篮糧粮糾纠紀纪約约紅红紋纹納纳純纯紙纸級级細细終终組组\
結结絕绝絡络給给統统絲丝經经綜综綠绿維维網网緊紧緒绪線线緣缘編编練练縣县縫缝縮缩縱纵總总績绩織织繞绕\
繡绣繪绘繳缴繼继續续罰罚罷罢羅罗義义習习聯联聲声職职聽听聾聋肅肃脅胁腎肾腦脑腳脚膚肤膽胆臉脸臟脏臨临\
臺台與与舉举舊旧艦舰艱艰莊庄華华萬万葉叶葯药葷荤蓋盖蔣蒋藝艺藥药蘭兰處处號号虧亏蝕蚀蝦虾蟲虫術术衛卫\
衝冲裏里補补裝装裡里製制複复襲袭見见規规視视親亲覺觉訂订計计討讨訓训託托記记訟讼訪访設设許许訴诉診诊\
註注詐诈評评詞词詢询試试詩诗話话該该誌志認认誠诚誤误說说誰谁課课調调談谈請请論论諮咨諾诺謀谋講讲謝谢\
證证譯译議议護护譽誉讀读變变讓让豐丰豬猪貓猫貝贝負负貢贡貧贫貨货販贩貫贯責责貯贮貴贵買买貸贷費费貼贴\
貿贸賀贺賃赁賄贿資资賓宾賠赔賣卖質质賬账賴赖購购賽赛贈赠贊赞趕赶跡迹踐践躍跃車车軌轨軍军軟软軸轴較较\
載载輔辅輕轻輛辆輪轮輸输轉转辦办辭辞辯辩農农迴回這这連连進进遊游運运過过達达遞递遠远適适遲迟遷迁選选\
遺遗還还邊边邏逻郵邮鄉乡鄭郑鄰邻醫医醬酱釀酿釋释針针釣钓鈔钞銀银銷销鋪铺鋼钢錄录錢钱錯错鍋锅鎖锁鎮镇\
鏈链鐘钟鐵铁鑄铸鑑鉴鑒鉴鑽钻長长門门閉闭開开閒闲間间閱阅闆板關关陣阵陰阴陸陆陽阳隊队階阶際际隨随險险\
隱隐隻只雖虽雙双雜杂雞鸡離离難难雲云電电霧雾靈灵靜静韓韩頁页頂顶項项順顺預预頒颁領领頭头頻频顆颗題题\
額额顏颜願愿類类顧顾風风飛飞飯饭飲饮養养餘余館馆馬马駕驾駛驶騎骑騙骗驅驱驗验驚惊驛驿體体髮发鬆松鬥斗\
鬧闹魚鱼魯鲁鮮鲜鳥鸟鳳凤鴨鸭鵝鹅鹹咸鹽盐麗丽麥麦麵面黃黄點点黨党黴霉齊齐齒齿齡龄龍龙龜龟";

/// The simplified form of a character, or the character itself.
pub(super) fn simplify(c: char) -> char {
    use std::collections::HashMap;
    use std::sync::LazyLock;
    static TABLE: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
        let chars: Vec<char> = PAIRS.chars().collect();
        chars
            .chunks_exact(2)
            .map(|pair| (pair[0], pair[1]))
            .collect()
    });
    // Traditional and simplified characters both lie above this.
    if c < '\u{4e00}' {
        return c;
    }
    TABLE.get(&c).copied().unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traditional_questions_read_as_simplified_ones() {
        for (traditional, simplified) in [
            ("結婚證", "结婚证"),
            ("營業執照", "营业执照"),
            ("醫療保險報銷", "医疗保险报销"),
            ("老年人優待證", "老年人优待证"),
            ("駕駛證", "驾驶证"),
            ("護照", "护照"),
            ("網約車", "网约车"),
        ] {
            let read: String = traditional.chars().map(simplify).collect();
            assert_eq!(read, simplified);
        }
    }

    #[test]
    fn nothing_simplified_is_changed() {
        let names = include_str!("../../../../data/items/directory_guangan.csv");
        for c in names.chars() {
            assert_eq!(simplify(c), c, "{c}");
        }
    }
}
