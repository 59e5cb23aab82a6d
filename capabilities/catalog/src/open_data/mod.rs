//! Open data: the published items for whoever wants to work with them, whole ([`files`]), one by one as linked data
//! ([`jsonld`]), and what changed ([`changes`]). Only what guides show anyway: no names of staff, no reasons written
//! for the file, no marks.

pub mod changes;
pub mod files;
pub mod jsonld;

#[cfg(test)]
mod tests;

/// The licence the data come under.
pub const LICENCE: &str = "https://creativecommons.org/licenses/by/4.0/deed.zh-hans";
