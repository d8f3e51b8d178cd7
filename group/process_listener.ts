import type { CgroupPlace, NoProcessEvents, ProcessEvents, ProcessEventSink } from "../platform/mod.ts";
import { limitationOf } from "./event_account.ts";
import { ProcessWatch } from "./process_watch.ts";
import { SharedProcessEvents } from "./shared_events.ts";

/** Of cgroups programs in the kernel alone can tell. */
const OF_CGROUPS: NoProcessEvents = {
  reason:
    "members of a cgroup are reported by programs in the kernel only, of version 2, and of 16 at a time",
  advice: "run proctor as root, or give it CAP_BPF and CAP_PERFMON",
};

const NOBODY: ProcessEventSink = {
  forked() {},
  threadStarted() {},
  executed() {},
  leaving() {},
  exited() {},
  accounted() {},
};

/** Listens for the trees of a program, of which there may be many. */
export class ProcessListener {
  readonly #feed: ProcessEvents | NoProcessEvents;
  readonly #timer: ReturnType<typeof setInterval> | undefined;

  private constructor(readonly events: SharedProcessEvents) {
    const feed = this.#feed = events.lend();
    if (!("drain" in feed)) return;
    // What happens while nobody is watched is not to pile up.
    this.#timer = setInterval(() => feed.drain(NOBODY), feed.patienceMs);
    this.#timer.unref();
  }

  /** Begin to listen. */
  static async open(): Promise<ProcessListener> {
    return new ProcessListener(await SharedProcessEvents.open());
  }

  /** Why not all is told that could be, and what would raise it; null where it is. */
  get limitation(): string | null {
    return limitationOf(this.#feed);
  }

  /** Listen for one tree: to be called before it is looked who is of it. */
  listen(target: { readonly cgroup?: readonly CgroupPlace[]; readonly processes?: boolean }): ProcessWatch {
    const feed = this.events.lend();
    if (!target.cgroup || !("drain" in feed) || feed.addGroup(target.cgroup)) return ProcessWatch.over(feed);
    feed.close();
    return ProcessWatch.over(OF_CGROUPS);
  }

  /** Listen no longer; trees go on to be told until they are let go of. */
  close(): void {
    clearInterval(this.#timer);
    if ("drain" in this.#feed) this.#feed.close();
    this.events.close();
  }
}
