// Pages of another origin in headless Chromium: what a browser lets them read, and what the server lets them open.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { conformance, within } from "./support.mjs";

const server = conformance();
let browser;
let elsewhere;
let page;

before(async () => {
  elsewhere = createServer((_, response) => response.setHeader("content-type", "text/html").end("<!doctype html>")).listen(0, "127.0.0.1");
  await within("a page's server", once(elsewhere, "listening"));
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync",
    ],
  });
  page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${elsewhere.address().port}/`);
});

after(async () => {
  await browser?.close();
  elsewhere?.close();
});

/** What the page reads of a polling handshake, whose preflight a header of its own makes necessary. */
const read = (path, options = {}) =>
  page.evaluate(
    async ([url, options]) => {
      try {
        const response = await fetch(url, { headers: { "x-mine": "1" }, ...options });
        return (await response.text()).slice(0, 8);
      } catch (error) {
        return error.name;
      }
    },
    [`${server.url}${path}?EIO=4&transport=polling`, options],
  );

/** How a WebSocket of the page fares: its first message, or that there is none. */
const open = (path) =>
  page.evaluate(
    (url) =>
      new Promise((resolve) => {
        const socket = new WebSocket(url);
        socket.onmessage = ({ data }) => {
          resolve(data.slice(0, 8));
          socket.close();
        };
        socket.onerror = () => resolve("refused");
      }),
    `${server.url.replace("http", "ws")}${path}?EIO=4&transport=websocket`,
  );

test("a page of another origin uses what is open to all, by polling and WebSocket", async () => {
  assert.equal(await read("/contract/"), '0{"sid":');
  assert.equal(await open("/contract/"), '0{"sid":');
});

test("a page of another origin may not read answers that depend on cookies where all may come in", async () => {
  assert.equal(await read("/contract/", { credentials: "include" }), "TypeError");
});

test("a page of an origin that is not allowed neither reads nor opens anything", async () => {
  assert.equal(await read("/guarded/"), "TypeError");
  assert.equal(await read("/guarded/", { headers: {} }), "TypeError");
  assert.equal(await open("/guarded/"), "refused");
});

test("npm's client in a page of another origin polls, upgrades and is answered", async () => {
  await page.addScriptTag({ path: fileURLToPath(new URL("node_modules/socket.io-client/dist/socket.io.min.js", import.meta.url)) });
  const answer = await page.evaluate(
    (url) =>
      new Promise((resolve, reject) => {
        const socket = io(url, { path: "/contract/", reconnection: false });
        socket.on("connect_error", reject);
        socket.io.engine.once("upgrade", () =>
          socket.emit("echo", "hi", (text) => {
            socket.disconnect();
            resolve(text);
          }),
        );
      }),
    server.url,
  );
  assert.equal(answer, "hi");
});
