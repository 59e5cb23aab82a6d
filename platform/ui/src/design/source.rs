//! Reading our own templates: the code of a state, the signature of a macro.

use super::MacroFile;

/// The source of the arm `{% when "arm" %}`, without its outer blank lines.
pub(super) fn code(template: &'static str, arm: &str) -> Option<&'static str> {
    let start = template.find(&format!("{{% when \"{arm}\" %}}"))?;
    let body = &template[start..];
    let body = &body[body.find("%}")? + 2..];
    let end = ["{% when \"", "{% else %}{# no such state #}"]
        .iter()
        .filter_map(|mark| body.find(mark))
        .min()?;
    Some(body[..end].trim())
}

/// Every arm of a template.
#[cfg(test)]
pub(super) fn arms(template: &'static str) -> Vec<&'static str> {
    template
        .split("{% when \"")
        .skip(1)
        .filter_map(|rest| rest.split_once("\" %}").map(|(name, _)| name))
        .filter(|name| name.contains('-'))
        .collect()
}

/// The parameters of a macro with what they are when left out.
pub(super) fn parameters(
    file: &MacroFile,
    name: &str,
) -> Option<Vec<(&'static str, Option<&'static str>)>> {
    let mark = format!("{{% macro {name}(");
    let rest = &file.source[file.source.find(&mark)? + mark.len()..];
    let list = &rest[..rest.find(") %}")?];
    Some(
        list.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| match part.split_once('=') {
                Some((name, value)) => (name.trim(), Some(value.trim())),
                None => (part, None),
            })
            .collect(),
    )
}

/// The names of all macros of a file.
#[cfg(test)]
pub(super) fn macros(source: &str) -> Vec<&str> {
    source
        .split("{% macro ")
        .skip(1)
        .filter_map(|rest| rest.split_once('(').map(|(name, _)| name))
        .collect()
}
