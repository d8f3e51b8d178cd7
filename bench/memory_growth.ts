import { LineProcess } from "./lib/line_process.ts";
import type { Bench, Check } from "./lib/result.ts";
import { runScript, RUNTIMES } from "./lib/runtimes.ts";

/** Ticks after which memory is looked at. */
const MARKS = [10_000, 50_000, 100_000, 200_000, 300_000, 400_000, 500_000];
const QUICK_MARKS = MARKS.slice(0, 3);
/** A heap breathes by so much from one collection to the next, in MiB. */
const NOISE_MIB = 3;
const LIVE_NOISE_MIB = 0.5;

/** What grow_group.ts says at a mark, in bytes. */
interface Mark {
  readonly resident: number;
  readonly heap: number | null;
}

async function measure(command: string[], marks: number): Promise<Mark[]> {
  const process = new LineProcess(command);
  const said: Mark[] = [];
  try {
    while (said.length < marks) said.push(JSON.parse(await process.line()));
  } finally {
    await process.end();
  }
  return said;
}

const mib = (bytes: number | null) => bytes === null ? null : bytes / 2 ** 20;

/** Resident memory over many ticks: a sampler that runs for weeks must not grow. */
export const memoryGrowth: Bench = {
  about: "memory over 100,000 ticks and more of a group of 22",
  async run({ quick }) {
    const marks = quick ? QUICK_MARKS : MARKS;
    const columns: Mark[][] = [];
    const checks: Check[] = [];
    for (const runtime of RUNTIMES) {
      const said = await measure(
        runScript(runtime, "bench/grow_group.ts", ...marks.map(String)),
        marks.length,
      );
      columns.push(said);
      const last = said.length - 1;
      const grown = (what: string, bytes: number, wanted_at_most: number) =>
        checks.push({ what: `${what}, ${runtime}`, unit: "MiB", measured: mib(bytes)!, wanted_at_most });
      grown("resident, 10,000 to 100,000 ticks", said[2].resident - said[0].resident, NOISE_MIB);
      grown(
        `live heap, 10,000 to ${marks[last].toLocaleString("en")} ticks`,
        said[last].heap! - said[0].heap!,
        LIVE_NOISE_MIB,
      );
    }
    return {
      tables: [{
        title: "memory of ProcessTree.refresh over 10 idle and 10 busy processes and their two parents",
        columns: [
          { name: "ticks" },
          ...RUNTIMES.flatMap((name) => [
            { name: `${name}: resident MiB`, digits: 1 },
            { name: "live heap MiB", digits: 2 },
          ]),
        ],
        rows: marks.map((mark, index) => [
          mark,
          ...columns.flatMap((said) => [mib(said[index].resident), mib(said[index].heap)]),
        ]),
      }],
      checks,
      notes: [
        "The live heap is what a forced collection leaves, and shows a leak; what is resident above it is room that the " +
        "runtime's collector has taken for itself, which settles.",
      ],
    };
  },
};
