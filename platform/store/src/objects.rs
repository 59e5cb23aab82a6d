//! Files by content: kept under the SM3 digest of their bytes, identical ones once.
//!
//! On a local directory a file is `ab/cd/<digest>`; an upload grows under `incoming/` and is moved into place when
//! its digest is known and its bytes are on disk. No part of a path ever comes from outside.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use base::crypto::{Sm3, from_hex, to_hex};
use bytes::{Bytes, BytesMut};
use futures_util::stream::{BoxStream, StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::io::AsyncWriteExt;

use crate::Error;

#[cfg(feature = "s3")]
mod s3;
#[cfg(feature = "s3")]
pub use s3::S3;

/// Where uploads grow.
const INCOMING: &str = "incoming";

/// A place for files.
#[derive(Clone)]
pub struct Objects {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn ObjectStore>,
    /// The directory that holds `incoming/`.
    spool: PathBuf,
    /// Whether `spool` is where the files end up, so that an upload only has to be moved.
    local: bool,
    uploads: AtomicU64,
}

/// A file that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// SM3 of the bytes.
    pub digest: [u8; 32],
    /// Bytes.
    pub size: u64,
}

/// The bytes of a file, piece by piece.
pub type Pieces = BoxStream<'static, Result<Bytes, Error>>;

impl Objects {
    /// Files in a local directory, which is made where it is missing.
    pub fn local(directory: impl AsRef<FilePath>) -> Result<Objects, Error> {
        let directory = directory.as_ref();
        make_incoming(directory)?;
        let store = LocalFileSystem::new_with_prefix(directory)
            .map_err(|error| Error::file(directory, error))?
            .with_fsync(true);
        Ok(Objects::new(Arc::new(store), directory, true))
    }

    fn new(store: Arc<dyn ObjectStore>, spool: &FilePath, local: bool) -> Objects {
        Objects {
            inner: Arc::new(Inner {
                store,
                spool: spool.to_owned(),
                local,
                uploads: AtomicU64::new(0),
            }),
        }
    }

    /// Keeps a file that is in memory already.
    pub async fn put(&self, bytes: Bytes) -> Result<Stored, Error> {
        let mut upload = self.upload(bytes.len() as u64);
        upload.write(&bytes).await?;
        upload.finish().await
    }

    /// Begins a file of at most `limit` bytes.
    pub fn upload(&self, limit: u64) -> Upload {
        Upload {
            objects: self.clone(),
            limit,
            size: 0,
            hasher: Sm3::new(),
            growing: None,
        }
    }

    /// Size and bytes of a file.
    pub async fn get(&self, digest: &[u8; 32]) -> Result<Option<(u64, Pieces)>, Error> {
        match self.inner.store.get(&place(digest)).await {
            Ok(found) => {
                let size = found.meta.size;
                let pieces = found.into_stream().map_err(failed).boxed();
                Ok(Some((size, pieces)))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// A whole file in memory; [`Error::TooLarge`] beyond `limit` bytes.
    pub async fn read(&self, digest: &[u8; 32], limit: u64) -> Result<Option<Bytes>, Error> {
        let Some((size, mut pieces)) = self.get(digest).await? else {
            return Ok(None);
        };
        if size > limit {
            return Err(Error::TooLarge { limit });
        }
        let mut whole = BytesMut::with_capacity(size as usize);
        while let Some(piece) = pieces.try_next().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(Some(whole.freeze()))
    }

    /// Whether a file is there and its bytes still have its digest.
    pub async fn intact(&self, digest: &[u8; 32]) -> Result<bool, Error> {
        let Some((_, mut pieces)) = self.get(digest).await? else {
            return Ok(false);
        };
        let mut hasher = Sm3::new();
        while let Some(piece) = pieces.try_next().await? {
            hasher.update(&piece);
        }
        Ok(hasher.finish() == *digest)
    }

    /// All files, in no particular order.
    pub fn list(&self) -> BoxStream<'static, Result<Stored, Error>> {
        self.inner
            .store
            .list(None)
            .map_err(failed)
            .try_filter_map(|meta| async move {
                let digest = meta
                    .location
                    .filename()
                    .and_then(|text| from_hex(text).ok());
                let digest = digest.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
                Ok(digest
                    .filter(|digest| place(digest) == meta.location)
                    .map(|digest| Stored {
                        digest,
                        size: meta.size,
                    }))
            })
            .boxed()
    }

    /// Whether the place can be looked into: its address, its name and the key are right.
    pub async fn reachable(&self) -> Result<(), Error> {
        if self.inner.local {
            return Ok(());
        }
        match self.inner.store.head(&place(&[0; 32])).await {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(failed(error)),
        }
        // It answers and knows the key; what is wrong now is the place's name.
        let mut found = self.inner.store.list(None);
        let looked = found.try_next().await;
        looked.map_err(|error| Error::File(error.to_string()))?;
        Ok(())
    }

    /// Removes uploads that were given up before `before`, left behind by a crash. Tells how many.
    pub async fn sweep(&self, before: SystemTime) -> Result<u64, Error> {
        let folder = self.inner.spool.join(INCOMING);
        let fault = |error| Error::file(&folder, error);
        let mut entries = tokio::fs::read_dir(&folder).await.map_err(fault)?;
        let mut removed = 0;
        while let Some(entry) = entries.next_entry().await.map_err(fault)? {
            let written = entry
                .metadata()
                .await
                .and_then(|meta| meta.modified())
                .map_err(fault)?;
            if written < before {
                tokio::fs::remove_file(entry.path()).await.map_err(fault)?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

/// A file that is arriving. Dropping it unfinished removes what has arrived.
pub struct Upload {
    objects: Objects,
    limit: u64,
    size: u64,
    hasher: Sm3,
    growing: Option<Growing>,
}

/// The file under `incoming/`; removed when dropped, unless it was moved into place.
struct Growing {
    name: String,
    path: PathBuf,
    file: tokio::fs::File,
    moved: bool,
}

impl Drop for Growing {
    fn drop(&mut self) {
        if self.moved {
            return;
        }
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(%error, "an unfinished upload stays behind");
        }
    }
}

impl Upload {
    /// Bytes that have arrived.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The next bytes; [`Error::TooLarge`] beyond the limit.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.size += chunk.len() as u64;
        if self.size > self.limit {
            return Err(Error::TooLarge { limit: self.limit });
        }
        self.hasher.update(chunk);
        let growing = Self::growing(&self.objects, &mut self.growing).await?;
        let written = growing.file.write_all(chunk).await;
        written.map_err(|error| Error::file(&growing.path, error))
    }

    /// Puts the file where its digest says. When this returns `Ok` it is durable.
    pub async fn finish(mut self) -> Result<Stored, Error> {
        if self.size > self.limit {
            return Err(Error::TooLarge { limit: self.limit });
        }
        Self::growing(&self.objects, &mut self.growing).await?;
        let mut growing = self.growing.take().expect("it was just made");
        let stored = Stored {
            digest: std::mem::take(&mut self.hasher).finish(),
            size: self.size,
        };
        let fault = |error| Error::file(&growing.path, error);
        growing.file.flush().await.map_err(fault)?;
        growing.file.sync_all().await.map_err(fault)?;
        let inner = &self.objects.inner;
        let place = place(&stored.digest);
        match inner.store.head(&place).await {
            // The same bytes are here already.
            Ok(found) if found.size == stored.size => return Ok(stored),
            Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(failed(error)),
        }
        if inner.local {
            let from = Path::from(INCOMING).join(growing.name.as_str());
            inner.store.rename(&from, &place).await.map_err(failed)?;
            growing.moved = true;
        } else {
            send(inner.store.as_ref(), &growing.path, stored.size, &place).await?;
        }
        Ok(stored)
    }

    async fn growing<'a>(
        objects: &Objects,
        growing: &'a mut Option<Growing>,
    ) -> Result<&'a mut Growing, Error> {
        if growing.is_none() {
            *growing = Some(begin(&objects.inner).await?);
        }
        Ok(growing.as_mut().expect("it was just made"))
    }
}

/// Makes a new file under `incoming/`; several processes may share the directory.
async fn begin(inner: &Inner) -> Result<Growing, Error> {
    loop {
        let number = inner.uploads.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}-{number}", std::process::id());
        let path = inner.spool.join(INCOMING).join(&name);
        let made = tokio::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .await;
        match made {
            Ok(file) => {
                return Ok(Growing {
                    name,
                    path,
                    file,
                    moved: false,
                });
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::file(&path, error)),
        }
    }
}

/// Copies a finished upload to a remote store: a small one at once, a larger one in parts.
async fn send(store: &dyn ObjectStore, from: &FilePath, size: u64, to: &Path) -> Result<(), Error> {
    use tokio::io::AsyncReadExt;

    const PART: usize = 8 << 20;
    let fault = |error| Error::file(from, error);
    if size <= PART as u64 {
        let bytes = tokio::fs::read(from).await.map_err(fault)?;
        store.put(to, bytes.into()).await.map_err(failed)?;
        return Ok(());
    }
    let mut file = tokio::fs::File::open(from).await.map_err(fault)?;
    let upload = store.put_multipart(to).await.map_err(failed)?;
    let mut writer = object_store::WriteMultipart::new_with_chunk_size(upload, PART);
    let mut buffer = vec![0; 1 << 20];
    loop {
        let length = file.read(&mut buffer).await.map_err(fault)?;
        if length == 0 {
            break;
        }
        writer.wait_for_capacity(2).await.map_err(failed)?;
        writer.write(&buffer[..length]);
    }
    writer.finish().await.map_err(failed)?;
    Ok(())
}

/// `ab/cd/<digest in hexadecimal>`.
fn place(digest: &[u8; 32]) -> Path {
    let name = to_hex(digest);
    Path::from(format!("{}/{}/{name}", &name[..2], &name[2..4]))
}

fn make_incoming(directory: &FilePath) -> Result<(), Error> {
    let incoming = directory.join(INCOMING);
    std::fs::create_dir_all(&incoming).map_err(|error| Error::file(&incoming, error))
}

fn failed(error: object_store::Error) -> Error {
    match error {
        // What is left after all retries; what the service refuses has a name of its own.
        object_store::Error::Generic {
            store: "S3",
            source,
        } => Error::Away(source.to_string()),
        error => Error::File(error.to_string()),
    }
}
