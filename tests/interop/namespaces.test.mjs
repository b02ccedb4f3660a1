// Several namespaces on one connection, and namespaces with parameters in their names.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, askOne, bytes, conformance, connected, next, refused, within } from "./support.mjs";
import { RawWebSocket } from "./raw.mjs";

const server = conformance();

/** Sockets of several namespaces on one connection. */
async function multiplexed(names, options = {}) {
  const [first, ...rest] = names;
  const sockets = [server.client(first, options)];
  for (const name of rest) sockets.push(sockets[0].io.socket(name, options));
  const dynamic = sockets.filter((_, index) => names[index].startsWith("/dyn-"));
  await Promise.all([...sockets.map(connected), ...dynamic.map((socket) => next(socket, "welcome"))]);
  return sockets;
}

for (const transport of ["websocket", "polling"]) {
  test(`${transport}: namespaces share one session, and each socket has its own id`, async () => {
    const sockets = await multiplexed(["/", "/dyn-1", "/dyn-2", "/slow", "/observer"], { transports: [transport] });
    assert.equal((await server.stats()).sessions, 1);
    assert.equal((await server.stats()).sockets, 5);
    assert.equal(new Set(sockets.map(({ id }) => id)).size, 5);
    for (const socket of sockets.slice(0, 4)) assert.equal(await askOne(socket, "id"), socket.id);
  });

  test(`${transport}: events and binaries of two namespaces do not mix`, async () => {
    const [a, b] = await multiplexed(["/", "/dyn-7"], { transports: [transport] });
    b.onAny(() => assert.fail("an event strayed into another namespace"));
    const back = next(a, "echoed");
    a.emit("echo-event", Buffer.from([1]), "text");
    const [binary, text] = await back;
    assert.deepEqual([bytes(binary), text], [[1], "text"]);
    b.offAny();
    const answers = await Promise.all([ask(a, "echo", "a", Buffer.from([1])), ask(b, "echo", "b", Buffer.from([2]))]);
    assert.deepEqual(answers.map(([name, data]) => [name, ...bytes(data)]), [["a", 1], ["b", 2]]);
  });
}

test("leaving one namespace leaves the others", async () => {
  const [a, b] = await multiplexed(["/", "/dyn-1"]);
  a.disconnect();
  assert.equal(await askOne(b, "id"), b.id);
  a.connect();
  await connected(a);
  assert.equal(await askOne(a, "id"), a.id);
  assert.equal((await server.stats()).sessions, 1);
});

test("a kick from one namespace leaves the others", async () => {
  const [a, b] = await multiplexed(["/", "/dyn-1"]);
  a.emit("kick", false);
  assert.deepEqual((await next(a, "disconnect"))[0], "io server disconnect");
  assert.equal(await askOne(b, "id"), b.id);
});

test("a dynamic namespace welcomes with its own name", async () => {
  for (const name of ["/dyn-0", "/dyn-42", "/dyn-101"]) {
    const socket = server.client(name);
    assert.deepEqual(await next(socket, "welcome"), [name]);
  }
});

test("dynamic namespaces are apart from each other", async () => {
  const one = await server.connected("/dyn-1");
  const same = await server.connected("/dyn-1");
  const two = await server.connected("/dyn-2");
  two.on("news", () => assert.fail("a broadcast strayed into another namespace"));
  const news = next(same, "news");
  await ask(one, "broadcast", {}, "news", 1);
  assert.deepEqual(await news, [1]);
  await ask(two, "echo");
});

test("a shout reaches all namespaces of the pattern and no other", async () => {
  const one = await server.connected("/dyn-1");
  const two = await server.connected("/dyn-2");
  const main = await server.connected();
  main.on("shouted", () => assert.fail("the shout left its pattern"));
  const all = [next(one, "shouted"), next(two, "shouted")];
  one.emit("shout", "hey");
  assert.deepEqual(await Promise.all(all), [["hey"], ["hey"]]);
  await ask(main, "echo");
});

test("a dynamic namespace goes with its last socket", async () => {
  await server.atRest();
  const before = (await server.stats()).namespaces;
  const one = await server.connected("/dyn-31");
  const two = await server.connected("/dyn-31");
  assert.equal((await server.stats()).namespaces, before + 1);
  const observer = await server.observer();
  for (const socket of [one, two]) {
    const { id } = socket;
    socket.disconnect();
    await observer.heard("left", id);
  }
  await within("the namespace to go", (async () => {
    while ((await server.stats()).namespaces !== before);
  })());
});

test("names outside the pattern are refused", async () => {
  for (const name of ["/dyn-x", "/dyn-1-2", "/DYN-1", "/dyn-+1", "/dyn- 1"]) {
    assert.equal((await refused(server.client(name))).message, "Invalid namespace", name);
  }
});

test("numbers with leading zeros name namespaces of their own", async () => {
  const socket = server.client("/dyn-007");
  assert.deepEqual(await next(socket, "welcome"), ["/dyn-007"]);
});

test("a packet of another namespace between a binary packet and its attachment breaks the protocol", async () => {
  const raw = await RawWebSocket.joined(server, { namespaces: ["/", "/observer"] });
  raw.send('451-["echo-event",{"_placeholder":true,"num":0}]', '42/observer,["x"]');
  await raw.close();
});
