use sockeye::ClientToServer;

#[derive(ClientToServer)]
#[allow(non_camel_case_types)]
enum Request {
    FooBar,
    #[event("other")]
    Foo_Bar,
}

fn main() {}
