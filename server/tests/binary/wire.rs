//! What arrives on a connection and is no request at all.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use testkit::{Engine, Place};

use crate::program::Ground;

/// The first line of the answer to these bytes.
fn first_line(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a limit");
    // The server may have said what it thinks before all has arrived.
    drop(stream.write_all(bytes));
    let mut answer = [0; 400];
    let length = stream.read(&mut answer).expect("an answer");
    let text = String::from_utf8_lossy(&answer[..length]);
    text.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn what_is_no_request_is_told_so() {
    let ground = Ground::new(Place::new(Engine::Sqlite));
    let server = ground.serve();
    let ask = |bytes: &[u8]| first_line(server.address, bytes);
    for bad in [
        &b"hello\r\n\r\n"[..],
        b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nIdempotency-Key: a\x01\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
    ] {
        let line = ask(bad);
        assert!(
            line.starts_with("HTTP/1.1 400"),
            "{}: {line}",
            String::from_utf8_lossy(bad)
        );
    }
    let many = "X-Much: 1\r\n".repeat(1000);
    let line = ask(format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n").as_bytes());
    assert!(line.starts_with("HTTP/1.1 431"), "{line}");
    assert_eq!(
        ask(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"),
        "HTTP/1.1 200 OK"
    );
    assert_eq!(server.stop(), 0);
}
