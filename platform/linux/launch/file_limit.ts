import { readText } from "../proc/kernel_file.ts";
import { ownProc } from "../proc/own_proc.ts";

/** A limit on open descriptors, as setrlimit(2) takes it. */
export interface FileLimit {
  readonly soft: number;
  readonly hard: number;
}

/**
 * The descriptor limit that our children should have, or undefined where ours is right. JavaScript runtimes
 * raise their soft limit to the hard one when they start; the process that started us still has what we were
 * given (setrlimit: limits are inherited), so its limits are taken when they can have been ours.
 */
export function inheritedFileLimit(): FileLimit | undefined {
  if (known) return known.limit;
  known = { limit: readInherited() };
  queueMicrotask(() => known = null);
  return known.limit;
}

/** As it was found in this turn of the event loop: a command is started together with what takes its output. */
let known: { readonly limit: FileLimit | undefined } | null = null;

function readInherited(): FileLimit | undefined {
  // In a foreign /proc the number of our parent is somebody else's.
  if (!ownProc()) return undefined;
  const own = readLimit("self");
  const parents = readLimit(String(process.ppid));
  if (!own || !parents || parents.hard !== own.hard || parents.soft >= own.soft) return undefined;
  return parents;
}

function readLimit(process: string): FileLimit | undefined {
  const match = /^Max open files\s+(\d+)\s+(\d+)/m.exec(readText(`/proc/${process}/limits`) ?? "");
  return match ? { soft: Number(match[1]), hard: Number(match[2]) } : undefined;
}
