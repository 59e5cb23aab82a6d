//! The catalogue's operations of the JSON API.

mod base;
mod base_file;
mod bulk;
mod bundles;
mod checks;
mod drafts;
mod drift;
mod figures;
mod import;
mod items;
mod materials;
mod situation;
mod spots;
mod transfer;
mod wire;

use casework::Permission;
use web::{Access, Listing, Operation, Routes};

use crate::pages::Doors;

/// Adds the operations to the doors.
pub(crate) fn operations(routes: Routes<Doors>) -> Routes<Doors> {
    let routes = drafts::operations(routes);
    let routes = base::operations(routes);
    let routes = bulk::operations(routes);
    let routes = figures::operations(routes);
    let routes = drift::operations(routes);
    let routes = bundles::operations(routes);
    let routes = checks::operations(routes);
    let routes = situation::operations(routes);
    let routes = materials::operations(routes);
    let routes = base_file::operations(routes);
    let routes = spots::operations(routes);
    let routes = transfer::operations(routes);
    routes
        .api(
            Operation::get("/api/v1/items", "list_items")
                .tag("catalog")
                .summary("事项列表")
                .description("按名称排列；默认只列在用的事项。")
                .access(Access::Public)
                .query::<items::ListItems>()
                .ok::<Listing<wire::ItemLine>>(200),
            items::list,
        )
        .api(
            Operation::get("/api/v1/items/search", "search_items")
                .tag("catalog")
                .summary("搜索事项")
                .description("用日常说法、正式名称或拼音首字母搜索，最相关的在前。")
                .access(Access::Public)
                .query::<items::SearchItems>()
                .ok::<wire::Found>(200),
            items::search,
        )
        .api(
            Operation::get("/api/v1/items/{item_id}", "get_item")
                .tag("catalog")
                .summary("事项详情")
                .description("现行版本的全部要素，以及申请表的JSON Schema。")
                .access(Access::Public)
                .ok::<wire::ItemDetail>(200),
            items::get,
        )
        .api(
            Operation::post("/api/v1/items/import", "import_items")
                .tag("catalog")
                .summary("导入事项")
                .description(
                    "multipart/form-data：file（XLSX、CSV或JSON，最大10MB），可选dry_run=1只看不做、\
                     keep_good_rows=1跳过有错误的行、default_org机构代码、mapping部门对应。要么全部生效，要么什么都不变。",
                )
                .access(Access::Permission(Permission::Administer))
                .files()
                .ok::<wire::Imported>(200),
            import::post,
        )
}
