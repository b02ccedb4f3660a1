// This:
#[namespace("/", client_to_server = Request, server_to_client = Push, server_to_server = Cluster)]
struct Chat;

// becomes this:
const _: () = {
    const CHECKED_0: bool = <Request as ClientToServer>::CHECKED;
    const CHECKED_1: bool = <Push as ServerToClient>::CHECKED;
    const CHECKED_2: bool = <Cluster as ServerToServer>::CHECKED;
    #[automatically_derived]
    impl Namespace for Chat {
        const PATH: &'static str = "/";
        const SEQUENTIAL: bool = false;
        type ClientToServer = <Checked<CHECKED_0> as Goes<Request>>::Way;
        type ServerToClient = <Checked<CHECKED_1> as Goes<Push>>::Way;
        type ServerToServer = <Checked<CHECKED_2> as Goes<Cluster>>::Way;
        type Auth = ();
        type Session = ();
        type Data = ();
        fn parse_path(path: &str) -> Option<Self> {
            if path == "/" { Option::Some(Self {}) } else { Option::None }
        }
        fn path(&self) -> Cow<'static, str> {
            Cow::Borrowed("/")
        }
    }
    #[automatically_derived]
    impl Receives<<Checked<CHECKED_0> as Goes<Request>>::Way> for Chat {}
    #[automatically_derived]
    impl EmittableOn<Chat> for Push {}
    #[automatically_derived]
    impl ReceivesFromServer<<Checked<CHECKED_1> as Goes<Push>>::Way> for Chat {}
    #[automatically_derived]
    impl ReceivesFromNodes<<Checked<CHECKED_2> as Goes<Cluster>>::Way> for Chat {}
};
