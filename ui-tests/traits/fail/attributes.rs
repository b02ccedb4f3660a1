use sockeye::events;

#[events(client_to_server)]
#[event("request")]
pub trait Request {
    #[events("typing")]
    async fn typing(&self);
    #[event("disconnect")]
    async fn leave(&self);
    #[event(loud)]
    async fn post(&self, #[event("text")] text: String);
    #[event("post")]
    async fn again(&self, #[serde(default)] text: &str);
}

fn main() {}
