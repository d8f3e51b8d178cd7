import type { ContainerRequest } from "../../contract/containment.ts";
import type { ProcessReader } from "../../contract/processes.ts";
import { isGuard } from "../launch/guards.ts";
import { isMissing } from "../proc/kernel_file.ts";
import { ProcessIndex } from "./process_index.ts";
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

  constructor(readonly request: ContainerRequest) {}

  /** Hand over every process of the tree that is not in `known`; parents before children. */
  discover(
    known: ReadonlyMap<number, ProcessReader>,
    found: (reader: ProcessReader) => void,
    thorough: boolean,
  ): void {
    index.update(thorough);
    if (index.version === this.#seenVersion && !thorough && !this.hasUnopened) return;
    this.#seenVersion = index.version;
    this.hasUnopened = false;
    const queue: { readonly pid: number; readonly birth: number }[] = [...known.values()];
    const queued = new Set(queue.map(({ pid }) => pid));
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
}
