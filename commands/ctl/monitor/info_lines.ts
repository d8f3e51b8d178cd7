import { printable } from "../../../core/printable.ts";
import { clockTime } from "../../../render/screen/figures.ts";
import { humanBytes, humanPercent } from "../../../render/words/units.ts";
import type { ProcessDescription, ProcessStatus, SupervisorEvent } from "../../../supervisor/control.ts";
import { factsOf } from "../ctl_describe.ts";

type InfoLine = readonly [name: string, text: string];
type Data = Readonly<Record<string, unknown>>;

/** What stands in the list, in the heading of the pane, or is told whole. */
const SHOWN_ABOVE: ReadonlySet<string> = new Set([
  "id",
  "state",
  "health",
  "restarts",
  "uses",
  "command",
]);
/** What one looks for last. */
const SHOWN_LAST: ReadonlySet<string> = new Set(["type", "held by", "pid file", "log"]);

/** All about a process, in few lines: its facts, its limits beside what it uses, how it has ended of late. */
export function infoLines(description: ProcessDescription, offsetMinutes: number): InfoLine[] {
  const { definition, status, events } = description;
  const command = commandOf(definition);
  const facts = factsOf(description).filter(([name]) => !SHOWN_ABOVE.has(name))
    .map(([name, fact]): InfoLine => [name, printable(fact)]);
  return [
    ...facts.filter(([name]) => !SHOWN_LAST.has(name)),
    ...numbered("limit", limitTexts(definition, status)),
    ...numbered("ended", endings(events, offsetMinutes)),
    ...(command === "" ? [] : [["command", printable(command)] as const]),
    ...facts.filter(([name]) => SHOWN_LAST.has(name)),
  ];
}

/** The name stands before the first of several. */
function numbered(name: string, texts: readonly string[]): InfoLine[] {
  return texts.map((text, index) => [index === 0 ? name : "", text]);
}

function commandOf(definition: Data): string {
  const { executable, arguments: words } = within(within(definition, "management"), "control");
  return [executable, ...(Array.isArray(words) ? words : [])].filter((word) => typeof word === "string").join(
    " ",
  );
}

/** Each limit with what it is to be compared with, and what becomes of a process beyond it. */
function limitTexts(definition: Data, status: ProcessStatus): string[] {
  const limits = {
    ...within(definition, "limits"),
    ...within(within(definition, "management"), "limits"),
    ...within(within(within(definition, "management"), "control"), "limits"),
  };
  const used: Readonly<Record<string, string | null>> = {
    memory: status.memory_bytes === null ? null : humanBytes(status.memory_bytes),
    cpu: status.cpu_percent === null ? null : humanPercent(status.cpu_percent),
    processes: status.process_count === null ? null : String(status.process_count),
  };
  return Object.keys(limits).flatMap((name) => {
    const { max, max_percent, policy } = within(limits, name);
    const most = max_percent === undefined ? max : `${max_percent}%`;
    if (most === undefined) return [];
    const now = used[name] === null || used[name] === undefined ? "" : `, now ${used[name]}`;
    const then = policy === undefined ? "" : `; beyond it: ${policy}`;
    return [printable(`${name.replaceAll("_", " ")} at most ${most}${now}${then}`)];
  });
}

const MOST_ENDINGS = 5;
const ENDED: ReadonlySet<string> = new Set(["backoff", "failed", "stopped"]);
const LIVED: ReadonlySet<string> = new Set(["running", "starting", "stopping"]);

/** When and why it has ended, the last time first. */
function endings(events: readonly SupervisorEvent[], offsetMinutes: number): string[] {
  return events.filter(({ from, to }) => LIVED.has(from ?? "") && ENDED.has(to ?? "")).slice(-MOST_ENDINGS)
    .reverse()
    .map(({ timestamp, to, reason }) =>
      printable(`${clockTime(Date.parse(timestamp), offsetMinutes)} ${reason ?? "it ended"}: ${to}`)
    );
}

function within(data: Data, key: string): Data {
  const value = data[key];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Data : {};
}
