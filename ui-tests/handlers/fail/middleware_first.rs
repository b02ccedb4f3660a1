use sockeye::prelude::*;

#[derive(Namespace)]
#[namespace("/")]
struct Main;

fn main() {
    let _ = Server::builder().middleware(middleware::on_event::<Main, _>(|_, _| Ok(())));
}
