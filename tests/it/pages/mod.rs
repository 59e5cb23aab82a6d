//! Every page and every template: links lead somewhere, one heading, no inline script or style, English complete.

mod crawl;
mod design;
mod english;
mod templates;
