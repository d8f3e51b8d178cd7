import type { RecordedRun } from "../records/recorded_run.ts";

/** How a run is called: by its name, or its command. */
export function titleOf({ start, summary }: RecordedRun): string {
  return summary?.name || start.name || start.command.join(" ") || `PID ${start.pid ?? "unknown"}`;
}

/** How runs are called beside each other: those of one title by their files, too, and by numbers if they must. */
export function titlesOf(runs: readonly RecordedRun[]): string[] {
  const named = distinct(runs.map(titleOf), (title, run) => `${title} (${runs[run].file})`);
  const counts = new Map<string, number>();
  return distinct(named, (title) => {
    counts.set(title, (counts.get(title) ?? 0) + 1);
    return `${title} #${counts.get(title)}`;
  });
}

function distinct(titles: readonly string[], tell: (title: string, run: number) => string): string[] {
  return titles.map((title, run) =>
    titles.indexOf(title) === titles.lastIndexOf(title) ? title : tell(title, run)
  );
}
