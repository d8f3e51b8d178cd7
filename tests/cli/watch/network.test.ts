/* proctor watch --network: what processes that run already receive and send from then on. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { noBpf } from "../../support/bpf_programs.ts";
import { fixture } from "../../support/fixture.ts";
import { OtherEnd } from "../../support/other_end.ts";
import { freshName, makeCgroup, noWorkloads, ownV2, startInside } from "../../support/workload_cgroups.ts";
import { withDirectory } from "../support/directory.ts";
import { proctor, start, startProgram } from "../support/proctor.ts";
import type { Running } from "../support/proctor.ts";

const FAST = ["--interval", "100ms", "--discover-interval", "100ms", "--network"];
const LARGEST_SEGMENT = 65_536;
const TALK = fixture("talk_on_demand");

/** Ends when the agent has told so many bytes sent through the loopback. */
const tells = (agent: Running, bytes: number) =>
  agent.line((line) => JSON.parse(line).metrics.network_loopback_tx_bytes === bytes);

/** Segments that this machine has sent again, as it does where an acknowledgement is late (proc_net_snmp(5)). */
function retransmissions(): number {
  const [names, values] = readFileSync("/proc/net/snmp", "utf8").split("\n").filter((line) =>
    /^Tcp:/.test(line)
  );
  return Number(values.split(" ")[names.split(" ").indexOf("RetransSegs")]);
}

async function end(agent: Running): Promise<void> {
  agent.kill("SIGINT");
  const { code, stderr } = await agent.ended;
  assert.equal(code, 0, stderr);
}

test("a process and its descendants, by their sockets", { timeout: 120_000 }, async () => {
  await using other = await OtherEnd.open("127.0.0.1");
  const talker = startProgram(["sh", "-c", `${TALK} connect 127.0.0.1 ${other.port}; true`]);
  const [connection] = await other.connected(1);
  connection.write("5000\n");
  const agent = start(["watch", "--pid", String(talker.pid), ...FAST]);
  await tells(agent, 0);
  connection.write("3000\n");
  await tells(agent, 3_000);
  connection.write("400\n");
  await tells(agent, 3_400);
  await end(agent);
  connection.end();
  await talker.ended;
});

test("a unit, by the packets of its cgroup", { skip: noWorkloads || noBpf, timeout: 120_000 }, async () => {
  await using other = await OtherEnd.open("::1");
  const unit = freshName("network");
  await using cgroup = makeCgroup(ownV2(), `system.slice/${unit}.service`);
  await using talker = await startInside(
    [cgroup.directory],
    "talk_on_demand",
    "connect",
    "::1",
    String(other.port),
  );
  const [connection] = await other.connected(1);
  const agent = start(["watch", "--unit", unit, ...FAST]);
  await tells(agent, 0);
  const before = retransmissions();
  connection.write("70000\n");
  const line = await agent.line((text) => JSON.parse(text).metrics.network_loopback_tx_bytes >= 70_000);
  // Packets count as often as they are sent.
  const again = (retransmissions() - before) * LARGEST_SEGMENT;
  assert.ok(JSON.parse(line).metrics.network_loopback_tx_bytes <= 70_000 + again, line);
  connection.end();
  await agent.line((line) => JSON.parse(line).state === "ended");
  await end(agent);
  assert.equal(talker.ready.pid, talker.pid);
});

describe("what makes no sense is refused", () => {
  test("a process alone", async () => {
    const { code, stderr } = await proctor(["watch", "--name", "x", "--no-tree", "--network"]);
    assert.equal(code, 125);
    assert.equal(stderr, "proctor: --network: it is counted of a tree; leave out --no-tree\n");
  });

  test("in a file, with its place", () =>
    withDirectory(async (directory) => {
      writeFileSync(`${directory}/watch.yaml`, "targets:\n  - name: x\n    tree: false\n    network: true\n");
      const { code, stderr } = await proctor(["watch", "--config", "watch.yaml", "--check"], {
        cwd: directory,
      });
      assert.equal(code, 125);
      assert.match(
        stderr,
        /watch\.yaml:4:\d+: targets\.0\.network: it is counted of a process with its descendants/,
      );
    }));
});
