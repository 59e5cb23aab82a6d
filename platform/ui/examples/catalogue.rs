//! Writes the catalogue of components and its assets into a folder, to be looked at without a server:
//! `cargo run -p tongban-ui --example catalogue -- FOLDER`, then serve the folder.

use std::{error::Error, fs, path::Path};

use askama::Template as _;
use ui::{
    Lang, Page, Theme,
    design::{self, pages},
};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder?")?;
    let folder = Path::new(&folder);
    fs::create_dir_all(folder.join("assets"))?;
    for name in ui::assets::NAMES {
        let url = ui::assets::url(name);
        let asset = ui::assets::get(url, "").ok_or("an asset is found by its address")?;
        fs::write(folder.join(&url[1..]), asset.bytes)?;
    }
    for (look, lang, care, theme) in [
        ("light", Lang::Zh, false, Theme::Light),
        ("dark", Lang::Zh, false, Theme::Dark),
        ("care", Lang::Zh, true, Theme::Light),
        ("care-dark", Lang::Zh, true, Theme::Dark),
        ("english", Lang::En, false, Theme::Light),
    ] {
        let page = Page {
            lang,
            care,
            theme,
            flash: None,
            ..design::sample_page()
        };
        let folder = folder.join(look);
        fs::create_dir_all(&folder)?;
        let overview = pages::Index::new(page.clone(), "").render()?;
        fs::write(folder.join("index.html"), overview)?;
        for group in design::GROUPS {
            for specimen in group.specimens {
                let component = pages::Component::new(page.clone(), group, specimen)?.render()?;
                fs::write(folder.join(format!("{}.html", specimen.id)), component)?;
                for state in specimen.states {
                    let alone =
                        pages::Alone::new(page.clone(), group, specimen, state)?.render()?;
                    let name = format!("{}.html", specimen.arm(state));
                    fs::write(folder.join(name), alone)?;
                }
            }
        }
    }
    Ok(())
}
