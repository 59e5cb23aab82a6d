//! Prints what was put into the demonstration catalogue on purpose, one item a line: what is wrong, the word of the
//! finding, the body, the item, its code.
//!
//! `cargo run -p tongban-demo --example differences [-- --seed 1]`

use anyhow::Context as _;

#[expect(clippy::print_stdout, reason = "its output is what it is for")]
fn main() -> anyhow::Result<()> {
    let mut seed = 1;
    let mut arguments = std::env::args().skip(1);
    while let Some(word) = arguments.next() {
        anyhow::ensure!(word == "--seed", "unknown: {word}");
        seed = arguments.next().context("a seed")?.parse()?;
    }
    for found in demo::differences(seed)? {
        println!(
            "{}\t{}\t{}\t{}\t{}",
            found.kind.label(),
            found.kind.finding(),
            found.body,
            found.item,
            found.impl_code
        );
    }
    Ok(())
}
