// Every way a socket can end, with the reason on both sides, and what the server's `disconnecting` and `disconnect` see.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, askOne, conformance, connected, next, reference, settled, startConformance, within } from "./support.mjs";
import { RawPolling, RawWebSocket } from "./raw.mjs";
import { io } from "socket.io-client";

const server = conformance();

/** What an observer was told about a socket, in order, once it has left. */
async function lifeOf(observer, id) {
  const { detail: reason } = await observer.heard("left", id);
  const told = observer.of(id);
  assert.deepEqual(told.map(({ event }) => event), ["joined", "leaving", "left"]);
  return { namespace: told[0].namespace, rooms: told[1].detail, reason };
}

for (const transport of ["websocket", "polling"]) {
  test(`${transport}: the client leaves the namespace`, async () => {
    const observer = await server.observer();
    const socket = await server.connected("/slow", { transports: [transport] });
    await ask(socket, "join", ["z", "a"]);
    const { id } = socket;
    const own = next(socket, "disconnect");
    socket.disconnect();
    assert.deepEqual((await own)[0], "io client disconnect");
    assert.deepEqual(await lifeOf(observer, id), { namespace: "/slow", rooms: ["a", "z"], reason: "client namespace disconnect" });
  });

  test(`${transport}: the server disconnects the socket from its namespace`, async () => {
    const observer = await server.observer();
    const socket = await server.connected("/", { transports: [transport] });
    const { id } = socket;
    socket.emit("kick", false);
    assert.deepEqual((await next(socket, "disconnect"))[0], "io server disconnect");
    assert.deepEqual(await lifeOf(observer, id), { namespace: "/", rooms: [], reason: "server namespace disconnect" });
  });

  test(`${transport}: the server closes the whole connection`, async () => {
    const observer = await server.observer();
    const a = await server.connected("/", { transports: [transport] });
    const b = a.io.socket("/slow", {});
    await connected(b);
    const ids = [a.id, b.id];
    const gone = [next(a, "disconnect"), next(b, "disconnect")];
    a.emit("kick", true);
    // Over polling the close may overtake the second namespace's DISCONNECT.
    const [first, second] = (await Promise.all(gone)).map(([reason]) => reason);
    assert.equal(first, "io server disconnect");
    assert.match(second, transport === "polling" ? /^(io server disconnect|transport close)$/ : /^io server disconnect$/);
    for (const id of ids) assert.equal((await lifeOf(observer, id)).reason, "server namespace disconnect");
  });

  test(`${transport}: the client closes its transport`, async () => {
    const observer = await server.observer();
    const socket = await server.connected("/", { transports: [transport] });
    await ask(socket, "join", "r");
    const { id } = socket;
    const own = next(socket, "disconnect");
    socket.io.engine.close();
    assert.deepEqual((await own)[0], "forced close");
    assert.deepEqual(await lifeOf(observer, id), { namespace: "/", rooms: ["r"], reason: "transport close" });
  });
}

test("the client's connection breaks", async () => {
  const observer = await server.observer();
  const raw = await RawWebSocket.joined(server);
  raw.socket.terminate();
  assert.equal((await lifeOf(observer, raw.ids[0])).reason, "transport close");
});

test("the client's WebSocket closes as it should", async () => {
  const observer = await server.observer();
  const raw = await RawWebSocket.joined(server);
  raw.socket.close();
  assert.equal((await lifeOf(observer, raw.ids[0])).reason, "transport close");
});

test("a client that does not answer pings is let go, over WebSocket and over polling", async () => {
  const observer = await server.observer();
  const mute = await RawWebSocket.joined(server, { pong: false });
  const polling = await RawPolling.joined(server);
  await Promise.all([mute.close(), polling.drain()]);
  assert.equal((await lifeOf(observer, mute.ids[0])).reason, "ping timeout");
  assert.equal((await lifeOf(observer, polling.id)).reason, "ping timeout");
});

test("a polling client that goes away with a GET pending is noticed", async () => {
  const observer = await server.observer();
  const raw = await RawPolling.joined(server);
  const cancel = new AbortController();
  const pending = raw.get({ signal: cancel.signal });
  await raw.post('42["later",0,"x"]');
  await pending;
  const next = raw.get({ signal: cancel.signal });
  cancel.abort();
  await assert.rejects(next);
  // Depending on whether the request had arrived, its end or the missing pong gives the session away.
  assert.match((await lifeOf(observer, raw.id)).reason, /^(transport close|transport error|ping timeout)$/);
});

test("an Engine.IO packet that is none is a parse error", async () => {
  const observer = await server.observer();
  const raw = await RawWebSocket.joined(server);
  raw.send("9garbage");
  await raw.close();
  assert.equal((await lifeOf(observer, raw.ids[0])).reason, "parse error");
});

test("a ping from the client is a transport error", async () => {
  const observer = await server.observer();
  const raw = await RawWebSocket.joined(server);
  raw.send("2");
  await raw.close();
  assert.equal((await lifeOf(observer, raw.ids[0])).reason, "transport error");
});

test("a message over the limit is a transport error", async () => {
  const observer = await server.observer();
  const raw = await RawWebSocket.joined(server);
  raw.send(`42["echo-event","${"x".repeat(100_001)}"]`);
  assert.equal(await raw.close(), 1009);
  assert.equal((await lifeOf(observer, raw.ids[0])).reason, "transport error");
});

test("all sockets of a connection end with it, each with its rooms", async () => {
  const observer = await server.observer();
  const a = await server.connected();
  const b = a.io.socket("/slow", {});
  await connected(b);
  await Promise.all([ask(a, "join", "ra"), ask(b, "join", "rb")]);
  const ids = [a.id, b.id];
  a.io.engine.close();
  assert.deepEqual(await lifeOf(observer, ids[0]), { namespace: "/", rooms: ["ra"], reason: "transport close" });
  assert.deepEqual(await lifeOf(observer, ids[1]), { namespace: "/slow", rooms: ["rb"], reason: "transport close" });
});

test("what was emitted before a kick still arrives", async () => {
  const socket = await server.connected();
  const got = [];
  socket.on("echoed", (i) => got.push(i));
  for (let i = 0; i < 50; i++) socket.emit("echo-event", i);
  socket.emit("kick", true);
  await next(socket, "disconnect");
  assert.deepEqual(got, Array.from({ length: 50 }, (_, i) => i));
});

test("a socket that is gone gets nothing, and neither do its rooms", async () => {
  const [a, b] = [await server.connected(), await server.connected()];
  await ask(b, "join", "r");
  const observer = await server.observer();
  const { id } = b;
  b.disconnect();
  await observer.heard("left", id);
  assert.deepEqual(await askOne(a, "fetch", { to: ["r"] }), []);
  assert.equal((await server.stats()).rooms, 0);
});

test("an event that was still running when the client left harms nobody", async () => {
  const observer = await server.observer();
  const socket = await server.connected();
  const { id } = socket;
  socket.emit("ask", 60_000, "never answered");
  socket.emit("slow-ack", 30, () => {});
  socket.emit("later", 30, "into the void");
  await settled(socket);
  socket.io.engine.close();
  await observer.heard("left", id);
  const other = await server.connected();
  assert.equal(await askOne(other, "slow-ack", 40), "done");
});

test("a client reconnects after its transport broke, as a new socket", async () => {
  const socket = await server.connected("/", { reconnection: true, reconnectionDelay: 10 });
  const { id } = socket;
  const back = next(socket, "connect");
  socket.io.engine.close();
  await back;
  assert.notEqual(socket.id, id);
  assert.equal(await askOne(socket, "id"), socket.id);
});

test("on SIGTERM the server closes every session without a DISCONNECT packet and ends within three seconds", async () => {
  const own = await startConformance();
  const options = { path: "/contract/", forceNew: true, reconnection: false };
  const sockets = ["websocket", "polling"].map((transport) => io(own.url, { ...options, transports: [transport] }));
  const observer = io(`${own.url}/observer`, { ...options, transports: ["websocket"] });
  try {
    await Promise.all([...sockets, observer].map(connected));
    const gone = sockets.map((socket) => next(socket, "disconnect"));
    own.child.kill("SIGTERM");
    const { code, signal } = await within("the server to end", own.exited, 3000);
    assert.deepEqual({ code, signal }, { code: 0, signal: null });
    const reasons = (await Promise.all(gone)).map(([reason]) => reason);
    assert.match(reasons[0], /^transport close$/);
    assert.match(reasons[1], /^transport (close|error)$/);
  } finally {
    for (const socket of [...sockets, observer]) socket.io._close();
    if (own.child.exitCode === null) own.child.kill("SIGKILL");
  }
});
