// Connection state recovery with the official client: cut off, missed events, rooms and data, once only, not too late.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, askOne, conformance, connected, next, oursOnly } from "./support.mjs";
import { RawWebSocket } from "./raw.mjs";

const server = conformance();
const mount = { path: "/recovery/", reconnection: true, reconnectionDelay: 10, reconnectionDelayMax: 10 };

/** Cuts the client's transport as a network does, and waits until it is connected again. */
async function cut(socket) {
  const gone = next(socket, "disconnect");
  socket.io.engine.close();
  await gone;
  await connected(socket);
}

for (const transports of [["websocket"], ["polling"], ["polling", "websocket"]]) {
  test(`${transports}: a client that was cut off comes back as the same socket and gets what it missed`, async () => {
    const socket = await server.connected("/", { ...mount, transports });
    const other = await server.connected("/", mount);
    assert.equal(socket.recovered, false);
    await ask(socket, "join", ["a", "b"]);
    await ask(socket, "set-data", "k", { v: 1 });
    socket.emit("echo-event", "first");
    assert.equal((await next(socket, "echoed"))[0], "first");
    const { id } = socket;
    const seen = [];
    socket.on("news", (value) => seen.push(value));
    const gone = next(socket, "disconnect");
    socket.io.reconnection(false);
    socket.io.engine.close();
    await gone;
    await ask(other, "broadcast", { to: ["a"] }, "news", 1);
    await ask(other, "broadcast", { to: ["elsewhere"] }, "news", 99);
    await ask(other, "broadcast", { except: ["b"] }, "news", 99);
    await ask(other, "broadcast", { to: [id] }, "news", 2);
    await ask(other, "broadcast", {}, "news", Buffer.from([3]));
    socket.io.reconnection(true);
    socket.connect();
    await connected(socket);
    assert.equal(socket.recovered, true);
    assert.equal(socket.id, id);
    assert.deepEqual((await askOne(socket, "rooms")), ["a", "b"]);
    assert.deepEqual((await askOne(socket, "get-data")), { k: { v: 1 } });
    assert.deepEqual(seen.map((value) => (Buffer.isBuffer(value) ? [...value] : value)), [1, 2, [3]]);
  });
}

test("a client that comes back is not asked again who it is", async () => {
  const socket = await server.connected("/auth", { ...mount, auth: { token: "letmein", user: "ann" } });
  const { id } = socket;
  await ask(socket, "echo");
  socket.emit("echo-event", 1);
  await next(socket, "echoed");
  socket.auth = { token: "forgotten" };
  await cut(socket);
  assert.deepEqual([socket.recovered, socket.id], [true, id]);
  assert.deepEqual(await askOne(socket, "get-data"), { user: "ann" });
});

test("a client that is away too long is a new socket", async () => {
  const socket = await server.connected("/", { ...mount, reconnectionDelay: 2600, reconnectionDelayMax: 2600, randomizationFactor: 0 });
  socket.emit("echo-event", 1);
  await next(socket, "echoed");
  const { id } = socket;
  await cut(socket);
  assert.equal(socket.recovered, false);
  assert.notEqual(socket.id, id);
});

test("a client that leaves is forgotten", async () => {
  const socket = await server.connected("/", mount);
  socket.emit("echo-event", 1);
  await next(socket, "echoed");
  const { id } = socket;
  socket.disconnect();
  socket.connect();
  await connected(socket);
  assert.equal(socket.recovered, false);
  assert.notEqual(socket.id, id);
});

// npm's server recovers nobody who has not had an event (#5538), and lets a session be claimed twice.
oursOnly("a client that never got an event is recovered, and nobody else after it", async () => {
  const raw = await RawWebSocket.open(server, { path: "/recovery/" });
  await raw.next();
  raw.send("40");
  const { sid, pid } = JSON.parse((await raw.next()).slice(2));
  raw.socket.terminate();
  const claim = async () => {
    const again = await RawWebSocket.open(server, { path: "/recovery/" });
    await again.next();
    again.send(`40${JSON.stringify({ pid })}`);
    return JSON.parse((await again.next()).slice(2)).sid;
  };
  const other = await server.connected("/", mount);
  while ((await askOne(other, "fetch", { to: [sid] })).length > 0);
  assert.equal(await claim(), sid);
  assert.notEqual(await claim(), sid);
});
