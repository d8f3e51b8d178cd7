/* Bytes of a tree where packets cannot be counted: what its TCP sockets have, never more than went over them. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { ProcessGroup } from "../../mod.ts";
import { eventually } from "../support/eventually.ts";
import { fixture } from "../support/fixture.ts";
import { OtherEnd } from "../support/other_end.ts";

const CASE = { timeout: 120_000 };
const TALK = fixture("talk_on_demand");

const withoutCgroup = () => ProcessGroup.create({ mechanism: "subreaper", network: true });

/** A member that sends what the other end asks for. */
function client(group: ProcessGroup, { port }: OtherEnd, address = "127.0.0.1") {
  return group.start([TALK, "connect", address, String(port)], { stdout: "null" });
}

const loopback = (group: ProcessGroup) => {
  const { networkLoopbackRxBytes, networkLoopbackTxBytes } = group.stats();
  return [networkLoopbackRxBytes, networkLoopbackTxBytes];
};

const comesTo = (group: ProcessGroup, rx: number, tx: number) =>
  eventually(() => loopback(group).join() === [rx, tx].join(), 20_000, () => loopback(group).join());

for (const address of ["127.0.0.1", "::1", "::ffff:127.0.0.1"]) {
  test(`a connection from the tree to ${address}, while it lasts and when it is over`, CASE, async () => {
    await using end = await OtherEnd.open(address === "::1" ? address : "127.0.0.1");
    await using group = await withoutCgroup();
    const member = client(group, end, address);
    const [connection] = await end.connected(1);
    connection.write("3000007\n");
    await comesTo(group, 8, 3_000_007);
    connection.write("5\n");
    connection.end();
    await member.wait();
    await comesTo(group, 10, 3_000_012);
    await eventually(() => end.received === 3_000_012);
    const { networkRxBytes, networkTxBytes } = group.stats();
    assert.deepEqual([networkRxBytes, networkTxBytes], [0, 0]);
  });
}

test("a connection that was handed down goes on when its maker has ended", CASE, async () => {
  await using end = await OtherEnd.open("127.0.0.1");
  await using group = await withoutCgroup();
  const program =
    `exec 3<>/dev/tcp/127.0.0.1/${end.port}; (read line <&3; printf %04000d 0 >&3; read line <&3) & exit`;
  const maker = group.start(["bash", "-c", program], { stdin: "null", stdout: "null" });
  const [connection] = await end.connected(1);
  await maker.wait();
  connection.write("go\n");
  await comesTo(group, 3, 4_000);
  connection.end();
  await eventually(() => group.members().length === 0);
  await comesTo(group, 3, 4_000);
});

test("connections too short to be seen, to a port at which the tree listens", CASE, async () => {
  await using group = await withoutCgroup();
  const server = group.start([TALK, "accept", "127.0.0.1"], { stdout: "pipe" });
  const { value } = await server.stdout!.getReader().read();
  const { port } = JSON.parse(new TextDecoder().decode(value));
  for (let number = 0; number <= 50; number++) {
    const connection = connect(port, "127.0.0.1");
    connection.write("2000\n");
    let received = 0;
    connection.on("data", (data) => received += data.length);
    await eventually(() => received === 2_000);
    // The first is seen, and with it who listens.
    if (number === 0) await comesTo(group, 5, 2_000);
    connection.end();
    await once(connection, "close");
  }
  await comesTo(group, 5 * 51, 2_000 * 51);
});

describe("what is not the tree's is not counted", () => {
  test("connections of others, before and after", CASE, async () => {
    await using end = await OtherEnd.open("127.0.0.1");
    const before = connect(end.port, "127.0.0.1");
    before.write("x".repeat(10_000));
    await end.connected(1);
    await using group = await withoutCgroup();
    client(group, end);
    const [, connection] = await end.connected(2);
    const after = connect(end.port, "127.0.0.1");
    after.write("x".repeat(20_000));
    before.write("x".repeat(30_000));
    connection.write("17\n");
    await eventually(() => end.received === 60_017);
    await comesTo(group, 3, 17);
    after.destroy();
    before.destroy();
    await comesTo(group, 3, 17);
  });

  test("those of another group", CASE, async () => {
    await using end = await OtherEnd.open("127.0.0.1");
    await using one = await withoutCgroup();
    await using other = await withoutCgroup();
    client(one, end);
    const [first] = await end.connected(1);
    client(other, end);
    const [, second] = await end.connected(2);
    first.write("1000\n");
    second.write("20\n");
    await comesTo(one, 5, 1_000);
    await comesTo(other, 3, 20);
    first.end();
    second.end();
    await eventually(() => one.members().length + other.members().length === 0);
    assert.deepEqual([loopback(one), loopback(other)], [[5, 1_000], [3, 20]]);
  });
});

test("a storm of short connections is never told larger than it was", CASE, async () => {
  await using end = await OtherEnd.open("127.0.0.1", (connection) => connection.end("100\n"));
  await using group = await withoutCgroup();
  await group.output(["sh", "-c", `for n in $(seq 40); do ${TALK} connect 127.0.0.1 ${end.port}; done`]);
  await eventually(() => end.received === 4_000);
  const [rx, tx] = loopback(group);
  assert.ok(rx !== null && rx <= 40 * 4 && tx !== null && tx <= 4_000, `${rx}, ${tx}`);
});
