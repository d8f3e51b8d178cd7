import { z } from "zod";
export type { Waiting } from "./types/parts.ts";

const seconds = z.number().min(0).nullable();
const count = z.int().min(0).nullable();

/** The one cause that the figures of a run show for its length. */
export const verdictSchema = z.enum([
  "cpu_bound",
  "waited_for_cpu",
  "throttled",
  "waited_for_disk",
  "memory_pressure",
  "mostly_idle",
]);

/** What kept a run waiting; null is unknown. Pressure is PSI (Documentation/accounting/psi.rst). */
export const waitingSchema = z.object({
  verdict: verdictSchema.nullable().describe(
    "why the run took as long as it did; null where the figures show no one cause",
  ),
  available_cores: z.number().positive().nullable().describe("the CPUs of the machine, or the least quota"),
  pressure_scope: z.enum(["group", "machine"]).nullable().describe(
    "whose pressure follows: the run's own, or that of all there is on the machine",
  ),
  cpu_some_seconds: seconds.describe("some of it was ready to run and had no CPU"),
  cpu_full_seconds: seconds.describe("it was ready to run and nothing of it had a CPU"),
  memory_some_seconds: seconds.describe("some of it waited for memory to be freed, or read back"),
  memory_full_seconds: seconds.describe("nothing of it ran because it waited for memory"),
  io_some_seconds: seconds.describe("some of it waited for storage"),
  io_full_seconds: seconds.describe("nothing of it ran because it waited for storage"),
  run_queue_seconds: seconds.describe("its threads were ready to run and had no CPU, added up"),
  block_io_seconds: seconds.describe("its threads waited for block devices, added up"),
  memory_wait_seconds: seconds.optional().describe(
    "its threads waited for memory to be read back, freed or moved together, added up; left out by older versions",
  ),
  throttled_seconds: seconds.describe("a quota made its CPUs stand still, added up"),
  throttled_period_count: count.describe("in so many periods the limit of the run was used up"),
  quota_cores: z.number().positive().nullable().describe("that quota; null: none"),
  steal_seconds: seconds.describe(
    "the hypervisor gave CPUs of this machine to others, since the first sample",
  ),
});

/** The one cause that the figures of a run show for its length. */
export type Verdict = z.infer<typeof verdictSchema>;
