// The server of `tests/abroad` on npm's `socket.io`: the handlers of `tests/abroad/events.rs`.
//
//     node abroad-server.mjs HOST:PORT [--ping INTERVAL TIMEOUT] [--recovery] [--polling] [--msgpack] [--sticky] [--tls CERT KEY]

import { readFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import { Server } from "socket.io";
import parser from "socket.io-msgpack-parser";

const [address, ...rest] = process.argv.slice(2);
const [host, port] = address.split(":");
const options = { serveClient: false };
let listener;
let sticky = false;
while (rest.length > 0) {
  const option = rest.shift();
  if (option === "--ping") [options.pingInterval, options.pingTimeout] = rest.splice(0, 2).map(Number);
  else if (option === "--recovery") options.connectionStateRecovery = {};
  else if (option === "--polling") options.transports = ["polling"];
  else if (option === "--msgpack") options.parser = parser;
  else if (option === "--sticky") sticky = true;
  else if (option === "--tls") {
    const [cert, key] = rest.splice(0, 2).map((path) => readFileSync(path));
    listener = https.createServer({ cert, key });
  } else throw new Error(`what is ${option}?`);
}
listener ??= http.createServer();
const io = new Server(listener, options);

if (sticky) {
  // As a load balancer whose back ends do not know each other's sessions.
  io.engine.on("initial_headers", (headers) => (headers["set-cookie"] = "backend=7; Path=/; HttpOnly"));
  io.engine.use((request, response, next) => {
    if (request._query.sid === undefined || /(^|; )backend=7(;|$)/.test(request.headers.cookie ?? "")) return next();
    response.writeHead(502);
    response.end("which one?");
  });
}

const written = new Map();

io.use((socket, next) => {
  if (socket.handshake.auth.name !== "nobody") return next();
  next(Object.assign(new Error("not authorized"), { data: { code: 7 } }));
});

io.on("connection", (socket) => {
  const { name, turn } = socket.handshake.auth;
  const write = (number) => {
    if (!written.has(name)) written.set(name, []);
    written.get(name).push(number);
  };
  const answer = (ack, value) => typeof ack === "function" && ack(value);
  socket.on("echo", (parcel, ack) => answer(ack, parcel));
  socket.on("note", (number, ack) => {
    write(number);
    if (typeof ack === "function") ack();
  });
  socket.on("record", (number, ack) => {
    write(number);
    answer(ack, number);
  });
  socket.on("notes", (ack) => answer(ack, written.get(name) ?? []));
  socket.on("silence", () => {});
  socket.on("ask", (number, ack) => socket.emit("question", number, (told) => answer(ack, told + 1)));
  socket.on("nudge", () => socket.emit("nudged"));
  socket.on("ticks", (to) => {
    for (let number = 0; number < to; number++) socket.emit("tick", number);
  });
  socket.on("post", (parcel) => socket.emit("parcel", parcel));
  socket.on("kick", (close) => socket.disconnect(close));
  socket.on("who", (ack) => answer(ack, { turn, transport: socket.conn.transport.name }));
  socket.on("tell", (number, text) => io.emit("told", number, text));
});

listener.listen(Number(port), host, () => console.log(`listening ${host}:${listener.address().port}`));
