import type { RecordedRun } from "../../records/recorded_run.ts";

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

/** A title in so many letters: its command is cut, what tells it from others stays. */
export function clippedTitle(title: string, length: number): string {
  if (title.length <= length) return title;
  const mark = /(?: \([^()]*\))?(?: #\d+)?$/.exec(title)![0];
  const room = length - mark.length - 1;
  return room > 0
    ? `${title.slice(0, room).trimEnd()}…${mark}`
    : `…${title.slice(title.length - length + 1)}`;
}

/** How many of several runs were over before they were looked at, in a sentence; null for none. */
export function unsampledNote(runs: readonly RecordedRun[]): string | null {
  const count = runs.filter(({ samples }) => samples.length === 0).length;
  if (runs.length < 2 || count === 0) return null;
  return `${count} of ${runs.length} runs ended before their first sample, and have no lines`;
}
