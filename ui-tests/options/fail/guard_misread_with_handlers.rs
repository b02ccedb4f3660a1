//! A handler that has the guard is right, whatever it is called.

use sockeye::{
    prelude::*,
    server::{FromSocket, Refused},
};

#[derive(ClientToServer)]
pub enum Request {
    #[event(guard = "Admin")]
    Kick { who: String },
    #[event(guard(Admin))]
    Ban { who: String },
}

#[derive(Namespace)]
#[namespace("/chat", client_to_server = Request)]
pub struct Chat;

pub struct Admin;

impl FromSocket<Chat> for Admin {
    async fn from_socket(_: &Socket<Chat>) -> Result<Self, Refused> {
        Ok(Self)
    }
}

struct App;

impl RequestHandler<Chat> for App {
    async fn kick(&self, _: Socket<Chat>, _: Admin, _: String) {}
    async fn ban(&self, _: Socket<Chat>, _: Admin, _: String) {}
}

fn main() {}
