// The MessagePack parser: npm's client with npm's `socket.io-msgpack-parser` over every transport.

import assert from "node:assert/strict";
import { test } from "node:test";
import { WebSocket } from "ws";
import parser from "socket.io-msgpack-parser";
import { ask, askOne, bytes, collect, conformance, connected, next, oursOnly, refused, settled, within } from "./support.mjs";

const server = conformance();
const packed = { path: "/msgpack/", parser };

const transports = {
  websocket: { transports: ["websocket"] },
  polling: { transports: ["polling"] },
  upgrade: { transports: ["polling", "websocket"] },
};

async function upgraded(socket) {
  const { engine } = socket.io;
  if (engine.transport.name !== "websocket") {
    await within("the upgrade", new Promise((resolve) => engine.once("upgrade", resolve)));
  }
}

for (const [name, options] of Object.entries(transports)) {
  const join = async (namespace = "/", more = {}) => {
    const socket = await server.connected(namespace, { ...packed, ...options, ...more });
    if (name === "upgrade") await upgraded(socket);
    return socket;
  };

  const cases = {
    "no argument": [],
    "text": ["", "hello", "a".repeat(31), "b".repeat(32), "c".repeat(300), "漢字👩‍👩‍👧\u0000"],
    "null and booleans": [null, true, false],
    "numbers": [0, -1, 127, 128, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, -32, -33, -128, -129, -32769, -(2 ** 31) - 1, -(2 ** 53) + 1, 1.5, -1e-7],
    "many arguments": Array.from({ length: 100 }, (_, i) => ({ i })),
    "nested": [[[[[]]], { a: { b: { c: [1, { d: null }] } }, "": {} }]],
    "a placeholder that is none": [{ _placeholder: true, num: 0 }],
    "what looks like a packet": ['42["x"]', "451-", "\x1e", "b4AAE="],
  };
  for (const [what, args] of Object.entries(cases)) {
    test(`${name}: ${what}: comes back as an event and as an ack`, async () => {
      const socket = await join();
      const echoed = next(socket, "echoed");
      socket.emit("echo-event", ...args);
      assert.deepEqual(await echoed, args);
      assert.deepEqual(await ask(socket, "echo", ...args), args);
    });
  }

  test(`${name}: bytes at any depth, of any class, and more than ten`, async () => {
    const socket = await join();
    const data = Buffer.from([0, 1, 254, 255]);
    const [one, deep, many] = await ask(
      socket,
      "echo",
      data,
      { list: [{ data }, new Uint8Array([7]), new ArrayBuffer(8)], empty: Buffer.alloc(0) },
      Array.from({ length: 25 }, (_, i) => Buffer.alloc(300, i)),
    );
    assert.deepEqual(bytes(one), [0, 1, 254, 255]);
    assert.deepEqual(bytes(deep.list[0].data), [0, 1, 254, 255]);
    assert.deepEqual(bytes(deep.list[1]), [7]);
    assert.deepEqual(bytes(deep.list[2]), [0, 0, 0, 0, 0, 0, 0, 0]);
    assert.deepEqual(bytes(deep.empty), []);
    assert.deepEqual(many.map((part) => [part.length, part[0]]), Array.from({ length: 25 }, (_, i) => [300, i]));
    const large = Buffer.alloc(70_000, 9);
    assert.ok(large.equals(Buffer.from((await askOne(socket, "echo", large)))));
  });

  // npm's server keeps a `Date`, and what is undefined; here they are what JSON makes of them.
  oursOnly(`${name}: a date is its text, undefined is null`, async () => {
    const socket = await join();
    const date = new Date(951_782_400_123);
    const args = [date, undefined, { date: new Date(-1), gone: undefined }];
    assert.deepEqual(await ask(socket, "echo", ...args), [
      date.toJSON(),
      null,
      { date: "1969-12-31T23:59:59.999Z", gone: null },
    ]);
  });

  test(`${name}: the server asks and waits for the answer`, async () => {
    const socket = await join();
    socket.on("question", (payload, answer) => answer({ got: payload }));
    const payload = { data: Buffer.from([5]), list: [1, null] };
    const { ok } = await askOne(socket, "ask", 1000, payload);
    assert.deepEqual([bytes(ok.got.data), ok.got.list], [[5], [1, null]]);
    socket.off("question");
    assert.deepEqual(await askOne(socket, "ask", 30, 1), { error: "timeout" });
  });

  test(`${name}: the client waits for an answer that does not come, and for a late one`, async () => {
    const socket = await join();
    await assert.rejects(socket.timeout(40).emitWithAck("no-ack"));
    assert.equal(await socket.timeout(2000).emitWithAck("slow-ack", 10), "done");
  });

  test(`${name}: auth is read, and a refusal carries its data`, async () => {
    const auth = { token: "letmein", user: { id: 7, name: "ü" } };
    const socket = await join("/auth", { auth });
    assert.deepEqual(await askOne(socket, "get-data"), { user: auth.user });
    assert.deepEqual((await askOne(socket, "handshake")).auth, auth);
    for (const wrong of [undefined, {}, { token: "guess" }]) {
      const error = await refused(server.client("/auth", { ...packed, ...options, auth: wrong }));
      assert.equal(error.message, "not authorized");
      assert.deepEqual(error.data, { code: "E_AUTH", retry: 10 });
    }
    const nowhere = await refused(server.client("/nowhere", { ...packed, ...options }));
    assert.equal(nowhere.message, "Invalid namespace");
  });

  test(`${name}: a broadcast reaches a room once and not its sender`, async () => {
    const sockets = [await join(), await join(), await join()];
    for (const [i, socket] of sockets.entries()) await ask(socket, "join", i < 2 ? ["a", "b"] : "c");
    const heard = sockets.map(() => []);
    sockets.forEach((socket, i) => socket.on("news", (...args) => heard[i].push(args)));
    const spec = { from: "socket", to: ["a", "b"] };
    await ask(sockets[0], "broadcast", spec, "news", { n: 1 }, Buffer.from([1, 2]));
    await Promise.all(sockets.map(settled));
    assert.deepEqual(heard.map((list) => list.length), [0, 1, 0]);
    const [[first, data]] = heard[1];
    assert.deepEqual([first, bytes(data)], [{ n: 1 }, [1, 2]]);
  });

  test(`${name}: a broadcast gathers the answers`, async () => {
    const sockets = [await join(), await join()];
    for (const [i, socket] of sockets.entries()) {
      await ask(socket, "join", `gather ${name}`);
      socket.on("question", (payload, answer) => answer([payload, i]));
    }
    const { complete, answers } = await askOne(sockets[0], "ask-all", { to: [`gather ${name}`] }, 1000, "q");
    assert.equal(complete, true);
    assert.deepEqual(answers.sort((a, b) => a[1] - b[1]), [["q", 0], ["q", 1]]);
  });

  test(`${name}: observers are told who comes and goes`, async () => {
    const observer = await server.observer({ ...packed, ...options });
    const socket = await join();
    const { id } = socket;
    await observer.heard("joined", id);
    await ask(socket, "join", ["x", "y"]);
    socket.disconnect();
    assert.deepEqual((await observer.heard("leaving", id)).detail, ["x", "y"]);
    assert.equal((await observer.heard("left", id)).detail, "client namespace disconnect");
  });

  test(`${name}: a burst stays in order`, async () => {
    const socket = await join();
    const ticks = collect(socket, "tick", 500);
    socket.emit("burst", 500);
    assert.deepEqual((await ticks).flat(), Array.from({ length: 500 }, (_, i) => i));
  });

  test(`${name}: the server disconnects, and several namespaces share a connection`, async () => {
    const socket = await join();
    const other = socket.io.socket("/slow");
    await connected(other);
    const gone = next(other, "disconnect");
    other.emit("kick");
    assert.equal((await gone)[0], "io server disconnect");
    await settled(socket);
  });

  test(`${name}: a middleware refuses one event and the next one passes`, async () => {
    const socket = await join();
    const rejected = next(socket, "rejected");
    socket.emit("blocked", Buffer.from([1]));
    assert.deepEqual(await rejected, ["blocked"]);
    assert.deepEqual(await askOne(socket, "seen"), ["blocked", "seen"]);
  });
}

const encode = (packet) => new parser.Encoder().encode(packet)[0];

/** A WebSocket that has joined `/`, below the client; gives each message as it comes. */
async function raw() {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/msgpack/?EIO=4&transport=websocket`);
  server.closing(() => socket.terminate());
  const closed = within("the close", new Promise((resolve) => socket.once("close", resolve)));
  closed.catch(() => {});
  const messages = [];
  let wake = () => {};
  socket.on("message", (data, binary) => {
    messages.push(binary ? data : data.toString());
    wake();
  });
  const message = async () => {
    while (messages.length === 0) await new Promise((resolve) => (wake = resolve));
    return messages.shift();
  };
  const packet = async () => {
    for (;;) {
      const data = await within("a packet", message());
      if (typeof data !== "string") return data;
    }
  };
  await within("open", new Promise((resolve) => socket.once("open", resolve)));
  socket.send(encode({ type: 0, nsp: "/" }));
  await packet();
  return { socket, closed, packet };
}

const broken = {
  "a text": "42[\"id\"]",
  "nothing": Buffer.alloc(0),
  "a list": Buffer.from([0x93, 2, 3, 4]),
  "a packet that is cut off": encode({ type: 2, data: ["id"], nsp: "/" }).subarray(0, 9),
  "a byte too many": Buffer.concat([encode({ type: 2, data: ["id"], nsp: "/" }), Buffer.from([0])]),
  "an unknown type": encode({ type: 5, data: ["id"], nsp: "/" }),
  "no namespace": encode({ type: 2, data: ["id"] }),
  "an object for arguments": encode({ type: 2, data: {}, nsp: "/" }),
  "an id that is no number": encode({ type: 2, data: ["id"], id: "1", nsp: "/" }),
  "more than is there": Buffer.from("83a47479706502a464617461ddffffffffa161a36e7370a12f", "hex"),
};
for (const [what, message] of Object.entries(broken)) {
  // npm's parser lets `undefined` through where bytes are missing inside of values, and some of these with it.
  oursOnly(`${what} closes the connection`, async () => {
    const { socket, closed } = await raw();
    socket.send(message);
    await closed;
  });
}

oursOnly("a reserved name closes the connection", async () => {
  const { socket, closed } = await raw();
  socket.send(encode({ type: 2, data: ["connect"], nsp: "/" }));
  await closed;
});

oursOnly("what serde cannot hold costs that event only", async () => {
  const { socket, packet } = await raw();
  const deep = Buffer.concat([Buffer.alloc(5000, 0x91), Buffer.from([0xc0])]);
  for (const value of [deep, Buffer.from([0xd5, 5, 1, 2]), Buffer.from([0xa1, 0xff])]) {
    const [before, after] = encode({ type: 2, data: ["echo", "@"], id: 1, nsp: "/" }).toString("latin1").split("\xa1@");
    socket.send(Buffer.concat([Buffer.from(before, "latin1"), value, Buffer.from(after, "latin1")]));
  }
  socket.send(encode({ type: 2, data: ["echo", "still here"], id: 2, nsp: "/" }));
  assert.deepEqual(await packet(), encode({ type: 3, data: ["still here"], nsp: "/", id: 2 }));
});
