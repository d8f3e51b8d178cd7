import type { ContainerRequest } from "../../contract/containment.ts";
import type { ProcessReader } from "../../contract/processes.ts";
import { isGuard } from "../launch/guards.ts";
import { isMissing } from "../proc/kernel_file.ts";
import { ProcessIndex } from "./process_index.ts";
import type { Kin } from "./process_index.ts";
import { LinuxProcessReader } from "./process_reader.ts";

/** One for all trees. */
const index = new ProcessIndex();

/**
 * Finds the members of a tree that is watched from outside: the descendants of those that are known, and who leads on
 * their sessions. Many trees share one search.
 */
export class SharedDescent {
  /** Whether there were members in the last look that could not be opened. */
  hasUnopened = false;
  #seenVersion = -1;
  /** All that the last search came by, the dead included: who is new and of the tree is kin of one of them. */
  #reached: ReadonlySet<number> = new Set();

  constructor(readonly request: ContainerRequest) {}

  /** Hand over every process of the tree that is not in `known`; parents before children. */
  discover(
    known: ReadonlyMap<number, ProcessReader>,
    found: (reader: ProcessReader) => void,
    thorough: boolean,
  ): void {
    index.update(thorough);
    const seen = this.#seenVersion;
    if (index.version === seen && !thorough && !this.hasUnopened) return;
    this.#seenVersion = index.version;
    if (!thorough && !this.hasUnopened && !this.#mayHaveGrown(known, index.newSince(seen))) return;
    this.hasUnopened = false;
    const queue: { readonly pid: number; readonly birth: number }[] = [...known.values()];
    const queued = new Set(queue.map(({ pid }) => pid));
    this.#reached = queued;
    for (let next = 0; next < queue.length; next++) {
      for (const kin of index.kinOf(queue[next].pid, queue[next].birth)) {
        const { pid, birth } = kin;
        if (queued.has(pid) || pid === process.pid || isGuard(pid)) continue;
        queued.add(pid);
        // Through the dead their children are found.
        queue.push(kin);
        if (kin.isGone) continue;
        const reader = LinuxProcessReader.open(pid, this.request.wanted);
        if (reader?.birth === birth) found(reader);
        else {
          reader?.close();
          if (!reader && !isMissing()) this.hasUnopened = true;
          else kin.isGone = true;
        }
      }
    }
  }

  /** On a machine where much is started hardly any of it is of this tree. */
  #mayHaveGrown(known: ReadonlyMap<number, ProcessReader>, news: readonly Kin[] | undefined): boolean {
    const isOf = (pid: number) => known.has(pid) || this.#reached.has(pid);
    return !news || news.some(({ parentPid, session }) => isOf(parentPid) || isOf(session));
  }
}
