// What breaks the protocol closes the session that did it, and no other session notices.

import assert from "node:assert/strict";
import { test } from "node:test";
import { conformance, oursOnly } from "./support.mjs";
import { RawPolling, RawWebSocket } from "./raw.mjs";

const server = conformance({ bystander: true });
const { unharmed } = server;

const eleven = Array.from({ length: 11 }, (_, num) => JSON.stringify({ _placeholder: true, num })).join(",");
const binary = Buffer.from([1, 2, 3]);

/** What is sent after a CONNECT for `/`; each closes the session. */
const fatal = {
  "a packet type that does not exist": ["47"],
  "an Engine.IO type that does not exist": ["9"],
  "an empty message of the engine": [""],
  "an empty packet": ["4"],
  "a letter for a type": ["4x"],
  "an event that is no list": ['42{"a":1}'],
  "an event that is a text": ['42"echo"'],
  "an event without a name": ["42[]"],
  "an event whose name is null": ["42[null]"],
  "an event whose name is an object": ['42[{"toString":"x"}]'],
  "JSON that ends too early": ['42["echo"'],
  "JSON that goes on too long": ['42["echo"]]'],
  "what is no JSON": ["42[undefined]"],
  "the reserved name connect": ['42["connect"]'],
  "the reserved name connect_error": ['42["connect_error",{}]'],
  "the reserved name disconnect": ['42["disconnect","x"]'],
  "the reserved name disconnecting": ['42["disconnecting"]'],
  "the reserved name newListener": ['42["newListener"]'],
  "the reserved name removeListener": ['42["removeListener"]'],
  "a reserved name behind escapes": ['42["\\u0063onnect"]'],
  "a reserved name in a binary event": ['451-["disconnect",{"_placeholder":true,"num":0}]', binary],
  "eleven attachments": [`4511-["echo",${eleven}]`],
  "very many attachments": ['45999999999-["echo",{"_placeholder":true,"num":0}]'],
  "an attachment count that overflows": ['4599999999999999999999999-["echo"]'],
  "no attachments in a binary packet": ['450-["echo"]'],
  "a binary packet without a count": ['45["echo",{"_placeholder":true,"num":0}]'],
  "a negative attachment count": ['45-1-["echo"]'],
  "text while attachments are pending": ['451-["echo-event",{"_placeholder":true,"num":0}]', '42["echo-event"]'],
  "binary while none is pending": [binary],
  "one attachment too many": ['451-["echo-event",{"_placeholder":true,"num":0}]', binary, binary],
  "a placeholder out of range": ['451-["echo-event",{"_placeholder":true,"num":1}]', binary],
  "a placeholder below zero": ['451-["echo-event",{"_placeholder":true,"num":-1}]', binary],
  "a placeholder whose number is a text": ['451-["echo-event",{"_placeholder":true,"num":"splice"}]', binary],
  "a placeholder without a number": ['451-["echo-event",{"_placeholder":true}]', binary],
  "a CONNECT with a text": ['40"token"'],
  "a CONNECT with a list": ["40/slow,[1]"],
  "a second CONNECT for a namespace": ["40"],
  "an event for a namespace not joined": ['42/slow,["echo"]'],
  "an answer for a namespace not joined": ["43/slow,1[]"],
  "a DISCONNECT with a payload": ['41{"a":1}'],
  "a DISCONNECT for a namespace not joined": ["41/slow,"],
  "a CONNECT_ERROR from a client": ['44{"message":"x"}'],
  "an answer that is no list": ['431{"a":1}'],
  "a ping from the client": ["2"],
};

for (const [name, messages] of Object.entries(fatal)) {
  test(`WebSocket: ${name}`, async () => {
    const raw = await RawWebSocket.joined(server);
    raw.send(...messages);
    await raw.close();
    await unharmed();
  });
}

/** The same over polling, where binary is base64 in the same body. */
const polled = (messages) => messages.map((one) => (Buffer.isBuffer(one) ? `b${one.toString("base64")}` : one)).join("\x1e");

for (const [name, messages] of Object.entries(fatal)) {
  test(`polling: ${name}`, async () => {
    const raw = await RawPolling.joined(server);
    const response = await raw.post(polled(messages));
    assert.ok([200, 400].includes(response.status), String(response.status));
    const { status, error } = await raw.drain({ pong: true });
    assert.deepEqual([status, error.code], [400, 1]);
    await unharmed();
  });
}

// npm's parser lets these pass; and it looks after the end of the tick whether a namespace was left.
const strict = {
  "an event for a namespace just left": ["41", '42["echo"]'],
  "an event without a payload": ["42"],
  "a CONNECT with a number": ["40/slow,1"],
  "a placeholder whose number is a fraction": ['451-["echo-event",{"_placeholder":true,"num":0.5}]', binary],
};
for (const [name, messages] of Object.entries(strict)) {
  oursOnly(`WebSocket: ${name}`, async () => {
    const raw = await RawWebSocket.joined(server);
    raw.send(...messages);
    await raw.close();
    await unharmed();
  });
}

test("base64 that is none ends a polling session", async () => {
  const raw = await RawPolling.joined(server);
  await raw.post("b%%%");
  const { status, error } = await raw.drain({ pong: true });
  assert.deepEqual([status, error.code], [400, 1]);
});

test("a WebSocket message over the limit is closed with 1009", async () => {
  for (const message of [`42["echo","${"x".repeat(100_000)}"]`, Buffer.alloc(100_001)]) {
    const raw = await RawWebSocket.joined(server);
    raw.send(message);
    assert.equal(await raw.close(), 1009);
  }
  await unharmed();
});

test("a WebSocket message of exactly the limit is taken", async () => {
  const raw = await RawWebSocket.joined(server);
  const event = (text) => `42["echo-event","${text}"]`;
  const text = "x".repeat(100_000 - event("").length);
  raw.send(event(text));
  assert.equal(await raw.next(), `42["echoed","${text}"]`);
});

test("fragments of one message count together", async () => {
  const raw = await RawWebSocket.joined(server);
  const part = "x".repeat(20_000);
  raw.socket.send(`42["echo","${part}`, { fin: false });
  for (let i = 0; i < 5; i++) raw.socket.send(part, { fin: false });
  assert.equal(await raw.close(), 1009);
});

test("a frame of the WebSocket that breaks RFC 6455 ends that session", async () => {
  // An opcode that does not exist; RSV bits without an extension; a client's frame without a mask.
  for (const frame of [[0x83, 0x80, 0, 0, 0, 0], [0xf1, 0x80, 0, 0, 0, 0], [0x81, 0x01, 0x34], [0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe]]) {
    const raw = await RawWebSocket.joined(server);
    raw.socket._socket.write(Buffer.from(frame));
    await raw.close();
  }
  await unharmed();
});

test("a session that dies with attachments pending leaves nothing", async () => {
  const raw = await RawWebSocket.joined(server);
  raw.send('4510-["echo",{"_placeholder":true,"num":0}]', binary);
  raw.socket.terminate();
  await unharmed();
});

test("many broken sessions at once leave the others alone", async () => {
  const raws = await Promise.all(Array.from({ length: 50 }, () => RawWebSocket.joined(server)));
  const all = Object.values(fatal);
  raws.forEach((raw, i) => raw.send(...all[i % all.length]));
  await Promise.all(raws.map((raw) => raw.close()));
  await unharmed();
});
