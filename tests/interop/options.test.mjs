// Options that concern HTTP: origins, transports, packed answers; what a browser would see, by hand, and npm's client.

import assert from "node:assert/strict";
import { test } from "node:test";
import { request } from "node:http";
import { ask, askOne, conformance, connected, oursOnly, refused, within } from "./support.mjs";
import { RawPolling, RawWebSocket } from "./raw.mjs";

const server = conformance();
const good = "http://good.example";
const evil = "http://evil.example";

// `fetch` writes neither `Origin` nor `Accept-Encoding` as it is told.
function send(path, { method = "GET", headers = {}, body } = {}) {
  const answered = new Promise((resolve, reject) => {
    const sent = request(`${server.url}${path}`, { method, headers, agent: false }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }));
    });
    // A WebSocket that is let in instead of refused.
    sent.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode, headers: response.headers, body: Buffer.alloc(0) });
    });
    sent.on("error", reject);
    sent.end(body);
  });
  return within(`${method} ${path}`, answered);
}

async function handshake(path, headers) {
  const response = await send(`${path}?EIO=4&transport=polling`, { headers });
  assert.equal(response.status, 200);
  const { sid } = JSON.parse(response.body.toString().slice(1));
  const session = `${path}?EIO=4&transport=polling&sid=${sid}`;
  server.closing(() => send(session, { method: "POST", body: "1", headers }).catch(() => {}));
  return { response, session };
}

const upgrade = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

test("a page of any origin may use a mount that is open to all", async () => {
  for (const path of ["/engine.io/", "/socket.io/", "/contract/", "/polling/"]) {
    const { response } = await handshake(path, { origin: evil });
    assert.equal(response.headers["access-control-allow-origin"], "*");
    assert.equal(response.headers["access-control-allow-credentials"], undefined);
  }
  const wrong = await send("/contract/?EIO=4&transport=polling&sid=unknown", { headers: { origin: evil } });
  assert.equal(wrong.status, 400);
  assert.equal(wrong.headers["access-control-allow-origin"], "*");
});

test("a preflight is answered with what the page asks for", async () => {
  const response = await send("/guarded/?EIO=4&transport=polling", {
    method: "OPTIONS",
    headers: { origin: good, "access-control-request-method": "POST", "access-control-request-headers": "x-mine" },
  });
  assert.equal(response.status, 204);
  assert.equal(response.body.length, 0);
  assert.equal(response.headers["access-control-allow-origin"], good);
  assert.equal(response.headers["access-control-allow-credentials"], "true");
  assert.equal(response.headers["access-control-allow-methods"], "GET,HEAD,PUT,PATCH,POST,DELETE");
  assert.equal(response.headers["access-control-allow-headers"], "x-mine");
  assert.match(response.headers.vary, /origin.*access-control-request-headers/i);
});

test("the good origin gets in by polling and WebSocket, with credentials", async () => {
  const { response } = await handshake("/guarded/", { origin: good });
  assert.equal(response.headers["access-control-allow-origin"], good);
  assert.equal(response.headers["access-control-allow-credentials"], "true");
  assert.match(response.headers.vary, /origin/i);
  for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
    const socket = server.client("/", { path: "/guarded/", transports, extraHeaders: { origin: good } });
    await connected(socket);
    assert.equal(await askOne(socket, "echo", 1), 1);
  }
});

test("who has no origin is no browser, and gets in", async () => {
  await handshake("/guarded/", {});
  const socket = await server.connected("/", { path: "/guarded/", transports: ["websocket"] });
  assert.equal(await askOne(socket, "echo", 1), 1);
});

test("another origin is refused by polling with 403", async () => {
  const response = await send("/guarded/?EIO=4&transport=polling", { headers: { origin: evil } });
  assert.equal(response.status, 403);
  assert.deepEqual(JSON.parse(response.body), { code: 4, message: "Forbidden" });
  assert.equal(response.headers["access-control-allow-origin"], undefined);
  const socket = server.client("/", { path: "/guarded/", transports: ["polling"], extraHeaders: { origin: evil } });
  const error = await refused(socket);
  assert.equal(error.description, 403);
});

test("another origin is refused on WebSocket before the switch", async () => {
  const response = await send("/guarded/?EIO=4&transport=websocket", { headers: { ...upgrade, origin: evil } });
  assert.equal(response.status, 400);
  assert.equal(response.body.toString(), "Forbidden");
  const socket = server.client("/", { path: "/guarded/", transports: ["websocket"], extraHeaders: { origin: evil } });
  await refused(socket);
  assert.equal((await server.stats()).sessions, 0);
});

// npm's server asks about handshakes only.
oursOnly("another origin is refused in a session that exists, and the session does not notice", async () => {
  const { session } = await handshake("/guarded/", { origin: good });
  for (const [method, body] of [["GET"], ["POST", "4x"]]) {
    assert.equal((await send(session, { method, body, headers: { origin: evil } })).status, 403);
  }
  const probe = session.replace("transport=polling", "transport=websocket");
  assert.equal((await send(probe, { headers: { ...upgrade, origin: evil } })).status, 400);
  const joined = await send(session, { method: "POST", body: "40", headers: { origin: good } });
  assert.equal(joined.body.toString(), "ok");
});

test("a mount without WebSocket offers none", async () => {
  const { response } = await handshake("/polling/", {});
  assert.deepEqual(JSON.parse(response.body.toString().slice(1)).upgrades, []);
});

// npm's server does not listen to such requests at all, and leaves them without an answer.
oursOnly("a mount without WebSocket refuses it", async () => {
  const { session } = await handshake("/polling/", {});
  const direct = await send("/polling/?EIO=4&transport=websocket", { headers: upgrade });
  assert.equal(direct.status, 400);
  assert.equal(direct.body.toString(), "Transport unknown");
  const probe = await send(session.replace("transport=polling", "transport=websocket"), { headers: upgrade });
  assert.equal(probe.status, 400);
  await refused(server.client("/", { path: "/polling/", transports: ["websocket"] }));
});

test("a client that would upgrade stays on polling where there is nothing else", async () => {
  const socket = await server.connected("/", { path: "/polling/", transports: ["polling", "websocket"] });
  assert.equal((await askOne(socket, "handshake")).transport, "polling");
  assert.deepEqual(await ask(socket, "echo", "a", Buffer.from([1])), ["a", Buffer.from([1])]);
});

test("long polling answers are packed, short ones are not", async () => {
  for (const [accepted, used] of [["gzip, deflate, br", "gzip"], ["deflate", "deflate"], ["br", undefined], [undefined, undefined]]) {
    const raw = await RawPolling.joined(server);
    const path = raw.url.slice(server.url.length);
    const headers = accepted ? { "accept-encoding": accepted } : {};
    await raw.post(`420["echo","${"x".repeat(5000)}"]`);
    const long = await send(path, { headers });
    assert.equal(long.status, 200);
    assert.equal(long.headers["content-encoding"], used);
    assert.equal(long.headers["content-type"].toLowerCase(), "text/plain; charset=utf-8");
    const unpacked = used ? new Response(new Blob([long.body]).stream().pipeThrough(new DecompressionStream(used))) : new Response(long.body);
    assert.match(await unpacked.text(), /^430\["x{5000}"\]/);
    await raw.post('421["echo","short"]');
    const short = await send(path, { headers });
    assert.equal(short.headers["content-encoding"], undefined);
    assert.match(short.body.toString(), /431\["short"\]/);
  }
});

test("a WebSocket opened with an origin keeps it in the handshake", async () => {
  const raw = await RawWebSocket.joined(server, { path: "/guarded/", headers: { origin: good } });
  raw.send('420["handshake"]');
  const [{ headers }] = JSON.parse((await raw.next()).slice(3));
  assert.equal(headers.origin, good);
});
