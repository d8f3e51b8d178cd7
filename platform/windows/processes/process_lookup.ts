import { ProctorError } from "../../../core/error.ts";
import type { ProcessEntry, ProcessLookup } from "../../contract/lookup.ts";
import type { CgroupPlace } from "../../contract/workloads.ts";
import { closeHandle } from "../sys/close.ts";
import { foldCase } from "../text/wide.ts";
import { accountOf, findAccountNamed, ownAccount } from "./account_names.ts";
import type { Sid } from "./account_names.ts";
import { argumentsOf } from "./arguments_of.ts";
import { openToRead } from "./open_process.ts";
import { portOwners } from "./port_owners.ts";
import { processSnapshot } from "./snapshot.ts";

const PROGRAM_SUFFIX = ".EXE";
/** An account may have to be asked of another machine, and this is asked at every look. */
const ASK_AGAIN_MS = 60_000;

/** Looks processes up in the list that the system has of all; see {@link ProcessLookup}. */
export class WindowsProcessLookup implements ProcessLookup {
  readonly hidesOthers = null;
  readonly hidesUserNumbers = "on Windows users have no numbers: write a name";
  readonly #asked = new Map<string, { readonly number: number | undefined; readonly ms: number }>();

  get ownUserId(): number {
    return numberOf(ownAccount());
  }

  pids(): number[] {
    return [...processSnapshot.pids()];
  }

  newPids(): undefined {
    // Numbers are given out again at once.
    return undefined;
  }

  find(pid: number): ProcessEntry | null {
    if (pid === process.pid) return null;
    const entry = processSnapshot.find(pid);
    if (entry === undefined || processSnapshot.isSystems(pid)) return null;
    const birth = processSnapshot.birth(entry);
    const name = processSnapshot.name(entry);
    return {
      pid,
      birth,
      name,
      isCalled: (wanted) => isSameName(name, wanted),
      parentPid: processSnapshot.parentPid(entry),
      session: processSnapshot.session(entry),
      startTimeMs: birth / 1_000,
      arguments: () => withHandle(pid, birth, argumentsOf) ?? [],
      userId: () => numberOf(withHandle(pid, birth, accountOf)),
      cgroups: () => [],
      layeredCgroups: () => [],
      // Ports are told with the number of who has them.
      sockets: () => new Set([pid]),
    };
  }

  listeners(ports: ReadonlySet<number>): ReadonlyMap<number, ReadonlySet<number>> {
    const found = new Map([...ports].map((port) => [port, new Set<number>()]));
    if (ports.size === 0) return found;
    for (const { port, pid } of portOwners()) found.get(port)?.add(pid);
    return found;
  }

  userId(name: string): number | undefined {
    const asked = this.#asked.get(name);
    if (asked && performance.now() - asked.ms < ASK_AGAIN_MS) return asked.number;
    const sid = findAccountNamed(name);
    const number = sid === null ? undefined : numberOf(sid);
    this.#asked.set(name, { number, ms: performance.now() });
    return number;
  }

  cgroupAt(): CgroupPlace {
    throw new ProctorError("system", "Windows has no control groups");
  }
}

/** Whether a file is called so: names have no case, and that of a program need not be written to its end. */
export function isSameName(name: string, wanted: string): boolean {
  const [own, other] = [foldCase(name), foldCase(wanted)];
  return own === other || own === `${other}${PROGRAM_SUFFIX}`;
}

/** What can be told with a handle of a process that has begun at this moment; null where there is none to be had. */
function withHandle<T>(pid: number, birth: number, tell: (handle: number) => T | null): T | null {
  const handle = openToRead(pid, birth);
  if (handle === 0) return null;
  try {
    return tell(handle);
  } finally {
    closeHandle(handle);
  }
}

const numbers = new Map<Sid, number>();

/**
 * Accounts have no numbers here: each gets one of ours, below zero, which nobody can write; NaN where it is not told
 * whose a process is.
 */
function numberOf(sid: Sid | null): number {
  if (sid === null) return NaN;
  let number = numbers.get(sid);
  if (number === undefined) numbers.set(sid, number = -1 - numbers.size);
  return number;
}
