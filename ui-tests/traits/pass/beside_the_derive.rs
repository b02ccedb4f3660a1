#![deny(warnings)]

// The derive's `#[events]` and the attribute macro of that name: imported by a glob, by name, and not at all.
mod glob {
    use sockeye::prelude::*;

    #[derive(ClientToServer)]
    #[events(rename_all = "snake_case")]
    pub enum Request {
        Post,
    }

    #[events(server_to_client)]
    pub trait Push {
        async fn message(&self);
    }
}

mod name {
    use sockeye::{ClientToServer, events};

    #[derive(ClientToServer)]
    #[events(rename_all = "snake_case")]
    pub enum Request {
        Post,
    }

    #[events(server_to_client)]
    pub trait Push {
        async fn message(&self);
    }
}

mod neither {
    #[derive(sockeye::ClientToServer)]
    #[events(rename_all = "snake_case")]
    pub enum Request {
        Post,
    }

    #[sockeye::events(server_to_client)]
    pub trait Push {
        async fn message(&self);
    }
}

fn main() {
    fn events<E: sockeye::event::Events>() {}
    events::<glob::Request>();
    events::<glob::Push>();
    events::<name::Request>();
    events::<name::Push>();
    events::<neither::Request>();
    events::<neither::Push>();
}
