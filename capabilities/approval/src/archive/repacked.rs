//! A file that somebody packed again: never taken for an export, but what it holds is still looked at, so that whoever
//! checks it is told which paper was changed and not only that the container is another one.
//!
//! Nothing is unpacked beyond a bound that follows from the size of the file itself, and no name leaves the container.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use zip::ZipArchive;

use super::check::{self, Difference};
use super::container::{ENTRIES_MAX, Writer};

/// Bytes that every file may unpack to, however small it is.
const FREE_BYTES: u64 = 8 << 20;
/// Beyond that: so many times its own size.
const RATIO_MAX: u64 = 40;
/// Never more than this: it is held in memory.
const BYTES_MAX: u64 = 1 << 30;

/// The first difference inside a file whose container is not the one of an export; `outside` is what is wrong with the
/// container, and the answer where nothing can be said about the inside.
pub(super) fn inside(
    mut file: impl Read + Seek,
    expected_key: Option<&str>,
    outside: Difference,
) -> Difference {
    match again(&mut file) {
        Ok(Some(bytes)) => match check::sound(Cursor::new(bytes), expected_key) {
            Err(difference) => difference.into(),
            Ok(Err(difference)) => difference,
            Ok(Ok(_)) => Difference {
                what: format!(
                    "{}; what it holds is as it was exported, but it was packed again",
                    outside.what
                ),
                ..outside
            },
        },
        Ok(None) => outside,
        Err(difference) => difference,
    }
}

/// What the file holds, packed as an export is; nothing where it cannot be opened as an archive at all.
fn again(file: &mut (impl Read + Seek)) -> Result<Option<Vec<u8>>, Difference> {
    let Ok(length) = file.seek(SeekFrom::End(0)) else {
        return Ok(None);
    };
    let Ok(mut archive) = ZipArchive::new(file) else {
        return Ok(None);
    };
    if archive.len() > ENTRIES_MAX {
        return Ok(None);
    }
    let mut left = length
        .saturating_mul(RATIO_MAX)
        .clamp(FREE_BYTES, BYTES_MAX);
    let mut writer = Writer::new(Cursor::new(Vec::new()));
    for place in 0..archive.len() {
        let Ok(mut part) = archive.by_index(place) else {
            return Ok(None);
        };
        let name = match part.name() {
            Ok(name) => name.into_owned(),
            Err(_) => return Ok(None),
        };
        if name.ends_with('/') {
            continue;
        }
        let mut entry = writer.begin(&name)?;
        let copied = copy(&mut part, left, |piece| {
            entry.write(piece).map_err(io::Error::other)
        });
        match copied {
            Ok(Some(size)) => left -= size,
            Ok(None) => {
                return Err(Difference {
                    place: name,
                    what: format!("unpacks to more than {RATIO_MAX} times the size of the file"),
                });
            }
            Err(_) => {
                return Err(Difference {
                    place: name,
                    what: "cannot be unpacked: its bytes were changed".to_owned(),
                });
            }
        }
        entry.finish()?;
    }
    Ok(Some(writer.finish()?.into_inner()))
}

/// Hands over everything there is, at most `limit` bytes; nothing where there is more.
fn copy(
    part: &mut impl Read,
    limit: u64,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<Option<u64>> {
    let mut piece = vec![0; 64 * 1024];
    let mut size = 0;
    loop {
        let got = part.read(&mut piece)?;
        if got == 0 {
            return Ok(Some(size));
        }
        size += got as u64;
        if size > limit {
            return Ok(None);
        }
        take(&piece[..got])?;
    }
}

#[cfg(test)]
mod tests {
    use super::copy;

    #[test]
    fn nothing_is_unpacked_beyond_the_bound() {
        let mut taken = 0;
        let mut endless = std::io::repeat(0);
        let copied = copy(&mut endless, 200_000, |piece| {
            taken += piece.len();
            Ok(())
        });
        assert_eq!(copied.expect("read"), None);
        assert!(taken <= 200_000, "{taken}");
        let copied = copy(&mut &b"abc"[..], 3, |_| Ok(()));
        assert_eq!(copied.expect("read"), Some(3));
    }
}
