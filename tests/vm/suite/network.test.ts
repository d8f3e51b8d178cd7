/* The network of a tree as another kernel than the host's counts it: by root, and refused to others. */
import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { ProcessGroup } from "../../../mod.ts";
import { fixture } from "../../support/fixture.ts";

const LIMIT = { timeout: 240_000 };
const isRoot = process.getuid?.() === 0;
const EXCHANGE = fixture("exchange_bytes");

/** Send bytes over the loopback, and tell how many TCP had to send again. */
async function exchange(group: ProcessGroup, protocol: "tcp" | "udp", address: string, bytes: number) {
  const words = `${protocol} ${address} ${protocol === "tcp" ? 4009 : 4010} ${bytes}`;
  const script = `"$0" listen ${words} >/dev/null; "$0" connect ${words} 1000`;
  const { stdout } = await group.output(["sh", "-ec", script, EXCHANGE]);
  return JSON.parse(Buffer.from(stdout).toString()).resent as number;
}

for (const address of isRoot ? ["127.0.0.1", "::1"] : []) {
  test(`TCP and UDP at ${address}, to the byte`, LIMIT, async () => {
    await using group = await ProcessGroup.create({ network: true });
    const resent = await exchange(group, "tcp", address, 1_000_000);
    // Each datagram is answered by one of a single byte.
    await exchange(group, "udp", address, 100_000);
    const { networkLoopbackRxBytes, networkLoopbackTxBytes, networkRxBytes, networkTxBytes } = group.stats();
    const bytes = 1_100_100 + resent;
    assert.deepEqual([networkLoopbackRxBytes, networkLoopbackTxBytes], [bytes, bytes]);
    assert.deepEqual([networkRxBytes, networkTxBytes], [0, 0]);
  });
}

if (!isRoot) {
  test("another user's group goes on without", LIMIT, async () => {
    await using group = await ProcessGroup.create({ network: true });
    assert.equal(await exchange(group, "tcp", "127.0.0.1", 1_000), 0);
    assert.equal(group.stats().networkLoopbackRxBytes, null);
  });
}
