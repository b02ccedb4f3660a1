//! The span of a connection: what its logs have in common, and the trace it was asked for in.
//!
//! Of a session's id only the redacted form is shown, and of its request neither headers nor query.

use tracing::{Span, field::Empty};

use super::{HandshakeRequest, Session};

/// A root: the session outlives the request that opened it. It follows from whatever span that request was handled in, which
/// OpenTelemetry shows as a link.
pub(super) fn connection(session: &Session, request: &HandshakeRequest) -> Span {
    let span = tracing::info_span!(
        target: "sockeye::connection",
        parent: None,
        "connection",
        transport = request.transport.as_str(),
        protocol = request.dialect.revision(),
        remote = Empty,
        session = ?session.id(),
        socket = Empty,
        trace_id = Empty,
        parent_id = Empty,
        sampled = Empty,
    );
    if span.is_disabled() {
        return Span::none();
    }
    span.follows_from(Span::current());
    if let Some(remote) = request.remote_addr {
        span.record("remote", tracing::field::display(remote));
    }
    if let Some(context) = request.trace_context() {
        span.record("trace_id", format_args!("{:032x}", context.trace_id));
        span.record("parent_id", format_args!("{:016x}", context.parent_id));
        span.record("sampled", context.sampled);
    }
    span
}
