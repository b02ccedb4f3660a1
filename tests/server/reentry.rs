//! What sockets do to themselves and to each other while handlers run.

use std::{task::Poll, time::Duration};

use sockeye::CloseReason;
use tokio::time::Instant;

use crate::yard::{Seen, open, open_with};

const SECOND: Duration = Duration::from_secs(1);

fn disconnected(seen: &[Seen]) -> Vec<&str> {
    let mut paths: Vec<_> = seen
        .iter()
        .filter_map(|seen| match seen {
            Seen::Disconnected(path, _) => Some(path.as_str()),
            _ => None,
        })
        .collect();
    paths.sort_unstable();
    paths
}

fn events(seen: &[Seen]) -> Vec<&str> {
    let mut names = Vec::new();
    for seen in seen {
        if let Seen::Event(name) = seen {
            names.push(name.as_str());
        }
    }
    names
}

#[tokio::test(start_paused = true)]
async fn connected_goes_on_after_an_await_though_the_client_says_nothing() {
    let open = open();
    *open.keeper.connected_takes.lock() = Duration::from_millis(50);
    let mut client = open.client();
    client.send(&["0/yard-1,"]).await;
    assert!(client.next().await.unwrap().starts_with("0/yard-1,"));
    let before = Instant::now();
    assert_eq!(client.next().await.unwrap(), r#"2/yard-1,["ready"]"#);
    assert!(before.elapsed() < SECOND, "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_disconnect_its_socket_and_go_on() {
    let mut open = open();
    let mut client = open.client();
    // Beside another handler that waits.
    client.send(&["0/yard-1,", r#"2/yard-1,["hang"]"#, r#"2/yard-1,["leave later"]"#]).await;
    let seen = open.after(SECOND).await;
    assert!(seen.contains(&Seen::Disconnected("/yard-1".into(), CloseReason::ServerDisconnect)), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_close_its_connection_and_go_on() {
    let mut open = open();
    let mut client = open.client();
    client.send(&["0/yard-1,", "0/yard-2,", r#"2/yard-2,["hang"]"#, r#"2/yard-1,["close later"]"#]).await;
    let seen = open.after(SECOND).await;
    assert_eq!(disconnected(&seen), ["/yard-1", "/yard-2"]);
    assert_eq!(open.io.stats().sessions, 0);
}

#[tokio::test(start_paused = true)]
async fn a_handler_may_shut_the_server_down() {
    let mut open = open();
    let mut client = open.client();
    client.send(&["0/yard-1,", r#"2/yard-1,["shut down"]"#]).await;
    let seen = open.after(Duration::from_secs(4)).await;
    assert_eq!(disconnected(&seen), ["/yard-1"]);
    let stats = open.io.stats();
    assert_eq!((stats.sessions, stats.sockets, stats.namespaces), (0, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn leaving_one_namespace_after_another_disturbs_none_while_disconnected_runs() {
    let mut open = open();
    *open.keeper.disconnected_takes.lock() = SECOND;
    let mut client = open.client();
    client.send(&["0/yard-1,", "0/yard-2,", "0/yard-3,", "1/yard-1,", "1/yard-2,"]).await;
    let seen = open.after(SECOND / 2).await;
    assert_eq!(disconnected(&seen), ["/yard-1", "/yard-2"]);
    assert!(seen.contains(&Seen::Connected("/yard-3".into())), "{seen:?}");
    client.send(&[r#"2/yard-3,["still here"]"#]).await;
    assert_eq!(events(&open.after(5 * SECOND).await), ["still here"]);
    assert_eq!((open.io.stats().sessions, open.io.stats().sockets), (1, 1));
    drop(client);
    assert_eq!(disconnected(&open.after(5 * SECOND).await), ["/yard-3"]);
    assert_eq!((open.io.stats().sessions, open.io.stats().sockets), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn every_socket_gets_its_connected_while_another_ones_disconnected_runs() {
    let mut open = open();
    *open.keeper.disconnected_takes.lock() = SECOND;
    let mut client = open.client();
    client.send(&["0/yard-1,", "0/yard-2,", "0/yard-3,", "1/yard-1,"]).await;
    let seen = open.after(SECOND / 2).await;
    for id in 1..=3 {
        assert!(seen.contains(&Seen::Connected(format!("/yard-{id}"))), "{id}: {seen:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_close_disconnects_each_socket_once_while_another_ones_disconnected_runs() {
    let mut open = open();
    *open.keeper.disconnected_takes.lock() = SECOND;
    let mut client = open.client();
    client.send(&["0/yard-1,", "0/yard-2,", "0/yard-3,", "1/yard-1,"]).await;
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    drop(client);
    let seen = open.after(5 * SECOND).await;
    assert_eq!(disconnected(&seen), ["/yard-1", "/yard-2", "/yard-3"]);
    let stats = open.io.stats();
    assert_eq!((stats.sessions, stats.sockets, stats.namespaces), (0, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn joining_and_leaving_for_ever_keeps_no_more_sockets_than_namespaces_are_allowed() {
    let mut open = open_with(|builder| builder.max_namespaces(4));
    *open.keeper.disconnected_takes.lock() = 10 * SECOND;
    let mut client = open.client();
    for _ in 0..100 {
        client.send(&["0/yard-1,", "1/yard-1,"]).await;
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
        if open.io.stats().sessions == 0 {
            break;
        }
    }
    let seen = open.after(SECOND).await;
    assert!(open.io.stats().sockets <= 4, "{:?} {seen:?}", open.io.stats());
}

#[tokio::test(start_paused = true)]
async fn one_may_leave_and_come_back_while_disconnected_runs() {
    let mut open = open();
    *open.keeper.disconnected_takes.lock() = 10 * SECOND;
    let mut client = open.client();
    client.send(&["0/yard-1,", "1/yard-1,", "0/yard-1,", r#"2/yard-1,["back"]"#]).await;
    let seen = open.after(SECOND).await;
    assert_eq!(events(&seen), ["back"]);
    assert_eq!(open.io.stats().sockets, 2);
    open.after(20 * SECOND).await;
    assert_eq!(open.io.stats().sockets, 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_handled_after_a_handler_has_disconnected_the_socket() {
    let mut open = open();
    let mut client = open.client();
    client.send(&["0/yard-1,", r#"2/yard-1,["leave"]"#, r#"2/yard-1,["after"]"#]).await;
    assert_eq!(events(&open.after(SECOND).await), ["leave"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_handled_after_a_handler_has_closed_the_connection() {
    let mut open = open();
    let mut client = open.client();
    client.send(&["0/yard-1,", "0/yard-2,", r#"2/yard-1,["close"]"#, r#"2/yard-2,["after"]"#]).await;
    assert_eq!(events(&open.after(SECOND).await), ["close"]);
}

#[tokio::test(start_paused = true)]
async fn what_waits_its_turn_is_dropped_when_the_server_disconnects_the_socket() {
    let mut open = open();
    let mut client = open.client();
    let event = |name: &str| format!(r#"2/lane,["{name}"]"#);
    client.send(&["0/lane,".to_owned(), event("wait"), event("leave"), event("a"), event("b")]).await;
    assert_eq!(events(&open.after(5 * SECOND).await), ["wait", "leave"]);
}

#[tokio::test(start_paused = true)]
async fn what_came_before_the_client_left_is_handled() {
    let mut open = open();
    let mut client = open.client();
    let event = |name: &str| format!(r#"2/lane,["{name}"]"#);
    client.send(&["0/lane,".to_owned(), event("wait"), event("a"), event("b"), "1/lane,".to_owned()]).await;
    assert_eq!(events(&open.after(5 * SECOND).await), ["wait", "a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_handled_after_a_packet_that_broke_the_protocol() {
    for broken in ["?", "2/yard-9,[\"not joined\"]", "2/yard-1,[\"connect\"]"] {
        let mut open = open();
        let mut client = open.client();
        client.send(&["0/yard-1,", r#"2/yard-1,["before"]"#, broken, r#"2/yard-1,["after"]"#]).await;
        assert_eq!(events(&open.after(SECOND).await), ["before"], "{broken}");
        assert_eq!(open.io.stats().sessions, 0);
    }
}

#[tokio::test]
async fn a_busy_connection_leaves_turns_to_others() {
    let mut open = open();
    let mut client = open.client();
    client.send(&["0/yard-1,"]).await;
    let flood: Vec<_> = (0..20_000).map(|i| format!(r#"2/yard-1,["{i}"]"#)).collect();
    let sending = tokio::spawn(async move {
        client.send(&flood).await;
        client
    });
    // A task that is always ready: it has its turn between any two of the connection's.
    let watching = tokio::spawn(async move {
        let (mut handled, mut longest) = (0, 0);
        while handled < 20_000 {
            let mut yielded = false;
            std::future::poll_fn(|cx| match std::mem::replace(&mut yielded, true) {
                true => Poll::Ready(()),
                false => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
            })
            .await;
            let seen = std::iter::from_fn(|| open.seen.try_recv().ok());
            let turn = seen.filter(|seen| matches!(seen, Seen::Event(_))).count();
            handled += turn;
            longest = longest.max(turn);
        }
        longest
    });
    let longest = watching.await.unwrap();
    assert!(longest <= 256, "{longest} events in one turn");
    drop(sending.await);
}
