// Events: text, binary at any depth, many arguments, unicode; catch-all, packet middleware, volatile, errors of one event.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, askOne, bytes, collect, conformance, next, settled } from "./support.mjs";
import { RawPolling, RawWebSocket } from "./raw.mjs";

const server = conformance();

const cases = {
  "no argument": [],
  "one text": ["hello"],
  "an empty text": [""],
  "null and booleans": [null, true, false],
  "numbers": [0, -1, 1.5, 1e21, 2 ** 53 - 1, -(2 ** 53) + 1, 1e-7],
  "many arguments": Array.from({ length: 100 }, (_, i) => ({ i })),
  "unicode": ["ü", "漢字", "👩‍👩‍👧", "\u0000", "\u2028", '"\\/\b\f\n\r\t', "\u{10FFFF}"],
  "unicode keys": [{ "clé ☃": { "": 1 } }],
  "nested": [[[[[]]], { a: { b: { c: [1, { d: null }] } } }]],
  "what looks like a packet": ['42["x"]', "451-", "\x1e", "b4AAE="],
  "a placeholder that is none": [{ _placeholder: "yes" }, { num: 0 }],
  "a long text": ["x".repeat(50_000)],
};

for (const transport of ["websocket", "polling"]) {
  for (const [name, args] of Object.entries(cases)) {
    test(`${transport}: ${name} comes back as event and as ack`, async () => {
      const socket = await server.connected("/", { transports: [transport] });
      const back = next(socket, "echoed");
      socket.emit("echo-event", ...args);
      assert.deepEqual(await back, args);
      assert.deepEqual(await ask(socket, "echo", ...args), args);
    });
  }

  test(`${transport}: binary comes back, empty, big, several and nested`, async () => {
    const socket = await server.connected("/", { transports: [transport] });
    const big = Buffer.from(Array.from({ length: 60_000 }, (_, i) => i % 256));
    const args = [Buffer.alloc(0), Buffer.from([1, 2, 3]), { list: [Buffer.from([255]), "between", { deep: big }] }, "last"];
    const back = next(socket, "echoed");
    socket.emit("echo-event", ...args);
    for (const got of [await back, await ask(socket, "echo", ...args)]) {
      assert.equal(got.length, 4);
      assert.deepEqual(bytes(got[0]), []);
      assert.deepEqual(bytes(got[1]), [1, 2, 3]);
      assert.deepEqual(bytes(got[2].list[0]), [255]);
      assert.equal(got[2].list[1], "between");
      assert.ok(big.equals(Buffer.from(bytes(got[2].list[2].deep))));
      assert.equal(got[3], "last");
    }
  });

  test(`${transport}: typed arrays and buffers of any class arrive as bytes`, async () => {
    const socket = await server.connected("/", { transports: [transport] });
    const [array, buffer, view] = await ask(
      socket, "echo", new Uint8Array([9, 8]), new Uint8Array([7]).buffer, new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2),
    );
    assert.deepEqual(bytes(array), [9, 8]);
    assert.deepEqual(bytes(buffer), [7]);
    assert.deepEqual(bytes(view), [2, 3]);
  });

  test(`${transport}: ten attachments are allowed`, async () => {
    const socket = await server.connected("/", { transports: [transport] });
    const ten = Array.from({ length: 10 }, (_, i) => Buffer.from([i]));
    assert.deepEqual((await ask(socket, "echo", ten))[0].map(bytes), ten.map(bytes));
  });

  test(`${transport}: text and binary events keep their order`, async () => {
    const socket = await server.connected("/", { transports: [transport] });
    const all = collect(socket, "echoed", 60);
    for (let i = 0; i < 60; i++) socket.emit("echo-event", i % 3 ? i : Buffer.from([i]));
    assert.deepEqual((await all).map(([value]) => (typeof value === "number" ? value : bytes(value)[0])), Array.from({ length: 60 }, (_, i) => i));
  });
}

test("binary is sent back byte for byte with the placeholder's keys in JavaScript's order", async () => {
  const raw = await RawWebSocket.joined(server);
  raw.send('451-["echo-event",{"_placeholder":true,"num":0},"x"]', Buffer.from([1, 2]));
  assert.equal(await raw.next(), '451-["echoed",{"_placeholder":true,"num":0},"x"]');
  assert.deepEqual(await raw.next(), Buffer.from([1, 2]));
});

test("attachments may stand in another order than their placeholders", async () => {
  const raw = await RawWebSocket.joined(server);
  raw.send('452-["echo-event",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]', Buffer.from([1]), Buffer.from([2]));
  assert.match(await raw.next(), /^452-\["echoed",/);
  assert.deepEqual([await raw.next(), await raw.next()], [Buffer.from([2]), Buffer.from([1])]);
});

test("an event name written with JSON escapes is the same event", async () => {
  const raw = await RawWebSocket.joined(server);
  raw.send('42["\\u0065cho-\\u0065vent","\\u00e9"]');
  assert.equal(await raw.next(), '42["echoed","é"]');
});

test("white space in the payload is allowed", async () => {
  const raw = await RawWebSocket.joined(server);
  raw.send('42 [ "echo-event" , 1 ,\n{ "a" : 2 } ]');
  assert.equal(await raw.next(), '42["echoed",1,{"a":2}]');
});

test("unknown events are ignored", async () => {
  const socket = await server.connected();
  socket.emit("no such event", 1, { a: 2 }, Buffer.from([3]));
  socket.emit("");
  socket.emit("error", "a name that once ended a server");
  assert.equal(await askOne(socket, "id"), socket.id);
});

test("arguments that do not fit cost that event only", async () => {
  const socket = await server.connected();
  socket.emit("set-data");
  socket.emit("rooms", { what: "is this" }, [1, 2, 3]);
  assert.equal(await askOne(socket, "id"), socket.id);
});

test("extra arguments do no harm", async () => {
  const socket = await server.connected();
  assert.equal(await askOne(socket, "id", "extra", { more: 1 }), socket.id);
});

test("deep nesting and lone surrogates cost at most the event they are in", async () => {
  const raw = await RawWebSocket.joined(server);
  raw.send(`42["no such event",${"[".repeat(5000)}${"]".repeat(5000)}]`, '42["echo-event","\\ud800"]', '42["echo-event",1]');
  let last;
  do last = await raw.next();
  while (last !== '42["echoed",1]');
});

test("a burst arrives whole and in order", async () => {
  const socket = await server.connected();
  const ticks = collect(socket, "tick", 1000);
  socket.emit("burst", 1000);
  assert.deepEqual((await ticks).flat(), Array.from({ length: 1000 }, (_, i) => i));
});

test("a flood of binaries arrives whole", async () => {
  const socket = await server.connected();
  const blobs = collect(socket, "blob", 50);
  socket.emit("flood", 50, 10_000);
  for (const [blob] of await blobs) {
    assert.equal(blob.length, 10_000);
    assert.ok(bytes(blob).every((byte) => byte === 7));
  }
});

test("volatile events may be lost but never overtake, and what follows is not", async () => {
  const socket = await server.connected();
  const ticks = [];
  socket.on("vtick", (i) => ticks.push(i));
  const done = next(socket, "vdone");
  socket.emit("volatile", 500);
  assert.deepEqual(await done, [500]);
  assert.deepEqual(ticks, [...new Set(ticks)].sort((a, b) => a - b));
});

test("a volatile event to a polling client between two polls is dropped", async () => {
  const raw = await RawPolling.joined(server);
  await raw.post('42["volatile",3]');
  await raw.post('421["echo","after"]');
  const packets = (await (await raw.get()).text()).split("\x1e");
  assert.deepEqual(packets, ['42["vdone",3]', '431["after"]']);
});

test("a delayed event and a delayed volatile event reach a client that waits", async () => {
  const socket = await server.connected();
  const late = [next(socket, "hello"), next(socket, "vlate")];
  socket.emit("later", 20, "hello", "there", 1);
  socket.emit("volatile-later", 20);
  assert.deepEqual(await Promise.all(late), [["there", 1], []]);
});

test("the catch-all listener saw every event, also refused and unknown ones", async () => {
  const socket = await server.connected();
  socket.emit("whatever");
  socket.emit("blocked", 1);
  assert.deepEqual(await next(socket, "rejected"), ["blocked"]);
  assert.deepEqual(await askOne(socket, "seen"), ["whatever", "blocked", "seen"]);
});

test("a packet middleware refuses one event and the next one passes", async () => {
  const socket = await server.connected();
  const rejected = collect(socket, "rejected", 2);
  socket.emit("blocked");
  socket.emit("blocked", Buffer.from([1]), () => assert.fail("a refused event was answered"));
  await rejected;
  await settled(socket);
});

test("the official mount sends messages back with all their arguments", async () => {
  const socket = server.client("/", { path: "/socket.io/" });
  const back = next(socket, "message-back");
  socket.emit("message", 1, "2", { 3: [true] });
  assert.deepEqual(await back, [1, "2", { 3: [true] }]);
  const binary = next(socket, "message-back");
  socket.emit("message", Buffer.from([1, 2, 3]));
  assert.deepEqual(bytes((await binary)[0]), [1, 2, 3]);
  assert.deepEqual(await ask(socket, "message-with-ack", 1, "2", { 3: [false] }), [1, "2", { 3: [false] }]);
});

test("an event name may be a number", async () => {
  const raw = await RawWebSocket.joined(server);
  raw.send("42[7,1]", '42["echo-event",1]');
  assert.equal(await raw.next(), '42["echoed",1]');
});
