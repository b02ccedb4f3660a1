//! Events of every shape through both parsers: what is written is read as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sockeye::{
    Parser,
    event::{ArgReader, Events},
};

#[path = "../shapes.rs"]
mod shapes;
use shapes::{Shape, encode, payload};

fuzz_target!(|event: Shape| {
    for parser in [Parser::Json, Parser::MessagePack] {
        let Some(encoded) = encode(parser, &event) else {
            assert_eq!(parser, Parser::Json, "only attachments are limited");
            continue;
        };
        let payload = payload(parser, &encoded);
        let (name, mut args) = ArgReader::event(&payload).expect("we wrote it");
        assert_eq!(Shape::decode(&name, &mut args).expect("we wrote it").as_ref(), Some(&event));
        args.finish().expect("all arguments are read");
    }
});
