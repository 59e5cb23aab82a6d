//! TLS to PostgreSQL, against a server of our own: the one the other tests use need not have it.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use store::{Db, Error, Options};
use tempfile::TempDir;

/// Where Debian and the PostgreSQL project put the programs, newest last.
fn programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(Result::ok)
        .map(|version| version.path().join("bin"))
        .filter(|bin| bin.join("initdb").is_file() && bin.join("pg_ctl").is_file())
        .collect();
    found.sort();
    found.pop()
}

fn ran(command: &mut Command) -> Output {
    let output = command.output().expect("the program starts");
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// PostgreSQL refuses to run as root; there it runs as its own user.
fn is_root() -> bool {
    ran(Command::new("id").arg("-u")).stdout == b"0\n"
}

/// A server on a free port, gone when dropped.
struct Server {
    bin: PathBuf,
    folder: TempDir,
    port: u16,
}

impl Server {
    fn new(bin: PathBuf) -> Server {
        let folder = TempDir::new().expect("a folder");
        certificates(folder.path());
        if is_root() {
            ran(Command::new("chown")
                .args(["-R", "postgres"])
                .arg(folder.path()));
        }
        let port = TcpListener::bind(("127.0.0.1", 0))
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let server = Server { bin, folder, port };
        let data = server.data();
        ran(server.command("initdb").arg("-D").arg(&data).args([
            "-U",
            "tongban",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
            "--no-sync",
        ]));
        server
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        // Programs that stay must not hold what the test prints to.
        command.current_dir(self.folder.path());
        command
    }

    /// Starts it, or starts it again in another way.
    fn start(&self, tls: bool) {
        let folder = self.folder.path().display();
        let mut options = format!(
            "-c listen_addresses=127.0.0.1 -p {} -k {folder} -c fsync=off",
            self.port
        );
        if tls {
            options += &format!(
                " -c ssl=on -c ssl_cert_file={folder}/server.pem -c ssl_key_file={folder}/server.key"
            );
        }
        ran(self
            .command("pg_ctl")
            .arg("-D")
            .arg(self.data())
            .args(["-w", "-m", "fast", "-l"])
            .arg(self.folder.path().join("log"))
            .args(["-o", &options, "restart"]));
    }

    fn url(&self, host: &str, query: &str) -> String {
        format!("postgres://tongban@{host}:{}/postgres?{query}", self.port)
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Whether a session with this address is encrypted.
    async fn encrypted(&self, host: &str, query: &str) -> Result<bool, Error> {
        let mut options = Options::parse(&self.url(host, query))?;
        options.connections = 1;
        options.readers = 1;
        let db = Db::open(options).await?;
        let ssl = db
            .read(|tx| {
                let row = tx.query_one(
                    "SELECT CASE WHEN ssl THEN 1 ELSE 0 END FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
                    &[],
                )?;
                row.get::<i64>(0)
            })
            .await;
        db.close().await;
        ssl.map(|ssl| ssl == 1)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut stop = self.command("pg_ctl");
        stop.arg("-D").arg(self.data());
        stop.args(["-w", "-m", "immediate", "stop"]);
        drop(stop.output());
    }
}

/// A small authority (`ca.pem`), another one that signed nothing here (`other.pem`), and the server's certificate for
/// the name localhost.
fn certificates(folder: &Path) {
    let openssl = |arguments: &[&str]| {
        ran(Command::new("openssl").current_dir(folder).args(arguments));
    };
    for (name, subject) in [("ca", "/CN=Test CA"), ("other", "/CN=Other CA")] {
        openssl(&[
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            subject,
            "-keyout",
            &format!("{name}.key"),
            "-out",
            &format!("{name}.pem"),
        ]);
    }
    openssl(&[
        "req",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-subj",
        "/CN=localhost",
        "-keyout",
        "server.key",
        "-out",
        "server.csr",
    ]);
    fs::write(
        folder.join("server.ext"),
        "basicConstraints=CA:FALSE\nsubjectAltName=DNS:localhost\n",
    )
    .expect("written");
    openssl(&[
        "x509",
        "-req",
        "-in",
        "server.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-CAcreateserial",
        "-days",
        "2",
        "-extfile",
        "server.ext",
        "-out",
        "server.pem",
    ]);
    ran(Command::new("chmod")
        .arg("600")
        .arg(folder.join("server.key")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "the test's own configuration")]
async fn a_session_is_as_secure_as_its_address_asks() {
    let Some(bin) = programs() else {
        eprintln!("no PostgreSQL programs here: TLS is not tested");
        assert!(
            std::env::var("TONGBAN_TEST_POSTGRES").map_or(true, |url| url.is_empty()),
            "PostgreSQL is to be tested, and TLS needs its programs (initdb, pg_ctl) on this machine"
        );
        return;
    };
    let server = Server::new(bin);
    let (ca, other) = (server.file("ca.pem"), server.file("other.pem"));
    let told = |outcome: Result<bool, Error>| outcome.expect_err("refused").to_string();

    server.start(true);
    for (host, query, encrypted) in [
        ("localhost", "sslmode=prefer".to_owned(), true),
        ("localhost", "sslmode=disable".to_owned(), false),
        ("127.0.0.1", "sslmode=require".to_owned(), true),
        (
            "127.0.0.1",
            format!("sslmode=require&sslrootcert={ca}"),
            true,
        ),
        (
            "127.0.0.1",
            format!("sslmode=verify-ca&sslrootcert={ca}"),
            true,
        ),
        (
            "localhost",
            format!("sslmode=verify-full&sslrootcert={ca}"),
            true,
        ),
    ] {
        assert_eq!(
            server.encrypted(host, &query).await,
            Ok(encrypted),
            "{host} {query}"
        );
    }
    for mode in ["require", "verify-ca", "verify-full"] {
        let query = format!("sslmode={mode}&sslrootcert={other}");
        let error = told(server.encrypted("localhost", &query).await);
        assert!(
            error.contains("not signed by an authority"),
            "{query}: {error}"
        );
    }
    let query = format!("sslmode=verify-full&sslrootcert={ca}");
    let error = told(server.encrypted("127.0.0.1", &query).await);
    assert!(error.contains("not for 127.0.0.1"), "{error}");
    let error = told(server.encrypted("localhost", "sslmode=verify-full").await);
    assert!(
        error.contains("sslrootcert"),
        "the machine's own roots did not sign it: {error}"
    );

    server.start(false);
    assert_eq!(
        server.encrypted("localhost", "sslmode=prefer").await,
        Ok(false)
    );
    let error = told(server.encrypted("localhost", "sslmode=require").await);
    assert!(error.contains("does not support TLS"), "{error}");
}
