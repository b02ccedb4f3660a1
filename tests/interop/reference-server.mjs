// The conformance server on npm's `socket.io`: the same mounts and handlers as `examples/`'s `conformance`, so that each
// expectation of these tests is proved against the real thing (`SERVER=reference npm test`) before it judges Sockeye.
//
//     node reference-server.mjs HOST:PORT

import { createServer } from "node:http";
import { attach } from "engine.io";
import { Server } from "socket.io";
import parser from "socket.io-msgpack-parser";

const [host, port] = (process.argv[2] ?? "127.0.0.1:3000").split(":");
const http = createServer((request, response) => {
  if (request.method === "GET" && request.url.split("?")[0] === "/stats") {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(stats()));
  } else {
    response.statusCode = 404;
    response.end();
  }
});

// Every mount shares one HTTP server, so none may end an upgrade that belongs to another.
const shared = { destroyUpgrade: false, serveClient: false };

const echo = attach(http, {
  path: "/engine.io/",
  destroyUpgrade: false,
  pingInterval: 300,
  pingTimeout: 200,
  maxHttpBufferSize: 1e6,
  upgradeTimeout: 1000,
  cors: { origin: "*" },
});
echo.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));

const official = new Server(http, {
  ...shared,
  path: "/socket.io/",
  pingInterval: 300,
  pingTimeout: 200,
  maxHttpBufferSize: 1e6,
  connectTimeout: 1000,
  cors: { origin: "*" },
});
for (const name of ["/", "/custom"]) {
  official.of(name).on("connection", (socket) => {
    socket.emit("auth", socket.handshake.auth);
    socket.on("message", (...args) => socket.emit("message-back", ...args));
    socket.on("message-with-ack", (...args) => args.pop()(...args));
  });
}

// What the contract's mounts have in common.
function contractMount(path, options) {
  const io = new Server(http, {
    ...shared,
    path,
    pingInterval: 1000,
    pingTimeout: 1000,
    maxHttpBufferSize: 1e5,
    connectTimeout: 1000,
    upgradeTimeout: 1000,
    cleanupEmptyChildNamespaces: true,
    cors: { origin: "*" },
    ...options,
  });
  contractHandlers(io);
  return io;
}

const good = "http://good.example";
const servers = [
  official,
  contractMount("/contract/"),
  contractMount("/msgpack/", { parser }),
  contractMount("/recovery/", { connectionStateRecovery: { maxDisconnectionDuration: 2000, skipMiddlewares: true } }),
  contractMount("/eio3/", { allowEIO3: true }),
  contractMount("/polling/", { transports: ["polling"] }),
  contractMount("/guarded/", {
    cors: { origin: [good], credentials: true },
    // npm's server looks at the origin of handshakes only.
    allowRequest: ({ headers: { origin } }, callback) => callback(null, origin === undefined || origin === good),
  }),
];

function contractHandlers(io) {
  const observers = io.of("/observer");
  const dynamic = io.of(/^\/dyn-\d+$/);

  io.of("/auth").use((socket, next) => {
    const { token, user } = socket.handshake.auth;
    if (token !== "letmein") {
      const refusal = new Error("not authorized");
      refusal.data = { code: "E_AUTH", retry: 10 };
      return next(refusal);
    }
    socket.data.user = user;
    socket.join("members");
    next();
  });
  io.of("/slow").use((_, next) => setTimeout(next, 300));

  for (const namespace of [io.of("/"), io.of("/auth"), io.of("/slow"), dynamic]) {
    namespace.on("connection", (socket) => {
      const name = socket.nsp.name;
      observers.emit("joined", name, socket.id);
      socket.on("disconnecting", () => observers.emit("leaving", name, socket.id, ownRooms(socket)));
      socket.on("disconnect", (reason) => observers.emit("left", name, socket.id, reason));
      socketHandlers(socket);
    });
  }
  dynamic.on("connection", (socket) => {
    socket.emit("welcome", socket.nsp.name);
    socket.on("shout", (text) => dynamic.emit("shouted", text));
  });
}

function ownRooms(socket) {
  return [...socket.rooms].filter((room) => room !== socket.id).sort();
}

// What a `spec` of the contract selects.
function select(socket, spec) {
  let target = spec.from === "socket" ? socket.broadcast : socket.nsp;
  target = target.to(spec.to ?? []).except(spec.except ?? []);
  return spec.volatile ? target.volatile : target;
}

function socketHandlers(socket) {
  const seen = [];
  socket.onAny((name) => seen.push(name));
  socket.use(([name], next) => next(name === "blocked" ? new Error("blocked") : undefined));
  socket.on("error", (error) => socket.emit("rejected", error.message));

  // Registers a handler that always has an ack: an event whose ack is missing does its work and answers nothing.
  const on = (name, handler) =>
    socket.on(name, (...args) => {
      const ack = typeof args.at(-1) === "function" ? args.pop() : () => {};
      handler(args, ack);
    });

  on("echo", (args, ack) => ack(...args));
  on("echo-event", (args) => socket.emit("echoed", ...args));
  on("id", (_, ack) => ack(socket.id));
  on("handshake", (_, ack) => {
    const { auth, query, headers } = socket.handshake;
    ack({ auth, query, headers, transport: socket.conn.transport.name });
  });
  on("no-ack", () => {});
  on("slow-ack", ([ms], ack) => setTimeout(() => ack("done"), ms));
  on("double-ack", (_, ack) => {
    ack(1);
    ack(2);
  });
  on("ask", ([ms, payload], ack) => {
    socket.timeout(ms).emit("question", payload, (error, answer) => ack(error ? { error: "timeout" } : { ok: answer }));
  });
  on("burst", ([n]) => {
    for (let i = 0; i < n; i++) socket.emit("tick", i);
  });
  on("flood", ([n, size]) => {
    for (let i = 0; i < n; i++) socket.emit("blob", Buffer.alloc(size, 7));
  });
  on("volatile", ([n]) => {
    for (let i = 0; i < n; i++) socket.volatile.emit("vtick", i);
    socket.emit("vdone", n);
  });
  on("later", ([ms, event, ...args]) => setTimeout(() => socket.emit(event, ...args), ms));
  on("volatile-later", ([ms]) => setTimeout(() => socket.volatile.emit("vlate"), ms));
  on("join", ([rooms], ack) => {
    socket.join(rooms);
    ack(ownRooms(socket));
  });
  on("leave", ([room], ack) => {
    socket.leave(room);
    ack(ownRooms(socket));
  });
  on("rooms", (_, ack) => ack(ownRooms(socket)));
  on("set-data", ([key, value], ack) => {
    socket.data[key] = value;
    ack();
  });
  on("get-data", (_, ack) => ack(socket.data));
  on("broadcast", ([spec, event, ...args], ack) => {
    select(socket, spec).emit(event, ...args);
    ack();
  });
  on("ask-all", ([spec, ms, payload], ack) => {
    select(socket, spec)
      .timeout(ms)
      .emit("question", payload, (error, answers) => ack({ complete: !error, answers }));
  });
  on("fetch", async ([spec], ack) => {
    const sockets = await select(socket, spec).fetchSockets();
    ack(
      sockets
        .map((one) => ({ id: one.id, rooms: ownRooms(one), data: one.data }))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
    );
  });
  on("all-join", ([spec, room], ack) => {
    select(socket, spec).socketsJoin(room);
    ack();
  });
  on("all-leave", ([spec, room], ack) => {
    select(socket, spec).socketsLeave(room);
    ack();
  });
  on("all-kick", ([spec, close], ack) => {
    ack();
    select(socket, spec).disconnectSockets(close);
  });
  on("kick", ([close]) => socket.disconnect(close));
  on("seen", (_, ack) => ack(seen));
  on("side", (_, ack) => ack([]));
}

function stats() {
  const namespaces = servers.flatMap((io) => [...io._nsps.values()]);
  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
  return {
    sessions: echo.clientsCount + sum(servers.map((io) => io.engine.clientsCount)),
    sockets: sum(namespaces.map((namespace) => namespace.sockets.size)),
    namespaces: namespaces.length,
    rooms: sum(namespaces.map(({ adapter }) => [...adapter.rooms.keys()].filter((room) => !adapter.sids.has(room)).length)),
    rss: process.memoryUsage().rss,
  };
}

http.listen(Number(port), host, () => {
  console.log(`listening on http://${host}:${http.address().port}`);
});

process.on("SIGTERM", async () => {
  echo.close();
  await Promise.all(servers.map((io) => io.close().catch(() => {})));
  process.exit(0);
});
