import type { ManagedProcess } from "../process/managed_process.ts";
import { FileWatch } from "./file_watch.ts";

/** What the watches of all processes need of their supervisor. */
export interface WatchMeans {
  readonly processes: () => readonly ManagedProcess[];
  /** A line for the supervisor's own log. */
  readonly say: (line: string) => void;
}

/** Restarts processes whose files have changed. */
export class Watches {
  readonly #all = new Map<ManagedProcess, FileWatch>();
  #isStopped = true;

  constructor(readonly means: WatchMeans) {}

  begin(): void {
    this.#isStopped = false;
    this.look();
  }

  stop(): void {
    this.#isStopped = true;
    for (const one of this.#all.values()) one.close();
    this.#all.clear();
  }

  /** There are other processes: watch their files, and those of none that is gone. */
  look(): void {
    if (this.#isStopped) return;
    const present = new Set(this.means.processes());
    for (const [one, watch] of this.#all) {
      if (present.has(one)) continue;
      watch.close();
      this.#all.delete(one);
    }
    for (const one of present) {
      const rule = one.definition.watch;
      if (!rule || this.#all.has(one)) continue;
      this.#all.set(
        one,
        new FileWatch(rule, {
          onChange: (path) => restart(one, path),
          onNotice: (line) => this.means.say(`${one.id}: ${line}`),
        }),
      );
    }
  }
}

/** What has ended well or was stopped stays down; what has failed may go now. */
function restart(one: ManagedProcess, path: string): void {
  const isUp = ["starting", "running", "backoff", "failed"].includes(one.state);
  if (isUp && one.isToRun && one.waitsFor === null) one.restart(`files changed: ${path}`, false);
}
