//! Rooms and targets.

use sockeye::{JoinError, prelude::*, testing::TestClient};

use crate::stage::{Push, Stage, played, played_with};

async fn said(client: &mut TestClient<Stage>) -> String {
    match client.next().await {
        Some(Push::Said { text }) => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn to_a_room_reaches_its_members_but_not_the_sender() {
    let stage = played();
    let (ann, mut bob, mut cid) = (stage.join("ann").await, stage.join("bob").await, stage.join("cid").await);
    for client in [&ann, &bob] {
        client.emit().join("r");
        client.emit().double(0).await.unwrap();
    }
    ann.emit().say("r", "hi");
    assert_eq!(said(&mut bob).await, "hi");
    stage.io.of::<Stage>().emit().said("all");
    assert_eq!(said(&mut cid).await, "all");
    assert_eq!(said(&mut bob).await, "all");
}

#[tokio::test(start_paused = true)]
async fn overlapping_rooms_give_one_copy_and_except_takes_away() {
    let stage = played();
    let (mut ann, mut bob) = (stage.join("ann").await, stage.join("bob").await);
    let io = stage.io.of::<Stage>();
    io.join(["a", "b"]);
    io.to(ann.id()).join("c");
    io.to(["a", "b"]).to(ann.id()).emit().said("one");
    io.to("a").except("c").emit().said("not ann");
    io.emit().said("end");
    assert_eq!(said(&mut ann).await, "one");
    assert_eq!(said(&mut ann).await, "end");
    for expected in ["one", "not ann", "end"] {
        assert_eq!(said(&mut bob).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn joining_after_the_close_is_refused_and_leaves_nothing() {
    let stage = played();
    let ann = stage.join("ann").await;
    let socket = stage.io.of::<Stage>().socket(ann.id()).unwrap();
    drop(ann);
    socket.closed().await;
    stage.empty().await;
    assert_eq!(socket.join("r"), Err(JoinError::Closed));
    assert_eq!(stage.io.stats().rooms, 0);
}

#[tokio::test(start_paused = true)]
async fn rooms_of_a_socket_are_limited() {
    let stage = played_with(|builder| builder.max_rooms(2));
    let ann = stage.join("ann").await;
    let socket = stage.io.of::<Stage>().socket(ann.id()).unwrap();
    assert_eq!(socket.join(["a", "b", "c"]), Err(JoinError::TooMany));
    assert_eq!(socket.rooms().len(), 2);
    assert!(socket.is_in("a") && !socket.is_in("c"));
    let [a, _] = &socket.rooms()[..] else { panic!("{:?}", socket.rooms()) };
    let b = "b".to_owned();
    assert!(socket.is_in(a) && socket.is_in(a.clone()) && socket.is_in(&b) && socket.is_in(b));
    assert!(!socket.is_in(String::from("c")) && !socket.is_in(socket.id()));
}

#[tokio::test(start_paused = true)]
async fn many_can_be_disconnected_at_once() {
    let stage = played();
    let (mut ann, mut bob) = (stage.join("ann").await, stage.join("bob").await);
    stage.io.of::<Stage>().except(bob.id()).disconnect();
    assert!(ann.next().await.is_none());
    stage.io.of::<Stage>().disconnect_connections();
    assert!(bob.next().await.is_none());
    drop(ann);
    stage.empty().await;
}

mod dynamic {
    use sockeye::{
        prelude::*,
        server::{UntypedEvent, UntypedHandler},
        testing::TestClient,
    };

    use crate::stage::Push;

    #[derive(Namespace)]
    #[namespace("/table-{id}", untyped)]
    struct Table {
        id: u32,
    }

    #[derive(Namespace)]
    #[namespace("/t-{tenant}-{user}", server_to_client = Push)]
    struct Account {
        tenant: String,
        user: String,
    }

    struct Tables;

    impl Lifecycle<Account> for Tables {
        async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn texts_that_look_alike_when_joined_are_two_namespaces() {
        let io = Server::builder().namespace::<Account>(Tables).build();
        let join = async |path: &str| TestClient::<Account>::connect_at(&io, path, ()).await;
        let account = |tenant: &str, user: &str| Account { tenant: tenant.into(), user: user.into() };
        let mut client = join("/t-x-y-z").await.unwrap();
        let look_alike = io.of_with(account("x-y", "z"));
        assert_eq!(look_alike.sockets().len(), 0);
        look_alike.emit().said("secret");
        let own = io.of_with(account("x", "y-z"));
        let socket = own.socket(client.id()).unwrap();
        assert_eq!((&*socket.params().tenant, &*socket.params().user), ("x", "y-z"));
        own.emit().said("own");
        assert!(matches!(client.next().await, Some(Push::Said { text }) if text == "own"));
        let other = join("/t-x%2Dy-z").await.unwrap();
        assert_eq!(io.of_with(account("x-y", "z")).sockets()[0].id(), other.id());
        assert_eq!(join("/t-x%2dy-z").await.err().unwrap().message, "Invalid namespace");
    }

    impl Lifecycle<Table> for Tables {
        async fn connect(&self, handshake: Handshake<()>) -> Result<(), ConnectError> {
            match handshake.params::<Table>() {
                Some(Table { id: 13 }) => Err("unlucky".into()),
                _ => Ok(()),
            }
        }
    }

    impl UntypedHandler<Table> for Tables {
        async fn event(&self, socket: Socket<Table>, event: UntypedEvent) {
            if let Some(ack) = event.ack {
                ack.send((socket.namespace(), socket.params().id)).unwrap();
            }
        }
    }

    async fn at(io: &Server, path: &str) -> Result<TestClient<Table>, String> {
        TestClient::connect_at(io, path, ()).await.map_err(|refused| refused.message)
    }

    #[tokio::test(start_paused = true)]
    async fn a_namespace_is_made_for_each_path_and_goes_with_its_last_socket() {
        let io = Server::builder().namespace::<Table>(Tables).build();
        assert_eq!(io.stats().namespaces, 0);
        let seven = at(&io, "/table-7").await.unwrap();
        let zero_seven = at(&io, "/table-07").await.unwrap();
        assert_eq!(io.stats().namespaces, 2);
        let answer = zero_seven.emit().event_with_ack("where", ()).await.unwrap();
        assert_eq!(answer, ["/table-07".into(), sockeye::event::Value::from(7)]);
        assert_eq!(io.of::<Table>().sockets().len(), 2);
        let found = io.of_with(Table { id: 7 }).sockets();
        assert_eq!(found.iter().map(Socket::id).collect::<Vec<_>>(), [seven.id()]);
        drop(found);
        assert_eq!(io.of_with(Table { id: 8 }).sockets().len(), 0);
        drop((seven, zero_seven));
        while io.stats().namespaces > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn bad_parameters_and_refused_clients_leave_no_namespace() {
        let io = Server::builder().namespace::<Table>(Tables).build();
        for path in ["/table-", "/table-x", "/table-+7", "/table-4294967296", "/table", "/tables-7"] {
            assert_eq!(at(&io, path).await.unwrap_err(), "Invalid namespace", "{path}");
        }
        assert_eq!(at(&io, "/table-13").await.unwrap_err(), "unlucky");
        while io.stats().namespaces > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
}

#[derive(Debug, PartialEq, sockeye::Room)]
enum Place {
    Lobby,
    Table { id: u32 },
}

#[tokio::test(start_paused = true)]
async fn a_type_names_rooms_and_is_read_back() {
    let stage = played();
    let (mut ann, mut bob) = (stage.join("ann").await, stage.join("bob").await);
    let io = stage.io.of::<Stage>();
    let socket = io.socket(ann.id()).unwrap();
    socket.join([Place::Table { id: 7 }, Place::Lobby]).unwrap();
    socket.join("by hand").unwrap();
    assert!(socket.is_in(Place::Lobby) && socket.is_in(&Place::Table { id: 7 }));
    assert!(!socket.is_in(Place::Table { id: 8 }));
    io.to(bob.id()).join(Place::Lobby);
    let places: Vec<_> = socket.rooms().iter().filter_map(Room::parse::<Place>).collect();
    assert_eq!(places, [Place::Lobby, Place::Table { id: 7 }]);
    let table = Place::Table { id: 7 };
    io.to(&table).emit().said("table");
    io.to("lobby").except(&table).emit().said("lobby");
    socket.leave(table);
    io.to("table:7").emit().said("nobody");
    io.emit().said("end");
    for expected in ["table", "end"] {
        assert_eq!(said(&mut ann).await, expected);
    }
    for expected in ["lobby", "end"] {
        assert_eq!(said(&mut bob).await, expected);
    }
}

#[derive(ServerToClient, Debug, PartialEq)]
enum Welcome {
    Hello,
}

#[derive(sockeye::Namespace)]
#[namespace("/", server_to_client = Welcome)]
struct Hall;

struct Host;

impl Lifecycle<Hall> for Host {
    async fn connect(&self, _: Handshake<()>) -> Result<(), ConnectError> {
        Ok(())
    }

    async fn connected(&self, socket: Socket<Hall>) {
        assert!(socket.join("hall").is_ok());
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_test_client_is_in_the_rooms_that_connected_joins_at_once() {
    let io = Server::builder().namespace::<Hall>(Host).build();
    let mut client = TestClient::<Hall>::connect(&io, ()).await.expect("everybody may");
    io.of::<Hall>().to("hall").emit().hello();
    assert_eq!(client.next().await, Some(Welcome::Hello));
}
