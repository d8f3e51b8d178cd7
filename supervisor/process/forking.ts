import type { ProcessGroup } from "../../group/process_group.ts";
import type { RunningProcess } from "../../group/running_process.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { readRegularFile } from "../../io/regular_file.ts";
import { pause } from "../../io/deadline.ts";

/*
 * Services that put themselves into the background: the command ends, and what it has started is the service. As with
 * systemd's Type=forking a PID file names the process that is meant (systemd.service(5), daemon(7)).
 */

/** Interval between two reads of the PID file. */
const LOOK_EVERY_MS = 25;
/** A PID and a line break, in whatever space; more is something else. */
const LONGEST_PID_FILE = 1_024;
/** How many processes that were left behind a message names. */
const MOST_NAMED = 3;

/**
 * The daemon that a command has left behind, once its PID file names one of the tree; or what is wrong, in one
 * sentence. A process outside of the tree is never taken for it, whatever the file says.
 */
export async function findDaemon(
  group: ProcessGroup,
  pidFile: string,
  { isOver, onSeen }: { isOver: () => boolean; onSeen: (sentence: string) => void },
): Promise<RunningProcess | string> {
  for (;;) {
    if (isOver()) return "it was stopped before its service was there";
    const seen = readPid(pidFile);
    const daemon = typeof seen === "number" ? group.follow(seen) : null;
    if (daemon) return daemon;
    const members = group.members();
    if (members.length === 0) {
      return "it ended with exit code 0, and no process of its tree is left; without type: forking that is an end";
    }
    const fault = typeof seen === "number" ? `it names process ${seen}, which is none of its tree` : seen;
    onSeen(`"${pidFile}": ${fault}; in its tree there is ${named(members)}`);
    await pause(LOOK_EVERY_MS);
  }
}

/** What is to be said about an end with exit code 0 that left processes behind; undefined when it left none. */
export function leftBehind(members: readonly { pid: number; name: string }[]): string | undefined {
  if (members.length === 0) return undefined;
  const [what, live] = members.length === 1
    ? ["1 process of its tree", "lives"]
    : [`${members.length} processes of its tree`, "live"];
  return `while ${what} ${live} on (${named(members)}), which is ended with it; ` +
    "if it puts itself into the background, write control.type: forking and control.pid_file, " +
    "or have it stay in the foreground";
}

function named(members: readonly { pid: number; name: string }[]): string {
  const shown = members.slice(0, MOST_NAMED).map(({ pid, name }) => `${name}, PID ${pid}`);
  return members.length > MOST_NAMED ? `${shown.join("; ")}; …` : shown.join("; ");
}

/** The PID in a file, or why there is none; never waits, and opens no device, whatever lies there. */
function readPid(path: string): number | string {
  try {
    const text = new TextDecoder().decode(readRegularFile(path, LONGEST_PID_FILE).bytes).trim();
    return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : "it holds no PID";
  } catch (error) {
    return reasonOf(error);
  }
}
