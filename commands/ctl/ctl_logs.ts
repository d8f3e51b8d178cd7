import { printableJson } from "../../core/printable.ts";
import { printableLine } from "../../core/printable_line.ts";
import { printOut, say } from "../../io/terminal/output.ts";
import type { Client } from "../../supervisor/client/ctl_client.ts";
import { pathOf } from "../../supervisor/client/ctl_client.ts";
import type { LogLine } from "../../supervisor/logs/log_line.ts";

/** What `proctor ctl logs` is asked for. */
export interface LogFlags {
  follow?: boolean;
  since?: string;
  tail?: number;
  stream?: "stdout" | "stderr";
  plain?: boolean;
  json?: boolean;
}

/** Without another word a follower begins with so many lines. */
const FOLLOWED_TAIL = 10;

/** Where lines are printed. */
interface Destination {
  /** Then nothing of a line may steer it. */
  readonly isTerminal: boolean;
  readonly isColored: boolean;
}

/** Print what a process has written; ends when its reader does. */
export async function printLogs(
  client: Client,
  id: string,
  flags: LogFlags,
  destination: Destination,
): Promise<void> {
  const { follow = false, since, stream } = flags;
  const tail = flags.tail ?? (follow && since === undefined ? FOLLOWED_TAIL : undefined);
  const query = new URLSearchParams({
    ...(follow ? { follow: "true" } : {}),
    ...(since === undefined ? {} : { since }),
    ...(tail === undefined ? {} : { tail: String(tail) }),
    ...(stream === undefined ? {} : { stream }),
  });
  for await (const line of client.lines<LogLine>(pathOf(id, `/logs?${query}`))) {
    const text = flags.json
      ? printableJson(line)
      : flags.plain
      ? shown(line.message, destination)
      : headed(line, destination);
    if (!printOut(line.partial && flags.plain ? text : `${text}\n`)) return;
  }
  if (follow) say("the supervisor has ended, or the process was removed");
}

const RED = 31;
const DIM = 2;

/** A line with its time and stream. */
function headed(line: LogLine, destination: Destination): string {
  const { timestamp, stream, message, partial, notice } = line;
  const sign = notice ? "!" : partial ? "+" : "|";
  const head = `${timestamp ?? "-".repeat(24)} ${(stream ?? "-").padEnd(6)} ${sign}`;
  const painted = destination.isColored ? `\x1b[${stream === "stderr" ? RED : DIM}m${head}\x1b[0m` : head;
  return `${painted} ${shown(message, destination)}`;
}

/** What was written, safe for a terminal where it goes to one. */
function shown(message: string, { isTerminal, isColored }: Destination): string {
  if (!isTerminal) return message;
  return message.split("\n").map((line) => printableLine(line, isColored)).join("\n");
}
