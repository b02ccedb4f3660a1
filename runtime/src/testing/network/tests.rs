//! Faults as clients and servers see them.
