import { join } from "../../../core/posix_path.ts";
import { nodeFs } from "../../../io/builtins.ts";
import type { CgroupPlace } from "../../contract/workloads.ts";
import { readFile, readText, text } from "../proc/kernel_file.ts";
import { pidsIn } from "../processes/process_lookup.ts";
import { parseCgroups } from "../processes/process_entry.ts";
import { listDirectory } from "../sys/directory.ts";
import { forEachPid } from "./cgroup_files.ts";

/** Whoever is inside can make cgroups below, as many as he likes: so many are looked into. */
const MOST_DIRECTORIES = 4_096;
/** Without a list, every process has to be asked: not more often than this. */
const ASK_EVERY_MS = 1_000;

/** Lists the processes of a cgroup that others have made, and of those below it. */
export interface ObservedMembers {
  /** Whether it is still the same: one made anew at the same path is another. */
  isSame(): boolean;
  /** Their IDs, zombies left out; null when nothing new can be told. */
  list(thorough: boolean): ReadonlySet<number> | null;
}

/** By `cgroup.procs`. */
export class ListedMembers implements ObservedMembers {
  readonly #identity: bigint | null;

  constructor(readonly directory: string) {
    this.#identity = identityOf(directory);
  }

  isSame(): boolean {
    return this.#identity !== null && identityOf(this.directory) === this.#identity;
  }

  list(): ReadonlySet<number> {
    const found = new Set<number>();
    const left = [this.directory];
    for (let count = 0; left.length > 0 && count < MOST_DIRECTORIES; count++) {
      const directory = left.shift()!;
      if (readFile(join(directory, "cgroup.procs"))) {
        forEachPid(text.bytes, text.length, (pid) => pid > 0 && found.add(pid));
      }
      for (const { name, isDirectory } of listDirectory(directory)) {
        if (isDirectory) left.push(join(directory, name));
      }
    }
    return found;
  }
}

/** By `/proc/PID/cgroup` of every process: where no directory of the cgroup is in sight. */
export class AskedMembers implements ObservedMembers {
  #askedMs = -Infinity;

  constructor(readonly places: readonly CgroupPlace[]) {}

  /** Nothing tells. */
  isSame(): boolean {
    return true;
  }

  list(thorough: boolean): ReadonlySet<number> | null {
    const now = performance.now();
    if (!thorough && now - this.#askedMs < ASK_EVERY_MS) return null;
    this.#askedMs = now;
    return new Set(pidsIn("/proc").filter((pid) => isInside(pid, this.places)));
  }
}

/** Whether a process is in a cgroup, or below. */
export function isInside(pid: number, places: readonly CgroupPlace[]): boolean {
  return parseCgroups(readText(`/proc/${pid}/cgroup`) ?? "").some((cgroup) =>
    places.some(({ hierarchy, path }) =>
      cgroup.hierarchy === hierarchy && `${cgroup.path}/`.startsWith(`${path}/`)
    )
  );
}

function identityOf(directory: string): bigint | null {
  try {
    return nodeFs().statSync(directory, { bigint: true }).ino;
  } catch {
    return null;
  }
}
