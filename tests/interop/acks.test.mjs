// Acknowledgements, both ways, and their time-outs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, askOne, bytes, conformance, next, settled } from "./support.mjs";
import { RawWebSocket } from "./raw.mjs";

const server = conformance();

for (const transport of ["websocket", "polling"]) {
  test(`${transport}: the server answers, with none, one and many arguments`, async () => {
    const socket = await server.connected("/", { transports: [transport] });
    assert.deepEqual(await ask(socket, "echo"), []);
    assert.deepEqual(await ask(socket, "echo", 1), [1]);
    assert.deepEqual(await ask(socket, "echo", 1, "b", null, { c: [] }), [1, "b", null, { c: [] }]);
    assert.equal(await socket.emitWithAck("echo", "as a promise"), "as a promise");
  });

  test(`${transport}: the client answers the server`, async () => {
    const socket = await server.connected("/", { transports: [transport] });
    socket.on("question", (payload, answer) => answer({ got: payload }));
    assert.deepEqual(await askOne(socket, "ask", 1000, { n: 1 }), { ok: { got: { n: 1 } } });
  });

  test(`${transport}: the client answers the server in binary`, async () => {
    const socket = await server.connected("/", { transports: [transport] });
    socket.on("question", (payload, answer) => answer(Buffer.from(bytes(payload).reverse())));
    const { ok } = await askOne(socket, "ask", 1000, Buffer.from([1, 2, 3]));
    assert.deepEqual(bytes(ok), [3, 2, 1]);
  });
}

test("many acks in flight each find their own callback", async () => {
  const socket = await server.connected();
  const answers = await Promise.all(Array.from({ length: 300 }, (_, i) => askOne(socket, "echo", i)));
  assert.deepEqual(answers, Array.from({ length: 300 }, (_, i) => i));
});

test("a slow answer holds up no quick one", async () => {
  const socket = await server.connected();
  const order = [];
  const slow = askOne(socket, "slow-ack", 100).then((answer) => order.push(answer));
  const quick = askOne(socket, "echo", "quick").then((answer) => order.push(answer));
  await Promise.all([slow, quick]);
  assert.deepEqual(order, ["quick", "done"]);
});

test("an ack that does not come times out at the client", async () => {
  const socket = await server.connected();
  await assert.rejects(socket.timeout(50).emitWithAck("no-ack", 1), /operation has timed out/);
  await assert.rejects(socket.timeout(20).emitWithAck("slow-ack", 200), /operation has timed out/);
  assert.equal(await socket.timeout(5000).emitWithAck("slow-ack", 1), "done");
});

test("an answer that does not come times out at the server", async () => {
  const socket = await server.connected();
  assert.deepEqual(await askOne(socket, "ask", 50, "nobody listens"), { error: "timeout" });
});

test("an answer that comes too late is dropped", async () => {
  const socket = await server.connected();
  const question = next(socket, "question");
  const timedOut = askOne(socket, "ask", 30, "q");
  const [, answer] = await question;
  assert.deepEqual(await timedOut, { error: "timeout" });
  answer("too late");
  await settled(socket);
});

test("the second answer of the server does not reach the wire", async () => {
  const raw = await RawWebSocket.joined(server);
  raw.send('421["double-ack"]', '422["echo"]');
  assert.equal(await raw.next(), "431[1]");
  assert.equal(await raw.next(), "432[]");
});

test("the second answer of the client is ignored", async () => {
  const raw = await RawWebSocket.joined(server);
  raw.send('425["ask",1000,"q"]');
  const [, id] = /^42(\d+)\["question","q"\]$/.exec(await raw.next());
  raw.send(`43${id}["first"]`, `43${id}["second"]`, '426["echo"]');
  assert.equal(await raw.next(), '435[{"ok":"first"}]');
  assert.equal(await raw.next(), "436[]");
});

test("an answer to a question that nobody asked is ignored", async () => {
  const raw = await RawWebSocket.joined(server);
  raw.send("43999[1]", "4318446744073709551615[]", '421["echo","still here"]');
  assert.equal(await raw.next(), '431["still here"]');
});

test("ack ids may be large and come back as they were", async () => {
  const raw = await RawWebSocket.joined(server);
  raw.send('429007199254740991["echo"]');
  assert.equal(await raw.next(), "439007199254740991[]");
});

test("an event whose handler has no answer is still answered when the client retries", async () => {
  const socket = await server.connected("/", { retries: 2, ackTimeout: 2000 });
  const back = next(socket, "echoed");
  assert.deepEqual(await socket.emitWithAck("echo", 1), 1);
  socket.emit("echo-event", "no ack of its own", () => {});
  assert.deepEqual(await back, ["no ack of its own"]);
});

test("an outstanding ack fails at the client when the connection ends", async () => {
  const socket = await server.connected();
  const pending = assert.rejects(socket.timeout(60_000).emitWithAck("no-ack"), /has been disconnected/);
  socket.emit("kick", true);
  await pending;
});
