// Bytes: what the typed layer writes is what npm's socket.io-parser and socket.io-msgpack-parser write for the same values, and it
// reads what they write. The values are in tests/parser/cases.rs, each beside the JavaScript that makes the same one.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import * as json from "socket.io-parser";
import msgpack from "socket.io-msgpack-parser";

const extension = process.platform === "win32" ? ".exe" : "";
const program = process.env.PARSER_BIN ?? fileURLToPath(new URL(`../../target/debug/examples/parser${extension}`, import.meta.url));
const run = (mode, input = "") => execFileSync(program, [mode], { input, encoding: "utf8", maxBuffer: 1 << 26 }).trim().split("\n");

const parsers = { json, msgpack };
const lines = run("write").map((line) => JSON.parse(line));

/** The packet that npm's server makes of the same values. */
const packet = ({ js, namespace, id, ack, parser }) => ({
  type: ack ? json.PacketType.ACK : json.PacketType.EVENT,
  data: new Function("Buffer", `return ${js}`)(Buffer),
  nsp: namespace,
  ...(id === null ? {} : { id }),
});

const encode = (line) => new parsers[line.parser].Encoder().encode(packet(line));

const decode = (line, frames) => {
  let decoded;
  const decoder = new parsers[line.parser].Decoder();
  decoder.on("decoded", (found) => (decoded = found));
  for (const frame of frames) decoder.add(frame);
  return decoded;
};

const parts = (frames) =>
  frames.map((frame) => (typeof frame === "string" ? { text: frame } : { base64: Buffer.from(frame).toString("base64") }));
const whole = (frames) => frames.map(({ text, base64 }) => text ?? Buffer.from(base64, "base64"));

const title = ({ parser, name, namespace, id, ack }) =>
  `${parser}: ${ack ? "answer" : "event"}: ${name}, in ${namespace}${id === null ? "" : `, id ${id}`}`;

test("there are cases of each parser", () => {
  for (const parser of Object.keys(parsers)) assert.ok(lines.filter((line) => line.parser === parser).length > 100);
});

for (const line of lines) {
  test(`${title(line)}: is written as npm writes it`, () => {
    assert.deepEqual(decode(line, whole(line.frames)).data.length, packet(line).data.length);
    if (line.exact) assert.deepEqual(line.frames, parts(encode(line)));
    else assert.deepEqual(decode(line, whole(line.frames)).data, packet(line).data);
  });
}

test("what npm writes is read as the same values", () => {
  const written = lines.filter((line) => line.exact).map((line) => ({ ...line, frames: parts(encode(line)) }));
  const verdicts = run("read", written.map((line) => JSON.stringify(line)).join("\n"));
  assert.deepEqual(verdicts.map((verdict, at) => `${title(written[at])}: ${verdict}`), written.map((line) => `${title(line)}: ok`));
});
