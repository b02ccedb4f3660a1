// The server of the load tool on npm's socket.io: the events of `examples/src/bench`. PORT gives the port.
//
//     npm ci --prefix examples/load && PORT=3000 node examples/load/server.mjs

import { createServer } from "node:http";
import { Server } from "socket.io";

const server = createServer();
const io = new Server(server);

io.on("connection", (socket) => {
  socket.on("echo", (data) => socket.emit("echo", data));
  socket.on("ack", (data, ack) => ack(data));
  socket.on("fan", (data) => io.emit("fan", data));
  socket.on("join", (room, ack) => {
    socket.join(room);
    ack();
  });
  socket.on("fanroom", (data) => io.to("room").emit("fan", data));
  socket.on("bin", (data) => socket.emit("bin", data));
  socket.on("move", (to) => socket.emit("move", to));
});

server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1");
