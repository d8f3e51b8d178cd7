/* A run whose every figure is known: a hundred samples, a tenth of a second apart, and some processes. */
import { readRunsFrom } from "../../../records/read_runs.ts";
import type { RecordedRun } from "../../../records/recorded_run.ts";
import { processLine, sampleLine, startLine, summaryLine } from "../../records/support/records_text.ts";

/** What a made run differs in. */
export interface MadeRun {
  readonly start?: Record<string, unknown>;
  readonly samples?: number;
  /** CPU percent of a sample. */
  readonly cpu?: (index: number) => number;
  /** What the program tells of itself with a sample. */
  readonly app?: (index: number) => Record<string, number | null>;
  /** What else the summary has. */
  readonly summary?: Record<string, unknown>;
  readonly process?: Record<string, unknown>;
  readonly cutOff?: boolean;
}

/** CPU percent: rises from 1 to 100. */
const RISING = (index: number) => index + 1;

/** The lines of a made run's records file. */
export function madeLines(
  { start, samples = 100, cpu = RISING, app, process, cutOff, summary }: MadeRun = {},
): string[] {
  const lines = [startLine({ name: "made", ...start })];
  for (let index = 0; index < samples; index++) {
    const seconds = (index + 1) / 10;
    lines.push(sampleLine(seconds, {
      cpu_percent: cpu(index),
      memory_bytes: 1_048_576 * (index + 1),
      memory_pss_bytes: undefined,
      disk_read_bytes: 1_000 * index,
      disk_write_bytes: 0,
      io_read_bytes: 500 * index,
      io_write_bytes: 2_000 * index,
      process_count: 3,
      thread_count: 7,
      file_descriptor_count: 20 + (index % 5),
      minor_faults: 1_000 * index,
      major_faults: 0,
      voluntary_context_switches: 10 * index,
      involuntary_context_switches: index,
      gpu_percent: undefined,
      gpu_memory_bytes: undefined,
      network_rx_bytes: null,
      network_tx_bytes: null,
      ...(app && { app: app(index) }),
    }));
    // A process for each fifth sample: the sixth part of them `as`, the others `cc1`.
    if (index % 5 === 4) {
      const name = index % 30 === 29 ? "as" : "cc1";
      const cpu_seconds = name === "cc1" ? 0.25 : 0.01;
      const command = `${name} file${index}.c`;
      lines.push(processLine(seconds, 0.4, { pid: 200 + index, name, command, cpu_seconds, ...process }));
    }
  }
  if (!cutOff) {
    lines.push(
      summaryLine(samples / 10, { name: undefined, peak_memory_bytes: 1_048_576 * samples, ...summary }),
    );
  }
  return lines;
}

/** A made run as it is read. */
export async function madeRun(made: MadeRun = {}): Promise<RecordedRun> {
  const text = `${madeLines(made).join("\n")}\n`;
  const [run] = await readRunsFrom([new TextEncoder().encode(text)] as never, "made.jsonl");
  return run;
}
