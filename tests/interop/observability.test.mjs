// npm's client against the example `observability`: what it does is in the numbers that Prometheus would read.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { io } from "socket.io-client";
import { DEADLINE, askOne, connected, next, reference, start } from "./support.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const skip = reference ? "the example is ours" : false;
let server;

before(async () => {
  if (skip) return;
  server = await start(process.env.OBSERVABILITY_BIN ?? `${root}target/debug/observability`, [], { RUST_LOG: "off" });
});

after(() => server?.stop());

/** The samples of `/metrics`: `name{label="value"}`, labels sorted, to number. */
async function numbers() {
  const response = await fetch(`${server.url}/metrics`);
  assert.equal(response.status, 200);
  const samples = new Map();
  for (const line of (await response.text()).split("\n")) {
    const [, name, labels = "", value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name) samples.set(`${name}{${(labels.match(/\w+="[^"]*"/g) ?? []).sort().join(",")}}`, Number(value));
  }
  return samples;
}

/** Waits until all of these are there. */
async function become(wanted) {
  const giveUp = Date.now() + DEADLINE;
  for (;;) {
    const now = await numbers();
    const found = Object.fromEntries(Object.keys(wanted).map((name) => [name, now.get(name)]));
    try {
      return assert.deepEqual(found, wanted);
    } catch (error) {
      if (Date.now() > giveUp) throw error;
    }
    await pause(20);
  }
}

test("what clients do is in the numbers", { skip }, async () => {
  const options = { forceNew: true, reconnection: false };
  const ann = io(server.url, { ...options, transports: ["polling", "websocket"] });
  const bob = io(server.url, { ...options, transports: ["websocket"] });
  const eve = io(server.url, { ...options, transports: ["polling"], extraHeaders: { traceparent: "nonsense" } });
  try {
    await Promise.all([connected(ann), connected(bob), connected(eve)]);
    if (ann.io.engine.transport.name === "polling") await next(ann.io.engine, "upgrade");
    assert.equal(await askOne(bob, "enter", "lobby"), 1);
    assert.equal(await askOne(ann, "enter", "lobby"), 2);
    const heard = next(bob, "said");
    ann.emit("say", "lobby", "hello");
    assert.deepEqual(await heard, ["hello"]);
    await ann.emitWithAck("work", 30);
    ann.emit("work", "long");
    for (let i = 0; i < 5; i++) eve.emit(`made up ${i}`);
    eve.emit("fail");
    eve.io.socket("/nowhere");
    await become({
      'sockeye_sessions{transport="websocket"}': 2,
      'sockeye_sessions{transport="polling"}': 1,
      "sockeye_upgrades_total{}": 1,
      'sockeye_sockets{namespace="/"}': 3,
      'sockeye_rooms{namespace="/"}': 1,
      'sockeye_events_received_total{event="enter",namespace="/"}': 2,
      'sockeye_events_received_total{event="unknown",namespace="/"}': 5,
      'sockeye_decode_errors_total{event="work",namespace="/"}': 1,
      'sockeye_event_deliveries_total{event="said",namespace="/"}': 1,
      'sockeye_event_duration_seconds_count{event="work",namespace="/"}': 1,
      'sockeye_event_duration_seconds_bucket{event="work",le="0.01",namespace="/"}': 0,
      'sockeye_event_duration_seconds_bucket{event="work",le="+Inf",namespace="/"}': 1,
      'sockeye_panics_total{call="event",namespace="/"}': 1,
      'sockeye_connect_refusals_total{by="namespace",namespace="unknown"}': 1,
    });
    const events = [...(await numbers()).keys()].map((name) => /event="([^"]*)"/.exec(name)?.[1]);
    assert.deepEqual([...new Set(events)].sort(), ["enter", "fail", "said", "say", "unknown", "work", undefined]);
  } finally {
    for (const socket of [ann, bob, eve]) socket.io._close();
  }
  await become({
    'sockeye_sessions{transport="websocket"}': 0,
    'sockeye_sessions{transport="polling"}': 0,
    'sockeye_sockets{namespace="/"}': 0,
    'sockeye_rooms{namespace="/"}': 0,
    'sockeye_acks_outstanding{namespace="/"}': 0,
    "sockeye_outbox_waiting_bytes{}": 0,
  });
});
