/* Opens exporters as a program would, and keeps what they tell. */
import { setTimeout as pause } from "node:timers/promises";
import assert from "node:assert/strict";
import type { ExporterReport } from "../../../core/schema/record.ts";
import { openExporters } from "../../../exporters/open.ts";
import type { ExporterSet } from "../../../exporters/exporter_set.ts";
import type { ExportInput } from "../../../exporters/settings.ts";

/** Exporters, and the lines they have told. */
export interface Opened extends AsyncDisposable {
  readonly exporters: ExporterSet;
  readonly notices: string[];
  /** How delivery stands with the first. */
  report(): ExporterReport;
  /** Wait until something holds. */
  until(holds: () => boolean, what: string, patienceMs?: number): Promise<void>;
}

/** Open exporters. */
export async function opened(
  input: ExportInput,
  variables: Readonly<Record<string, string | undefined>> = {},
): Promise<Opened> {
  const notices: string[] = [];
  const exporters = await openExporters({ proplet_id: "proplet", ...input }, {
    variables,
    onNotice: (line) => notices.push(line),
  });
  return {
    exporters,
    notices,
    report: () => exporters.reports[0],
    until: (holds, what, patienceMs) =>
      until(holds, () => `${what}; told:\n${notices.join("\n")}`, patienceMs),
    [Symbol.asyncDispose]: () => exporters.close(0),
  };
}

/** Wait until something holds; fail when it does not in time. */
export async function until(
  holds: () => boolean,
  what: () => string,
  patienceMs = 20_000,
): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!holds()) {
    assert.ok(Date.now() < end, `not in ${patienceMs} ms: ${what()}`);
    await pause(10);
  }
}
