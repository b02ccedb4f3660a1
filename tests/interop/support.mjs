// What the tests share: a server of their own for each file, clients that are closed after each test, and waiting for events
// with a deadline instead of sleeping.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { setTimeout as pause } from "node:timers/promises";
import { after, afterEach, before, test } from "node:test";
import { io } from "socket.io-client";

const root = fileURLToPath(new URL("../..", import.meta.url));
const extension = process.platform === "win32" ? ".exe" : "";

/** Whether npm's own server is on trial (`SERVER=reference`). */
export const reference = process.env.SERVER === "reference";

/** How long anything that is awaited may take: a guard against hanging, not a measure. */
export const DEADLINE = 10_000;

/** A test of a behaviour in which Sockeye differs from npm's server on purpose. */
export const oursOnly = (name, body) =>
  test(name, { skip: reference ? "npm's server differs here, see the comment" : false }, body);

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await within("a free port", new Promise((resolve) => probe.once("listening", resolve)));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Starts `command args… HOST:PORT`, on a free port if none is given, and waits until it says that it listens. */
export async function start(command, args = [], environment = {}, wanted = undefined) {
  const port = wanted ?? (await freePort());
  const child = spawn(command, [...args, `127.0.0.1:${port}`], {
    cwd: root,
    env: { ...process.env, ...environment, HOST: "127.0.0.1", PORT: String(port) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
  let output = "";
  const listening = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
      if (output.includes("listening")) resolve();
    });
    exited.then(({ code }) => reject(new Error(`${command} ended with status ${code} before it listened`)));
  });
  await within(`${command} to listen`, listening);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    child,
    exited,
    async stop() {
      child.kill("SIGTERM");
      try {
        return await within("the server to end", exited, 5000);
      } catch (error) {
        child.kill("SIGKILL");
        throw error;
      }
    },
  };
}

export function startConformance() {
  return reference
    ? start(process.execPath, [fileURLToPath(new URL("reference-server.mjs", import.meta.url))])
    : start(process.env.CONFORMANCE_BIN ?? `${root}target/debug/conformance${extension}`);
}

/**
 * Gives the file a conformance server, closes the clients of a test when it ends, and proves at the end that nothing of
 * them is left in the server. With `bystander`, one client stays for the whole file and must not notice anything.
 */
export function conformance({ bystander = false } = {}) {
  const context = { url: undefined };
  const open = new Set();
  let server;
  let watching;
  let resting;

  before(async () => {
    server = await startConformance();
    context.url = server.url;
    context.port = server.port;
    resting = await context.stats();
    assert.equal(resting.sessions, 0);
    if (bystander) {
      watching = io(context.url, { path: "/contract/", transports: ["websocket"], forceNew: true, reconnection: false });
      await connected(watching);
    }
  });

  afterEach(() => {
    for (const close of open) close();
    open.clear();
  });

  after(async () => {
    if (!server) return;
    try {
      if (watching) {
        assert.equal(watching.connected, true, "the bystander lost its connection");
        watching.io._close();
      }
      await context.atRest();
    } finally {
      await server.stop();
    }
  });

  context.stats = async () => (await fetch(`${context.url}/stats`)).json();

  /** Waits until sessions, sockets and rooms are gone, and no namespace is left that was not there at the start. */
  context.atRest = async () => {
    const wanted = { sessions: 0, sockets: 0, namespaces: resting.namespaces, rooms: 0 };
    const giveUp = Date.now() + DEADLINE;
    for (;;) {
      const { sessions, sockets, namespaces, rooms } = await context.stats();
      const left = { sessions, sockets, namespaces, rooms };
      try {
        return assert.deepEqual(left, wanted, "something of the clients is left in the server");
      } catch (error) {
        if (Date.now() > giveUp) throw error;
      }
      await pause(20);
    }
  };

  /** Proves that the bystander still has its connection. */
  context.unharmed = async () => assert.equal(await askOne(watching, "id"), watching.id);

  /** Runs `close` when the test ends. */
  context.closing = (close) => void open.add(close);

  /** A client of the contract mount, on a connection of its own unless `manager` is shared. */
  context.client = (namespace = "/", options = {}) => {
    const socket = io(context.url + namespace, {
      path: "/contract/",
      transports: ["websocket"],
      forceNew: true,
      reconnection: false,
      ...options,
    });
    open.add(() => socket.io._close?.() ?? socket.disconnect());
    return socket;
  };

  /** A client that has connected. */
  context.connected = async (namespace, options) => {
    const socket = context.client(namespace, options);
    await connected(socket);
    return socket;
  };

  /** Connects an observer: what it was told so far about one socket, and what it is told next. */
  context.observer = async (options) => {
    const socket = await context.connected("/observer", options);
    const told = [];
    let wake = () => {};
    socket.onAny((event, namespace, id, detail) => {
      told.push({ event, namespace, id, detail });
      wake();
    });
    const find = async (event, id) => {
      for (;;) {
        const index = told.findIndex((one) => one.event === event && one.id === id);
        if (index >= 0) return told[index];
        await new Promise((resolve) => (wake = resolve));
      }
    };
    return { socket, told, of: (id) => told.filter((one) => one.id === id), heard: (event, id) => within(`${event} ${id}`, find(event, id)) };
  };

  return context;
}

/** Awaits a promise, but no longer than the deadline. */
export function within(what, promise, ms = DEADLINE) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms in vain for ${what}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The arguments of the next `event` of an emitter. */
export function next(emitter, event) {
  return within(`"${event}"`, new Promise((resolve) => emitter.once(event, (...args) => resolve(args))));
}

/** The arguments of the next `count` events called `event`. */
export function collect(emitter, event, count) {
  const all = [];
  let listener;
  const filled = new Promise((resolve) => {
    listener = (...args) => {
      all.push(args);
      if (all.length === count) resolve(all);
    };
    emitter.on(event, listener);
  });
  return within(`${count} × "${event}"`, filled).catch((error) => {
    error.message += ` (got ${all.length})`;
    throw error;
  }).finally(() => emitter.off(event, listener));
}

/** Waits until a client is connected, or fails with its `connect_error`. */
export function connected(socket) {
  if (socket.connected) return Promise.resolve();
  return within(
    "connect",
    new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", reject);
    }),
  );
}

/** The error with which a client is refused. */
export async function refused(socket) {
  return within(
    "connect_error",
    new Promise((resolve, reject) => {
      socket.once("connect_error", resolve);
      socket.once("connect", () => reject(new Error("was let in")));
    }),
  );
}

/** Emits with an ack and gives the ack's arguments. */
export function ask(socket, event, ...args) {
  return within(`the ack of "${event}"`, new Promise((resolve) => socket.emit(event, ...args, (...answer) => resolve(answer))));
}

/** The first argument of an ack. */
export async function askOne(socket, event, ...args) {
  return (await ask(socket, event, ...args))[0];
}

/** Proves that what was emitted to `socket` so far has arrived: what follows in order is here. */
export const settled = (socket) => ask(socket, "echo");

/** Binary as a plain list, whichever class it came in. */
export const bytes = (data) => [...new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength)];
