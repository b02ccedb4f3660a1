// Peers without a library: exactly the bytes of the test go out, and what comes back is not interpreted.

import WebSocket from "ws";
import { within } from "./support.mjs";

/** A bare WebSocket that speaks Engine.IO by hand; answers pings unless `pong` is false. */
export class RawWebSocket {
  static async open(server, { path = "/contract/", query = "EIO=4&transport=websocket", pong = true, headers } = {}) {
    const raw = new RawWebSocket(`${server.url.replace("http", "ws")}${path}?${query}`, pong, headers);
    server.closing(() => raw.socket.terminate());
    await within("a WebSocket", raw.opened);
    return raw;
  }

  /** Opens, reads the Engine.IO handshake, and joins namespaces; `ids` has their socket ids. */
  static async joined(server, { namespaces = ["/"], ...options } = {}) {
    const raw = await RawWebSocket.open(server, options);
    raw.handshake = JSON.parse((await raw.next()).slice(1));
    raw.ids = [];
    for (const name of namespaces) {
      raw.send(name === "/" ? "40" : `40${name},`);
      const answer = await raw.next();
      raw.ids.push(JSON.parse(answer.slice(answer.indexOf("{"))).sid);
    }
    return raw;
  }

  constructor(url, pong, headers) {
    this.socket = new WebSocket(url, { headers, perMessageDeflate: false });
    this.inbox = [];
    this.pings = 0;
    this.opened = new Promise((resolve, reject) => {
      this.socket.once("open", resolve);
      this.socket.once("error", reject);
    });
    this.closed = new Promise((resolve) => this.socket.once("close", (code) => resolve(code)));
    this.socket.on("error", () => {});
    this.socket.on("message", (data, binary) => {
      const message = binary ? data : data.toString();
      if (message === "2") {
        this.pings += 1;
        if (pong) return this.socket.send("3");
      }
      this.inbox.push(message);
      this.wake?.();
    });
  }

  send(...messages) {
    for (const message of messages) this.socket.send(message);
  }

  /** The next message that is not an answered ping. */
  next() {
    const take = async () => {
      while (this.inbox.length === 0) await new Promise((resolve) => (this.wake = resolve));
      return this.inbox.shift();
    };
    return within("a WebSocket message", take());
  }

  /** The code with which the server closes. */
  close() {
    return within("the server's close", this.closed);
  }
}

/** Long-polling by hand. */
export class RawPolling {
  static async open(server, { path = "/contract/" } = {}) {
    const raw = new RawPolling(`${server.url}${path}?EIO=4&transport=polling`);
    server.closing(() => raw.post("1").catch(() => {}));
    const response = await fetch(raw.url);
    raw.handshake = JSON.parse((await response.text()).slice(1));
    raw.url += `&sid=${raw.handshake.sid}`;
    return raw;
  }

  static async joined(server, options) {
    const raw = await RawPolling.open(server, options);
    await raw.post("40");
    const answer = await (await raw.get()).text();
    raw.id = JSON.parse(answer.slice(answer.indexOf("{"))).sid;
    return raw;
  }

  constructor(url) {
    this.url = url;
  }

  get(options) {
    return within("a polling GET", fetch(this.url, options));
  }

  post(body, headers = {}) {
    return within("a polling POST", fetch(this.url, { method: "POST", body, headers: { "content-type": "text/plain;charset=UTF-8", ...headers } }));
  }

  /** Reads until the session is refused; gives the packets read meanwhile, and the refusal. */
  drain({ pong = false } = {}) {
    const packets = [];
    const read = async () => {
      for (;;) {
        const response = await this.get();
        const body = await response.text();
        // A refusal without a body is npm's, of a GET that meets the end of another.
        if (response.status !== 200) return { packets, status: response.status, error: body && JSON.parse(body) };
        packets.push(...body.split("\x1e"));
        if (pong && packets.at(-1) === "2") await this.post("3");
      }
    };
    return within("the end of the polling session", read());
  }
}
