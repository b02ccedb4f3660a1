//! What a recorder of metrics has been told, as text and numbers.

use std::collections::{BTreeMap, BTreeSet};

use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

/// What the recorder has got, as `name{label="value"}`.
pub(crate) struct Numbers {
    snapshotter: Snapshotter,
    pub(crate) totals: BTreeMap<String, f64>,
    pub(crate) durations: BTreeMap<String, Vec<f64>>,
}

impl Numbers {
    pub(crate) fn new(recorder: &DebuggingRecorder) -> Self {
        Self { snapshotter: recorder.snapshotter(), totals: BTreeMap::new(), durations: BTreeMap::new() }
    }

    /// A snapshot sets all to nought, gauges too: these are sums of what has been told since the last one.
    pub(crate) fn read(&mut self) {
        for (key, _, _, value) in self.snapshotter.snapshot().into_vec() {
            let mut labels: Vec<_> =
                key.key().labels().map(|label| format!("{}={:?}", label.key(), label.value())).collect();
            labels.sort();
            let name = format!("{}{{{}}}", key.key().name(), labels.join(","));
            match value {
                DebugValue::Counter(n) => *self.totals.entry(name).or_default() += n as f64,
                DebugValue::Gauge(n) => *self.totals.entry(name).or_default() += n.0,
                DebugValue::Histogram(all) => {
                    self.durations.entry(name).or_default().extend(all.iter().map(|n| n.0));
                }
            }
        }
    }

    #[track_caller]
    pub(crate) fn are(&mut self, expected: &[(&str, f64)]) {
        self.read();
        for (name, value) in expected {
            let name = format!("sockeye_{name}");
            let found = self.totals.get(&name);
            assert_eq!(found, Some(value), "{name} of\n{}", self.shown());
        }
    }

    fn shown(&self) -> String {
        let lines = self.totals.iter().filter(|(_, n)| **n != 0.0).map(|(name, n)| format!("{name} {n}\n"));
        lines.collect()
    }

    pub(crate) fn names(&self) -> BTreeSet<String> {
        let keys = self.totals.keys().chain(self.durations.keys());
        keys.map(|key| key.split('{').next().unwrap().to_owned()).collect()
    }

    /// The values of a label.
    pub(crate) fn values(&self, label: &str) -> BTreeSet<String> {
        let keys = self.totals.keys().chain(self.durations.keys());
        let values = keys.filter_map(|key| key.split(&format!("{label}=\"")).nth(1)?.split('"').next());
        values.map(str::to_owned).collect()
    }
}
