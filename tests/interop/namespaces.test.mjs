// Several namespaces on one connection.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, askOne, bytes, conformance, connected, next, refused } from "./support.mjs";
import { RawWebSocket } from "./raw.mjs";

const server = conformance();

/** Sockets of several namespaces on one connection. */
async function multiplexed(names, others = {}) {
  const options = { auth: { token: "letmein", user: "ada" }, ...others };
  const [first, ...rest] = names;
  const sockets = [server.client(first, options)];
  for (const name of rest) sockets.push(sockets[0].io.socket(name, options));
  const dynamic = sockets.filter((_, index) => names[index].startsWith("/dyn-"));
  await Promise.all([...sockets.map(connected), ...dynamic.map((socket) => next(socket, "welcome"))]);
  return sockets;
}

for (const transport of ["websocket", "polling"]) {
  test(`${transport}: namespaces share one session, and each socket has its own id`, async () => {
    const sockets = await multiplexed(["/", "/auth", "/slow", "/observer"], { transports: [transport] });
    assert.equal((await server.stats()).sessions, 1);
    assert.equal((await server.stats()).sockets, 4);
    assert.equal(new Set(sockets.map(({ id }) => id)).size, 4);
    for (const socket of sockets.slice(0, 3)) assert.equal(await askOne(socket, "id"), socket.id);
  });

  test(`${transport}: events and binaries of two namespaces do not mix`, async () => {
    const [a, b] = await multiplexed(["/", "/auth"], { transports: [transport] });
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
  const [a, b] = await multiplexed(["/auth", "/"]);
  a.disconnect();
  assert.equal(await askOne(b, "id"), b.id);
  a.connect();
  await connected(a);
  assert.equal(await askOne(a, "id"), a.id);
  assert.equal((await server.stats()).sessions, 1);
});

test("a kick from one namespace leaves the others", async () => {
  const [a, b] = await multiplexed(["/auth", "/"]);
  a.emit("kick", false);
  assert.deepEqual((await next(a, "disconnect"))[0], "io server disconnect");
  assert.equal(await askOne(b, "id"), b.id);
});

test("names that only look like one are refused", async () => {
  for (const name of ["/dyn-x", "/dyn-1-2", "/DYN-1", "/dyn-+1", "/dyn- 1", "/Auth", "/auth2"]) {
    assert.equal((await refused(server.client(name))).message, "Invalid namespace", name);
  }
});

test("a packet of another namespace between a binary packet and its attachment breaks the protocol", async () => {
  const raw = await RawWebSocket.joined(server, { namespaces: ["/", "/observer"] });
  raw.send('451-["echo-event",{"_placeholder":true,"num":0}]', '42/observer,["x"]');
  await raw.close();
});
