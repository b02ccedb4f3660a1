// This:
#[namespace("/chat", client_to_server = Request, server_to_client = Push, auth = Token, session = User)]
pub struct Chat;

// becomes this:
const _: () = {
    #[automatically_derived]
    impl Namespace for Chat {
        const PATH: &'static str = "/chat";
        const SEQUENTIAL: bool = false;
        type ClientToServer = Request;
        type ServerToClient = Push;
        type ServerToServer = NoEvents;
        type Auth = Token;
        type Session = User;
        type Data = ();
        fn parse_path(path: &str) -> Option<Self> {
            if path == "/chat" { Option::Some(Self {}) } else { Option::None }
        }
        fn path(&self) -> Cow<'static, str> {
            Cow::Borrowed("/chat")
        }
    }
    const _: () = <Push as ServerToClient>::CHECKED;
    #[automatically_derived]
    impl Receives<Request> for Chat {}
    #[automatically_derived]
    impl Admits<Request, Socket<Chat>> for Chat {
        type Guarded = Request;
    }
    #[automatically_derived]
    impl EmittableOn<Chat> for Push {}
};
