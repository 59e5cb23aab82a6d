//! Files on a service that speaks the S3 protocol.

use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::{ClientOptions, RetryConfig};

use super::{Objects, make_incoming};
use crate::Error;

/// How long after the first try another is made: somebody is waiting.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the service may take to be spoken to.
const CONNECT: Duration = Duration::from_secs(3);

/// Tries after the first.
const RETRIES: usize = 4;

/// Where the service is and how to sign in.
#[derive(Clone)]
pub struct S3 {
    /// `https://host:port`; plain `http://` is for a service on the same machine.
    pub endpoint: String,
    /// Any name where the service knows none.
    pub region: String,
    /// Must exist.
    pub bucket: String,
    /// Public half of the key.
    pub access_key_id: String,
    /// Secret half of the key.
    pub secret_access_key: String,
}

impl Objects {
    /// Files on an S3-compatible service. Uploads grow in `spool` until their digest is known.
    pub fn s3(service: &S3, spool: impl AsRef<FilePath>) -> Result<Objects, Error> {
        let spool = spool.as_ref();
        make_incoming(spool)?;
        // Whoever installed one first is as good: the process has one TLS back end.
        drop(rustls::crypto::ring::default_provider().install_default());
        let store = AmazonS3Builder::new()
            .with_endpoint(&service.endpoint)
            .with_region(&service.region)
            .with_bucket_name(&service.bucket)
            .with_access_key_id(&service.access_key_id)
            .with_secret_access_key(&service.secret_access_key)
            .with_client_options(
                ClientOptions::new()
                    .with_allow_http(service.endpoint.starts_with("http://"))
                    .with_connect_timeout(CONNECT),
            )
            .with_retry(RetryConfig {
                max_retries: RETRIES,
                retry_timeout: PATIENCE,
                ..RetryConfig::default()
            })
            .build()
            .map_err(super::failed)?;
        Ok(Objects::new(Arc::new(store), spool, false))
    }
}
