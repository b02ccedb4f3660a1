//! The dashboard asks only for metrics that exist, and for every one that a page about them has.

use std::collections::BTreeSet;

use serde_json::Value;

const PAGE: &str = include_str!("../../../runtime/docs/observability.md");
const DASHBOARD: &str = include_str!("../../observability/grafana-dashboard.json");

/// The names in the page's table, and which are histograms: those have three names in Prometheus.
fn documented() -> BTreeSet<String> {
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| `"));
    let rows = rows.filter_map(|row| row.split_once("` | ")).filter(|(name, _)| name.starts_with("sockeye_"));
    rows.flat_map(|(name, rest)| match rest.starts_with("histogram") {
        true => ["_bucket", "_sum", "_count"].iter().map(|part| format!("{name}{part}")).collect(),
        false => vec![name.to_owned()],
    })
    .collect()
}

/// All expressions of all panels.
fn expressions(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| match value.as_str() {
                Some(expression) if name == "expr" => vec![expression],
                _ => expressions(value),
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(expressions).collect(),
        _ => Vec::new(),
    }
}

fn asked<'a>(expressions: &[&'a str]) -> BTreeSet<&'a str> {
    let words =
        expressions.iter().flat_map(|expr| expr.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
    words.filter(|word| word.starts_with("sockeye_")).collect()
}

#[test]
fn it_is_a_dashboard_and_asks_for_what_there_is() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap_or_default();
    let panels = dashboard["panels"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut ids = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64()), "two panels have one id: {panel}");
        assert!(panel["gridPos"]["w"].as_u64().is_some_and(|w| w <= 24), "a panel has no place: {panel}");
        assert!(
            panel["type"] == "row" || !expressions(panel).is_empty(),
            "a panel asks for nothing: {panel}"
        );
    }
    assert!(dashboard["schemaVersion"].is_u64() && dashboard["uid"].is_string());
    let documented = documented();
    let expressions = expressions(&dashboard);
    let asked = asked(&expressions);
    let unknown: Vec<_> = asked.iter().filter(|name| !documented.contains(**name)).collect();
    assert!(unknown.is_empty(), "there are no such metrics: {unknown:?}");
    let parts = ["_sum", "_count"];
    let unasked: Vec<_> = documented
        .iter()
        .filter(|name| !asked.contains(name.as_str()) && !parts.iter().any(|part| name.ends_with(part)))
        .collect();
    assert!(unasked.is_empty(), "no panel shows {unasked:?}");
}
