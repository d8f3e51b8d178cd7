import { spawnSync } from "node:child_process";
import { proctorBinary } from "./lib/binary.ts";
import { inRepository } from "./lib/runtimes.ts";
import type { Bench } from "./lib/result.ts";
import { median, spread } from "./lib/statistics.ts";

const BYTES = 3_000_000;
const PIECE = 100;
/** A datagram and its answer, each of them sent and received by the tree. */
const PACKETS = BYTES / PIECE * 4;
const EXCHANGE = inRepository("tests/fixtures/exchange_bytes");
const SCRIPT = `${EXCHANGE} listen udp 127.0.0.1 9 ${BYTES}
  ${EXCHANGE} connect udp 127.0.0.1 9 ${BYTES} ${PIECE}`;

/** CPU and wall seconds of a flood of small datagrams over the loopback, and whether its packets were counted. */
function flood(network: boolean) {
  const args = ["run", "--summary", "json", ...(network ? ["--network"] : []), "--"];
  const command = ["unshare", "--net", "sh", "-ec", `ip link set lo up\n${SCRIPT}`];
  const { stderr } = spawnSync(proctorBinary(), [...args, ...command], { encoding: "utf8" });
  const { cpu_seconds, wall_seconds, network_loopback_rx_bytes, outcome, exit_code } = JSON.parse(stderr);
  if (outcome !== "exited" || exit_code !== 0) throw new Error(`the flood has failed: ${stderr}`);
  return { cpu: cpu_seconds, wall: wall_seconds, isCounted: typeof network_loopback_rx_bytes === "number" };
}

/** What counting the packets of a tree costs that does nothing else than sending small ones. */
export const network: Bench = {
  about: "what counting the packets of a tree adds to each of them",
  run({ quick }) {
    if (!flood(true).isCounted) {
      const skipped = "packets cannot be counted here: proctor doctor";
      return Promise.resolve({ tables: [], checks: [], notes: [], skipped });
    }
    const rounds = quick ? 5 : 15;
    const [without, counted] = [[], []] as { cpu: number; wall: number }[][];
    for (let round = 0; round < rounds; round++) {
      without.push(flood(false));
      counted.push(flood(true));
    }
    const added = counted.map(({ cpu }, round) => (cpu - without[round].cpu) / PACKETS * 1e6);
    const row = (name: string, runs: { cpu: number; wall: number }[]) => [
      name,
      ...spread(runs.map(({ cpu }) => cpu / PACKETS * 1e6)),
      median(runs.map(({ wall }) => wall)),
    ];
    return Promise.resolve({
      tables: [{
        title:
          `${PACKETS} packets of ${PIECE} bytes and 1 byte by UDP over the loopback (${rounds} rounds in turn)`,
        columns: [
          { name: "run" },
          { name: "CPU µs a packet", digits: 2 },
          { name: "min", digits: 2 },
          { name: "max", digits: 2 },
          { name: "wall s", digits: 2 },
        ],
        rows: [row("without --network", without), row("with --network", counted)],
      }],
      checks: [{
        what: "CPU that counting adds to a packet",
        unit: "µs",
        measured: median(added),
        wanted_at_most: 0.3,
      }],
      notes: ["A packet is counted where it is sent and where it is received: here that is the same tree."],
    });
  },
};
