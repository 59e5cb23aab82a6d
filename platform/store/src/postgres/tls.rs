//! TLS to the server as the address asks for it, with libpq's words: `sslmode`, `sslrootcert`.
//!
//! tokio-postgres knows `disable`, `prefer` and `require`; whose certificate is believed is decided here, and what
//! we do not know is refused by name rather than passed over.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_postgres::{Client, Config, Connection, Socket};
use tokio_rustls::TlsConnector;

use crate::Error;

/// Where the server is and whom it has to prove to be.
#[derive(Clone)]
pub(super) struct Address {
    config: Config,
    tls: Tls,
}

/// `sslmode` and the words beside it, taken out of an address.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    mode: Mode,
    root: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    /// As `prefer`; but nobody listens between a machine and itself.
    #[default]
    Unsaid,
    Disable,
    /// Encrypted where the server can.
    Prefer,
    /// Encrypted; a root that is given is also used.
    Require,
    /// Signed by the root.
    VerifyCa,
    /// Signed by the root, for this host.
    VerifyFull,
}

/// `sslrootcert=system`: the roots the operating system trusts.
const SYSTEM: &str = "system";

impl Address {
    pub(super) fn parse(address: &str) -> Result<Address, Error> {
        let (plain, asked) = take(address).map_err(refused)?;
        let mut config = Config::from_str(&plain).map_err(|error| refused(error.to_string()))?;
        if config.get_application_name().is_none() {
            config.application_name("tongban");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        config.ssl_mode(match asked.mode {
            Mode::Unsaid if here(&config) => SslMode::Disable,
            Mode::Disable => SslMode::Disable,
            Mode::Unsaid | Mode::Prefer => SslMode::Prefer,
            Mode::Require | Mode::VerifyCa | Mode::VerifyFull => SslMode::Require,
        });
        // A certificate is asked for by name; an address of numbers alone is its own name.
        if config.get_hosts().is_empty() {
            for address in config.get_hostaddrs().to_vec() {
                config.host(address.to_string());
            }
        }
        let sockets = |host: &Host| !matches!(host, Host::Tcp(_));
        if config.get_ssl_mode() == SslMode::Require && config.get_hosts().iter().any(sockets) {
            return Err(refused(
                "a Unix socket has no TLS; take sslmode=disable or prefer",
            ));
        }
        Ok(Address {
            tls: Tls::new(&asked)?,
            config,
        })
    }

    /// A connection; where TLS is only preferred and the handshake fails, a plain one, as libpq does.
    pub(super) async fn connect(
        &self,
    ) -> Result<(Client, Connection<Socket, Encrypted>), tokio_postgres::Error> {
        match self.config.connect(self.tls.clone()).await {
            Err(error) if self.config.get_ssl_mode() == SslMode::Prefer && handshake(&error) => {
                tracing::warn!(%error, "the database is spoken to without TLS");
                let mut plain = self.config.clone();
                plain.ssl_mode(SslMode::Disable);
                plain.connect(self.tls.clone()).await
            }
            outcome => outcome,
        }
    }
}

/// Whether the server is reached on the loopback interface of this machine alone.
fn here(config: &Config) -> bool {
    let hosts = config.get_hosts();
    !hosts.is_empty()
        && hosts.iter().all(|host| match host {
            Host::Tcp(name) => {
                name == "localhost"
                    || name
                        .parse()
                        .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
            }
            Host::Unix(_) => true,
        })
}

fn refused(reason: impl std::fmt::Display) -> Error {
    Error::Engine(format!("database address: {reason}"))
}

/// The address without the words that are ours, and what they say. The last of a word counts.
fn take(address: &str) -> Result<(String, Asked), String> {
    // A password may hold a question mark.
    let host = address.find('@').unwrap_or(0);
    let Some(query) = address[host..].find('?').map(|at| host + at) else {
        return Ok((address.to_owned(), Asked::default()));
    };
    let mut asked = Asked::default();
    let mut kept = Vec::new();
    for pair in address[query + 1..].split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = percent_decode_str(value)
            .decode_utf8()
            .map_err(|_| format!("{name} is not UTF-8"))?;
        match name {
            "sslmode" => {
                asked.mode = match value.as_ref() {
                    "disable" => Mode::Disable,
                    "prefer" => Mode::Prefer,
                    "require" => Mode::Require,
                    "verify-ca" => Mode::VerifyCa,
                    "verify-full" => Mode::VerifyFull,
                    other => {
                        return Err(format!(
                            "sslmode={other} is not known; take disable, prefer, require, verify-ca or verify-full"
                        ));
                    }
                };
            }
            "sslrootcert" => asked.root = Some(value.into_owned()).filter(|path| !path.is_empty()),
            "sslcert" | "sslkey" | "sslpassword" => {
                return Err(format!(
                    "{name} is not supported: sign in with a password, not with a certificate"
                ));
            }
            "sslcrl"
            | "sslcrldir"
            | "sslsni"
            | "sslcompression"
            | "sslcertmode"
            | "ssl_min_protocol_version"
            | "ssl_max_protocol_version"
            | "gssencmode" => {
                return Err(format!("{name} is not supported"));
            }
            "channel_binding" if value == "require" => {
                return Err("channel_binding=require is not supported".to_owned());
            }
            _ => kept.push(pair),
        }
    }
    match (asked.mode, asked.root.as_deref()) {
        // Anybody can have a certificate of a public authority; only the name tells one from another.
        (Mode::Unsaid | Mode::Prefer | Mode::Require | Mode::VerifyCa, Some(SYSTEM)) => {
            return Err("sslrootcert=system needs sslmode=verify-full".to_owned());
        }
        (Mode::VerifyCa, None) => {
            return Err("sslmode=verify-ca needs sslrootcert=FILE".to_owned());
        }
        // Without it a root would be named and nothing checked.
        (Mode::Require, Some(_)) => asked.mode = Mode::VerifyCa,
        _ => {}
    }
    let mut plain = address[..query].to_owned();
    if !kept.is_empty() {
        plain.push('?');
        plain.push_str(&kept.join("&"));
    }
    Ok((plain, asked))
}

/// The certificates that are believed.
fn roots(file: &str) -> Result<RootCertStore, Error> {
    let fault = |reason: &dyn std::fmt::Display| refused(format!("sslrootcert {file}: {reason}"));
    let mut roots = RootCertStore::empty();
    if file == SYSTEM {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            return Err(refused(
                "this machine has no root certificates of its own; name a file with sslrootcert",
            ));
        }
        return Ok(roots);
    }
    let text = std::fs::read(file).map_err(|error| fault(&error))?;
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let certificate = certificate.map_err(|error| fault(&error))?;
        roots.add(certificate).map_err(|error| fault(&error))?;
    }
    if roots.is_empty() {
        return Err(fault(&"no certificate (PEM) in it"));
    }
    Ok(roots)
}

/// Begins TLS for tokio-postgres.
#[derive(Clone)]
pub(super) struct Tls {
    config: Arc<ClientConfig>,
}

impl Tls {
    fn new(asked: &Asked) -> Result<Tls, Error> {
        let roots = match asked.mode {
            Mode::Unsaid | Mode::Disable | Mode::Prefer | Mode::Require => None,
            Mode::VerifyCa | Mode::VerifyFull => {
                Some(roots(asked.root.as_deref().unwrap_or(SYSTEM))?)
            }
        };
        let provider = Arc::new(ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(Error::engine)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Believer {
                provider,
                roots,
                by_name: asked.mode == Mode::VerifyFull,
            }))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(Tls {
            config: Arc::new(config),
        })
    }
}

/// Believes a certificate as far as `sslmode` asks: any, one that a root signed, or only the host's own.
#[derive(Debug)]
struct Believer {
    provider: Arc<CryptoProvider>,
    roots: Option<RootCertStore>,
    by_name: bool,
}

impl ServerCertVerifier for Believer {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(roots) = &self.roots {
            let certificate = ParsedCertificate::try_from(certificate)?;
            let algorithms = self.provider.signature_verification_algorithms.all;
            verify_server_cert_signed_by_trust_anchor(
                &certificate,
                roots,
                between,
                now,
                algorithms,
            )?;
            if self.by_name {
                verify_server_name(&certificate, name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Why no encrypted connection came about.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Handshake(String);

impl Handshake {
    fn new(error: &io::Error, host: &ServerName<'_>) -> Handshake {
        let tls = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        let rustls::Error::InvalidCertificate(reason) = (match tls {
            Some(tls) => tls,
            None => return Handshake(error.to_string()),
        }) else {
            return Handshake(error.to_string());
        };
        let host = host.to_str();
        Handshake(match reason {
            CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                format!("the certificate of {host} is not signed by an authority of sslrootcert")
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                format!(
                    "the certificate is for another host, not for {host} (its subjectAltName has to name it)"
                )
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                format!("the certificate of {host} has expired")
            }
            other => format!("the certificate of {host} is not accepted: {other}"),
        })
    }
}

/// Whether it was TLS that failed.
fn handshake(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<Handshake>)
}

impl MakeTlsConnect<Socket> for Tls {
    type Stream = Encrypted;
    type TlsConnect = Connect;
    type Error = Handshake;

    fn make_tls_connect(&mut self, host: &str) -> Result<Connect, Handshake> {
        // A Unix socket has no name and never comes to a handshake.
        let host = if host.is_empty() { "localhost" } else { host };
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| Handshake(format!("{host} is not a host name")))?;
        Ok(Connect {
            connector: TlsConnector::from(Arc::clone(&self.config)),
            name,
        })
    }
}

/// One handshake to be made.
pub(super) struct Connect {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl TlsConnect<Socket> for Connect {
    type Stream = Encrypted;
    type Error = Handshake;
    type Future = Pin<Box<dyn Future<Output = Result<Encrypted, Handshake>> + Send>>;

    fn connect(self, stream: Socket) -> Self::Future {
        Box::pin(async move {
            let connected = self.connector.connect(self.name.clone(), stream).await;
            connected
                .map(Encrypted)
                .map_err(|error| Handshake::new(&error, &self.name))
        })
    }
}

/// The stream inside TLS. It binds no channel: a password is proved by SCRAM without `-PLUS`.
pub(super) struct Encrypted(tokio_rustls::client::TlsStream<Socket>);

impl TlsStream for Encrypted {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(mode: Mode, root: Option<&str>) -> Asked {
        Asked {
            mode,
            root: root.map(str::to_owned),
        }
    }

    #[test]
    fn our_words_are_taken_out_of_an_address_and_the_rest_is_left() {
        let taken = |address| take(address).expect("understood");
        assert_eq!(
            taken(
                "postgres://a:b@h/d?sslmode=verify-full&connect_timeout=3&sslrootcert=%2Fetc%2Fca.pem"
            ),
            (
                "postgres://a:b@h/d?connect_timeout=3".to_owned(),
                asked(Mode::VerifyFull, Some("/etc/ca.pem")),
            )
        );
        assert_eq!(
            taken("postgres://a:b?sslmode=x@h/d"),
            ("postgres://a:b?sslmode=x@h/d".to_owned(), Asked::default()),
            "a question mark in the password"
        );
        let (plain, read) = taken("postgres://h/d?sslmode=require&sslrootcert=ca.pem");
        assert_eq!(plain, "postgres://h/d");
        assert_eq!(read, asked(Mode::VerifyCa, Some("ca.pem")), "as libpq does");
    }

    #[test]
    fn nothing_said_is_plain_on_this_machine_and_encrypted_elsewhere() {
        let mode = |address| {
            let address = Address::parse(address).expect("understood");
            address.config.get_ssl_mode()
        };
        assert_eq!(mode("postgres://127.0.0.1/d"), SslMode::Disable);
        assert_eq!(mode("postgres://localhost/d"), SslMode::Disable);
        assert_eq!(
            mode("postgres://localhost/d?sslmode=prefer"),
            SslMode::Prefer
        );
        assert_eq!(mode("postgres://db.example/d"), SslMode::Prefer);
        assert_eq!(mode("postgres://127.0.0.1,db.example/d"), SslMode::Prefer);
    }

    #[test]
    fn what_cannot_be_kept_is_refused_by_name() {
        for (query, told) in [
            ("sslmode=allow", "sslmode=allow"),
            ("sslmode=verify-ca", "needs sslrootcert"),
            ("sslmode=require&sslrootcert=system", "verify-full"),
            ("sslcert=me.pem", "sslcert"),
            ("sslcrl=gone.pem", "sslcrl"),
            ("channel_binding=require", "channel_binding"),
            (
                "sslmode=verify-full&sslrootcert=/nowhere/ca.pem",
                "/nowhere/ca.pem",
            ),
            ("sslmode=require&host=/run/postgresql", "Unix socket"),
        ] {
            let error = Address::parse(&format!("postgres:///d?{query}"))
                .err()
                .expect("refused")
                .to_string();
            assert!(error.contains(told), "{query}: {error}");
        }
    }
}
