// This:
#[namespace("/legacy", untyped)]
struct Legacy;

// becomes this:
const _: () = {
    #[automatically_derived]
    impl Namespace for Legacy {
        const PATH: &'static str = "/legacy";
        const SEQUENTIAL: bool = false;
        type ClientToServer = Untyped;
        type ServerToClient = Untyped;
        type ServerToServer = NoEvents;
        type Auth = ();
        type Session = ();
        type Data = ();
        fn parse_path(path: &str) -> Option<Self> {
            if path == "/legacy" { Option::Some(Self {}) } else { Option::None }
        }
        fn path(&self) -> Cow<'static, str> {
            Cow::Borrowed("/legacy")
        }
    }
};
