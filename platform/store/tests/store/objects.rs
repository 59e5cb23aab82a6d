//! Files are kept by content, once, and nothing half-done stays.

use bytes::Bytes;
use futures_util::TryStreamExt;
use store::Error;
use store::objects::{Objects, Stored};
use tempfile::TempDir;

fn files(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path().display().to_string());
        }
    }
    found
}

#[tokio::test]
async fn a_file_is_found_by_its_digest() {
    let folder = TempDir::new().expect("a folder");
    let objects = Objects::local(folder.path()).expect("a place");
    let stored = objects.put(Bytes::from_static(b"abc")).await.expect("kept");
    assert_eq!(stored.size, 3);
    assert_eq!(stored.digest[..4], [0x66, 0xc7, 0xf0, 0xf4]);
    let name = "66/c7/66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";
    assert!(folder.path().join(name).is_file());
    let again = objects
        .put(Bytes::from_static(b"abc"))
        .await
        .expect("kept already");
    assert_eq!(again, stored);
    assert_eq!(
        files(folder.path()).len(),
        1,
        "once, and nothing left of the second upload"
    );
    let bytes = objects.read(&stored.digest, 3).await.expect("readable");
    assert_eq!(bytes.as_deref(), Some(&b"abc"[..]));
    assert_eq!(
        objects.read(&stored.digest, 2).await,
        Err(Error::TooLarge { limit: 2 })
    );
    assert_eq!(objects.read(&[0; 32], 9).await, Ok(None));
    assert!(objects.get(&[0; 32]).await.expect("an answer").is_none());
    assert_eq!(objects.intact(&stored.digest).await, Ok(true));
    std::fs::write(folder.path().join(name), b"abd").expect("tampered");
    assert_eq!(objects.intact(&stored.digest).await, Ok(false));
}

#[tokio::test]
async fn an_upload_grows_by_chunks_up_to_its_limit() {
    let folder = TempDir::new().expect("a folder");
    let objects = Objects::local(folder.path()).expect("a place");
    let mut upload = objects.upload(3_000_000);
    for _ in 0..3 {
        upload
            .write(&vec![b'x'; 1_000_000])
            .await
            .expect("within the limit");
    }
    assert_eq!(upload.size(), 3_000_000);
    let whole = upload.finish().await.expect("kept");
    let (size, pieces) = objects
        .get(&whole.digest)
        .await
        .expect("an answer")
        .expect("it is there");
    assert_eq!(size, 3_000_000);
    let read: usize = pieces
        .map_ok(|piece| piece.len())
        .try_fold(0, async |sum, len| Ok(sum + len))
        .await
        .expect("bytes");
    assert_eq!(read, 3_000_000);
    let mut upload = objects.upload(5);
    upload.write(b"four").await.expect("within the limit");
    assert_eq!(
        upload.write(b"more").await,
        Err(Error::TooLarge { limit: 5 })
    );
    assert_eq!(upload.finish().await, Err(Error::TooLarge { limit: 5 }));
    let mut dropped = objects.upload(5);
    dropped.write(b"12345").await.expect("within the limit");
    drop(dropped);
    let empty = objects
        .upload(0)
        .finish()
        .await
        .expect("an empty file is a file");
    assert_eq!(empty.size, 0);
    let mut listed: Vec<Stored> = objects.list().try_collect().await.expect("a list");
    listed.sort_by_key(|stored| stored.size);
    assert_eq!(listed, [empty, whole]);
    assert_eq!(files(folder.path()).len(), 2);
}

#[tokio::test]
async fn the_same_bytes_at_once_are_one_file() {
    let folder = TempDir::new().expect("a folder");
    let objects = Objects::local(folder.path()).expect("a place");
    let puts: Vec<_> = (0..20)
        .map(|_| {
            let objects = objects.clone();
            tokio::spawn(async move { objects.put(Bytes::from_static(b"same")).await })
        })
        .collect();
    for put in puts {
        put.await.expect("no panic").expect("kept");
    }
    assert_eq!(files(folder.path()).len(), 1);
}

#[tokio::test]
async fn what_a_crash_left_is_swept() {
    let folder = TempDir::new().expect("a folder");
    let objects = Objects::local(folder.path()).expect("a place");
    std::fs::write(folder.path().join("incoming/1-1"), b"half").expect("left behind");
    std::fs::write(folder.path().join("stray"), b"x").expect("somebody's file");
    let kept = objects
        .put(Bytes::from_static(b"kept"))
        .await
        .expect("kept");
    let listed: Vec<Stored> = objects.list().try_collect().await.expect("a list");
    assert_eq!(listed, [kept]);
    let written = std::fs::metadata(folder.path().join("incoming/1-1"))
        .and_then(|meta| meta.modified())
        .expect("a time");
    assert_eq!(objects.sweep(written).await, Ok(0));
    assert_eq!(
        objects
            .sweep(written + std::time::Duration::from_secs(1))
            .await,
        Ok(1)
    );
    assert!(!folder.path().join("incoming/1-1").exists());
}
