//! The front page with few, large choices: for 关怀版 and for a machine in a hall.

use askama::Template;
use axum::response::Response;

use crate::render::render;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "pages/simple.html")]
struct Simple {
    page: ui::Page,
    tiles: Vec<Tile>,
}

/// One choice; the words are Chinese source strings.
struct Tile {
    icon: &'static str,
    href: String,
    label: &'static str,
    about: &'static str,
}

/// The front page for this visitor where it should be a simple one; `None` for everybody else.
pub fn front_page(visit: &Visit) -> Option<Response> {
    if !visit.care && visit.kiosk.is_none() {
        return None;
    }
    let mut page = visit.page("首页").with_nav("home");
    "/".clone_into(&mut page.url);
    let tiles = tiles(visit);
    Some(render(visit, Simple { page, tiles }))
}

fn tiles(visit: &Visit) -> Vec<Tile> {
    let tile = |icon, href: &str, label, about| Tile {
        icon,
        href: href.to_owned(),
        label,
        about,
    };
    let licenses = if visit.kiosk.is_some() {
        tile("print", "/my/licenses", "打印证照", "登录后打印您的证照")
    } else {
        tile("card", "/my/licenses", "我的证照", "看证照，出示二维码")
    };
    vec![
        tile(
            "user",
            "/search?audience=person",
            "个人办事",
            "婚育、社保、住房、出行",
        ),
        tile(
            "shop",
            "/search?audience=corp",
            "企业办事",
            "开办、许可、变更、注销",
        ),
        tile("clock", "/progress", "查进度", "输入办件编号就能查"),
        tile("doc", "/my", "我的办件", "办到哪一步、还差什么"),
        licenses,
        tile("hall", "/halls", "办事大厅", "地址、时间、窗口、电话"),
    ]
}
