use sockeye::prelude::*;

#[derive(Namespace)]
#[namespace("/")]
struct Chat;

#[derive(Lifecycle)]
#[lifecycle(Chat, Chat)]
struct Twice;

#[derive(Lifecycle)]
#[lifecycle("/", Chat)]
struct Path;

#[derive(Lifecycle)]
#[lifecycle]
struct Bare;

#[derive(Lifecycle)]
#[lifecycle()]
struct Empty;

#[derive(Lifecycle)]
#[lifecycle(namespaces = Chat)]
struct Option;

fn main() {
    // Nothing that uses them adds to the mistakes.
    Server::builder().namespace::<Chat>(Twice).build();
    Server::builder().namespace::<Chat>(Path).build();
    Server::builder().namespace::<Chat>(Bare).build();
    Server::builder().namespace::<Chat>(Empty).build();
}
