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
import { z } from "zod";

const summary: SummaryRecord = await run(["make", "-j4"], { timeoutMs: 60_000 });
const cpu: number | null | undefined = summary.cpu_seconds;
const record: ProctorRecord = recordSchema.parse(JSON.parse("{}"));
const parsed: z.infer<typeof recordSchema> = record;
const result = recordSchema.safeParse({});
const where: readonly PropertyKey[] = result.success
  ? [result.data.kind]
  : result.error.issues[0]?.path ?? [];
// As a part of a schema of one's own.
const batch = z.object({ host: z.string(), records: z.array(recordSchema as z.ZodType<ProctorRecord>) });
const kinds: ProctorRecord["kind"][] = batch.parse({}).records.map(({ kind }) => kind);
if (parsed.kind === "sample") console.log(parsed.memory_bytes?.toFixed(), cpu?.toFixed(1));

// @ts-expect-error: a command is a list of words.
await run("make");

export { attach, compareSets, kinds, readRuns, where };
