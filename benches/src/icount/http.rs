//! What goes through HTTP, over TCP: an echo by long-polling, and a WebSocket from its connection's beginning to its end.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use sockeye::protocol::websocket;
use sockeye_benches::{Failure, Push, packets};

use super::tcp::{connect, open};

/// Echoes of 128 bytes by long-polling: a GET that waits on one connection, and a POST on another.
pub(crate) fn polling(count: usize, server: &str) -> Result<(), Failure> {
    let packet = packets::encode(&Push::Echo(packets::text(128)), None)?;
    let packet = [b"4", packets::message(&packet)?.0.as_bytes()].concat();
    let (mut poll, mut posts) = (open(server)?, open(server)?);
    let path = "/socket.io/?EIO=4&transport=polling";
    let get =
        |path: &str| format!("GET {path} HTTP/1.1\r\nHost: {server}\r\nAccept: */*\r\n\r\n").into_bytes();
    let opened = exchange(&mut poll, &get(path))?;
    let sid = opened.strip_prefix(b"0{\"sid\":\"").and_then(|rest| rest.split(|byte| *byte == b'"').next());
    let path = format!("{path}&sid={}", std::str::from_utf8(sid.ok_or("no session")?)?);
    let post = |packet: &[u8]| {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {server}\r\nAccept: */*\r\n\
             Content-Type: text/plain;charset=UTF-8\r\nContent-Length: {}\r\n\r\n",
            packet.len()
        );
        [head.as_bytes(), packet].concat()
    };
    let (get, join, post) = (get(&path), post(b"40"), post(&packet));
    exchange(&mut posts, &join)?;
    // Some servers ping at once.
    if !exchange(&mut poll, &get)?.split(|byte| *byte == 0x1e).any(|packet| packet.starts_with(b"40{")) {
        return Err("the server does not let the client in".into());
    }
    for _ in 0..count {
        poll.get_mut().write_all(&get)?;
        exchange(&mut posts, &post)?;
        let mut answer = body(&mut poll)?;
        if answer == b"2" {
            answer = exchange(&mut poll, &get)?;
        }
        if answer != packet {
            return Err("another answer than was expected".into());
        }
    }
    Ok(())
}

/// WebSockets that are opened, join the namespace and are closed, one after the other.
pub(crate) fn connections(count: usize, server: &str) -> Result<(), Failure> {
    let mut close = Vec::new();
    websocket::close_frame(&mut close, 1000, "", Some([0x5a, 0x01, 0xfe, 0x33]));
    for _ in 0..count {
        let mut peer = connect(server)?;
        peer.get_mut().write_all(&close)?;
        peer.read_to_end(&mut Vec::new())?;
    }
    Ok(())
}

fn exchange(connection: &mut BufReader<TcpStream>, request: &[u8]) -> Result<Vec<u8>, Failure> {
    connection.get_mut().write_all(request)?;
    body(connection)
}

/// The body of the next answer.
fn body(connection: &mut BufReader<TcpStream>) -> Result<Vec<u8>, Failure> {
    let (mut line, mut length) = (String::new(), 0);
    connection.read_line(&mut line)?;
    if !line.starts_with("HTTP/1.1 200") {
        return Err(format!("the server answers {line:?}").into());
    }
    while line.len() > 2 {
        line.clear();
        connection.read_line(&mut line)?;
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body)?;
    Ok(body)
}
