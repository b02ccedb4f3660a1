// Rooms and what is sent to them: to, except, from, volatile, questions to many, and commands over many sockets.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, askOne, bytes, collect, conformance, connected, next, settled } from "./support.mjs";

const server = conformance();

/** Connects one client for each name, which joins the rooms named. */
async function crowd(rooms, options) {
  const sockets = {};
  for (const [name, joins] of Object.entries(rooms)) {
    sockets[name] = await server.connected("/", options);
    if (joins.length) await ask(sockets[name], "join", joins);
  }
  return sockets;
}

/** Runs `body` and gives for each socket what it got of `event` meanwhile. */
async function heard(sockets, event, body) {
  const got = {};
  for (const [name, socket] of Object.entries(sockets)) {
    got[name] = [];
    socket.on(event, (...args) => got[name].push(args));
  }
  await body();
  // Each socket's own answer comes after all that was sent to it before.
  await Promise.all(Object.values(sockets).map(settled));
  for (const socket of Object.values(sockets)) socket.off(event);
  return got;
}

/** The names of those who got exactly one copy; more than one copy is a failure. */
async function receivers(sockets, sender, spec) {
  const got = await heard(sockets, "news", () => ask(sockets[sender], "broadcast", spec, "news", "extra", { extra: 1 }));
  return Object.entries(got)
    .filter(([name, copies]) => {
      assert.ok(copies.length <= 1, `${name} got ${copies.length} copies`);
      if (copies.length) assert.deepEqual(copies[0], ["extra", { extra: 1 }]);
      return copies.length;
    })
    .map(([name]) => name)
    .join("");
}

test("a socket joins and leaves rooms, one or several at once", async () => {
  const socket = await server.connected();
  assert.deepEqual(await askOne(socket, "rooms"), []);
  assert.deepEqual(await askOne(socket, "join", "b"), ["b"]);
  assert.deepEqual(await askOne(socket, "join", ["c", "a", "b"]), ["a", "b", "c"]);
  assert.deepEqual(await askOne(socket, "leave", "b"), ["a", "c"]);
  assert.deepEqual(await askOne(socket, "leave", "never joined"), ["a", "c"]);
  assert.deepEqual(await askOne(socket, "rooms"), ["a", "c"]);
});

test("any text names a room", async () => {
  const socket = await server.connected();
  const names = ["", " ", "ü☃", "/", "#", "x".repeat(500)];
  assert.deepEqual(await askOne(socket, "join", names), [...names].sort());
});

test("rooms end with their last member", async () => {
  const socket = await server.connected();
  await ask(socket, "join", ["one", "two"]);
  assert.equal((await server.stats()).rooms, 2);
  await ask(socket, "leave", "one");
  assert.equal((await server.stats()).rooms, 1);
});

test("broadcasts reach whom the spec names, each once", async () => {
  const sockets = await crowd({ a: ["r1"], b: ["r1", "r2"], c: ["r2"], d: [], e: ["r1", "r2", "r3"] });
  const cases = [
    [{}, "abcde"],
    [{ from: "server" }, "abcde"],
    [{ from: "socket" }, "bcde"],
    [{ to: [] }, "abcde"],
    [{ to: ["r1"] }, "abe"],
    [{ to: ["r1"], from: "socket" }, "be"],
    [{ to: ["r1", "r2"] }, "abce"],
    [{ to: ["r2", "r1", "r3", "r1"] }, "abce"],
    [{ to: ["nobody"] }, ""],
    [{ except: ["r1"] }, "cd"],
    [{ except: ["r1", "r2"] }, "d"],
    [{ except: ["r2"], from: "socket" }, "d"],
    [{ to: ["r1"], except: ["r2"] }, "a"],
    [{ to: ["r1", "r2"], except: ["r3"] }, "abc"],
    [{ to: ["r1"], except: ["r1"] }, ""],
    [{ to: [sockets.d.id] }, "d"],
    [{ to: [sockets.d.id, "r3"], except: [sockets.e.id] }, "d"],
  ];
  for (const [spec, names] of cases) {
    assert.equal(await receivers(sockets, "a", spec), names, JSON.stringify(spec));
  }
});

test("polling clients and WebSocket clients get the same broadcast", async () => {
  const sockets = {
    a: await server.connected("/", { transports: ["polling"] }),
    b: await server.connected("/", { transports: ["websocket"] }),
  };
  const got = await heard(sockets, "news", () => ask(sockets.a, "broadcast", {}, "news", "☃", Buffer.from([1, 2]), [Buffer.from([3])]));
  for (const name of ["a", "b"]) {
    const [[text, first, [second]]] = got[name];
    assert.deepEqual([text, bytes(first), bytes(second)], ["☃", [1, 2], [3]]);
  }
});

test("broadcasts arrive in the order of the calls", async () => {
  const [a, b] = Object.values(await crowd({ a: [], b: [] }));
  const all = collect(b, "news", 200);
  for (let i = 0; i < 200; i++) a.emit("broadcast", i % 2 ? {} : { from: "socket" }, "news", i);
  assert.deepEqual((await all).flat(), Array.from({ length: 200 }, (_, i) => i));
});

test("a volatile broadcast arrives at most once and holds up nothing", async () => {
  const sockets = await crowd({ a: [], b: ["r"] });
  const got = await heard(sockets, "news", async () => {
    for (let i = 0; i < 20; i++) await ask(sockets.a, "broadcast", { to: ["r"], volatile: true }, "news", i);
  });
  assert.deepEqual(got.a, []);
  const numbers = got.b.flat();
  assert.deepEqual(numbers, [...new Set(numbers)].sort((a, b) => a - b));
});

test("a socket that left a room no longer gets its broadcasts", async () => {
  const sockets = await crowd({ a: ["r"], b: ["r"] });
  await ask(sockets.b, "leave", "r");
  assert.equal(await receivers(sockets, "a", { to: ["r"] }), "a");
});

test("rooms of the same name in two namespaces are two rooms", async () => {
  const main = await server.connected();
  const other = await server.connected("/slow");
  await ask(main, "join", "shared");
  await ask(other, "join", "shared");
  assert.equal(await receivers({ main, other }, "main", { to: ["shared"] }), "main");
});

test("a question to many gathers the answers of all", async () => {
  const sockets = await crowd({ a: ["r"], b: ["r"], c: [] });
  for (const [name, socket] of Object.entries(sockets)) socket.on("question", (payload, answer) => answer(`${name}: ${payload}`));
  const all = await askOne(sockets.a, "ask-all", {}, 2000, "q");
  assert.equal(all.complete, true);
  assert.deepEqual(all.answers.sort(), ["a: q", "b: q", "c: q"]);
  const others = await askOne(sockets.a, "ask-all", { from: "socket", to: ["r"] }, 2000, "q");
  assert.deepEqual(others, { complete: true, answers: ["b: q"] });
});

test("a question to many is incomplete when somebody does not answer in time", async () => {
  const sockets = await crowd({ a: [], b: [] });
  sockets.a.on("question", (_, answer) => answer("here"));
  assert.deepEqual(await askOne(sockets.a, "ask-all", {}, 100, "q"), { complete: false, answers: ["here"] });
});

test("a question to nobody is complete at once", async () => {
  const socket = await server.connected();
  assert.deepEqual(await askOne(socket, "ask-all", { to: ["nobody"] }, 5000, "q"), { complete: true, answers: [] });
});

test("a question to many counts one answer of each client", async () => {
  const sockets = await crowd({ a: [], b: [] });
  sockets.a.on("question", (_, answer) => {
    answer("first");
    answer("second");
  });
  assert.deepEqual(await askOne(sockets.a, "ask-all", {}, 100, "q"), { complete: false, answers: ["first"] });
});

test("fetch lists the sockets that match, with rooms and data", async () => {
  const sockets = await crowd({ a: ["r"], b: ["r", "s"], c: [] });
  await ask(sockets.b, "set-data", "name", "bee");
  const list = await askOne(sockets.a, "fetch", { to: ["r"] });
  const wanted = [
    { id: sockets.a.id, rooms: ["r"], data: {} },
    { id: sockets.b.id, rooms: ["r", "s"], data: { name: "bee" } },
  ].sort((x, y) => (x.id < y.id ? -1 : 1));
  const withoutOwn = ({ id, rooms, data }) => ({ id, rooms: rooms.filter((room) => room !== id).sort(), data });
  assert.deepEqual(list.map(withoutOwn), wanted);
  assert.equal((await askOne(sockets.a, "fetch", { from: "socket" })).length, 2);
});

test("socket data is kept for the socket alone", async () => {
  const sockets = await crowd({ a: [], b: [] });
  assert.deepEqual(await ask(sockets.a, "set-data", "k", { deep: [1] }), []);
  assert.deepEqual(await askOne(sockets.a, "get-data"), { k: { deep: [1] } });
  assert.deepEqual(await askOne(sockets.b, "get-data"), {});
});

test("all that match join a room, and leave it", async () => {
  const sockets = await crowd({ a: ["r"], b: ["r"], c: [] });
  await ask(sockets.a, "all-join", { to: ["r"] }, "together");
  assert.equal(await receivers(sockets, "a", { to: ["together"] }), "ab");
  await ask(sockets.a, "all-leave", { from: "socket" }, "together");
  assert.equal(await receivers(sockets, "a", { to: ["together"] }), "a");
});

test("all that match are disconnected from the namespace, or altogether", async () => {
  for (const close of [false, true]) {
    const sockets = await crowd({ a: [], b: ["r"], c: ["r"] });
    const beside = sockets.b.io.socket("/slow", {});
    await connected(beside);
    const gone = [next(sockets.b, "disconnect"), next(sockets.c, "disconnect")];
    const besideGone = close ? next(beside, "disconnect") : undefined;
    await ask(sockets.a, "all-kick", { to: ["r"] }, close);
    // A closed connection says so first to the namespaces it has: JavaScript's client shows the first it hears.
    for (const [reason] of await Promise.all(gone)) assert.match(reason, close ? /^(io server disconnect|transport close)$/ : /^io server disconnect$/);
    if (close) await besideGone;
    else assert.equal(await askOne(beside, "id"), beside.id);
    assert.equal(await askOne(sockets.a, "id"), sockets.a.id);
  }
});
