//! Accounts: signing in and out, registering, changing the password, and acting for an enterprise or another person
//! (授权代办).

pub(crate) mod authorising;
mod password;
mod proxies;
mod register;
mod sign_in;

use web::{Access, Routes};

use crate::Intake;

/// The doors.
pub(crate) fn routes(routes: Routes<Intake>) -> Routes<Intake> {
    routes
        .get("/sign-in", Access::Public, sign_in::show)
        .post("/sign-in", Access::Public, sign_in::sign_in)
        .get("/staff/sign-in", Access::Public, sign_in::show_staff)
        .post("/staff/sign-in", Access::Public, sign_in::sign_in_staff)
        .post("/sign-out", Access::SignedIn, sign_in::sign_out)
        .get("/register", Access::Public, register::show)
        .post("/register", Access::Public, register::register)
        .get("/account/password", Access::SignedIn, password::show)
        .post("/account/password", Access::SignedIn, password::change)
        .get("/account/proxies", Access::Person, proxies::show)
        .post("/account/proxies", Access::Person, proxies::give)
        .post("/account/proxies/revoke", Access::Person, proxies::revoke)
        .get("/account/proxies/{proxy_id}", Access::Person, proxies::one)
        .get(
            "/account/enterprise",
            Access::Person,
            proxies::show_enterprise,
        )
        .post(
            "/account/enterprise",
            Access::Person,
            proxies::bind_enterprise,
        )
        .post("/account/acting", Access::Person, proxies::act)
}

/// The sentence of an error of `people` about one field, with the field's name; other errors go on.
fn of_field(error: people::Error) -> Result<(&'static str, String), web::Problem> {
    match error.field() {
        Some(field) => Ok((field, error.message())),
        None => Err(error.into()),
    }
}
