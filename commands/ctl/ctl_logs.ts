import { printable, printableJson } from "../../core/printable.ts";
import { printableLine } from "../../core/printable_line.ts";
import { printOut, say } from "../../io/terminal/output.ts";
import type { Client } from "../../supervisor/client/ctl_client.ts";
import { pathOf } from "../../supervisor/client/ctl_client.ts";
import type { ProcessStatus } from "../../supervisor/control.ts";
import { nameColor, NameColumn } from "../../supervisor/logs/display.ts";
import type { LogLine } from "../../supervisor/logs/log_line.ts";
import { idsOf } from "../../supervisor/selection.ts";
import type { Flags } from "./ctl_work.ts";

/** What `proctor ctl logs` is asked for. */
export interface LogFlags extends Flags {
  follow?: boolean;
  since?: string;
  lines?: number;
  /** Another name of `lines`. */
  tail?: number;
  grep?: string;
  ignoreCase?: boolean;
  level?: string;
  stream?: "stdout" | "stderr";
  plain?: boolean;
}

/** Without another word a follower begins with so many lines. */
const FOLLOWED_TAIL = 10;

/** Where lines are printed. */
interface Destination {
  /** Then nothing of a line may steer it. */
  readonly isTerminal: boolean;
  readonly isColored: boolean;
}

/** Print what processes have written; ends when its reader does. The supervisor merges and filters. */
export async function printLogs(
  client: Client,
  names: readonly string[],
  flags: LogFlags,
  destination: Destination,
): Promise<void> {
  const all = await client.ask<ProcessStatus[]>("GET", "/processes");
  const chosen = names.length > 0 ? idsOf(names, all, true) : [];
  // A name that fits nothing stands for itself: the supervisor says that it is not there.
  const isOne = names.length === 1 && chosen.length === 1 && chosen[0] === names[0];
  const query = queryOf(flags);
  for (const name of isOne ? [] : names) query.append("id", name);
  const path = isOne ? pathOf(names[0], `/logs?${query}`) : `/logs?${query}`;
  const print = isOne
    ? textOfOne(flags, destination)
    : textOfSeveral(namesFor(all, chosen), flags, destination);
  for await (const line of client.lines<LogLine>(path)) {
    if (!printOut(flags.json ? `${printableJson(line)}\n` : print(line))) return;
  }
  if (flags.follow) say(`the supervisor has ended${isOne ? ", or the process was removed" : ""}`);
}

function queryOf(
  { follow, since, lines, tail: other, grep, ignoreCase, level, stream }: LogFlags,
): URLSearchParams {
  const tail = lines ?? other ?? (follow && since === undefined ? FOLLOWED_TAIL : undefined);
  return new URLSearchParams({
    ...(follow ? { follow: "true" } : {}),
    ...(since === undefined ? {} : { since }),
    ...(tail === undefined ? {} : { tail: String(tail) }),
    ...(grep === undefined ? {} : { grep }),
    ...(ignoreCase ? { ignore_case: "true" } : {}),
    ...(level === undefined ? {} : { level }),
    ...(stream === undefined ? {} : { stream }),
  });
}

const RED = 31;
const DIM = 2;

/** Lines with their time and stream. */
function textOfOne({ plain }: LogFlags, destination: Destination): (line: LogLine) => string {
  const paint = painter(destination);
  return (line) => {
    const message = shown(line.message, destination);
    if (plain) return line.partial ? message : `${message}\n`;
    const color = line.stream === "stderr" ? RED : DIM;
    return `${paint(color, `${timeOf(line)} ${streamOf(line)} ${signOf(line)}`)} ${message}\n`;
  };
}

/** Lines with the names of their processes, each in its colour. */
function textOfSeveral(
  names: ProcessNames,
  { plain }: LogFlags,
  destination: Destination,
): (line: LogLine) => string {
  const paint = painter(destination);
  return (line) => {
    const { name, color } = names.of(line.id);
    const message = shown(line.message, destination);
    if (plain) {
      const lead = paint(color, `${name} ${line.notice ? "!" : "|"}`);
      return message.split("\n").map((part) => `${lead} ${part}\n`).join("");
    }
    const stream = paint(line.stream === "stderr" ? RED : DIM, `${streamOf(line)} ${signOf(line)}`);
    return `${paint(DIM, timeOf(line))} ${paint(color, name)} ${stream} ${message}\n`;
  };
}

/** Names in one column, and a colour for each. */
class ProcessNames {
  readonly #column = new NameColumn();
  readonly #colors = new Map<string, number>();

  /** @param ids of all processes: each has the colour that the supervisor's own terminal gives it */
  constructor(ids: readonly string[], shown: readonly string[]) {
    for (const id of ids) this.#add(id);
    for (const id of shown) this.#column.add(printable(id));
  }

  of(id: string): { name: string; color: number } {
    const color = this.#colors.get(id) ?? this.#add(id);
    const name = printable(id);
    this.#column.add(name);
    return { name: this.#column.padded(name), color };
  }

  #add(id: string): number {
    const color = nameColor(this.#colors.size);
    this.#colors.set(id, color);
    return color;
  }
}

function namesFor(all: readonly ProcessStatus[], chosen: readonly string[]): ProcessNames {
  const ids = all.filter(({ type }) => type !== "unmanaged").map(({ id }) => id);
  return new ProcessNames(ids, chosen.length > 0 ? chosen : ids);
}

function painter({ isColored }: Destination): (color: number, text: string) => string {
  return (color, text) => isColored ? `\x1b[${color}m${text}\x1b[0m` : text;
}

const timeOf = ({ timestamp }: LogLine) => timestamp ?? "-".repeat(24);
const streamOf = ({ stream }: LogLine) => (stream ?? "-").padEnd(6);
const signOf = ({ notice, partial }: LogLine) => notice ? "!" : partial ? "+" : "|";

/** What was written, safe for a terminal where it goes to one. */
function shown(message: string, { isTerminal, isColored }: Destination): string {
  if (!isTerminal) return message;
  return message.split("\n").map((line) => printableLine(line, isColored)).join("\n");
}
