// npm's client over https and wss, against the example `secure`; and its end by SIGTERM, which is a drain.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { io } from "socket.io-client";
import { askOne, bytes, connected, next, reference, refused, start, within } from "./support.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pem = (name) => fileURLToPath(new URL(`../tls/${name}.pem`, import.meta.url));
const skip = reference ? "the example is ours" : false;
let server;

before(async () => {
  if (skip) return;
  server = await start(process.env.SECURE_BIN ?? `${root}target/debug/secure`, [pem("cert"), pem("key")]);
});

after(async () => {
  if (server && server.child.exitCode === null) await server.stop();
});

const client = (options) =>
  io(server.url.replace("http:", "https:"), { forceNew: true, reconnection: false, ca: readFileSync(pem("cert")), ...options });

for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
  test(`text and bytes over TLS by ${transports.join(", then ")}`, { skip }, async () => {
    const socket = client({ transports });
    try {
      await connected(socket);
      if (transports.length > 1 && socket.io.engine.transport.name === "polling") await next(socket.io.engine, "upgrade");
      assert.equal(socket.io.engine.transport.name, transports.at(-1));
      assert.equal(await askOne(socket, "secure"), true);
      // More than one TLS record, and a message in many pieces.
      const text = "é".repeat(200_000);
      assert.equal(await askOne(socket, "echo", text), text);
      const data = Buffer.alloc(300_000, 7);
      assert.deepEqual(bytes(await askOne(socket, "echoBytes", data)), bytes(data));
    } finally {
      socket.disconnect();
    }
  });
}

test("a client that does not know the certificate stays away, unless it does not care", { skip }, async () => {
  const strict = client({ ca: undefined, transports: ["websocket"] });
  assert.ok(await refused(strict));
  strict.disconnect();
  const careless = client({ ca: undefined, rejectUnauthorized: false });
  await connected(careless);
  assert.equal(await askOne(careless, "secure"), true);
  careless.disconnect();
});

test("upon SIGTERM clients are let go one after the other, without a packet, and may come back elsewhere", { skip }, async () => {
  const sockets = Array.from({ length: 12 }, (_, i) => client({ transports: [i % 2 ? "websocket" : "polling"] }));
  await Promise.all(sockets.map(connected));
  const gone = Promise.all(
    sockets.map((socket) => next(socket, "disconnect").then(([reason]) => ({ reason, at: Date.now() }))),
  );
  server.child.kill("SIGTERM");
  const ends = await gone;
  // JavaScript's words for a connection that ended without a DISCONNECT packet: the client reconnects by itself.
  for (const { reason } of ends) assert.ok(["transport close", "transport error"].includes(reason), reason);
  const times = ends.map(({ at }) => at).sort((a, b) => a - b);
  assert.ok(times.at(-1) - times[0] > 500, `all within ${times.at(-1) - times[0]} ms`);
  assert.equal((await within("the server to end", server.exited)).code, 0);
});
