//! Electronic certificates 电子证照: made with a decision, shown to their holder, checked by anyone with the code
//! printed on them.
//!
//! Tables: `licenses`, `license_states`. A certificate's content is never changed; its state may be. `docs/glossary.md` has the
//! words; identifiers follow GB/T 36904-2018.
//!
//! Reading order: [`model`], [`store`], [`states`] (what becomes of one), [`view`] (who may see what), [`qr`], `web`, [`api`].

pub mod api;
pub mod model;
pub mod qr;
pub mod states;
pub mod store;
pub mod view;
mod web;

use ::web::{Access, App, Listing, Module, Operation, Routes};
use api::wire::{CertifiedJson, LicenseJson, LicensePath, ListMyLicenses, VerifyQuery};

pub use model::{Issued, License, LicenseState, Made, NewLicense};
pub use states::{Change, Successor, succeed};
pub use store::{
    Error, Kind, by_case, by_code, by_id, first_case, issue, newest_in_force, of_holder, state_on,
};
pub use web::routes;

/// Tables of this crate.
pub const MIGRATIONS: &[::store::Migration] = &[
    ::store::Migration {
        id: "0300_licenses",
        sql: include_str!("../migrations/0300_licenses.sql"),
    },
    ::store::Migration {
        id: "0460_license_states",
        sql: include_str!("../migrations/0460_license_states.sql"),
    },
    ::store::Migration {
        id: "0461_license_names",
        sql: include_str!("../migrations/0461_license_names.sql"),
    },
];

/// The doors.
pub fn module(app: App) -> Module {
    Routes::new("license")
        .get("/licenses/{license_id}", Access::Owner, web::show::get)
        .get("/my/licenses", Access::Person, web::mine::get)
        .get("/verify", Access::Public, web::verify::get)
        .get("/verify/{code}", Access::Public, web::verify::get_code)
        .api(
            Operation::get("/api/v1/licenses/{license_id}", "get_license")
                .summary("查看证照")
                .tag("license")
                .access(Access::Owner)
                .path::<LicensePath>()
                .ok::<LicenseJson>(200)
                .problems(&[404]),
            api::licenses::get,
        )
        .api(
            Operation::get("/api/v1/licenses/verify", "verify_license")
                .summary("按核验码核验证照")
                .description("任何人可以核验；同一地址每分钟 30 次。自然人持证人的姓名已脱敏。")
                .tag("license")
                .access(Access::Public)
                .query::<VerifyQuery>()
                .ok::<CertifiedJson>(200)
                .problems(&[404, 422]),
            api::licenses::verify,
        )
        .api(
            Operation::get("/api/v1/my/licenses", "list_my_licenses")
                .summary("我的证照，最新的在前")
                .tag("license")
                .access(Access::Person)
                .query::<ListMyLicenses>()
                .ok::<Listing<LicenseJson>>(200),
            api::licenses::mine,
        )
        .with_state(app)
}
