//! What is wrong with an event that came in.
