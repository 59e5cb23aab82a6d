//! Running `tongban`, and talking to it over a socket.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use people::SessionKind;
use serde_json::Value;
use server::{Config, Platform};
use testkit::{Place, Town, town};

/// The binary of this build.
pub(crate) const TONGBAN: &str = env!("CARGO_BIN_EXE_tongban");

/// What a command said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs a command to its end, feeding it `input`.
pub(crate) fn run(arguments: &[&str], input: &str) -> Said {
    let mut child = Command::new(TONGBAN)
        .args(arguments)
        .env_remove("TONGBAN_DATABASE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    // Large tables fill the pipes in both directions at once.
    let feeding = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().expect("it ends");
    feeding.join().expect("fed");
    Said {
        code: output.status.code().expect("it was not killed"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// A place with a town in it, as `tongban` itself would open it.
pub(crate) struct Ground {
    pub(crate) place: Place,
    pub(crate) town: Town,
    /// Bearer token of the department's program.
    pub(crate) token: String,
}

impl Ground {
    pub(crate) fn new(place: Place) -> Ground {
        let config = Config {
            data: place.folder().to_owned(),
            database: place.url(),
            ..Config::default()
        };
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let (town, token) = runtime.block_on(async {
            let platform = platform(&config).await;
            let town = town::build(&platform).await;
            let token = token(&platform, "integrator1").await;
            platform.app.db.clone().close().await;
            (town, token)
        });
        Ground { place, town, token }
    }

    /// Does something with the platform of this place while nobody serves it.
    pub(crate) fn with<T>(&self, work: impl AsyncFnOnce(&Platform) -> T) -> T {
        let config = Config {
            data: self.place.folder().to_owned(),
            database: self.place.url(),
            ..Config::default()
        };
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let platform = platform(&config).await;
            let done = work(&platform).await;
            platform.app.db.clone().close().await;
            done
        })
    }

    /// The options that name this place on the command line.
    pub(crate) fn options(&self) -> Vec<String> {
        vec![
            "--data".to_owned(),
            self.place.folder().display().to_string(),
            "--database".to_owned(),
            self.place.url(),
        ]
    }

    /// A command about this place.
    pub(crate) fn run(&self, command: &[&str]) -> Said {
        let options = self.options();
        let mut arguments: Vec<&str> = command.to_vec();
        arguments.extend(options.iter().map(String::as_str));
        run(&arguments, "")
    }

    pub(crate) fn serve(&self) -> Server {
        Server::start(&self.options())
    }
}

async fn platform(config: &Config) -> Platform {
    let clock = std::sync::Arc::new(web::SystemClock);
    let ground = server::platform::ground(config, clock, false)
        .await
        .expect("the ground");
    Platform::new(ground).await.expect("the platform")
}

/// A bearer token of somebody.
pub(crate) async fn token(platform: &Platform, login: &'static str) -> String {
    let (people, now) = (platform.app.people.clone(), platform.app.now());
    platform
        .app
        .db
        .write(move |tx| -> Result<String, people::Error> {
            let account = people
                .account_by_login(tx, login)?
                .ok_or(people::Error::NotFound("account"))?;
            people.open_session(tx, account.id, SessionKind::Bearer, now)
        })
        .await
        .expect("a token")
}

/// A running `tongban serve`; killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    fn start(options: &[String]) -> Server {
        let mut child = Command::new(TONGBAN)
            .arg("serve")
            .args(options)
            .args(["--listen", "127.0.0.1:0"])
            .env("TONGBAN_LOG_LEVEL", "warn")
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the binary runs");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let address = loop {
            let line = lines
                .next()
                .expect("it says where it serves")
                .expect("text");
            if let Some(address) = line.strip_prefix("serving http://") {
                break address.parse().expect("an address");
            }
        };
        Server { child, address }
    }

    /// kill -9.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it was running");
        self.child.wait().expect("it ends");
    }

    /// Asks it to stop, as an operator does, and waits.
    pub(crate) fn stop(mut self) -> i32 {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .expect("kill");
        assert!(asked.success());
        self.child.wait().expect("it ends").code().unwrap_or(-1)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A connection that is kept open: one request at a time.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    token: String,
}

/// An answer, or the end of the connection.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

impl Connection {
    pub(crate) fn open(address: SocketAddr, token: &str) -> std::io::Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.set_nodelay(true)?;
        Ok(Connection {
            stream: BufReader::new(stream),
            token: token.to_owned(),
        })
    }

    pub(crate) fn get(&mut self, path: &str) -> std::io::Result<Answer> {
        self.send("GET", path, None, "")
    }

    pub(crate) fn post(&mut self, path: &str, key: &str, body: &Value) -> std::io::Result<Answer> {
        self.send("POST", path, Some(key), &body.to_string())
    }

    /// Uploads a file; its digest.
    pub(crate) fn upload(&mut self, name: &str, content: &[u8]) -> std::io::Result<String> {
        let (kind, body) = testkit::files::multipart(&[], &[("file", name, content)]);
        let head = format!(
            "POST /api/v1/files HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\nidempotency-key: {name}\r\n\
             content-type: {kind}\r\ncontent-length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        let stream = self.stream.get_mut();
        stream.write_all(head.as_bytes())?;
        stream.write_all(&body)?;
        let answer = self.read()?;
        assert_eq!(answer.status, 201, "{}", answer.json());
        let digest = answer.json()["files"][0]["digest"]
            .as_str()
            .map(str::to_owned);
        Ok(digest.expect("a digest"))
    }

    /// Sends a command and does not wait for what becomes of it.
    pub(crate) fn only_send(&mut self, path: &str, key: &str, body: &Value) -> std::io::Result<()> {
        self.write("POST", path, Some(key), &body.to_string())
    }

    fn send(
        &mut self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: &str,
    ) -> std::io::Result<Answer> {
        self.write(method, path, key, body)?;
        self.read()
    }

    fn write(
        &mut self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: &str,
    ) -> std::io::Result<()> {
        let key = key.map_or(String::new(), |key| {
            format!("idempotency-key: {key}\r\ncontent-type: application/json\r\n")
        });
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n{key}content-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())
    }

    fn read(&mut self) -> std::io::Result<Answer> {
        let mut head = String::new();
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if line == "\r\n" {
                break;
            }
            head.push_str(&line.to_ascii_lowercase());
        }
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .and_then(|length| length.trim().parse().ok())
            .unwrap_or(0);
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        let status = head
            .split_whitespace()
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or(0);
        Ok(Answer { status, head, body })
    }
}
