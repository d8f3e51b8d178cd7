import assert from "node:assert/strict";
import { lookup } from "node:dns/promises";
import { test } from "node:test";
import { openTransport } from "../../../../supervisor/logs/remote/transport.ts";

test("one that is closed while the name is looked up opens nothing", { timeout: 120_000 }, async () => {
  const transport = await openTransport({ kind: "udp", host: "127.0.0.1", port: 9 });
  assert.ok(typeof transport !== "string");
  const message = new TextEncoder().encode("line");
  assert.equal(transport.send(message), "EAGAIN");
  transport.close();
  // Those that were asked before it have been answered by then.
  for (let again = 0; again < 5; again++) await lookup("127.0.0.1");
  assert.equal(transport.send(message), "EAGAIN");
});
