//! Writes the component gallery and the assets it needs into a folder, to be looked at in a browser:
//! `cargo run -p tongban-ui --example gallery -- FOLDER`, then serve the folder.

use std::{error::Error, fs, path::Path};

use askama::Template as _;
use ui::{ErrorKind, ErrorPage, Lang, Page, Theme, UserKind, gallery};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder?")?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder.join("assets"))?;
    for name in ui::assets::NAMES {
        let url = ui::assets::url(name);
        let asset = ui::assets::get(url, "").ok_or("an asset is found by its address")?;
        fs::write(folder.join(&url[1..]), asset.bytes)?;
    }
    for (name, lang, care, theme) in [
        ("zh", Lang::Zh, false, Theme::Auto),
        ("zh-care", Lang::Zh, true, Theme::Light),
        ("zh-care-dark", Lang::Zh, true, Theme::Dark),
        ("en-dark", Lang::En, false, Theme::Dark),
    ] {
        let page = Page {
            lang,
            care,
            theme,
            ..gallery::sample_page()
        };
        let mut staff = page.clone();
        if let Some(user) = &mut staff.user {
            user.kind = UserKind::Staff;
        }
        "/staff".clone_into(&mut staff.url);
        let write =
            |kind: &str, html: String| fs::write(folder.join(format!("{kind}-{name}.html")), html);
        write("public", gallery::gallery(page.clone()).render()?)?;
        write("staff", gallery::staff_gallery(staff.clone()).render()?)?;
        let letter = gallery::PrintGallery { page: page.clone() };
        write("letter", letter.render()?)?;
        let mut error = ErrorPage {
            page,
            kind: ErrorKind::Conflict,
            detail: "周敏已于10:20受理此件。".to_owned(),
            retry_after: None,
            request_id: "00c0ffee00c0ffee".to_owned(),
        };
        write("error", error.render()?)?;
        error.page = staff;
        write("error-staff", error.render()?)?;
    }
    Ok(())
}
