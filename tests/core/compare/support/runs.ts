import type { EndedRun, RunSet } from "../../../../core/compare/comparison.ts";
import type {
  Account,
  Accounting,
  Quality,
  StartRecord,
  SummaryRecord,
} from "../../../../core/schema/record.ts";

const EXACT: Account = { source: "cgroup", quality: "exact" };
const SAMPLED: Account = { source: "samples", quality: "sampled" };
const ACCOUNTING: Accounting = {
  cpu: EXACT,
  memory: SAMPLED,
  peak_memory: SAMPLED,
  disk: EXACT,
  io: EXACT,
  network: { source: "none", quality: "unavailable" },
  faults: EXACT,
  context_switches: EXACT,
  threads: SAMPLED,
  file_descriptors: SAMPLED,
  processes: SAMPLED,
};

/** A run of `make` that cost what `totals` says. */
export function endedRun(
  totals: Partial<SummaryRecord>,
  qualities: Partial<Record<keyof Accounting, Quality | Account>> = {},
  start: Partial<StartRecord> = {},
): EndedRun {
  const accounts = Object.entries(qualities).map(([name, given]) => {
    const account = typeof given === "object"
      ? given
      : { ...ACCOUNTING[name as keyof Accounting]!, quality: given };
    return [name, account];
  });
  const accounting = { ...ACCOUNTING, ...Object.fromEntries(accounts) };
  return {
    start: {
      kind: "start",
      schema: "proctor/1",
      command: ["make"],
      pid: 1,
      timestamp: "2026-01-01T00:00:00.000Z",
      environment: {
        host_name: "here",
        kernel: "6.18",
        cpu_model: null,
        online_cpu_count: 2,
        cpu_quota_cores: null,
        memory_total_bytes: null,
        memory_limit_bytes: null,
      },
      ...start,
    } as StartRecord,
    summary: {
      kind: "summary",
      outcome: "exited",
      exit_code: 0,
      signal: null,
      accounting,
      ...totals,
    } as SummaryRecord,
  };
}

/** A set of such runs. */
export function runSet(
  label: string,
  totals: readonly Partial<SummaryRecord>[],
  qualities: Partial<Record<keyof Accounting, Quality | Account>> = {},
): RunSet {
  return { label, file: `${label}.jsonl`, runs: totals.map((total) => endedRun(total, qualities)) };
}
