/* The network of a managed process, in its messages: where its own profile asks for it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { noBpf } from "../../support/bpf_programs.ts";
import { noCgroup } from "../../support/linux.ts";
import { FAR, noNamespace, overCable } from "../../support/network_namespace.ts";
import { shell, TestSupervisor } from "../support/supervisor.ts";

const CASE = { skip: noNamespace || noCgroup || noBpf, timeout: 60_000 };
const EXCHANGE = { protocol: "udp", address: FAR[4], bytes: 100_000, piece: 1_000 } as const;

/** A supervisor of one process that sends what it has to send, and waits. */
function sending(profile: object): Promise<TestSupervisor> {
  const [command, ...words] = overCable(EXCHANGE);
  const line = [command, ...words.map((word) => `'${word}'`)].join(" ");
  const monitoring_profile = { interval: "100ms", ...profile };
  return TestSupervisor.start([shell("a", `${line}; sleep 300`, {}, { monitoring_profile })]);
}

const latest = ({ supervisor }: TestSupervisor) => supervisor.latestMetrics()[0]?.metrics;

test("is counted where it says collect_network_io", CASE, async () => {
  await using test = await sending({ collect_network_io: true });
  // Each datagram is answered by one of a single byte, and both ends are of the tree.
  const metrics = await test.until("all is counted", () => {
    const metrics = latest(test);
    return metrics?.network_tx_bytes === 100_100 && metrics;
  });
  assert.equal(metrics.network_rx_bytes, 100_100);
  assert.equal(metrics.network_loopback_tx_bytes, 0);
  const { network_rx_bytes, network_tx_bytes, network_loopback_rx_bytes } = test.supervisor.get("a");
  assert.deepEqual([network_rx_bytes, network_tx_bytes, network_loopback_rx_bytes], [100_100, 100_100, 0]);
});

test("is not counted else", CASE, async () => {
  await using test = await sending({});
  const metrics = await test.until("a message", () => latest(test));
  assert.equal(metrics.network_tx_bytes, null);
  assert.equal(test.supervisor.get("a").network_tx_bytes, null);
});
