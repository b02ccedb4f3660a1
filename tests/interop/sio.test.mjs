// `sio` and the chat's terminal client, from outside: the built programs against npm's server, or ours, and the chat.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, afterEach, before, test } from "node:test";
import { io } from "socket.io-client";
import { ask, askOne, conformance, connected, next, reference, start, within } from "./support.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const sioBin = process.env.SIO_BIN ?? `${root}target/debug/sio`;
const chatBin = process.env.CHAT_BIN ?? `${root}target/debug/chat`;
const server = conformance();
const folder = mkdtempSync(join(tmpdir(), "sio-"));
const file = join(folder, "three.bin");
const running = new Set();

before(() => writeFileSync(file, Buffer.from([1, 2, 3])));
afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
});
after(() => rmSync(folder, { recursive: true }));

/** Starts a program with pipes: what it printed so far, waiting for more, its input and its end. */
function run(command, args) {
  const child = spawn(command, args, { env: { ...process.env, XDG_STATE_HOME: folder, NO_COLOR: "1" } });
  running.add(child);
  const output = { stdout: "", stderr: "" };
  let wake = () => {};
  for (const name of ["stdout", "stderr"]) {
    child[name].setEncoding("utf8").on("data", (text) => {
      output[name] += text;
      wake();
    });
  }
  const closed = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      running.delete(child);
      resolve({ code, signal, ...output });
    });
  });
  const find = async (pattern, name) => {
    for (;;) {
      const match = output[name].match(pattern);
      if (match) return match;
      await new Promise((resolve) => (wake = resolve));
    }
  };
  return {
    child,
    line: (text) => child.stdin.write(`${text}\n`),
    said: (pattern, name = "stdout") =>
      within(`${pattern} of ${command}`, find(pattern, name)).catch((error) => {
        error.message += `, which printed ${JSON.stringify(output)}`;
        throw error;
      }),
    end: () => {
      child.stdin.end();
      return within(`the end of ${command}`, closed);
    },
    closed: () => within(`the end of ${command}`, closed),
  };
}

const sio = (...args) => run(sioBin, args);
const mount = (path = "/contract/") => ["--path", path];
const emit = (...args) => sio("emit", ...args).end();
const lines = (text) => text.trim().split("\n").map((line) => JSON.parse(line));

for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
  test(`an answer is printed as JSON, by ${transports.join(", then ")}`, async () => {
    const options = transports.flatMap((name) => ["--transport", name]);
    const values = ["1.5", '{"a":[1,null]}', "some text", `@${file}`, "@@home"];
    const { code, stdout, stderr } = await emit(server.url, "echo", ...values, "--ack", ...mount(), ...options);
    assert.equal(stderr, "");
    assert.equal(code, 0);
    assert.deepEqual(lines(stdout), [1.5, { a: [1, null] }, "some text", { $binary: "AQID", size: 3 }, "@home"]);
  });
}

test("the transport, headers and the query are those that were asked for", async () => {
  const options = ["--transport", "polling", "--no-upgrade", "--header", "x-colour: red", "--query", "a=b c"];
  const { stdout } = await emit(`${server.url}?u=1`, "handshake", "--ack", ...mount(), ...options);
  const handshake = JSON.parse(stdout);
  assert.equal(handshake.transport, "polling");
  assert.equal(handshake.headers["x-colour"], "red");
  assert.equal(handshake.query.a, "b c");
  assert.equal(handshake.query.u, "1");
});

test("an event without an answer has arrived when the program ends", async () => {
  const member = await server.connected("/");
  await ask(member, "join", "lobby");
  for (let i = 0; i < 5; i++) {
    const said = next(member, "said");
    const spec = JSON.stringify({ from: "socket", to: "lobby" });
    const { code, stdout } = await emit(server.url, "broadcast", spec, "said", String(i), ...mount());
    assert.deepEqual([code, stdout], [0, ""]);
    assert.deepEqual(await said, [i]);
  }
});

test("a namespace is the URL's path or an option, and wants its auth", async () => {
  const auth = ["--auth", '{"token":"letmein","user":"ada"}'];
  for (const [url, ...options] of [[`${server.url}/auth`], [server.url, "-n", "auth"]]) {
    const { code, stdout } = await emit(url, "echo", "1", "--ack", ...mount(), ...options, ...auth);
    assert.deepEqual([code, stdout], [0, "1\n"]);
  }
  const { code, stdout, stderr } = await emit(`${server.url}/auth`, "echo", "--ack", ...mount());
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /refused: not authorized \{"code": "E_AUTH", "retry": 10\}/);
});

test("MessagePack", async () => {
  const options = ["--ack", "--parser", "msgpack", ...mount("/msgpack/")];
  const { code, stdout } = await emit(server.url, "echo", `@${file}`, ...options);
  assert.deepEqual([code, JSON.parse(stdout)], [0, { $binary: "AQID", size: 3 }]);
});

test("what went wrong is said on standard error, with a status", async () => {
  const cases = [
    [["http://127.0.0.1:1", "id", "--ack"], 1, /no connection: .*refused/i],
    [[server.url, "id", "--ack", "--path", "/nowhere"], 1, /no connection: .*404/],
    [[server.url, "slow-ack", "60000", "--ack", "--timeout", "0.9", ...mount()], 1, /no answer within 900ms/],
    [[server.url, "kick", "true", "--ack", ...mount()], 1, /no answer: io server disconnect/],
    [[server.url, "echo", "@/no/such/file", ...mount()], 2, /\/no\/such\/file/],
    [[server.url, "connect", ...mount()], 2, /protocol's own/],
    [[server.url, "echo", "--auth", "7", ...mount()], 2, /no JSON object/],
    [["ftp://example.org", "echo"], 2, /no address of a server/],
  ];
  for (const [args, status, why] of cases) {
    const { code, stdout, stderr } = await emit(...args);
    assert.equal(code, status, `${args}: ${stderr}`);
    assert.equal(stdout, "");
    assert.match(stderr, why);
  }
});

test("listen prints a line of JSON for each event, and ends after as many as were asked for", async () => {
  const listener = sio("listen", server.url, "--json", "--count", "3", "--answer", '{"yes":true}', ...mount());
  const [, id] = await listener.said(/connected to \/ as (\S+)/, "stderr");
  const other = await server.connected("/");
  const emitTo = (event, ...args) => ask(other, "broadcast", { to: id }, event, ...args);
  await emitTo("said", { a: "é\u001b" }, 1);
  await emitTo("bytes", Buffer.from([1, 2, 3]));
  const { answers } = await askOne(other, "ask-all", { to: id }, 5000, "q");
  assert.deepEqual(answers, [{ yes: true }]);
  const { code, stdout } = await listener.closed();
  assert.equal(code, 0);
  assert.deepEqual(lines(stdout), [
    { event: "said", args: [{ a: "é\u001b" }, 1], ack: false },
    { event: "bytes", args: [{ $binary: "AQID", size: 3 }], ack: false },
    { event: "question", args: ["q"], ack: true },
  ]);
});

test("without reconnection, listening to nobody ends with a status; a signal ends it in order", async () => {
  const nobody = await sio("listen", "http://127.0.0.1:1", "--no-reconnect").end();
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /no connection/);
  const observer = await server.observer();
  const listener = sio("listen", server.url, ...mount());
  const [, id] = await listener.said(/connected to \/ as (\S+)/, "stderr");
  listener.child.kill("SIGINT");
  assert.equal((await listener.closed()).code, 0);
  assert.equal((await observer.heard("left", id)).detail, "client namespace disconnect");
});

test("lines of a pipe are emitted, and the answers waited for", async () => {
  const program = sio(server.url, "--ack", ...mount());
  await program.said(/connected to/);
  program.line(`echo {"a": 1} "x y" 'it''s' @${file}`);
  program.line("ask 5000 question?");
  await program.said(/< question "question\?" \(wants an answer\)/);
  program.line("/answer [42]");
  await program.said(/= ask \{"ok": \[42\]\}/);
  program.line("/nonsense");
  program.line("echo 'open");
  program.line("slow-ack 200");
  const { code, stdout } = await program.end();
  assert.equal(code, 0);
  assert.match(stdout, /^= echo \{"a": 1\} "x y" "its" <3 bytes: 01 02 03>$/m);
  assert.match(stdout, /^! there is no \/nonsense/m);
  assert.match(stdout, /^! a ' is not closed$/m);
  assert.match(stdout, /^= slow-ack "done"$/m);
});

test("who was disconnected can connect again by hand", async () => {
  const program = sio(server.url, ...mount());
  const [, first] = await program.said(/connected to \/ as (\S+)/);
  program.line("kick true");
  await program.said(/disconnected: io server disconnect[^]*\/connect tries again/);
  program.line("/connect");
  const [, second] = await program.said(/connect tries again[^]*connected to \/ as (\S+)/);
  assert.notEqual(second, first);
  assert.equal((await program.end()).code, 0);
});

test("the chat at a terminal, with npm's client in the same room", { skip: reference ? "the chat is ours" : false }, async () => {
  const chat = await start(chatBin);
  const page = io(chat.url, { auth: { name: "Ada", key: "1" }, forceNew: true });
  let again;
  try {
    await connected(page);
    await ask(page, "join", "lobby");
    await ask(page, "post", "lobby", "first");
    const came = next(page, "members");
    const client = run(chatBin, ["--connect", chat.url, "--name", "ada"]);
    await client.said(/! somebody is called ada already; how about \/name ada2/);
    client.line("/name Bob");
    await client.said(/in lobby with Ada, Bob[^]*Ada: first/);
    assert.deepEqual(await came, ["lobby", ["Ada", "Bob"]]);
    page.emit("typing", "lobby");
    await client.said(/Ada is typing/);
    await ask(page, "post", "lobby", "hello\u001b[2J");
    await client.said(/Ada: hello\\u001b\[2J/);
    const heard = next(page, "message");
    client.line("hi there");
    const [room, { from, text }] = await heard;
    assert.deepEqual([room, from, text], ["lobby", "Bob", "hi there"]);
    client.line("buy spam");
    await client.said(/! `spam` is not said here/);
    client.line("/join No Room");
    await client.said(/! the name of a room/);
    await ask(page, "image", "lobby", "a.png", Buffer.from("89504e470d0a1a0a", "hex"));
    await client.said(/Ada: <image\/png a\.png, 8 bytes>/);

    // The server goes and comes back, and the client with it.
    page.disconnect();
    await chat.stop();
    await client.said(/disconnected: [a-z ]+; connecting again/);
    again = await start(chatBin, [], {}, chat.port);
    await client.said(/connecting again[^]*in lobby with Bob/);
    assert.equal((await client.end()).code, 0);
  } finally {
    page.disconnect();
    for (const one of [chat, again]) {
      if (one && one.child.exitCode === null && one.child.signalCode === null) await one.stop();
    }
  }
});
