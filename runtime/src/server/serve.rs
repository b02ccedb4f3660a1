//! To come
#[derive(Debug)] pub struct Bound;
#[derive(Debug)] pub struct ServeError;
