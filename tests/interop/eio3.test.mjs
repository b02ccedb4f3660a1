// Clients of Socket.IO 2 (Engine.IO v3), alone and together with today's: the `/eio3/` mount.

import assert from "node:assert/strict";
import { test } from "node:test";
import io2 from "socket.io-client-v2";
import { ask, askOne, bytes, collect, conformance, connected, next, oursOnly, settled, within } from "./support.mjs";

const server = conformance();
const path = "/eio3/";
const both = ["polling", "websocket"];
const ways = { websocket: ["websocket"], polling: ["polling"], upgrade: both };
const numbers = (n) => Array.from({ length: n }, (_, i) => i);

/** A client of Socket.IO 2, on a connection of its own. */
function old(namespace = "/", options = {}) {
  const socket = io2(server.url + namespace, {
    path,
    transports: ["websocket"],
    forceNew: true,
    reconnection: false,
    ...options,
  });
  server.closing(() => socket.io.close());
  return socket;
}

/** Waits until it is connected; a refusal is an `error` there. */
function joined(socket) {
  if (socket.connected) return Promise.resolve(socket);
  const outcome = new Promise((resolve, reject) => {
    socket.once("connect", () => resolve(socket));
    for (const failure of ["error", "connect_error"]) socket.once(failure, reject);
  });
  return within("connect", outcome);
}

const modern = (namespace = "/", options = {}) => server.connected(namespace, { path, ...options });
const name = (socket) => socket.io.engine.transport.name;
const upgraded = (socket) => (name(socket) === "websocket" ? Promise.resolve() : next(socket.io.engine, "upgrade"));

test("without the option an old client is refused as before", async () => {
  const response = await fetch(`${server.url}/contract/?EIO=3&transport=polling`);
  assert.equal(response.status, 400);
  assert.deepEqual(await response.json(), { code: 5, message: "Unsupported protocol version" });
  const socket = old("/", { path: "/contract/" });
  await next(socket, "connect_error");
});

for (const [way, transports] of Object.entries(ways)) {
  test(`${way}: joins the root unasked, under the id that it computes`, async () => {
    const socket = await joined(old("/", { transports }));
    assert.equal(socket.id, socket.io.engine.id);
    assert.equal(await askOne(socket, "id"), socket.id);
    if (way === "upgrade") await upgraded(socket);
    assert.equal((await askOne(socket, "handshake")).transport, way === "polling" ? "polling" : "websocket");
  });

  test(`${way}: text, numbers, objects and characters beyond the BMP`, async () => {
    const socket = await joined(old("/", { transports }));
    for (const args of [[], ["hello"], [1, null, true, { a: [1.5, "x"] }], ["é€😀", "\u{1f468}\u200d\u{1f469}"], ["x".repeat(50_000)]]) {
      assert.deepEqual(await ask(socket, "echo", ...args), args);
      const echoed = next(socket, "echoed");
      socket.emit("echo-event", ...args);
      assert.deepEqual(await echoed, args);
    }
  });

  test(`${way}: binary, nested and alone, in events and acks`, async () => {
    const socket = await joined(old("/", { transports }));
    const [plain, { deep }] = await ask(socket, "echo", Buffer.from([1, 2, 3]), { deep: [Buffer.alloc(300, 7), "é😀"] });
    assert.deepEqual(bytes(plain), [1, 2, 3]);
    assert.deepEqual([bytes(deep[0]).length, deep[1]], [300, "é😀"]);
    const echoed = next(socket, "echoed");
    socket.emit("echo-event", "between", Buffer.from([]), Buffer.from([255, 4, 30]));
    const [text, empty, some] = await echoed;
    assert.deepEqual([text, bytes(empty), bytes(some)], ["between", [], [255, 4, 30]]);
  });

  test(`${way}: the server asks and the client answers`, async () => {
    const socket = await joined(old("/", { transports }));
    socket.on("question", (payload, answer) => answer(payload === "text" ? "yes" : Buffer.from([9])));
    assert.deepEqual(await askOne(socket, "ask", 5000, "text"), { ok: "yes" });
    assert.deepEqual(bytes((await askOne(socket, "ask", 5000, Buffer.from([1]))).ok), [9]);
  });

  test(`${way}: events arrive in order`, async () => {
    const socket = old("/", { transports });
    const ticks = collect(socket, "tick", 500);
    socket.emit("burst", 500);
    assert.deepEqual((await ticks).flat(), numbers(500));
  });

  test(`${way}: the query of a namespace is its auth, and its id has its name in front`, async () => {
    const socket = await joined(old("/dyn-7", { transports, query: { token: "a,b&c é", n: 1 } }));
    assert.equal(socket.id, `/dyn-7#${socket.io.engine.id}`);
    assert.equal(await askOne(socket, "id"), socket.id);
    const { auth, query } = await askOne(socket, "handshake");
    assert.deepEqual(auth, { token: "a,b&c é", n: "1" });
    assert.equal(query.EIO, "3");
  });

  test(`${way}: a refusal carries the data of the middleware`, async () => {
    const [error] = await next(old("/auth", { transports, query: { token: "wrong" } }), "error");
    assert.deepEqual(error, { code: "E_AUTH", retry: 10 });
    const socket = await joined(old("/auth", { transports, query: { token: "letmein", user: "bob" } }));
    assert.deepEqual(await askOne(socket, "get-data"), { user: "bob" });
    assert.deepEqual(await askOne(socket, "rooms"), ["members"]);
  });

  test(`${way}: an unknown namespace is refused, and the others are not harmed`, async () => {
    const root = await joined(old("/", { transports }));
    const [error] = await next(root.io.socket("/nope", { query: "x=1" }), "error");
    assert.deepEqual(error, { message: "Invalid namespace" });
    assert.equal(await askOne(root, "echo", 1), 1);
  });

  test(`${way}: both sides leave, with the reasons of today`, async () => {
    const observer = await server.observer({ path });
    const reason = async (id) => (await observer.heard("left", id)).detail;

    const leaver = await joined(old("/dyn-1", { transports }));
    await ask(leaver, "join", ["z", "a"]);
    let { id } = leaver;
    const own = next(leaver, "disconnect");
    leaver.disconnect();
    assert.equal((await own)[0], "io client disconnect");
    assert.equal(await reason(id), "client namespace disconnect");
    assert.deepEqual((await observer.heard("leaving", id)).detail, ["a", "z"]);

    for (const close of [false, true]) {
      const kicked = await joined(old("/", { transports }));
      ({ id } = kicked);
      kicked.emit("kick", close);
      assert.equal((await next(kicked, "disconnect"))[0], "io server disconnect");
      assert.equal(await reason(id), "server namespace disconnect");
    }

    const closer = await joined(old("/", { transports }));
    if (way === "upgrade") await upgraded(closer);
    ({ id } = closer);
    closer.io.engine.close();
    assert.equal(await reason(id), "transport close");
  });

  test(`${way}: old and new clients share rooms and broadcasts`, async () => {
    const crowd = [
      await joined(old("/", { transports })),
      await joined(old("/", { transports: ["polling"], forceBase64: true })),
      await modern("/", { transports }),
      await modern("/", { transports: ["polling"] }),
    ];
    for (const socket of crowd) await ask(socket, "join", "r");
    for (const sender of crowd) {
      const others = crowd.filter((socket) => socket !== sender);
      const news = others.map((socket) => next(socket, "news"));
      await ask(sender, "broadcast", { from: "socket", to: ["r"] }, "news", "é😀", Buffer.from([1, 4, 255]), { a: [Buffer.from("x")] });
      for (const [text, data, nested] of await Promise.all(news)) {
        assert.deepEqual([text, bytes(data), bytes(nested.a[0])], ["é😀", [1, 4, 255], [120]]);
      }
    }
    for (const socket of crowd) socket.on("question", (payload, answer) => answer([socket.id, payload]));
    const { complete, answers } = await askOne(crowd[0], "ask-all", { to: ["r"] }, 5000, "q");
    assert.equal(complete, true);
    assert.deepEqual(answers.sort(), crowd.map(({ id }) => [id, "q"]).sort());
    const told = next(crowd[0], "direct");
    await ask(crowd[2], "broadcast", { to: [crowd[0].id] }, "direct", 1);
    assert.deepEqual(await told, [1]);
  });
}

// npm's server knows the query there only as the handshake's.
oursOnly("the query of the handshake is the auth in the root, without the engine's own", async () => {
  const socket = await joined(old("/", { query: { token: "abc" } }));
  assert.deepEqual((await askOne(socket, "handshake")).auth, { token: "abc" });
});

test("several namespaces share a connection, and one is left and joined again", async () => {
  const root = await joined(old("/"));
  const rooms = await Promise.all(["/dyn-1", "/dyn-2"].map((namespace) => joined(root.io.socket(namespace))));
  assert.deepEqual(await Promise.all(rooms.map((socket) => askOne(socket, "id"))), rooms.map(({ id }) => id));
  const [first] = rooms;
  for (let round = 0; round < 3; round++) {
    await ask(first, "join", "r");
    first.disconnect();
    await settled(root);
    first.connect();
    await joined(first);
    assert.deepEqual(await askOne(first, "rooms"), []);
  }
  assert.equal(await askOne(rooms[1], "echo", 2), 2);
  assert.equal(await askOne(root, "echo", 3), 3);
});

// npm's server closes a connection whose namespace is left and joined at once.
oursOnly("a namespace is joined again while a handler of the socket before is running", async () => {
  const root = await joined(old("/"));
  const socket = await joined(root.io.socket("/dyn-1"));
  socket.emit("slow-ack", 200, () => assert.fail("an answer for a socket that has left"));
  socket.disconnect();
  socket.connect();
  await joined(socket);
  assert.equal(await askOne(socket, "echo", 1), 1);
});

for (const [way, transports] of Object.entries(ways)) {
  // npm's server forgets the deadline of an old client with its upgrade.
  const timed = way === "upgrade" ? oursOnly : test;
  timed(`${way}: the client pings, and stays for as long as it does`, async () => {
    const observer = await server.observer({ path });
    const socket = await joined(old("/", { transports }));
    const { id } = socket;
    await collect(socket.io, "pong", 3);
    assert.equal(socket.connected, true);
    // It falls silent, and does not give up by itself.
    const { engine } = socket.io;
    engine.off("heartbeat");
    for (const timer of [engine.pingIntervalTimer, engine.pingTimeoutTimer]) clearTimeout(timer);
    assert.equal((await observer.heard("left", id)).detail, "ping timeout");
  });
}

test("what both sides send while a client upgrades arrives whole and in order", async () => {
  const rounds = numbers(10).map(async () => {
    const socket = old("/", { transports: both });
    const echoed = collect(socket, "echoed", 200);
    for (const i of numbers(200)) {
      socket.emit("echo-event", i, i % 7 ? "text" : Buffer.from([i]));
      if (i % 5 === 0) await new Promise(setImmediate);
    }
    const got = await echoed;
    assert.deepEqual(got.map(([i]) => i), numbers(200));
    for (const [i, payload] of got) assert.ok(i % 7 ? payload === "text" : bytes(payload)[0] === i);
    await upgraded(socket);
    await settled(socket);
  });
  await Promise.all(rounds);
});

for (const transports of Object.values(ways)) {
  test(`base64 for a client that takes no bytes (${transports})`, async () => {
    const socket = await joined(old("/", { transports, forceBase64: true }));
    if (transports.includes("websocket")) await upgraded(socket);
    assert.deepEqual(bytes(await askOne(socket, "echo", Buffer.from([1, 2, 250]))), [1, 2, 250]);
  });
}

/** A session that polls by script tags: what a page's script tags and forms would do. */
async function scripted(revision) {
  const url = (sid) => `${server.url}${path}?EIO=${revision}&transport=polling&j=3${sid ? `&sid=${sid}` : ""}`;
  const run = async (sid) => {
    let payload;
    const script = await (await fetch(url(sid))).text();
    assert.match(script, /^___eio\[3\]\(".*"\);$/);
    new Function("___eio", script)({ 3: (text) => (payload = text) });
    return payload;
  };
  const open = await run();
  const { sid } = JSON.parse(open.slice(open.indexOf("{")));
  const post = async (payload) => {
    const d = payload.replace(/\\n/g, "\\\n").replace(/\n/g, "\\n");
    const response = await fetch(url(sid), { method: "POST", body: new URLSearchParams({ d }) });
    assert.equal(await response.text(), "ok");
  };
  return { open, poll: () => run(sid), post };
}

test("polling by script tags, in both revisions", async () => {
  const three = await scripted(3);
  assert.match(three.open, /^\d+:0\{/);
  assert.equal(await three.poll(), "2:40");
  const counted = (packet) => `${packet.length}:${packet}`;
  await three.post(counted('42["echo-event","é😀"]'));
  assert.equal(await three.poll(), counted('42["echoed","é😀"]'));
  await three.post("1:1");

  const four = await scripted(4);
  assert.match(four.open, /^0\{/);
  await four.post("40");
  assert.match(await four.poll(), /^40\{"sid":/);
  await four.post('42["echo-event","a\\\\n\u2028"]');
  assert.equal(await four.poll(), '42["echoed","a\\\\n\u2028"]');
  await four.post("1");
});
