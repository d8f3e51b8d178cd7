import { ProctorError } from "../../../core/error.ts";
import type { ProcessEntry, ProcessLookup } from "../../contract/lookup.ts";
import type { CgroupPlace } from "../../contract/workloads.ts";
import { findUser } from "../sys/accounts.ts";
import { allPids, bsdInfo, isDead, ownPorts, shortBsdInfo, startOf } from "../sys/libproc.ts";
import type { LibSystem } from "../sys/libsystem.ts";
import { argumentsOf } from "./process_words.ts";

/** The kernel itself. */
const KERNEL = 0;

/**
 * Looks processes up by libproc; see {@link ProcessLookup}. What tells a socket is the process that has it, and those
 * of other users' processes are told to root alone.
 */
export class DarwinProcessLookup implements ProcessLookup {
  readonly hidesOthers = null;
  readonly #users = new Map<string, number | undefined>();

  constructor(readonly system: LibSystem) {}

  get ownUserId(): number {
    return process.geteuid?.() ?? NaN;
  }

  pids(): number[] {
    return allPids(this.system);
  }

  newPids(): undefined {
    // Numbers go round within 99,999, and are not given out in rising order.
    return undefined;
  }

  find(pid: number): ProcessEntry | null {
    if (pid === process.pid || pid === KERNEL) return null;
    const { system } = this;
    const own = bsdInfo(system, pid);
    const who = own ?? shortBsdInfo(system, pid);
    if (!who || isDead(who.status)) return null;
    const birth = own ? own.startMicroseconds : startOf(system, pid);
    if (Number.isNaN(birth)) return null;
    return {
      pid,
      birth,
      name: who.name,
      parentPid: who.parentPid,
      startTimeMs: birth / 1_000,
      get session() {
        return system.c.getsid(pid);
      },
      arguments: () => argumentsOf(system, pid) ?? [],
      userId: () => who.userId,
      cgroups: () => [],
      layeredCgroups: () => [],
      sockets: () => ownPorts(system, pid) && new Set([pid]),
    };
  }

  listeners(ports: ReadonlySet<number>): ReadonlyMap<number, ReadonlySet<number>> {
    const found = new Map([...ports].map((port) => [port, new Set<number>()]));
    for (const pid of ports.size > 0 ? this.pids() : []) {
      for (const port of ownPorts(this.system, pid) ?? []) found.get(port)?.add(pid);
    }
    return found;
  }

  userId(name: string): number | undefined {
    if (!this.#users.has(name)) this.#users.set(name, findUser(this.system, name)?.uid);
    return this.#users.get(name);
  }

  cgroupAt(): CgroupPlace {
    throw new ProctorError("system", "macOS has no control groups");
  }
}
