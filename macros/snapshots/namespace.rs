// This:
#[namespace("/chat", client_to_server = Request, server_to_client = Push, auth = Token, session = User)]
pub struct Chat;

// becomes this:
const _: () = {
    const CHECKED_0: bool = <Request as ClientToServer>::CHECKED;
    const CHECKED_1: bool = <Push as ServerToClient>::CHECKED;
    const CHECKED_2: bool = <Token as NamespaceAuth>::CHECKED;
    const CHECKED_3: bool = <User as NamespaceSession>::CHECKED;
    #[automatically_derived]
    impl Namespace for Chat {
        const PATH: &'static str = "/chat";
        const SEQUENTIAL: bool = false;
        type ClientToServer = <Checked<CHECKED_0> as Goes<Request>>::Way;
        type ServerToClient = <Checked<CHECKED_1> as Goes<Push>>::Way;
        type ServerToServer = NoEvents;
        type Auth = <Checked<CHECKED_2> as Goes<Token>>::Way;
        type Session = <Checked<CHECKED_3> as Goes<User>>::Way;
        type Data = ();
        fn parse_path(path: &str) -> Option<Self> {
            if path == "/chat" { Option::Some(Self {}) } else { Option::None }
        }
        fn path(&self) -> Cow<'static, str> {
            Cow::Borrowed("/chat")
        }
    }
    #[automatically_derived]
    impl Receives<<Checked<CHECKED_0> as Goes<Request>>::Way> for Chat {}
    #[automatically_derived]
    impl Admits<Request, Socket<Chat>> for Chat {
        type Guarded = <Checked<CHECKED_0> as Goes<Request>>::Way;
    }
    #[automatically_derived]
    impl EmittableOn<Chat> for Push {}
    #[automatically_derived]
    impl ReceivesFromServer<<Checked<CHECKED_1> as Goes<Push>>::Way> for Chat {}
};
