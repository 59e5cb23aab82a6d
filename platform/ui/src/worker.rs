//! The service worker of an installed page: `sw.js` with the addresses of what it keeps.

use std::sync::LazyLock;

use crate::assets;

/// What every page needs, fetched when the worker is installed; the rest is kept as pages ask for it.
const SHELL: [&str; 7] = [
    "tokens.css",
    "base.css",
    "pages.css",
    "tongban.js",
    "offline.js",
    "icons.svg",
    "icon.svg",
];

static SCRIPT: LazyLock<String> = LazyLock::new(|| {
    let files: Vec<String> = SHELL
        .iter()
        .map(|name| format!("\"{}\"", assets::url(name)))
        .collect();
    include_str!("../assets/sw.js")
        .replace("{version}", &version())
        .replace("{files}", &format!("[{}]", files.join(", ")))
});

/// The script; it changes whenever an asset changes, so that browsers fetch it anew.
pub fn script() -> &'static str {
    &SCRIPT
}

/// Another one for every state of the assets: the shell's own are in it, the others by their names' hashes.
fn version() -> String {
    let names: Vec<&str> = assets::NAMES.iter().map(|name| assets::url(name)).collect();
    format!("{:016x}", assets::fnv(names.join("\n").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::script;

    #[test]
    fn the_worker_names_its_version_and_its_files() {
        let script = script();
        assert!(!script.contains("{version}") && !script.contains("{files}"));
        assert!(script.contains(crate::assets::url("offline.js")));
    }
}
