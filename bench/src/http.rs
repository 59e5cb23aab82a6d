//! The visitor: one keep-alive HTTP/1.1 connection that sends a request and reads the answer, and nothing more.
//!
//! It shares the machine with the server it measures, so it is written to cost little: one buffer out, one in.

use std::net::SocketAddr;

use anyhow::{Context as _, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Bytes of the head of an answer.
const HEAD_MAX: usize = 64 * 1024;
/// Bytes of the body of an answer.
const BODY_MAX: usize = 64 * 1024 * 1024;

/// A connection, opened at the first request and again after it was lost.
pub(crate) struct Client {
    server: SocketAddr,
    stream: Option<TcpStream>,
    request: Vec<u8>,
    /// Received and not used yet.
    received: Vec<u8>,
    /// Body of the newest answer.
    body: Vec<u8>,
}

/// The head of an answer; the body is [`Client::body`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// `Retry-After` in seconds.
    pub(crate) retry_after: Option<u64>,
    /// `name=value` of each `Set-Cookie`.
    pub(crate) cookies: Vec<String>,
    length: Option<usize>,
    chunked: bool,
    close: bool,
}

/// What to send.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a str,
    /// Path and query.
    pub(crate) target: &'a str,
    /// Whole lines without their ends, e.g. `Cookie: a=b`.
    pub(crate) headers: &'a [&'a str],
    /// Media type and bytes.
    pub(crate) body: Option<(&'a str, &'a [u8])>,
}

impl<'a> Request<'a> {
    pub(crate) fn get(target: &'a str, headers: &'a [&'a str]) -> Request<'a> {
        Request {
            method: "GET",
            target,
            headers,
            body: None,
        }
    }
}

impl Client {
    pub(crate) fn new(server: SocketAddr) -> Client {
        Client {
            server,
            stream: None,
            request: Vec::new(),
            received: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// The beginning of the body, for an error message.
    pub(crate) fn excerpt(&self) -> String {
        String::from_utf8_lossy(&self.body)
            .chars()
            .take(600)
            .collect()
    }

    /// Sends and waits for the whole answer. After an error the next request opens a new connection.
    pub(crate) async fn send(&mut self, request: Request<'_>) -> anyhow::Result<Answer> {
        let answer = self.exchange(request).await;
        match &answer {
            Ok(answer) if !answer.close => {}
            _ => self.stream = None,
        }
        answer
    }

    async fn exchange(&mut self, request: Request<'_>) -> anyhow::Result<Answer> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(self.server)
                .await
                .context("connecting")?;
            stream.set_nodelay(true)?;
            self.stream = Some(stream);
            self.received.clear();
        }
        self.write(request);
        let stream = self.stream.as_mut().context("it was just opened")?;
        stream.write_all(&self.request).await.context("sending")?;
        let end = loop {
            if let Some(end) = head_end(&self.received) {
                break end;
            }
            ensure!(self.received.len() < HEAD_MAX, "an endless head");
            more(stream, &mut self.received).await?;
        };
        let answer = Answer::parse(&self.received[..end])?;
        self.received.drain(..end);
        self.body.clear();
        if answer.chunked {
            self.read_chunks().await?;
        } else if let Some(length) = answer.length {
            ensure!(length <= BODY_MAX, "a body of {length} bytes");
            while self.received.len() < length {
                more(stream, &mut self.received).await?;
            }
            self.body.extend_from_slice(&self.received[..length]);
            self.received.drain(..length);
        } else if answer.status != 204 && answer.status != 304 {
            bail!("an answer {} without a length", answer.status);
        }
        Ok(answer)
    }

    fn write(&mut self, request: Request<'_>) {
        let out = &mut self.request;
        out.clear();
        for part in [request.method, " ", request.target, " HTTP/1.1\r\nHost: "] {
            out.extend_from_slice(part.as_bytes());
        }
        out.extend_from_slice(self.server.to_string().as_bytes());
        out.extend_from_slice(b"\r\n");
        for header in request.headers {
            out.extend_from_slice(header.as_bytes());
            out.extend_from_slice(b"\r\n");
        }
        if let Some((media_type, body)) = request.body {
            let head = format!(
                "Content-Type: {media_type}\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            out.extend_from_slice(head.as_bytes());
            out.extend_from_slice(body);
        } else {
            out.extend_from_slice(b"\r\n");
        }
    }

    /// A size in hexadecimal, as many bytes, until the size is 0.
    async fn read_chunks(&mut self) -> anyhow::Result<()> {
        let stream = self.stream.as_mut().context("an open connection")?;
        loop {
            let line = loop {
                if let Some(end) = find(&self.received, b"\r\n") {
                    break end;
                }
                more(stream, &mut self.received).await?;
            };
            let size = std::str::from_utf8(&self.received[..line])?
                .split(';')
                .next()
                .unwrap_or_default();
            let size = usize::from_str_radix(size.trim(), 16).context("the size of a chunk")?;
            ensure!(self.body.len() + size <= BODY_MAX, "an endless body");
            let whole = line + 2 + size + 2;
            while self.received.len() < whole {
                more(stream, &mut self.received).await?;
            }
            self.body
                .extend_from_slice(&self.received[line + 2..line + 2 + size]);
            self.received.drain(..whole);
            if size == 0 {
                return Ok(());
            }
        }
    }
}

impl Answer {
    fn parse(head: &[u8]) -> anyhow::Result<Answer> {
        let head = std::str::from_utf8(head).context("a head that is no text")?;
        let mut lines = head.split("\r\n");
        let status = lines
            .next()
            .and_then(|line| line.strip_prefix("HTTP/1.1 "))
            .and_then(|line| line.get(..3))
            .context("no HTTP/1.1 answer")?;
        let mut answer = Answer {
            status: status.parse().context("the status")?,
            ..Answer::default()
        };
        for line in lines {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                answer.length = Some(value.parse().context("content-length")?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                answer.chunked = value.eq_ignore_ascii_case("chunked");
            } else if name.eq_ignore_ascii_case("retry-after") {
                answer.retry_after = value.parse().ok();
            } else if name.eq_ignore_ascii_case("connection") {
                answer.close = value.eq_ignore_ascii_case("close");
            } else if name.eq_ignore_ascii_case("set-cookie") {
                let pair = value.split(';').next().unwrap_or_default();
                answer.cookies.push(pair.to_owned());
            }
        }
        Ok(answer)
    }
}

async fn more(stream: &mut TcpStream, received: &mut Vec<u8>) -> anyhow::Result<()> {
    received.reserve(16 * 1024);
    let read = stream.read_buf(received).await.context("receiving")?;
    ensure!(read > 0, "the connection was closed within an answer");
    Ok(())
}

fn head_end(received: &[u8]) -> Option<usize> {
    find(received, b"\r\n\r\n").map(|at| at + 4)
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

/// `text` as a value in a query or a form.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// Answers every connection with these bytes, in pieces of three.
    async fn server(answer: &'static [u8]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut asked = [0; 1024];
                while stream.read(&mut asked).await.is_ok_and(|read| read > 0) {
                    for piece in answer.chunks(3) {
                        if stream.write_all(piece).await.is_err() {
                            break;
                        }
                    }
                }
            }
        });
        address
    }

    #[tokio::test]
    async fn answers_are_read_whole_and_one_after_the_other() {
        let plain = server(
            b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 2\r\nset-cookie: a=b; Path=/\r\ncontent-length: 5\r\n\r\nhello",
        );
        let mut client = Client::new(plain.await);
        for _ in 0..2 {
            let answer = client.send(Request::get("/", &[])).await.expect("answered");
            assert_eq!((answer.status, answer.retry_after), (429, Some(2)));
            assert_eq!(answer.cookies, ["a=b"]);
            assert_eq!(client.body(), b"hello");
        }
        let chunked =
            server(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n");
        let mut client = Client::new(chunked.await);
        let answer = client.send(Request::get("/", &[])).await.expect("answered");
        assert_eq!((answer.status, client.body()), (200, &b"abcde"[..]));
    }

    #[test]
    fn values_are_escaped() {
        assert_eq!(escaped("a b&开"), "a%20b%26%E5%BC%80");
    }
}
