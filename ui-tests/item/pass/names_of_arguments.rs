#![deny(warnings)]

use sockeye::{ClientToServer, Namespace, Socket};

// The names that generated code uses itself, and some that it might.
#[derive(ClientToServer)]
pub enum Request {
    First { cx: u8, h: u8, args: u8, name: u8, w: u8, self_: u8, socket: u8, target: u8 },
    Second { handler: u8, context: u8, reply: u8, writer: u8, value: u8, error: u8, result: u8, event: u8 },
    Third { arg0: u8, arg1: u8, room: u8, r#type: u8, r#fn: u8, method: u8, payload: u8 },
    Types(N, H, T),
}

#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct N;
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct H;
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct T;

#[derive(Namespace)]
#[namespace("/", client_to_server = Request)]
pub struct Chat;

struct App;

impl RequestHandler<Chat> for App {
    async fn first(&self, _: Socket<Chat>, _: u8, _: u8, _: u8, _: u8, _: u8, _: u8, socket: u8, target: u8) {
        let _ = (socket, target);
    }
    async fn second(&self, _: Socket<Chat>, _: u8, _: u8, _: u8, _: u8, _: u8, _: u8, _: u8, _: u8) {}
    async fn third(&self, _: Socket<Chat>, _: u8, _: u8, _: u8, _: u8, _: u8, _: u8, _: u8) {}
    async fn types(&self, _: Socket<Chat>, _: N, _: H, _: T) {}
}

fn emit<Target: sockeye::event::EmitTarget>(emit: RequestEmitter<Target>) {
    emit.first(1, 2, 3, 4, 5, 6, 7, 8);
    emit.types(&N, H, T);
}

fn main() {
    fn handles<X: RequestHandler<Chat>>(_: X) {}
    handles(App);
    let _ = emit::<&Never>;
}

struct Never;

impl sockeye::event::EmitTarget for &Never {
    type Sent = ();
    type Ack<A: sockeye::event::AckTypes> = ();
    fn send(&self, _: sockeye::event::EventName<'_>, _: &dyn Fn(&mut sockeye::event::ArgWriter)) {}
    fn send_with_ack<A: sockeye::event::AckShape>(
        &self,
        _: sockeye::event::EventName<'_>,
        _: &dyn Fn(&mut sockeye::event::ArgWriter),
    ) {
    }
}
