// Namespaces with a parameter in their name: there while somebody is in them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, conformance, next, within } from "./support.mjs";

const server = conformance();

test("a dynamic namespace welcomes with its own name", async () => {
  for (const name of ["/dyn-0", "/dyn-42", "/dyn-101"]) {
    const socket = server.client(name);
    assert.deepEqual(await next(socket, "welcome"), [name]);
  }
});

test("dynamic namespaces are apart from each other", async () => {
  const one = await server.connected("/dyn-1");
  const same = await server.connected("/dyn-1");
  const two = await server.connected("/dyn-2");
  two.on("news", () => assert.fail("a broadcast strayed into another namespace"));
  const news = next(same, "news");
  await ask(one, "broadcast", {}, "news", 1);
  assert.deepEqual(await news, [1]);
  await ask(two, "echo");
});

test("a shout reaches all namespaces of the pattern and no other", async () => {
  const one = await server.connected("/dyn-1");
  const two = await server.connected("/dyn-2");
  const main = await server.connected();
  main.on("shouted", () => assert.fail("the shout left its pattern"));
  const all = [next(one, "shouted"), next(two, "shouted")];
  one.emit("shout", "hey");
  assert.deepEqual(await Promise.all(all), [["hey"], ["hey"]]);
  await ask(main, "echo");
});

test("a dynamic namespace goes with its last socket", async () => {
  await server.atRest();
  const before = (await server.stats()).namespaces;
  const one = await server.connected("/dyn-31");
  const two = await server.connected("/dyn-31");
  assert.equal((await server.stats()).namespaces, before + 1);
  const observer = await server.observer();
  for (const socket of [one, two]) {
    const { id } = socket;
    socket.disconnect();
    await observer.heard("left", id);
  }
  await within("the namespace to go", (async () => {
    while ((await server.stats()).namespaces !== before);
  })());
});

test("numbers with leading zeros name namespaces of their own", async () => {
  const socket = server.client("/dyn-007");
  assert.deepEqual(await next(socket, "welcome"), ["/dyn-007"]);
});
