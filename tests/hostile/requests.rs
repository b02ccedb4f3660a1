//! Requests of a session that come twice, at once, too late or too slowly, and answers that somebody else was asked for.

use std::time::Duration;

use crate::{
    peer::{On, Peer, probe, websocket},
    raw::{Raw, UPGRADE, frame, post, request, text, within},
    site::{Attacker, Poller, Site},
};

fn get(poller: &Poller) -> String {
    request(&format!("GET {}", poller.path), "")
}

/// A POST whose body never comes.
fn endless(poller: &Poller) -> String {
    request(&format!("POST {}", poller.path), "Content-Length: 1000\r\n")
}

/// The status of one request; 0 if the connection is closed instead.
async fn status(site: &Site, request: impl AsRef<[u8]>) -> u16 {
    let mut raw = Raw::connect(site.addr).await;
    raw.send(request).await;
    raw.response().await.map_or(0, |response| response.status)
}

/// No request is of any use: the session is gone.
async fn is_gone(site: &Site, poller: &Poller) {
    assert_eq!(status(site, get(poller)).await, 400);
    assert_eq!(status(site, post(&poller.path, "", r#"42["echo"]"#)).await, 400);
    assert_eq!(status(site, request(&format!("GET {}", poller.websocket()), UPGRADE)).await, 400);
}

/// One is let in, all others get 400 and end the session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_at_once_end_their_session() {
    let site = Site::new().await;
    for (name, on, line) in [
        ("GETs", On::Polling, get as fn(&Poller) -> String),
        ("GETs while a WebSocket connects", On::WebSocket, get),
        ("POSTs", On::Polling, endless),
        ("POSTs while a WebSocket connects", On::WebSocket, endless),
        ("POSTs while a WebSocket probes", On::Upgrade, endless),
    ] {
        let poller = Poller::joined(site.addr).await;
        let probing = match on {
            On::Polling => None,
            On::WebSocket => Some(websocket(&poller).await),
            On::Upgrade => Some(probe(&poller).await),
        };
        let mut raws = Vec::new();
        for _ in 0..10 {
            let mut raw = Raw::connect(site.addr).await;
            raw.send(line(&poller)).await;
            raws.push(raw);
        }
        let mut refused = 0;
        for mut raw in raws {
            refused += usize::from(raw.response().await.is_some_and(|response| response.status == 400));
        }
        assert!(refused >= 9, "{name}: {refused}");
        if let Some(raw) = probing {
            assert_eq!(Attacker { raw }.close_code().await, 1000, "{name}");
        }
        is_gone(&site, &poller).await;
        site.is_unharmed(name).await;
    }
}

/// On one connection there is one request after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_are_pipelined_wait_for_each_other() {
    let site = Site::new().await;
    let mut poller = Poller::joined(site.addr).await;
    poller.gets.send(get(&poller).repeat(3)).await;
    for number in 0..3 {
        assert_eq!(poller.post(format!(r#"42{number}["echo",{number}]"#)).await, 200);
        assert_eq!(poller.gets.response().await.unwrap().body, format!("43{number}[{number}]"));
    }
    let packet = post(&poller.path, "", r#"427["echo"]"#);
    poller.posts.send(packet.repeat(3)).await;
    for _ in 0..3 {
        assert_eq!(poller.posts.response().await.unwrap().body, "ok");
    }
    assert!(poller.lives().await);
    poller.close().await;
    site.is_unharmed("pipelined requests").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_upgrades_once() {
    let site = Site::new().await;
    let poller = Poller::joined(site.addr).await;
    let mut first = probe(&poller).await;
    for _ in 0..10 {
        let mut raw = websocket(&poller).await;
        raw.send([text("2probe"), text("5"), text("427[\"echo\"]")].concat()).await;
        assert_eq!(Attacker { raw }.close_code().await, 1000);
    }
    first.send(text("5")).await;
    let mut upgraded = Attacker { raw: first };
    assert!(upgraded.lives().await);
    for _ in 0..10 {
        let mut raw = websocket(&poller).await;
        raw.send([text("2probe"), text("5"), text("427[\"echo\"]")].concat()).await;
        assert_eq!(Attacker { raw }.close_code().await, 1000);
        assert_eq!(status(&site, get(&poller)).await, 400);
        assert_eq!(status(&site, post(&poller.path, "", "1")).await, 400);
    }
    assert!(upgraded.lives().await);
    drop(upgraded);
    site.is_unharmed("many upgrades").await;
    is_gone(&site, &poller).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_is_closed_is_known_no_more() {
    let site = Site::new().await;
    for on in [On::Polling, On::Upgrade] {
        let mut poller = Poller::joined(site.addr).await;
        let probing = match on {
            On::Upgrade => Some(probe(&poller).await),
            _ => None,
        };
        assert_eq!(poller.post("1").await, 200);
        if let Some(mut raw) = probing {
            raw.send(text("5")).await;
            assert_eq!(Attacker { raw }.close_code().await, 1000);
        }
        site.is_unharmed("a session that is closed").await;
        is_gone(&site, &poller).await;
    }
    assert_eq!(site.io.stats().refusals.requests, 6);
}

/// A byte every 50 ms, for ever: the heartbeat is the deadline of a body, as the pong would have to come by the same way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_trickles_has_a_deadline() {
    let site = Site::with(|io| {
        io.ping_interval(Duration::from_secs(1)).ping_timeout(Duration::from_secs(1)).max_payload(1_000_000)
    })
    .await;
    let trickle = async |raw: &mut Raw, line: String| {
        raw.send(line).await;
        loop {
            tokio::select! {
                response = raw.response() => break response.map_or(0, |response| response.status),
                () = tokio::time::sleep(Duration::from_millis(50)) => {}
            }
            raw.send("4").await;
        }
    };
    let poller = Poller::joined(site.addr).await;
    let mut raw = Raw::connect(site.addr).await;
    let status = within("the end of the body", trickle(&mut raw, endless(&poller))).await;
    assert!([0, 400].contains(&status), "{status}");
    is_gone(&site, &poller).await;
    site.is_unharmed("a slow body").await;

    // With its upgrade the session has another way for its pongs; the body ends with its polling.
    let poller = Poller::joined(site.addr).await;
    let mut first = probe(&poller).await;
    let mut raw = Raw::connect(site.addr).await;
    raw.send(endless(&poller)).await;
    raw.send("42").await;
    first.send(text("5")).await;
    let status = within("the end of the body", trickle(&mut raw, String::new())).await;
    assert!([0, 400].contains(&status), "{status}");
    assert!(Attacker { raw: first }.lives().await);
    site.is_unharmed("a slow body of a session that upgrades").await;
}

/// The id of the question that an attacker has asked to be asked.
async fn question(peer: &mut Peer) -> String {
    peer.send(&[r#"42["ask"]"#]).await;
    loop {
        let message = peer.next().await.unwrap();
        if let Some(id) = message.strip_prefix("42").and_then(|rest| rest.strip_suffix(r#"["question"]"#)) {
            return id.to_owned();
        }
    }
}

/// A binary answer, in one go.
async fn answer(peer: &mut Peer, id: &str, bytes: u8) {
    let head = format!(r#"461-{id}[{{"_placeholder":true,"num":0}}]"#);
    match peer {
        Peer::WebSocket(attacker) => {
            attacker.raw.send([text(&head), frame(0x82, [bytes])].concat()).await;
        }
        Peer::Polling { .. } => {
            let encoded = if bytes == 1 { "bAQ==" } else { "bAg==" };
            assert_eq!(peer.send(&[&head, encoded]).await, 200);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_counts_once_and_from_whom_was_asked() {
    let site = Site::new().await;
    for on in On::ALL {
        let mut asked = Peer::joined(site.addr, on).await;
        let id = question(&mut asked).await;
        let mut forger = Peer::joined(site.addr, on).await;
        let own: u64 = question(&mut forger).await.parse().unwrap();
        for id in [id.clone(), "0".to_owned(), (own + 1).to_string(), u64::MAX.to_string()] {
            answer(&mut forger, &id, 2).await;
            forger.send(&[&format!(r#"43{id}["forged"]"#)]).await;
        }
        // Its own question is open still: all of these were dropped.
        answer(&mut forger, &own.to_string(), 1).await;
        forger.answers(r#"42["answered","Ok("#).await;
        forger.lives().await;
        answer(&mut asked, &id, 1).await;
        answer(&mut asked, &id, 2).await;
        asked.send(&[&format!(r#"43{id}["again"]"#)]).await;
        let answered = loop {
            match asked.next().await.unwrap() {
                message if message.starts_with(r#"42["answered""#) => break message,
                _ => {}
            }
        };
        assert!(!answered.contains("forged") && !answered.contains("again"), "{answered}");
        asked.lives().await;
        site.is_unharmed(&format!("forged answers on {on:?}")).await;
        assert_eq!(site.io.stats().acks, 0);
    }
}
