import { printable, writtenOut } from "../../core/printable.ts";
import type { RecordedRun } from "../../records/recorded_run.ts";
import type { Coverage } from "./font_coverage.ts";

/**
 * Runs whose names can be drawn: what no font has is written out, as in `\u4e2d` or `\u{1f680}`. Before anything is
 * laid out, since that takes more room.
 *
 * @param fonts what each of them has
 * @returns the runs, and which characters were written out
 */
export function legibleRuns(
  runs: readonly RecordedRun[],
  fonts: readonly Coverage[],
): { runs: RecordedRun[]; missing: ReadonlySet<string> } {
  const missing = new Set<string>();
  const legible = (text: string) =>
    // Composed letters are in more fonts than the marks they can be composed of.
    printable(text.toWellFormed().normalize("NFC")).replace(/[\u0080-\u{10ffff}]/gu, (character) => {
      if (fonts.some((has) => has(character.codePointAt(0)!))) return character;
      missing.add(character);
      return writtenOut(character);
    });
  const legibleRun = (run: RecordedRun): RecordedRun => ({
    ...run,
    file: legible(run.file),
    start: {
      ...run.start,
      command: run.start.command.map(legible),
      ...(run.start.name !== undefined && { name: legible(run.start.name) }),
    },
    processes: run.processes.map((process) => ({ ...process, name: legible(process.name) })),
    unended: run.unended.map((one) => ({ ...one, row: { ...one.row, name: legible(one.row.name) } })),
    summary: run.summary && {
      ...run.summary,
      ...(run.summary.name !== undefined && { name: legible(run.summary.name) }),
    },
  });
  return { runs: runs.map(legibleRun), missing };
}
