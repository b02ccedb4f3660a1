//! What the tests of the framing share.

mod differential;
mod judge;
mod rules;

use judge::decode;

use super::*;
