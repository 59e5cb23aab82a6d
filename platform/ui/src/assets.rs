//! Style sheets, script and pictures: embedded, named by their content, compressed once.

use std::{
    io::Write as _,
    sync::{LazyLock, OnceLock},
};

use flate2::{Compression, write::GzEncoder};

/// A file that pages refer to.
struct File {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
    url: String,
    etag: String,
    gzip: OnceLock<Vec<u8>>,
    brotli: OnceLock<Vec<u8>>,
}

/// One answer to a request for an asset.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    pub bytes: &'static [u8],
    pub content_type: &'static str,
    /// `br`, `gzip` or none.
    pub encoding: Option<&'static str>,
    pub etag: &'static str,
}

/// Every asset, by the name pages use.
pub const NAMES: [&str; 37] = [
    "tokens.css",
    "base.css",
    "pages.css",
    "citizen.css",
    "citizen.js",
    "portal.css",
    "bundle.css",
    "bundle.js",
    "portal.js",
    "design.css",
    "charts.css",
    "wall.css",
    "wall.js",
    "editor.css",
    "staff.css",
    "list.js",
    "palette.js",
    "tongban.js",
    "viewer.css",
    "route.css",
    "viewer.js",
    "letter.css",
    "desk.css",
    "desk.js",
    "icons.svg",
    "icon.svg",
    "mark.svg",
    "kiosk.css",
    "kiosk.js",
    "care.css",
    "aloud.js",
    "print.css",
    "simple.css",
    "offline.js",
    "fields.css",
    "fields.js",
    "icon-maskable.svg",
];

macro_rules! file {
    ($name:literal, $content_type:literal) => {
        (
            $name,
            $content_type,
            include_bytes!(concat!("../assets/", $name)) as &[u8],
        )
    };
}

static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
    [
        file!("tokens.css", "text/css; charset=utf-8"),
        file!("base.css", "text/css; charset=utf-8"),
        file!("pages.css", "text/css; charset=utf-8"),
        file!("citizen.css", "text/css; charset=utf-8"),
        file!("citizen.js", "text/javascript; charset=utf-8"),
        file!("portal.css", "text/css; charset=utf-8"),
        file!("bundle.css", "text/css; charset=utf-8"),
        file!("bundle.js", "text/javascript; charset=utf-8"),
        file!("portal.js", "text/javascript; charset=utf-8"),
        file!("design.css", "text/css; charset=utf-8"),
        file!("charts.css", "text/css; charset=utf-8"),
        file!("wall.css", "text/css; charset=utf-8"),
        file!("wall.js", "text/javascript; charset=utf-8"),
        file!("editor.css", "text/css; charset=utf-8"),
        file!("staff.css", "text/css; charset=utf-8"),
        file!("list.js", "text/javascript; charset=utf-8"),
        file!("palette.js", "text/javascript; charset=utf-8"),
        file!("tongban.js", "text/javascript; charset=utf-8"),
        file!("viewer.css", "text/css; charset=utf-8"),
        file!("route.css", "text/css; charset=utf-8"),
        file!("viewer.js", "text/javascript; charset=utf-8"),
        file!("letter.css", "text/css; charset=utf-8"),
        file!("desk.css", "text/css; charset=utf-8"),
        file!("desk.js", "text/javascript; charset=utf-8"),
        file!("icons.svg", "image/svg+xml"),
        file!("icon.svg", "image/svg+xml"),
        file!("mark.svg", "image/svg+xml"),
        file!("kiosk.css", "text/css; charset=utf-8"),
        file!("kiosk.js", "text/javascript; charset=utf-8"),
        file!("care.css", "text/css; charset=utf-8"),
        file!("aloud.js", "text/javascript; charset=utf-8"),
        file!("print.css", "text/css; charset=utf-8"),
        file!("simple.css", "text/css; charset=utf-8"),
        file!("offline.js", "text/javascript; charset=utf-8"),
        file!("fields.css", "text/css; charset=utf-8"),
        file!("fields.js", "text/javascript; charset=utf-8"),
        file!("icon-maskable.svg", "image/svg+xml"),
    ]
    .into_iter()
    .map(|(name, content_type, bytes)| {
        let hash = fnv(bytes);
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
        File {
            name,
            content_type,
            bytes,
            url: format!("/assets/{stem}.{hash:016x}.{ending}"),
            etag: format!("\"{hash:016x}\""),
            gzip: OnceLock::new(),
            brotli: OnceLock::new(),
        }
    })
    .collect()
});

/// The address of an asset.
///
/// # Panics
/// If there is no such asset: names are literals in templates, and a test renders them all.
pub fn url(name: &str) -> &'static str {
    &FILES
        .iter()
        .find(|file| file.name == name)
        .unwrap_or_else(|| panic!("no asset {name}"))
        .url
}

/// The asset at `path` (as [`url`] gives it) in the best encoding the client accepts. Its content never changes:
/// it may be cached for ever.
pub fn get(path: &str, accept_encoding: &str) -> Option<Asset> {
    let file = FILES.iter().find(|file| file.url == path)?;
    let (bytes, encoding) = if accepts(accept_encoding, "br") {
        (
            file.brotli.get_or_init(|| brotli(file.bytes)).as_slice(),
            Some("br"),
        )
    } else if accepts(accept_encoding, "gzip") {
        (
            file.gzip.get_or_init(|| gzip(file.bytes)).as_slice(),
            Some("gzip"),
        )
    } else {
        (file.bytes, None)
    };
    Some(Asset {
        bytes,
        content_type: file.content_type,
        encoding,
        etag: &file.etag,
    })
}

fn accepts(header: &str, coding: &str) -> bool {
    header.split(',').any(|part| {
        let mut words = part.split(';').map(str::trim);
        words.next() == Some(coding) && !words.any(|word| word == "q=0" || word == "q=0.0")
    })
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .expect("writing to memory does not fail")
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        ..Default::default()
    };
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &params)
        .expect("writing to memory does not fail");
    out
}

/// FNV-1a: names content, guards nothing.
pub(crate) fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_found_by_its_address_only_and_compressed_as_asked() {
        let path = url("base.css");
        assert!(get("/assets/base.css", "br").is_none());
        let plain = get(path, "").expect("it is there");
        assert_eq!(plain.encoding, None);
        let small = get(path, "gzip, br").expect("it is there");
        assert_eq!(small.encoding, Some("br"));
        assert!(small.bytes.len() * 3 < plain.bytes.len());
        assert_eq!(
            get(path, "br;q=0, gzip").expect("it is there").encoding,
            Some("gzip")
        );
    }

    #[test]
    fn every_name_is_an_asset() {
        assert_eq!(NAMES.len(), FILES.len());
        for name in NAMES {
            assert!(get(url(name), "").is_some(), "{name}");
        }
    }

    #[test]
    fn style_and_script_together_stay_under_40_kb() {
        let total: usize = [
            "tokens.css",
            "base.css",
            "pages.css",
            "tongban.js",
            "icons.svg",
        ]
        .iter()
        .map(|name| get(url(name), "gzip").expect("it is there").bytes.len())
        .sum();
        assert!(total < 40 * 1024, "{total}");
    }
}
