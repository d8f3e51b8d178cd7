/* A strict program of somebody who has installed the package: it is only checked. */
import {
  attach,
  compareSets,
  type ProctorRecord,
  readRuns,
  recordSchema,
  run,
  type SummaryRecord,
} from "proctor";
import type { z } from "zod";

const summary: SummaryRecord = await run(["make", "-j4"], { timeoutMs: 60_000 });
const cpu: number | null | undefined = summary.cpu_seconds;
const record: ProctorRecord = recordSchema.parse(JSON.parse("{}"));
const parsed: z.infer<typeof recordSchema> = record;
if (parsed.kind === "sample") console.log(parsed.memory_bytes?.toFixed(), cpu?.toFixed(1));

// @ts-expect-error: a command is a list of words.
await run("make");

export { attach, compareSets, readRuns };
