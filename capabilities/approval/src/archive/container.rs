//! The container of an exported file: a ZIP that any program opens, read by a reader that trusts nothing.
//!
//! Every entry is stored as it is, without compression: a small file cannot claim to hold a large one. Entries lie
//! one after the other without a gap or an overlap, their names are plain paths below the container, and the
//! directory is bounded, so that checking a hostile file costs no more memory than checking a good one.

use std::io::{self, Read, Seek, SeekFrom, Write};

/// Entries in one file.
pub const ENTRIES_MAX: usize = 10_000;
/// Bytes of one file: the container has no 64-bit sizes.
pub const BYTES_MAX: u64 = u32::MAX as u64;
/// Bytes of the directory at the end.
const DIRECTORY_MAX: u64 = 4 << 20;
/// Characters of a name.
const NAME_MAX: usize = 120;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const LOCAL_BYTES: u64 = 30;
const END_BYTES: u64 = 22;
/// Names are UTF-8; nothing else may be said in the flags.
const UTF8: u16 = 1 << 11;
/// Version of the format that reading needs.
const VERSION: u16 = 20;
/// 1980-01-01, the first day of the format: when something was written stands in the index.
const FIRST_DAY: u16 = 0x21;

/// What is wrong with a container.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Io(#[from] io::Error),
    /// In words for whoever checks the file.
    #[error("{0}")]
    Unsound(String),
    /// More than a container holds.
    #[error("{0}")]
    TooLarge(String),
}

fn unsound<T>(what: impl Into<String>) -> Result<T, Error> {
    Err(Error::Unsound(what.into()))
}

/// Where one entry lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub size: u64,
    /// Of its first byte.
    start: u64,
    crc: u32,
}

/// A container that is being read.
#[derive(Debug)]
pub struct Reader<R> {
    inner: R,
    entries: Vec<Entry>,
}

impl<R: Read + Seek> Reader<R> {
    /// Reads and checks the directory; no entry is touched beyond its head.
    pub fn open(mut inner: R) -> Result<Reader<R>, Error> {
        let length = inner.seek(SeekFrom::End(0))?;
        if length > BYTES_MAX {
            return unsound(format!(
                "the file has {length} bytes, more than {BYTES_MAX}"
            ));
        }
        if length < END_BYTES {
            return unsound("the file is too short to be a file export");
        }
        inner.seek(SeekFrom::Start(length - END_BYTES))?;
        let mut end = Fields::read(&mut inner, END_BYTES)?;
        if end.u32() != END {
            return unsound(
                "the file does not end as a file export does: it was cut off or added to",
            );
        }
        let (disk, first_disk) = (end.u16(), end.u16());
        let (here, count) = (end.u16(), end.u16());
        let (directory_size, directory_start) = (u64::from(end.u32()), u64::from(end.u32()));
        let comment = end.u16();
        if disk != 0 || first_disk != 0 || here != count || comment != 0 {
            return unsound("the end of the file is not one a file export has");
        }
        if usize::from(count) > ENTRIES_MAX || directory_size > DIRECTORY_MAX {
            return unsound(format!(
                "more than {ENTRIES_MAX} entries or a directory beyond 4 MiB"
            ));
        }
        if directory_start + directory_size + END_BYTES != length {
            return unsound("the directory does not lie at the end of the file");
        }
        inner.seek(SeekFrom::Start(directory_start))?;
        let mut directory = Vec::new();
        (&mut inner)
            .take(directory_size)
            .read_to_end(&mut directory)?;
        let mut entries = parse_directory(directory, usize::from(count))?;
        locate(&mut inner, &mut entries, directory_start)?;
        Ok(Reader { inner, entries })
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Hands the bytes of an entry to `take` piece by piece.
    pub fn pieces(&mut self, entry: &Entry, mut take: impl FnMut(&[u8])) -> Result<(), Error> {
        self.inner.seek(SeekFrom::Start(entry.start))?;
        let mut left = entry.size;
        let mut piece = vec![0; 64 * 1024];
        let mut crc = Crc::default();
        while left > 0 {
            let want = piece
                .len()
                .min(usize::try_from(left).unwrap_or(piece.len()));
            self.inner.read_exact(&mut piece[..want])?;
            crc.update(&piece[..want]);
            take(&piece[..want]);
            left -= want as u64;
        }
        if crc.finish() != entry.crc {
            return unsound(format!("{}: its bytes were changed", entry.name));
        }
        Ok(())
    }

    /// A small entry as a whole.
    pub fn bytes(&mut self, entry: &Entry, limit: u64) -> Result<Vec<u8>, Error> {
        if entry.size > limit {
            return unsound(format!(
                "{}: {} bytes, more than the {limit} it may have",
                entry.name, entry.size
            ));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(entry.size).unwrap_or(0));
        self.pieces(entry, |piece| bytes.extend_from_slice(piece))?;
        Ok(bytes)
    }
}

fn parse_directory(bytes: Vec<u8>, count: usize) -> Result<Vec<Entry>, Error> {
    let mut fields = Fields { bytes, at: 0 };
    let mut entries: Vec<Entry> = Vec::with_capacity(count);
    for _ in 0..count {
        if !fields.has(46) || fields.u32() != CENTRAL {
            return unsound("the directory is damaged");
        }
        let (made_by, needed) = (fields.u16(), fields.u16());
        let (flags, method) = (fields.u16(), fields.u16());
        let (time, day) = (fields.u16(), fields.u16());
        let crc = fields.u32();
        let (packed, size) = (fields.u32(), fields.u32());
        let (name_size, extra, comment) = (fields.u16(), fields.u16(), fields.u16());
        let (disk, internal, external) = (fields.u16(), fields.u16(), fields.u32());
        let head = fields.u32();
        if !fields.has(usize::from(name_size)) {
            return unsound("the directory is damaged");
        }
        let name = name(fields.text(usize::from(name_size)))?;
        if method != 0 || packed != size || flags & !UTF8 != 0 {
            return unsound(format!(
                "{name}: compressed or encrypted, which no file export is"
            ));
        }
        let versions_differ = made_by != VERSION || needed != VERSION;
        let times_differ = time != 0 || day != FIRST_DAY;
        let says_more = extra != 0 || comment != 0 || disk != 0 || internal != 0 || external != 0;
        if says_more || versions_differ || times_differ {
            return unsound(format!(
                "{name}: the directory says more than a file export does"
            ));
        }
        if entries.iter().any(|known| known.name == name) {
            return unsound(format!("{name}: stands in the directory twice"));
        }
        entries.push(Entry {
            name,
            size: u64::from(size),
            start: u64::from(head),
            crc,
        });
    }
    if fields.at != fields.bytes.len() {
        return unsound("the directory holds more than its entries");
    }
    Ok(entries)
}

/// Entries lie one after the other, from the first byte to the directory, and their heads say what it says.
fn locate(inner: &mut (impl Read + Seek), entries: &mut [Entry], end: u64) -> Result<(), Error> {
    let mut next = 0;
    for entry in entries {
        if entry.start != next {
            return unsound(format!(
                "{}: does not follow the entry before it",
                entry.name
            ));
        }
        if next + LOCAL_BYTES > end {
            return unsound(format!("{}: reaches beyond the directory", entry.name));
        }
        inner.seek(SeekFrom::Start(next))?;
        let mut head = Fields::read(inner, LOCAL_BYTES)?;
        let signature = head.u32();
        let needed = head.u16();
        let (flags, method) = (head.u16(), head.u16());
        let (time, day) = (head.u16(), head.u16());
        let crc = head.u32();
        let (packed, size) = (u64::from(head.u32()), u64::from(head.u32()));
        let (name_size, extra) = (u64::from(head.u16()), head.u16());
        let mut named = Vec::new();
        (&mut *inner).take(name_size).read_to_end(&mut named)?;
        let same = signature == LOCAL
            && needed == VERSION
            && (time, day) == (0, FIRST_DAY)
            && flags & !UTF8 == 0
            && method == 0
            && crc == entry.crc
            && packed == entry.size
            && size == entry.size
            && extra == 0
            && named == entry.name.as_bytes();
        if !same {
            return unsound(format!(
                "{}: its head differs from the directory",
                entry.name
            ));
        }
        entry.start = next + LOCAL_BYTES + name_size;
        next = entry.start + entry.size;
        if next > end {
            return unsound(format!("{}: reaches beyond the directory", entry.name));
        }
    }
    if next == end {
        Ok(())
    } else {
        unsound("there are bytes between the last entry and the directory")
    }
}

/// A path below the container: letters, digits, `-`, `_`, `.` and single `/`, no step upwards.
fn name(bytes: &[u8]) -> Result<String, Error> {
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(NAME_MAX)]).into_owned();
    let plain = bytes
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(byte));
    let parts_sound = shown
        .split('/')
        .all(|part| !part.is_empty() && part != "." && part != "..");
    if bytes.is_empty() || bytes.len() > NAME_MAX || !plain || !parts_sound {
        return unsound(format!("{shown:?}: not a name that an entry may have"));
    }
    Ok(shown)
}

/// Little-endian fields, one after the other. Whoever reads has asked [`Fields::has`].
struct Fields {
    bytes: Vec<u8>,
    at: usize,
}

impl Fields {
    fn read(inner: &mut impl Read, count: u64) -> Result<Fields, Error> {
        let mut bytes = vec![0; usize::try_from(count).unwrap_or(0)];
        inner.read_exact(&mut bytes)?;
        Ok(Fields { bytes, at: 0 })
    }

    fn has(&self, count: usize) -> bool {
        self.bytes.len() - self.at >= count
    }

    fn text(&mut self, count: usize) -> &[u8] {
        let from = self.at;
        self.at += count;
        &self.bytes[from..self.at]
    }

    fn u16(&mut self) -> u16 {
        let bytes = self.text(2);
        u16::from_le_bytes([bytes[0], bytes[1]])
    }

    fn u32(&mut self) -> u32 {
        let bytes = self.text(4);
        u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    }
}

/// A container that is being written.
#[derive(Debug)]
pub struct Writer<W> {
    inner: W,
    at: u64,
    /// Name, size, checksum, place of the head.
    done: Vec<(String, u32, u32, u32)>,
}

impl<W: Write + Seek> Writer<W> {
    pub fn new(inner: W) -> Writer<W> {
        Writer {
            inner,
            at: 0,
            done: Vec::new(),
        }
    }

    /// Begins an entry; its head is completed by [`Open::finish`].
    pub fn begin(&mut self, name: &str) -> Result<Open<'_, W>, Error> {
        let name = self::name(name.as_bytes())?;
        if self.done.len() >= ENTRIES_MAX {
            return Err(Error::TooLarge(format!("more than {ENTRIES_MAX} entries")));
        }
        let head = u32::try_from(self.at).map_err(|_| too_large())?;
        self.inner.write_all(&local(&name, 0, 0))?;
        self.at += LOCAL_BYTES + name.len() as u64;
        Ok(Open {
            writer: self,
            name,
            head,
            size: 0,
            crc: Crc::default(),
        })
    }

    /// Writes the directory.
    pub fn finish(mut self) -> Result<W, Error> {
        let start = u32::try_from(self.at).map_err(|_| too_large())?;
        let mut directory = Vec::new();
        for (name, size, crc, head) in &self.done {
            directory.extend(CENTRAL.to_le_bytes());
            directory.extend(VERSION.to_le_bytes());
            directory.extend(shared(name, *size, *crc));
            directory.extend([0; 10]);
            directory.extend(head.to_le_bytes());
            directory.extend(name.as_bytes());
        }
        let size = u32::try_from(directory.len()).map_err(|_| too_large())?;
        let count = u16::try_from(self.done.len()).map_err(|_| too_large())?;
        if u64::from(start) + u64::from(size) + END_BYTES > BYTES_MAX {
            return Err(too_large());
        }
        self.inner.write_all(&directory)?;
        let mut end = Vec::new();
        end.extend(END.to_le_bytes());
        end.extend([0; 4]);
        end.extend(count.to_le_bytes());
        end.extend(count.to_le_bytes());
        end.extend(size.to_le_bytes());
        end.extend(start.to_le_bytes());
        end.extend([0; 2]);
        self.inner.write_all(&end)?;
        self.inner.flush()?;
        Ok(self.inner)
    }
}

/// An entry that is being written.
#[derive(Debug)]
pub struct Open<'a, W> {
    writer: &'a mut Writer<W>,
    name: String,
    head: u32,
    size: u64,
    crc: Crc,
}

impl<W: Write + Seek> Open<'_, W> {
    pub fn write(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.size += piece.len() as u64;
        if self.writer.at + self.size > BYTES_MAX {
            return Err(too_large());
        }
        self.crc.update(piece);
        self.writer.inner.write_all(piece)?;
        Ok(())
    }

    pub fn finish(self) -> Result<u64, Error> {
        let size = u32::try_from(self.size).map_err(|_| too_large())?;
        let crc = self.crc.finish();
        let writer = self.writer;
        writer.at += self.size;
        writer.inner.seek(SeekFrom::Start(u64::from(self.head)))?;
        writer.inner.write_all(&local(&self.name, size, crc))?;
        writer.inner.seek(SeekFrom::Start(writer.at))?;
        writer.done.push((self.name, size, crc, self.head));
        Ok(u64::from(size))
    }
}

fn too_large() -> Error {
    Error::TooLarge("the file would be larger than 4 GiB".to_owned())
}

fn local(name: &str, size: u32, crc: u32) -> Vec<u8> {
    let mut head = LOCAL.to_le_bytes().to_vec();
    head.extend(shared(name, size, crc));
    head.extend(name.as_bytes());
    head
}

/// What heads and directory say alike.
fn shared(name: &str, size: u32, crc: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(26);
    for field in [VERSION, UTF8, 0, 0, FIRST_DAY] {
        bytes.extend(field.to_le_bytes());
    }
    for field in [crc, size, size] {
        bytes.extend(field.to_le_bytes());
    }
    let name_size = u16::try_from(name.len()).unwrap_or(u16::MAX);
    bytes.extend(name_size.to_le_bytes());
    bytes.extend([0; 2]);
    bytes
}

/// CRC-32 as containers of this kind carry it; proof is the SM3 in the index.
#[derive(Clone, Debug)]
struct Crc(u32);

impl Default for Crc {
    fn default() -> Crc {
        Crc(u32::MAX)
    }
}

const CRC_TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut value = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 {
                0xedb8_8320 ^ (value >> 1)
            } else {
                value >> 1
            };
            bit += 1;
        }
        table[byte] = value;
        byte += 1;
    }
    table
};

impl Crc {
    fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let place = (self.0 ^ u32::from(*byte)) & 0xff;
            self.0 = CRC_TABLE[place as usize] ^ (self.0 >> 8);
        }
    }

    fn finish(&self) -> u32 {
        !self.0
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn written(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = Writer::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            let mut entry = writer.begin(name).expect("begun");
            entry.write(bytes).expect("written");
            entry.finish().expect("finished");
        }
        writer.finish().expect("closed").into_inner()
    }

    fn why(bytes: &[u8]) -> String {
        Reader::open(Cursor::new(bytes))
            .map(|reader| reader.entries.len())
            .expect_err("refused")
            .to_string()
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = written(&[
            ("a.txt", b"123456789"),
            ("b/c.bin", b""),
            ("z", &vec![7; 200_000]),
        ]);
        let mut reader = Reader::open(Cursor::new(&bytes)).expect("sound");
        let names: Vec<_> = reader.entries().iter().map(|e| e.name.clone()).collect();
        assert_eq!(names, ["a.txt", "b/c.bin", "z"]);
        let first = reader.entry("a.txt").expect("there").clone();
        // The published check value of CRC-32.
        assert_eq!(first.crc, 0xcbf4_3926);
        assert_eq!(reader.bytes(&first, 9).expect("read"), b"123456789");
        assert!(reader.bytes(&first, 8).is_err(), "bounded");
        let last = reader.entry("z").expect("there").clone();
        assert_eq!(
            reader.bytes(&last, 1 << 20).expect("read"),
            vec![7; 200_000]
        );
    }

    #[test]
    fn every_cut_and_every_appended_byte_is_noticed() {
        let bytes = written(&[("a.txt", b"abc"), ("b.txt", b"def")]);
        for cut in 0..bytes.len() {
            assert!(
                Reader::open(Cursor::new(&bytes[..cut])).is_err(),
                "cut at {cut}"
            );
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(Reader::open(Cursor::new(&longer)).is_err());
        let mut before = vec![0];
        before.extend(&bytes);
        assert!(Reader::open(Cursor::new(&before)).is_err());
    }

    #[test]
    fn a_changed_byte_is_an_error_wherever_it_stands_and_never_a_panic() {
        let bytes = written(&[("a.txt", b"abc"), ("dir/b.txt", b"def")]);
        let mut unnoticed = Vec::new();
        for place in 0..bytes.len() {
            for change in [1, 0x20, 0x80] {
                let mut other = bytes.clone();
                other[place] ^= change;
                let sound = Reader::open(Cursor::new(&other)).and_then(|mut reader| {
                    let entries = reader.entries().to_vec();
                    entries
                        .iter()
                        .try_for_each(|entry| reader.pieces(entry, |_| {}))?;
                    Ok(entries)
                });
                if sound.is_ok_and(|entries| entries.len() == 2) {
                    unnoticed.push(place);
                }
            }
        }
        // What is left are bits of the flags and fields of the end that say nothing about an entry.
        assert!(unnoticed.is_empty(), "may change unnoticed: {unnoticed:?}");
    }

    #[test]
    fn names_stay_below_the_container() {
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "a\\b",
            "C:x",
            "材料",
            "./a",
        ] {
            let mut writer = Writer::new(Cursor::new(Vec::new()));
            assert!(writer.begin(bad).is_err(), "{bad}");
        }
        let long = "a".repeat(NAME_MAX + 1);
        assert!(Writer::new(Cursor::new(Vec::new())).begin(&long).is_err());
        // The same put into a container by hand.
        let mut bytes = written(&[("abcdefg", b"x")]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(text.contains("abcdefg"));
        for place in 0..bytes.len() - 7 {
            if &bytes[place..place + 7] == b"abcdefg" {
                bytes[place..place + 7].copy_from_slice(b"../../x");
            }
        }
        assert!(why(&bytes).contains("not a name"), "{}", why(&bytes));
    }

    #[test]
    fn a_directory_that_lies_is_refused() {
        let bytes = written(&[("a", b"one"), ("b", b"two")]);
        let end = bytes.len() - 22;
        // More entries than there are.
        let mut more = bytes.clone();
        more[end + 8] = 3;
        more[end + 10] = 3;
        assert!(why(&more).contains("damaged"), "{}", why(&more));
        // Fewer: one entry would be hidden.
        let mut fewer = bytes.clone();
        fewer[end + 8] = 1;
        fewer[end + 10] = 1;
        assert!(
            why(&fewer).contains("more than its entries"),
            "{}",
            why(&fewer)
        );
        // A huge number of entries costs nothing.
        let mut huge = bytes;
        huge[end + 8..end + 12].copy_from_slice(&[0xff; 4]);
        assert!(why(&huge).contains("10000 entries"), "{}", why(&huge));
    }
}
