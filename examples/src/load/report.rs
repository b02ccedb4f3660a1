//! What came out, as a table or as JSON.

use std::fmt;

use serde::Serialize;

use super::{options::Options, process::Usage, tally::Tally};

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    scenario: &'static str,
    connections: usize,
    window: usize,
    size: usize,
    seconds: f64,
    unit: &'static str,
    messages: u64,
    /// Messages a second.
    rate: f64,
    p50_us: f64,
    p99_us: f64,
    max_us: f64,
    /// Answers that came before one to an earlier message.
    reordered: u64,
    /// Of the server, while it was measured.
    cpu_percent: Option<f64>,
    cpu_us_per_message: Option<f64>,
    rss_bytes: Option<u64>,
    rss_bytes_per_connection: Option<f64>,
    #[serde(skip)]
    json: bool,
}

impl Report {
    pub(crate) fn new(options: &Options, tally: &Tally, seconds: f64, usage: Option<Usage>) -> Self {
        let messages = tally.measured();
        let cpu_us = usage.map(|usage| usage.cpu.as_secs_f64() * 1e6);
        Self {
            scenario: options.scenario.name(),
            connections: options.connections,
            window: options.window,
            size: options.size,
            seconds,
            unit: options.scenario.unit(),
            messages,
            rate: messages as f64 / seconds,
            p50_us: tally.quantile(0.5),
            p99_us: tally.quantile(0.99),
            max_us: tally.quantile(1.0),
            reordered: tally.reordered(),
            cpu_percent: cpu_us.map(|cpu| cpu / seconds / 1e4),
            cpu_us_per_message: cpu_us.filter(|_| messages > 0).map(|cpu| cpu / messages as f64),
            rss_bytes: usage.map(|usage| usage.memory),
            rss_bytes_per_connection: usage.and_then(|usage| usage.for_each_connection),
            json: options.json,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.json {
            return f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?);
        }
        let mut line = |name: &str, value: String| writeln!(f, "{name:<28} {value:>14}");
        line("scenario", self.scenario.to_owned())?;
        line("connections", self.connections.to_string())?;
        line("under way", self.window.to_string())?;
        line("bytes of data", self.size.to_string())?;
        line(self.unit, self.messages.to_string())?;
        line(&format!("{}/s", self.unit), format!("{:.0}", self.rate))?;
        if self.messages > 0 {
            line("latency p50", format!("{:.0} us", self.p50_us))?;
            line("latency p99", format!("{:.0} us", self.p99_us))?;
            line("latency max", format!("{:.0} us", self.max_us))?;
            line("answers out of order", self.reordered.to_string())?;
        }
        if let Some(percent) = self.cpu_percent {
            line("server: CPU", format!("{percent:.1} %"))?;
        }
        if let Some(cpu) = self.cpu_us_per_message {
            line(&format!("server: CPU for {}", singular(self.unit)), format!("{cpu:.2} us"))?;
        }
        if let Some(bytes) = self.rss_bytes {
            line("server: memory", format!("{:.1} MB", bytes as f64 / 1e6))?;
        }
        if let Some(bytes) = self.rss_bytes_per_connection {
            line("server: memory a connection", format!("{:.2} KB", bytes / 1024.0))?;
        }
        Ok(())
    }
}

fn singular(unit: &str) -> &'static str {
    match unit {
        "deliveries" => "a delivery",
        "connections" => "a connection",
        _ => "a message",
    }
}
