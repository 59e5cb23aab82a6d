//! A public file made once and sent many times: kept on disk, plain and compressed, without a name of its own there.

use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, VARY,
};
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;

use crate::download::disposition;
use crate::visit::Visit;

/// Bytes read from disk at once.
const PIECE: usize = 64 * 1024;

/// The finished file. Clones share it; it goes when the last of them does.
#[derive(Clone, Debug)]
pub struct Kept {
    plain: Stored,
    gzip: Stored,
    etag: HeaderValue,
    media_type: &'static str,
}

#[derive(Clone, Debug)]
struct Stored {
    file: Arc<File>,
    size: u64,
}

/// A file being written; what is written goes to both forms.
pub struct Writer {
    plain: BufWriter<File>,
    gzip: GzEncoder<BufWriter<File>>,
    hasher: DefaultHasher,
    media_type: &'static str,
}

impl Kept {
    pub fn begin(media_type: &'static str) -> io::Result<Writer> {
        Ok(Writer {
            plain: BufWriter::new(tempfile::tempfile()?),
            gzip: GzEncoder::new(BufWriter::new(tempfile::tempfile()?), Compression::new(6)),
            hasher: DefaultHasher::new(),
            media_type,
        })
    }

    /// The file as a download called `name`, compressed where the visitor takes that.
    pub fn response(&self, visit: &Visit, name: &str) -> Response {
        let stored = if visit.takes_gzip {
            &self.gzip
        } else {
            &self.plain
        };
        let Stored { file, size } = stored.clone();
        let pieces = stream::try_unfold(0, move |at| {
            let file = Arc::clone(&file);
            async move { piece(file, at).await }
        });
        let mut response = Response::new(Body::from_stream(pieces));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media_type));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(size));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(ETAG, self.etag.clone());
        headers.insert(CONTENT_DISPOSITION, disposition("attachment", name));
        if visit.takes_gzip {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    }
}

/// What stands at a place, and where the next piece begins.
async fn piece(file: Arc<File>, at: u64) -> io::Result<Option<(Bytes, u64)>> {
    let read = tokio::task::spawn_blocking(move || {
        let mut piece = vec![0; PIECE];
        let length = file.read_at(&mut piece, at)?;
        piece.truncate(length);
        Ok::<_, io::Error>(piece)
    });
    let piece = read.await.map_err(io::Error::other)??;
    let next = at + piece.len() as u64;
    Ok((!piece.is_empty()).then(|| (Bytes::from(piece), next)))
}

impl Writer {
    pub fn finish(self) -> io::Result<Kept> {
        let etag = format!("W/\"{:016x}\"", self.hasher.finish());
        Ok(Kept {
            plain: stored(self.plain)?,
            gzip: stored(self.gzip.finish()?)?,
            etag: HeaderValue::try_from(etag).expect("hexadecimal digits"),
            media_type: self.media_type,
        })
    }
}

fn stored(file: BufWriter<File>) -> io::Result<Stored> {
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    let size = file.metadata()?.len();
    Ok(Stored {
        file: Arc::new(file),
        size,
    })
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.plain.write_all(bytes)?;
        self.gzip.write_all(bytes)?;
        self.hasher.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.plain.flush()?;
        self.gzip.flush()
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer")
            .field("media_type", &self.media_type)
            .finish_non_exhaustive()
    }
}
