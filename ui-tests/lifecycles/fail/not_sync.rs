use sockeye::prelude::*;

#[derive(Namespace)]
#[namespace("/")]
struct Chat;

#[derive(Lifecycle)]
struct App(std::cell::Cell<u8>);

#[derive(Lifecycle)]
struct Borrows<'a>(&'a str);

fn serve<'a>(text: &'a str) {
    Server::builder().namespace::<Chat>(Borrows(text)).build();
}

fn main() {}
