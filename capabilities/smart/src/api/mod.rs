//! The same use cases for programs.

mod explanation;
mod mode;
mod offers;
mod rule_sets;
mod runs;
mod samples;
mod sources;
mod verdict;

use ::web::{Operation, Routes};

use crate::state::Smart;

pub(crate) fn routes(routes: Routes<Smart>) -> Routes<Smart> {
    let routes = mode::routes(rule_sets::routes(routes));
    let routes = sources::routes(samples::routes(runs::routes(routes)));
    offers::routes(explanation::routes(routes))
}

fn get(path: &'static str, id: &'static str) -> Operation {
    Operation::get(path, id).tag("smart")
}

fn post(path: &'static str, id: &'static str) -> Operation {
    Operation::post(path, id).tag("smart")
}
