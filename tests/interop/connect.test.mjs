// Connecting: authentication, refusal with data, names that do not exist, what the handshake tells.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, askOne, collect, conformance, connected, next, oursOnly, refused, within } from "./support.mjs";
import { RawWebSocket } from "./raw.mjs";

const server = conformance();

test("a client connects and has the id that the server knows", async () => {
  const socket = await server.connected();
  assert.equal(await askOne(socket, "id"), socket.id);
  assert.equal(socket.id.length, 20);
});

test("the id of a socket is not the secret id of its session", async () => {
  const socket = await server.connected();
  assert.notEqual(socket.id, socket.io.engine.id);
});

test("the auth payload reaches the server, as a value and as a function", async () => {
  const auth = { token: "t", nested: { list: [1, null, "ü"] } };
  for (const given of [auth, (callback) => callback(auth)]) {
    const socket = await server.connected("/", { auth: given });
    assert.deepEqual((await askOne(socket, "handshake")).auth, auth);
  }
});

test("without an auth payload the server sees an empty object", async () => {
  const socket = server.client("/", { path: "/socket.io/" });
  assert.deepEqual(await next(socket, "auth"), [{}]);
});

test("the official mount tells the client its auth payload in both namespaces", async () => {
  for (const namespace of ["/", "/custom"]) {
    const socket = server.client(namespace, { path: "/socket.io/", auth: { token: "123" } });
    assert.deepEqual(await next(socket, "auth"), [{ token: "123" }]);
  }
});

test("the handshake has the query, lower-case header names and the transport in use", async () => {
  const socket = await server.connected("/", {
    transports: ["polling"],
    query: { colour: "blue & green" },
    extraHeaders: { "X-Custom": "Value" },
  });
  const { query, headers, transport } = await askOne(socket, "handshake");
  assert.equal(query.colour, "blue & green");
  assert.equal(query.EIO, "4");
  assert.equal(headers["x-custom"], "Value");
  assert.equal(transport, "polling");
});

test("a middleware refuses with a message and data, and the client does not try again", async () => {
  for (const auth of [undefined, { token: "wrong" }]) {
    const socket = server.client("/auth", { auth, reconnection: true });
    const error = await refused(socket);
    assert.equal(error.message, "not authorized");
    assert.deepEqual(error.data, { code: "E_AUTH", retry: 10 });
    assert.equal(socket.active, false);
    socket.disconnect();
  }
});

test("a refused client can connect again with better credentials", async () => {
  const socket = server.client("/auth", { auth: { token: "wrong" } });
  await refused(socket);
  socket.auth = { token: "letmein", user: "ada" };
  socket.connect();
  await connected(socket);
  assert.deepEqual(await askOne(socket, "get-data"), { user: "ada" });
  assert.deepEqual(await askOne(socket, "rooms"), ["members"]);
});

test("a refused socket leaves the other namespaces of its connection alone", async () => {
  const main = await server.connected();
  const refusedSocket = main.io.socket("/auth", {});
  await refused(refusedSocket);
  assert.equal(await askOne(main, "id"), main.id);
});

test("a namespace that does not exist is refused", async () => {
  for (const name of ["/nope", "/dyn-", "/dyn-1x", "/auth/", "/ünknown"]) {
    const error = await refused(server.client(name));
    assert.equal(error.message, "Invalid namespace", name);
    assert.equal(error.data, undefined);
  }
});

test("the name of a namespace is literal, a question mark included", async () => {
  const raw = await RawWebSocket.open(server);
  await raw.next();
  raw.send("40/nope?x=1,");
  assert.equal(await raw.next(), '44/nope?x=1,{"message":"Invalid namespace"}');
});

test("the comma after a namespace may be missing in a CONNECT", async () => {
  const raw = await RawWebSocket.open(server);
  await raw.next();
  raw.send("40/observer");
  assert.match(await raw.next(), /^40\/observer,\{"sid":"[\w-]{20}"\}$/);
});

test("events emitted before the connection stands arrive in order afterwards", async () => {
  const socket = server.client("/slow");
  const answers = collect(socket, "echoed", 20);
  for (let i = 0; i < 20; i++) socket.emit("echo-event", i);
  assert.deepEqual((await answers).flat(), Array.from({ length: 20 }, (_, i) => i));
});

test("a slow middleware holds up neither another namespace nor another client", async () => {
  const slow = server.client("/slow");
  const fast = slow.io.socket("/", {});
  await connected(fast);
  assert.equal(slow.connected, false);
  const other = await server.connected();
  assert.deepEqual(await ask(other, "echo", 1), [1]);
  await connected(slow);
});

test("a session that joins no namespace in time is closed", async () => {
  const raw = await RawWebSocket.open(server);
  await raw.next();
  await raw.close();
});

test("a session whose only namespace refused it is not kept either", async () => {
  const raw = await RawWebSocket.open(server);
  await raw.next();
  raw.send("40/nope,");
  await raw.next();
  await raw.close();
});

// npm's server lets a pipelined CONNECT make a second socket of the same namespace.
oursOnly("of two CONNECTs at once for one namespace the second breaks the protocol", async () => {
  const observer = await server.observer();
  const raw = await RawWebSocket.open(server);
  await raw.next();
  raw.send("40/slow,", "40/slow,");
  await raw.close();
  await server.connected();
  assert.equal(observer.told.filter((one) => one.event === "joined" && one.namespace === "/slow").length, 0);
});

// npm's server kills the connection when a CONNECT follows a DISCONNECT at once.
oursOnly("a client may leave a namespace and join it again at once", async () => {
  const raw = await RawWebSocket.joined(server);
  raw.send("41", "40");
  assert.match(await raw.next(), /^40\{"sid":"[\w-]{20}"\}$/);
  raw.send('421["id"]');
  assert.match(await raw.next(), /^431\["[\w-]{20}"\]$/);
});

test("what cannot be served answers 404", async () => {
  for (const path of ["/", "/nothing", "/socket.iox/", "/contract"]) {
    assert.equal((await within(path, fetch(server.url + path))).status, 404, path);
  }
});
