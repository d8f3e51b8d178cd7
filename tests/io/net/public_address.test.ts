import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createServer as createSmtpServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { send } from "../../../exporters/notices/send.ts";
import { httpPost } from "../../../io/net/http_exchange.ts";
import { isPublicAddress, NOT_PUBLIC, publicAddressOf } from "../../../io/net/public_address.ts";

test("only addresses of the internet are public", () => {
  const own = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::7f00:1",
    "64:ff9b::a00:1",
    "192.88.99.1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "fec0::1",
    "2002:7f00:1::",
    "fe80::1",
    "fd00::1",
    "ff02::1",
    "",
    "localhost",
  ];
  assert.deepEqual(own.filter(isPublicAddress), []);
  const world = ["8.8.8.8", "172.32.0.1", "192.169.0.1", "100.128.0.1", "1.1.1.1", "2606:4700::1111"];
  assert.deepEqual(world.filter((address) => !isPublicAddress(address)), []);
});

test("what is posted to public addresses only reaches no private one, by whatever name", async () => {
  let taken = 0;
  const server = createServer((_, response) => (taken++, response.end()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const post = (url: string, isPublicOnly: boolean) =>
      httpPost(url, "{}", { timeoutMs: 20_000, isPublicOnly });
    for (const host of ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"]) {
      const failure = await post(`http://${host}:${port}/`, true);
      assert.equal(failure?.fault, NOT_PUBLIC, host);
    }
    assert.equal(taken, 0);
    assert.equal(await post(`http://127.0.0.1:${port}/`, false), null);
    assert.equal(taken, 1);
  } finally {
    server.close();
  }
});

test("nor does a letter", async () => {
  let taken = 0;
  const server = createSmtpServer((socket) => (taken++, socket.end("554 go away\r\n")));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const notice = { title: "t", lines: ["l"], level: "info" as const, json: {} };
    const letter = (host: string, isPublicOnly: boolean) => {
      const email = { server: `smtp://${host}:${port}`, from: "a@example.org", to: ["b@example.org"] };
      return send({ email, headers: {} }, notice, 20_000, new AbortController().signal, { isPublicOnly });
    };
    for (const host of ["127.0.0.1", "localhost", "2130706433", "[::1]"]) {
      assert.equal((await letter(host, true))?.fault, NOT_PUBLIC, host);
    }
    assert.equal(taken, 0);
    assert.notEqual((await letter("127.0.0.1", false))?.fault, NOT_PUBLIC);
    assert.equal(taken, 1);
  } finally {
    server.close();
  }
  assert.equal(await publicAddressOf("1.1.1.1"), "1.1.1.1");
});
