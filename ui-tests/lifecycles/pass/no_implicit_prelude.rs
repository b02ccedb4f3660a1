#![no_implicit_prelude]
#![deny(warnings)]
#![allow(dead_code)]

pub extern crate sockeye as renamed;

struct Result;
struct Ok;
struct Send;
struct Sync;
struct Default;
struct Handshake;
mod std {}
mod core {}

#[derive(::sockeye::Namespace)]
#[namespace("/")]
struct Main;

#[derive(::sockeye::Lifecycle)]
struct App;

#[derive(renamed::Lifecycle)]
#[lifecycle(Main, crate = crate::renamed)]
struct Other<T>(T);

fn main() {}
