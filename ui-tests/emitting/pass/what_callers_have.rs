#![deny(warnings)]

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use bytes::Bytes;
use sockeye::{Namespace, ServerToClient, Socket};

#[derive(ServerToClient)]
pub enum Push {
    Text(String),
    List(Vec<u64>),
    Number(u64),
    Maybe(Option<String>),
    Data(Bytes),
    Map(HashMap<String, u8>),
    Many { a: String, b: f32, c: Vec<String>, d: bool },
}

#[derive(Namespace)]
#[namespace("/", server_to_client = Push)]
pub struct Chat;

pub fn emit(socket: &Socket<Chat>, text: String, list: Vec<u64>, shared: Arc<str>, map: HashMap<String, u8>) {
    let emit = socket.emit();
    emit.text("a");
    emit.text(text.as_str());
    emit.text(&text);
    emit.text(Cow::from("a"));
    emit.text(&shared);
    emit.text(shared);
    emit.text(text.clone());
    emit.list(&list);
    emit.list(&list[1..]);
    emit.list([1, 2]);
    emit.list(Vec::new());
    emit.list(list);
    emit.number(7);
    emit.number(&7);
    emit.maybe(None);
    emit.maybe(Some(text));
    emit.data(Bytes::new());
    emit.map(&map);
    emit.many("a", 1.5, ["x".to_owned()], true);
}

fn main() {}
