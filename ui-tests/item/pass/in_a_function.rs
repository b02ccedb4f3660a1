#![deny(warnings)]

fn main() {
    #[derive(sockeye::ServerToClient)]
    pub enum Push {
        Message(Text),
    }

    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct Text(String);

    #[derive(sockeye::Namespace)]
    #[namespace("/", server_to_client = Push)]
    pub struct Chat;

    let push = Push::Message(Text(String::new()));
    assert_eq!(sockeye::event::Events::name(&push).plain, "message");
}
