//! The names of all metrics, of the engine and of what stands on it: one table, from which they are described.

use ::metrics::Unit;

/// One metric.
pub(crate) struct Metric {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) unit: Unit,
    /// Its labels, sorted.
    #[cfg_attr(not(test), allow(dead_code, reason = "the page of metrics is checked against it"))]
    pub(crate) labels: &'static [&'static str],
    pub(crate) about: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

macro_rules! metrics {
    ($($kind:ident $id:ident $name:literal $unit:ident [$($label:literal)*] $about:literal)*) => {
        $(pub(crate) const $id: &str = $name;)*

        pub(crate) const TABLE: &[Metric] = &[$(Metric {
            name: $name,
            kind: Kind::$kind,
            unit: Unit::$unit,
            labels: &[$($label),*],
            about: $about,
        }),*];
    };
}

metrics! {
    Gauge SESSIONS "sockeye_sessions" Count ["transport"] "Open sessions by the transport they are on."
    Counter OPENED "sockeye_sessions_opened_total" Count ["transport"] "Sessions opened, by their first transport."
    Counter CLOSED "sockeye_sessions_closed_total" Count ["reason"] "Sessions closed."
    Counter UPGRADES "sockeye_upgrades_total" Count [] "Sessions that went from polling to WebSocket."
    Counter RECEIVED_BYTES "sockeye_received_bytes_total" Bytes ["transport"] "Bytes of messages from clients, without framing."
    Counter SENT_BYTES "sockeye_sent_bytes_total" Bytes ["transport"] "Bytes of frames handed to transports."
    Gauge WAITING "sockeye_outbox_waiting_bytes" Bytes [] "Bytes in outboxes whose transport takes no more for now."
    Counter DROPPED "sockeye_packets_dropped_total" Count ["kind"] "Packets dropped because a client could not take them."
    Counter REFUSALS "sockeye_refusals_total" Count ["cause"] "What was refused, by the limit or rule."
    Gauge SOCKETS "sockeye_sockets" Count ["namespace"] "Sockets in a namespace."
    Gauge ROOMS "sockeye_rooms" Count ["namespace"] "Rooms with a member, a socket's own not counted."
    Counter CONNECT_REFUSALS "sockeye_connect_refusals_total" Count ["by" "namespace"] "Joins of a namespace that were refused."
    Counter DISCONNECTS "sockeye_disconnects_total" Count ["namespace" "reason"] "Sockets that left their namespace."
    Counter RECEIVED "sockeye_events_received_total" Count ["event" "namespace"] "Events from clients that were handed on to middleware or a handler."
    Counter EMITTED "sockeye_events_emitted_total" Count ["event" "namespace"] "Emits, once for each however many they were for."
    Counter DELIVERIES "sockeye_event_deliveries_total" Count ["event" "namespace"] "Packets of emits queued for clients."
    Histogram DURATION "sockeye_event_duration_seconds" Seconds ["event" "namespace"] "From the start of an event's middleware or handler to its end."
    Counter DECODE_ERRORS "sockeye_decode_errors_total" Count ["event" "namespace"] "Events whose arguments did not decode."
    Counter EVENT_REFUSALS "sockeye_event_refusals_total" Count ["by" "event" "namespace"] "Events that a middleware or a guard refused."
    Counter PANICS "sockeye_panics_total" Count ["call" "namespace"] "Panics of the application's code."
    Gauge ACKS "sockeye_acks_outstanding" Count ["namespace"] "Acknowledgements that are waited for."
    Counter ACK_TIMEOUTS "sockeye_ack_timeouts_total" Count ["namespace"] "Acknowledgements that did not come in time."
}

/// Tells the recorder what they are.
pub(crate) fn describe() {
    for Metric { name, kind, unit, about, .. } in TABLE {
        let unit = *unit;
        match kind {
            Kind::Counter => ::metrics::describe_counter!(*name, unit, *about),
            Kind::Gauge => ::metrics::describe_gauge!(*name, unit, *about),
            Kind::Histogram => ::metrics::describe_histogram!(*name, unit, *about),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of the page's table: name, kind, labels.
    fn documented() -> Vec<(String, String, Vec<String>)> {
        let rows = include_str!("../../../docs/observability.md").lines();
        rows.filter_map(|row| {
            let mut cells = row.strip_prefix("| `sockeye_")?.split(" | ");
            let name = format!("sockeye_{}", cells.next()?.trim_end_matches('`'));
            let kind = cells.next()?.to_owned();
            let labels = cells.next()?.split('`').skip(1).step_by(2).map(str::to_owned).collect();
            Some((name, kind, labels))
        })
        .collect()
    }

    #[test]
    fn the_page_has_every_metric_and_none_besides() {
        let table: Vec<_> = TABLE
            .iter()
            .map(|metric| {
                let labels = metric.labels.iter().map(ToString::to_string).collect();
                (metric.name.to_owned(), format!("{:?}", metric.kind).to_lowercase(), labels)
            })
            .collect();
        assert_eq!(documented(), table, "left: runtime/docs/observability.md; right: this table");
    }

    #[test]
    fn names_end_in_their_unit() {
        for metric in TABLE {
            let name = metric.name.trim_end_matches("_total");
            assert_eq!(metric.kind == Kind::Counter, name != metric.name, "{name}");
            assert_eq!(metric.unit == Unit::Bytes, name.ends_with("_bytes"), "{name}");
            assert_eq!(metric.unit == Unit::Seconds, name.ends_with("_seconds"), "{name}");
            assert!(metric.labels.is_sorted());
        }
    }
}
