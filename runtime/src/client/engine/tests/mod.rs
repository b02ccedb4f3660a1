//! Tests of the engine against scripted peers.
