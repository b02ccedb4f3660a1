//! From a payload to arguments.
