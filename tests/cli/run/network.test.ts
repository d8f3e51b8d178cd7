/* `run --network`: the bytes that the tree itself receives and sends, against those that its programs know of. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ProcessGroup } from "../../../mod.ts";
import { loadedPrograms, noBpf, programsOf } from "../../support/bpf_programs.ts";
import { eventually } from "../../support/eventually.ts";
import { noCgroup } from "../../support/linux.ts";
import { FAR, noNamespace, overCable, overLoopback } from "../../support/network_namespace.ts";
import { fixture } from "../../support/fixture.ts";
import { OtherEnd } from "../../support/other_end.ts";
import { BINARY, proctor, start, startProgram } from "../support/proctor.ts";
import { parseStream, recorded } from "../support/records.ts";
import { asNobody, cannotDrop } from "../support/unprivileged.ts";

const CASE = { skip: noNamespace || noCgroup || noBpf, timeout: 120_000 };
const TALK = fixture("talk_on_demand");
const EXACT = { source: "cgroup_bpf", quality: "exact" };
/** Headers of IP and UDP. */
const UDP_HEADERS = { 4: 28, 6: 48 } as const;

/** What TCP had to send again, as where a machine stands still for a moment: those bytes were received twice, too. */
function resent(stdout: Uint8Array): number {
  const told = /"resent":(\d+)/.exec(Buffer.from(stdout).toString());
  assert.ok(told, `${stdout}`);
  return Number(told[1]);
}

describe("--network tells of a tree", () => {
  for (const [family, address] of [[4, "127.0.0.1"], [6, "::1"]] as const) {
    test(`what it sends itself over the loopback by TCP over IPv${family}, to the byte`, CASE, async () => {
      const exchange = { protocol: "tcp", address, bytes: 10_000_000, piece: 65_536 } as const;
      const { stdout, summary } = await recorded(["--network"], overLoopback(exchange));
      const bytes = 10_000_000 + resent(stdout);
      assert.equal(summary.network_loopback_rx_bytes, bytes);
      assert.equal(summary.network_loopback_tx_bytes, bytes);
      assert.deepEqual([summary.network_rx_bytes, summary.network_tx_bytes], [0, 0]);
      assert.deepEqual([summary.accounting.network, summary.accounting.network_loopback], [EXACT, EXACT]);
    });

    test(`what goes over a network by TCP over IPv${family}, to the byte`, CASE, async () => {
      const exchange = { protocol: "tcp", address: FAR[family], bytes: 5_000_000, piece: 10_000 } as const;
      const { stdout, summary } = await recorded(["--network"], overCable(exchange));
      const bytes = 5_000_000 + resent(stdout);
      assert.deepEqual([summary.network_rx_bytes, summary.network_tx_bytes], [bytes, bytes]);
      assert.deepEqual([summary.network_loopback_rx_bytes, summary.network_loopback_tx_bytes], [0, 0]);
      const { tx_wire_bytes, tx_packet_count } = summary.network_packets!;
      // A segment of Ethernet holds 1,448 bytes of it at most; those without payload acknowledge, open and close.
      assert.ok(tx_packet_count >= 5_000_000 / 1_448, `${tx_packet_count} packets`);
      assert.ok(
        tx_wire_bytes > bytes && tx_wire_bytes < bytes + tx_packet_count * 100,
        `${tx_wire_bytes} in ${tx_packet_count} packets, ${bytes} of payload`,
      );
    });

    test(`each datagram of UDP over IPv${family}, and its headers`, CASE, async () => {
      const exchange = { protocol: "udp", address: FAR[family], bytes: 500_000, piece: 1_000 } as const;
      const { summary } = await recorded(["--network"], overCable(exchange));
      // Each is answered by one of a single byte, and both ends are of the tree.
      assert.deepEqual([summary.network_rx_bytes, summary.network_tx_bytes], [500_500, 500_500]);
      const { rx_packet_count, tx_packet_count, rx_wire_bytes, tx_wire_bytes } = summary.network_packets!;
      const wire = 500_500 + 1_000 * UDP_HEADERS[family];
      // A new network has a few things of its own to say (MLD): they are no payload, and may arrive too late.
      for (const [packets, bytes] of [[rx_packet_count, rx_wire_bytes], [tx_packet_count, tx_wire_bytes]]) {
        assert.ok(packets >= 1_000 && packets <= 1_030, `${packets} packets`);
        assert.ok(bytes >= wire && bytes <= wire + (packets - 1_000) * 150, `${bytes} bytes`);
      }
    });
  }

  test("a datagram that IP has to divide", CASE, async () => {
    const exchange = { protocol: "udp", address: FAR[4], bytes: 400_000, piece: 40_000 } as const;
    const { summary } = await recorded(["--network"], overCable(exchange));
    assert.deepEqual([summary.network_rx_bytes, summary.network_tx_bytes], [400_010, 400_010]);
  });

  test("in samples, too, and in the summary that people read", CASE, async () => {
    const exchange = { protocol: "udp", address: "127.0.0.1", bytes: 2_000_000, piece: 500 } as const;
    const { samples } = await recorded(["--network", "--interval", "10ms"], overLoopback(exchange));
    const seen = samples.map(({ network_loopback_tx_bytes }) => network_loopback_tx_bytes!);
    assert.ok(seen.some((bytes) => bytes > 0 && bytes < 2_004_000), JSON.stringify(seen));
    assert.deepEqual(seen, seen.toSorted((a, b) => a - b));
    const { stderr } = await proctor(["run", "--network", "--", ...overLoopback(exchange)]);
    assert.match(stderr, /^ {2}network +0 B {2}received, 0 B sent$/m);
    assert.match(stderr, /^ {2}loopback +1\.91 MiB {2}received, 1\.91 MiB sent$/m);
  });
});

test("naming a metric of the network asks for it", CASE, async () => {
  const exchange = { protocol: "tcp", address: "127.0.0.1", bytes: 1_000, piece: 1_000 } as const;
  const { stdout, samples, summary } = await recorded(
    ["--metrics", "network_loopback_rx_bytes"],
    overLoopback(exchange),
  );
  assert.equal(summary.network_loopback_rx_bytes, 1_000 + resent(stdout));
  assert.ok(samples.every((sample) => sample.network_loopback_tx_bytes === undefined));
});

const WAITING = ["--", "sh", "-c", "echo begun; read line"];
const hasBegun = (line: string) => line === "begun";

test("without --network nothing is counted, nor loaded into the kernel", CASE, async () => {
  const running = start(["run", "--summary", "json", ...WAITING], { input: "open" });
  await running.line(hasBegun);
  assert.deepEqual(programsOf(running.pid), []);
  running.closeInput();
  const { stderr } = await running.ended;
  const summary = JSON.parse(stderr);
  assert.deepEqual([summary.network_rx_bytes, summary.network_packets], [null, undefined]);
  assert.deepEqual(summary.accounting.network, { source: "none", quality: "unavailable" });
});

for (const end of ["SIGKILL", "its end"] as const) {
  test(`after ${end} nothing of it is left in the kernel`, CASE, async () => {
    const running = start(["run", "--network", ...WAITING], { input: "open" });
    await running.line(hasBegun);
    const programs = programsOf(running.pid);
    assert.equal(programs.length, 2);
    if (end === "SIGKILL") running.kill(end);
    else running.closeInput();
    await running.ended;
    // The kernel takes links apart a moment later.
    await eventually(() => !loadedPrograms().some((id) => programs.includes(id)));
  });
}

describe("where packets cannot be counted, what TCP sockets have is a lower bound", () => {
  const FLAGS = ["--network", "--records", "-", "--interval", "20ms", "--no-adaptive", "--quiet"];
  const sends = (bytes: number) => (line: string) => line.includes(`"network_loopback_tx_bytes":${bytes}`);

  test("of another user's command", { skip: cannotDrop, timeout: 120_000 }, async () => {
    await using end = await OtherEnd.open("127.0.0.1");
    const command = [TALK, "connect", "127.0.0.1", String(end.port)];
    const running = startProgram(asNobody([BINARY, "run", ...FLAGS, "--", ...command]), { cwd: "/" });
    const [connection] = await end.connected(1);
    connection.write("70000\n");
    await running.line(sends(70_000));
    connection.write("1\n");
    connection.end();
    const { code, stdout, stderr } = await running.ended;
    assert.equal(code, 0, stderr);
    const { summary } = parseStream(stdout.toString());
    assert.deepEqual([summary.network_loopback_rx_bytes, summary.network_loopback_tx_bytes], [8, 70_001]);
    assert.deepEqual([summary.network_rx_bytes, summary.network_packets], [0, undefined]);
    const { source, quality, note } = summary.accounting.network;
    assert.deepEqual([source, quality], ["sock_diag", "lower_bound"]);
    assert.match(
      note!,
      /^TCP alone, of sockets that were seen: (counting packets needs root, or CAP_BPF|packets are counted by cgroup)/,
    );
  });

  test("of a tree that runs already, from now on", { timeout: 120_000 }, async () => {
    await using end = await OtherEnd.open("127.0.0.1");
    const talker = startProgram([TALK, "connect", "127.0.0.1", String(end.port)]);
    const [connection] = await end.connected(1);
    connection.write("70000\n");
    await eventually(() => end.received === 70_000);
    const attached = start(["attach", String(talker.pid), ...FLAGS]);
    await attached.line(sends(0));
    connection.write("5000\n");
    await attached.line(sends(5_000));
    connection.end();
    await talker.ended;
    const { summary } = parseStream((await attached.ended).stdout.toString());
    assert.equal(summary.network_loopback_tx_bytes, 5_000);
    assert.deepEqual(
      [summary.accounting.network.source, summary.accounting.network.quality],
      ["sock_diag", "lower_bound"],
    );
  });
});

test("a group tells of its members' bytes", CASE, async () => {
  await using group = await ProcessGroup.create({ network: true });
  const exchange = { protocol: "tcp", address: "::1", bytes: 3_000_000, piece: 1_000 } as const;
  const { stdout } = await group.output(overLoopback(exchange));
  const bytes = 3_000_000 + resent(stdout);
  const { networkRxBytes, networkTxBytes, networkLoopbackRxBytes, networkLoopbackTxBytes } = group.stats();
  assert.deepEqual([networkRxBytes, networkTxBytes], [0, 0]);
  assert.deepEqual([networkLoopbackRxBytes, networkLoopbackTxBytes], [bytes, bytes]);
});
