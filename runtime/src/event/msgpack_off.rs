//! Stands in for MessagePack where it is not compiled in: nobody can ask for it, and no payload is written in it.

use std::{borrow::Cow, convert::Infallible, marker::PhantomData};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use super::args::Fault;
use crate::protocol::{
    frame::{Encoded, Frame},
    socket_io::{PacketError, encoder::Head},
};

pub(super) const RESERVE: usize = 0;

pub(super) enum Data {
    None,
    Value,
    Elements(#[allow(dead_code, reason = "as in the module that this one stands in for")] usize),
}

pub(super) fn finish(_: Vec<u8>, _: Head, _: Data, _: &str, _: Option<u64>) -> Encoded {
    Encoded::new(Frame::Binary(Bytes::new()))
}

pub(super) fn write<T: Serialize + ?Sized>(_: &mut Vec<u8>, _: &T) -> serde_json::Result<()> {
    Ok(())
}

pub(super) fn read<T: DeserializeOwned>(_: &Bytes) -> serde_json::Result<T> {
    Err(serde::de::Error::custom("messagepack is not compiled in"))
}

/// There are none.
#[derive(Debug)]
pub(super) struct Args<'a>(Infallible, PhantomData<&'a Bytes>);

impl<'a> Args<'a> {
    pub(super) fn event(_: &'a Bytes) -> Result<(Cow<'a, str>, Self), PacketError> {
        Err(PacketError::NotAnArray)
    }

    pub(super) fn ack(_: &'a Bytes) -> Option<Self> {
        None
    }

    pub(super) fn more(&self) -> bool {
        match self.0 {}
    }

    pub(super) fn next<T: DeserializeOwned + 'static>(&mut self) -> Option<Result<T, Fault>> {
        match self.0 {}
    }
}
