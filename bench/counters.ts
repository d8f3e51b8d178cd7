import { spawnSync } from "node:child_process";
import { proctorBinary } from "./lib/binary.ts";
import type { Bench } from "./lib/result.ts";
import { median, spread } from "./lib/statistics.ts";

const PROCESSES = 1_000;
const LOOP = `i=0; while [ $i -lt ${PROCESSES} ]; do /bin/true; i=$((i+1)); done`;
/** Somebody else, with CAP_PERFMON: he has no cgroup here, and counters are handed down. */
const USER = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
  .concat(["--inh-caps=+perfmon", "--ambient-caps=+perfmon", "--"]);

interface Run {
  readonly cpu: number;
  readonly wall: number;
  readonly source: string | undefined;
}

/** CPU and wall seconds of a loop of processes that do nothing, and what has counted them. */
function loop(as: readonly string[], counters: boolean): Run {
  const args = ["run", "--summary", "json", ...(counters ? ["--counters"] : []), "--", "sh", "-ec", LOOP];
  const [command, ...rest] = [...as, proctorBinary(), ...args];
  const { stderr } = spawnSync(command, rest, { encoding: "utf8", cwd: "/" });
  const { cpu_seconds, wall_seconds, accounting, outcome, exit_code } = JSON.parse(stderr);
  if (outcome !== "exited" || exit_code !== 0) throw new Error(`the loop has failed: ${stderr}`);
  return { cpu: cpu_seconds, wall: wall_seconds, source: accounting.counters?.source };
}

/** What counting the events of a tree adds to each of its processes, in microseconds of CPU. */
export const counters: Bench = {
  about: "what counting the events of a tree adds to each process that it starts",
  run({ quick }) {
    const first = loop([], true);
    if (first.source !== "perf_cgroup") {
      const skipped = "a cgroup cannot be counted here: proctor doctor";
      return Promise.resolve({ tables: [], checks: [], notes: [], skipped });
    }
    const rounds = quick ? 5 : 15;
    const runs: Record<string, Run[]> = {};
    const kinds = [
      ["root, without --counters", [], false],
      ["root, --counters (cgroup)", [], true],
      ["user, without --counters", USER, false],
      ["user, --counters (handed down)", USER, true],
    ] as const;
    for (let round = 0; round < rounds; round++) {
      for (const [name, as, asked] of kinds) (runs[name] ??= []).push(loop(as, asked));
    }
    const microseconds = ({ cpu }: Run) => cpu / PROCESSES * 1e6;
    const [root, cgroup, user, handed] = kinds.map(([name]) => runs[name]);
    const added = (with_: Run[], without: Run[]) =>
      median(with_.map((run, round) => microseconds(run) - microseconds(without[round])));
    return Promise.resolve({
      tables: [{
        title: `${PROCESSES} times /bin/true, one after another (${rounds} rounds in turn)`,
        columns: [
          { name: "run" },
          { name: "CPU µs a process", digits: 0 },
          { name: "min", digits: 0 },
          { name: "max", digits: 0 },
          { name: "wall s", digits: 2 },
        ],
        rows: kinds.map(([name]) => [
          name,
          ...spread(runs[name].map(microseconds)),
          median(runs[name].map(({ wall }) => wall)),
        ]),
      }],
      checks: [
        {
          what: "CPU that the counters of a cgroup add to a process",
          unit: "µs",
          measured: added(cgroup, root),
          wanted_at_most: 5,
        },
        {
          what: "CPU that counters which are handed down add to a process",
          unit: "µs",
          measured: added(handed, user),
          wanted_at_most: 50,
        },
      ],
      notes: ["Handed down are four counters here; a processor that shows its own has six more."],
    });
  },
};
