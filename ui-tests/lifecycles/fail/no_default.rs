use sockeye::prelude::*;

struct User(String);

#[derive(Namespace)]
#[namespace("/", session = User)]
struct Chat;

#[derive(Namespace)]
#[namespace("/news")]
struct News;

#[derive(Lifecycle)]
struct All;

#[derive(Lifecycle)]
#[lifecycle(News, Chat)]
struct Named;

fn main() {
    Server::builder().namespace::<News>(All).namespace::<Chat>(All).build();
    Server::builder().namespace::<News>(Named).namespace::<Chat>(Named).build();
}
