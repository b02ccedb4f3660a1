use sockeye::events;

#[events(client_to_server)]
pub struct Request {
    text: String,
}

#[events(client_to_server)]
async fn post(_text: String) {}

#[events(client_to_server)]
impl Request {}

fn main() {
    let _ = (Request { text: String::new() }.text, post(String::new()));
}
