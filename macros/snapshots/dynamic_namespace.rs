// This:
#[namespace("/{game}-{table}", client_to_server = [Lobby, Game], sequential)]
struct Table {
    game: String,
    table: u32,
}

// becomes this:
const _: () = {
    const CHECKED_0: bool = <Lobby as ClientToServer>::CHECKED;
    const CHECKED_1: bool = <Game as ClientToServer>::CHECKED;
    #[automatically_derived]
    impl Namespace for Table {
        const PATH: &'static str = "/{game}-{table}";
        const SEQUENTIAL: bool = true;
        type ClientToServer = (
            <Checked<CHECKED_0> as Goes<Lobby>>::Way,
            <Checked<CHECKED_1> as Goes<Game>>::Way,
        );
        type ServerToClient = NoEvents;
        type ServerToServer = NoEvents;
        type Auth = ();
        type Session = ();
        type Data = ();
        const DYNAMIC: bool = true;
        fn parse_path(path: &str) -> Option<Self> {
            let [found_0, found_1] = match_path(path, &["/", "-", ""])?;
            Option::Some(Self {
                game: <String as PathParam>::parse(&unescape(found_0, "-")?)?,
                table: <u32 as PathParam>::parse(found_1)?,
            })
        }
        fn path(&self) -> Cow<'static, str> {
            let mut whole = String::new();
            let path = &mut whole;
            path.push_str("/");
            let start = path.len();
            <String as PathParam>::write(&self.game, path);
            escape(path, start, "-");
            path.push_str("-");
            <u32 as PathParam>::write(&self.table, path);
            path.push_str("");
            Cow::Owned(whole)
        }
    }
    #[automatically_derived]
    impl Receives<<Checked<CHECKED_0> as Goes<Lobby>>::Way> for Table {}
    #[automatically_derived]
    impl Admits<Lobby, Socket<Table>> for Table {
        type Guarded = <Checked<CHECKED_0> as Goes<Lobby>>::Way;
    }
    #[automatically_derived]
    impl Receives<<Checked<CHECKED_1> as Goes<Game>>::Way> for Table {}
    #[automatically_derived]
    impl Admits<Game, Socket<Table>> for Table {
        type Guarded = <Checked<CHECKED_1> as Goes<Game>>::Way;
    }
    const _: () = assert_distinct(
        <Game as Events>::EVENTS,
        &[<Lobby as Events>::EVENTS],
    );
};
