// Long-polling, WebSocket, and the upgrade from one to the other while events flow.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, askOne, bytes, collect, conformance, next, settled, within } from "./support.mjs";

const server = conformance();
const both = ["polling", "websocket"];

const transportOf = async (socket) => (await askOne(socket, "handshake")).transport;
const upgraded = (socket) =>
  socket.io.engine.transport.name === "websocket" ? Promise.resolve() : next(socket.io.engine, "upgrade");
const numbers = (n) => Array.from({ length: n }, (_, i) => i);

/** Five at a time: more would starve each other on a busy machine, until the server gives up clients that do not join in time. */
const each = async (items, run) => {
  for (let i = 0; i < items.length; i += 5) await Promise.all(items.slice(i, i + 5).map(run));
};

test("polling alone stays polling", async () => {
  const socket = await server.connected("/", { transports: ["polling"] });
  assert.equal(await transportOf(socket), "polling");
  assert.equal(socket.io.engine.transport.name, "polling");
});

test("WebSocket alone opens without polling", async () => {
  const socket = await server.connected("/", { transports: ["websocket"] });
  assert.equal(await transportOf(socket), "websocket");
});

test("the default is polling first, then WebSocket", async () => {
  const socket = server.client("/", { transports: both });
  await next(socket.io.engine, "open");
  assert.equal(socket.io.engine.transport.name, "polling");
  await upgraded(socket);
  await settled(socket);
  assert.equal(await transportOf(socket), "websocket");
});

test("a client that may not upgrade does not", async () => {
  const socket = await server.connected("/", { transports: both, upgrade: false });
  assert.equal(await transportOf(socket), "polling");
});

test("the session, its id, rooms and data survive the upgrade", async () => {
  const socket = await server.connected("/", { transports: both });
  const { id } = socket;
  await ask(socket, "join", "r");
  await upgraded(socket);
  assert.equal(await askOne(socket, "id"), id);
  assert.deepEqual(await askOne(socket, "rooms"), ["r"]);
  assert.equal((await server.stats()).sessions, 1);
});

test("a question asked before the upgrade is answered after it", async () => {
  const socket = await server.connected("/", { transports: both });
  const slow = askOne(socket, "slow-ack", 150);
  const asked = askOne(socket, "ask", 5000, "q");
  const question = next(socket, "question");
  await upgraded(socket);
  const [, answer] = await question;
  answer("after");
  assert.deepEqual(await asked, { ok: "after" });
  assert.equal(await slow, "done");
});

test("what the server sends while a client upgrades arrives whole and in order", async () => {
  await each(numbers(25), async () => {
    const socket = server.client("/", { transports: both });
    const ticks = collect(socket, "tick", 600);
    // The first burst is asked for at once, the others whenever the client has got a little further.
    socket.emit("burst", 600);
    assert.deepEqual((await ticks).flat(), numbers(600));
    await upgraded(socket);
    assert.equal(await transportOf(socket), "websocket");
  });
});

test("what both sides send while a client upgrades arrives whole and in order", async () => {
  const total = 200;
  await each(numbers(25), async (round) => {
    const socket = server.client("/", { transports: both });
    const echoed = collect(socket, "echoed", total);
    const acks = [];
    let sent = 0;
    let done;
    const allSent = new Promise((resolve) => (done = resolve));
    // One after another, so that emits fall before, into and after the probe.
    const sendOne = () => {
      const i = sent++;
      socket.emit("echo-event", i, i % 7 ? "text" : Buffer.from([i % 256]));
      socket.emit("echo", i, (answer) => acks.push(answer));
      if (sent === total) return done();
      if (i % (1 + (round % 5)) === 0) setImmediate(sendOne);
      else sendOne();
    };
    sendOne();
    await within("all to be sent", allSent);
    const got = await echoed;
    await settled(socket);
    assert.deepEqual(got.map(([i]) => i), numbers(total));
    assert.deepEqual(acks, numbers(total));
    for (const [i, payload] of got) assert.ok(i % 7 ? payload === "text" : bytes(payload)[0] === i % 256);
    await upgraded(socket);
    assert.equal(await transportOf(socket), "websocket");
  });
});

test("a dialogue goes on through the upgrade without a gap", async () => {
  const socket = server.client("/", { transports: both });
  let turns = 0;
  do assert.equal(await askOne(socket, "echo", ++turns), turns);
  while (socket.io.engine.transport.name !== "websocket");
  for (let i = 0; i < 20; i++) assert.equal(await askOne(socket, "echo", i), i);
});

test("broadcasts during upgrades reach each client once and in order", async () => {
  const sender = await server.connected();
  const clients = numbers(10).map(() => server.client("/", { transports: both }));
  await Promise.all(clients.map((client) => next(client, "connect")));
  const all = clients.map((client) => collect(client, "news", 200));
  for (let i = 0; i < 200; i++) {
    sender.emit("broadcast", { from: "socket" }, "news", i);
    if (i % 10 === 0) await settled(sender);
  }
  for (const got of await Promise.all(all)) assert.deepEqual(got.flat(), numbers(200));
  await Promise.all(clients.map(upgraded));
});

test("a client that upgrades leaves one session and no more", async () => {
  await server.atRest();
  const sockets = numbers(10).map(() => server.client("/", { transports: both }));
  await Promise.all(sockets.map(upgraded));
  await Promise.all(sockets.map(settled));
  const { sessions, sockets: count } = await server.stats();
  assert.deepEqual({ sessions, count }, { sessions: 10, count: 10 });
});

test("a client that leaves in the middle of its upgrade leaves nothing behind", async () => {
  for (let i = 0; i < 10; i++) {
    const socket = server.client("/", { transports: both });
    await next(socket.io.engine, "upgrading");
    socket.io._close();
  }
  await server.atRest();
});
