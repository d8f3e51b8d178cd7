import { printable } from "../core/text.ts";
import type { LogLine } from "../supervisor/logs/log_line.ts";
import type { Client } from "./ctl_client.ts";
import { pathOf } from "./ctl_client.ts";
import { printOut, say } from "./output.ts";

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

/** Print what a process has written; ends when its reader does. */
export async function printLogs(
  client: Client,
  id: string,
  flags: LogFlags,
  isTerminal: boolean,
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
    const text = flags.json ? JSON.stringify(line) : flags.plain ? line.message : headed(line, isTerminal);
    if (!printOut(line.partial && flags.plain ? text : `${text}\n`)) return;
  }
  if (follow) say("the supervisor has ended, or the process was removed");
}

const RED = 31;
const DIM = 2;

/** A line with its time and stream, safe for a terminal where it goes to one. */
function headed({ timestamp, stream, message, partial, notice }: LogLine, isTerminal: boolean): string {
  const sign = notice ? "!" : partial ? "+" : "|";
  const head = `${timestamp ?? "-".repeat(24)} ${(stream ?? "-").padEnd(6)} ${sign}`;
  if (!isTerminal) return `${head} ${message}`;
  return `\x1b[${stream === "stderr" ? RED : DIM}m${head}\x1b[0m ${
    message.split("\n").map(harmless).join("\n")
  }`;
}

// deno-lint-ignore no-control-regex
const COLOR = /(\x1b\[[\d;]*m)/;

/** Colours are welcome; what else would steer the terminal is written out. */
function harmless(line: string): string {
  const pieces = line.replace(/\r$/, "").split(COLOR);
  const isColored = pieces.length > 1;
  const text = pieces.map((piece, index) =>
    index % 2 === 1 ? piece : printable(piece.replaceAll("\t", "    "))
  );
  return text.join("") + (isColored ? "\x1b[0m" : "");
}
