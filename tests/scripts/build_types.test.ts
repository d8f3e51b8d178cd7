import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { z } from "zod";
import type { Waiting as PublicWaiting } from "../../mod.ts";
import type { QUANTITIES, QuantityName } from "../../core/compare/quantity.ts";
import type { comparisonSchema } from "../../core/schema/comparison_schema.ts";
import type { healthMessageSchema } from "../../core/schema/health_message.ts";
import type * as host from "../../core/schema/host_schema.ts";
import * as shown from "../../core/schema/public_schemas.ts";
import type * as record from "../../core/schema/record.ts";
import type { savedGroupSchema } from "../../core/schema/saved_group.ts";
import type * as task from "../../core/schema/task_message.ts";
import type { waitingSchema } from "../../core/schema/waiting_schema.ts";
import type { exportSettingsSchema } from "../../exporters/settings.ts";
import type { configSchema } from "../../supervisor/config/schema.ts";
import type * as control from "../../supervisor/control.ts";
import type { logLineSchema } from "../../supervisor/logs/log_line.ts";
import type * as library from "../../mod.ts";
import { typeFile } from "../../scripts/types/type_file.ts";
import type { Described } from "../../scripts/types/type_file.ts";
import { ROOT } from "../support/fixture.ts";

/** Whether two types are the same, each assignable to the other down to what may be left out. */
type Same<A, B> = (<T>() => T extends Flat<A> ? 1 : 2) extends <T>() => T extends Flat<B> ? 1 : 2 ? true
  : false;
/** The fields in place of names and intersections. */
type Flat<T> = T extends readonly (infer Item)[] ? Flat<Item>[]
  : T extends object ? { [Key in keyof T]: Flat<T[Key]> }
  : T;

// Nothing of this compiles where a type that was written is another than that of its schema.
const same: readonly true[] = [
  true satisfies Same<library.ProctorRecord, z.infer<typeof record.recordSchema>>,
  true satisfies Same<library.Comparison, z.infer<typeof comparisonSchema>>,
  true satisfies Same<library.TaskMessage, z.infer<typeof task.taskMessageSchema>>,
  true satisfies Same<library.HealthMessage, z.infer<typeof healthMessageSchema>>,
  true satisfies Same<library.SysMetrics, z.infer<typeof host.sysMetricsSchema>>,
  true satisfies Same<library.DiskIoStats, z.infer<typeof host.diskIoStatsSchema>>,
  true satisfies Same<library.SavedGroup, z.infer<typeof savedGroupSchema>>,
  true satisfies Same<PublicWaiting, z.infer<typeof waitingSchema>>,
  true satisfies Same<library.ExportInput, z.input<typeof exportSettingsSchema>>,
  true satisfies Same<library.ManagerConfig, z.output<typeof configSchema>["process_manager"]>,
  true satisfies Same<library.ProcessDescription, z.infer<typeof control.processDescriptionSchema>>,
  true satisfies Same<library.ReloadReport, z.infer<typeof control.reloadReportSchema>>,
  true satisfies Same<library.LogLine, z.infer<typeof logLineSchema>>,
  true satisfies Same<QuantityName, keyof typeof QUANTITIES>,
  // What users of zod ask of the schemas that the library shows.
  true satisfies Same<z.infer<typeof shown.recordSchema>, library.ProctorRecord>,
  true satisfies Same<z.input<typeof shown.comparisonSchema>, library.Comparison>,
];

test("the types of the library are those of the schemas", () => {
  assert.ok(same.every((one) => one));
  const bun = `${ROOT}/node_modules/bun/bin/bun.exe`;
  const { status, stderr } = spawnSync(bun, [`${ROOT}/scripts/build_types.ts`, "--check"], {
    encoding: "utf8",
  });
  assert.equal(stderr, "");
  assert.equal(status, 0);
});

test("the schemas that the library shows are zod's own, and do what their type says", async () => {
  for (const [name, schema] of Object.entries(shown)) {
    assert.ok(schema instanceof z.ZodType, name);
    assert.equal(typeof schema.toJSONSchema(), "object", name);
  }
  const { success, error } = shown.recordSchema.safeParse({ kind: "start" });
  assert.equal(success, false);
  assert.deepEqual(error?.issues[0].path, ["schema"]);
  const standard = await shown.uptimeSchema["~standard"].validate({ uptime: 1, idle_time: null });
  assert.deepEqual(standard, { value: { uptime: 1, idle_time: null } });
});

describe("the text of a type", () => {
  const written = (described: Described, others: Readonly<Record<string, Described>> = {}) =>
    typeFile("a/one.ts", { "a/one.ts": { One: described }, "b/more.ts": others })
      .replace(/^\/\* Written .*\n/, "").replace(/\n+/g, "\n").trim();

  test("has the descriptions as docstrings, and says what may be left out or unknown", () => {
    const of = z.object({
      size: z.int().nullable().optional().describe("in bytes"),
      kind: z.enum(["a", "b"]).default("a"),
      tags: z.record(z.string(), z.array(z.union([z.string(), z.literal(1)]))),
    });
    assert.equal(
      written({ help: "one thing", of }),
      "/** One thing. */\nexport type One = {\n/** In bytes. */\nsize?: number | null | undefined;\n" +
        'kind: "a" | "b";\ntags: Record<string, Array<string | 1>>;\n};',
    );
    assert.match(written({ help: "x", of, io: "input" }), /kind\?: "a" \| "b" \| undefined;/);
  });

  test("names what stands in another file, described or not", () => {
    const part = z.object({ a: z.string() });
    const text = written({ help: "x", of: z.object({ part: part.describe("other words").optional() }) }, {
      Part: { help: "y", of: part },
    });
    assert.match(text, /^import type \{ Part \} from "\.\.\/b\/more\.ts";$/m);
    assert.match(text, /^\/\*\* Other words\. \*\/\npart\?: Part \| undefined;$/m);
  });

  test("cannot end a comment, nor guess what a function makes of a value", () => {
    assert.ok(!written({ help: "a */ b", of: ["x"] }).includes("a */"));
    const made = z.object({ length: z.string().transform((text) => text.length) });
    assert.throws(() => written({ help: "x", of: made }), /length: what becomes of it/);
    assert.match(written({ help: "x", of: made, transformed: { length: "number" } }), /length: number;/);
  });
});
