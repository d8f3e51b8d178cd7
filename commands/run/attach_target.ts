import { usageError } from "../../core/error.ts";
import { printable } from "../../core/printable.ts";
import { hasName } from "../../monitor/discovery/process_names.ts";
import { ProcessMatcher } from "../../monitor/discovery/process_matcher.ts";
import type { ProcessEntry, ProcessLookup } from "../../platform/mod.ts";

/** So many process IDs are listed where a name stands for several. */
const MOST_LISTED = 10;

/**
 * The root of the tree that a word names: the process that a PID file names where the word has a `/`, else the one
 * process of exactly that name, as pgrep -x has it, that descends from no other of the name.
 *
 * @throws ProctorError of kind `usage` where there is none, or several
 */
export function namedRoot(word: string, lookup: ProcessLookup): number {
  return word.includes("/") ? ofPidFile(word, lookup) : ofName(word, lookup);
}

function ofPidFile(path: string, lookup: ProcessLookup): number {
  const matcher = new ProcessMatcher({ pidFile: path }, lookup);
  const pid = matcher.namedPid();
  const entry = pid === undefined ? null : lookup.find(pid);
  const [problem] = matcher.problems(entry ? [entry] : []);
  // A file that is older than its process names another one than it was written for.
  if (problem !== undefined) throw usageError(`attach: ${printable(problem)}`);
  if (pid === undefined) throw usageError(`attach: there is no PID file ${printable(path)}, or it is empty`);
  if (!entry) throw usageError(`attach: there is no process ${pid}, which ${printable(path)} names`);
  return pid;
}

function ofName(name: string, lookup: ProcessLookup): number {
  const entries = lookup.pids().map((pid) => lookup.find(pid)).filter((entry) => entry !== null);
  const all = new Map(entries.map((entry) => [entry.pid, entry]));
  const named = new Map([...all].filter(([, entry]) => hasName(entry, name)));
  const roots = [...named.values()].filter((entry) => !descends(entry, named, all)).map(({ pid }) => pid);
  if (roots.length === 1) return roots[0];
  const shown = printable(name);
  if (roots.length === 0) {
    const hidden = lookup.hidesOthers === null
      ? ""
      : ` (processes of other users are hidden: ${lookup.hidesOthers})`;
    throw usageError(
      `attach: there is no process called "${shown}"${hidden}; write a process ID such as 4711, a name as ps shows ` +
        "it, or the path of a PID file",
    );
  }
  const more = roots.length > MOST_LISTED ? ` and ${roots.length - MOST_LISTED} more` : "";
  throw usageError(
    `attach: ${roots.length} processes are called "${shown}": ${
      roots.slice(0, MOST_LISTED).join(", ")
    }${more}; write one of these process IDs, or watch --name to follow all`,
  );
}

/** Whether one that is named is among those above a process. */
function descends(
  { pid, parentPid }: ProcessEntry,
  named: ReadonlyMap<number, ProcessEntry>,
  all: ReadonlyMap<number, ProcessEntry>,
): boolean {
  const seen = new Set([pid]);
  for (let above = parentPid; above > 0 && !seen.has(above); above = all.get(above)?.parentPid ?? 0) {
    if (named.has(above)) return true;
    seen.add(above);
  }
  return false;
}
