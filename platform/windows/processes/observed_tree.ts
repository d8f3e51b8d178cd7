import { unknownUsage } from "../../contract/containment.ts";
import type { Container, ContainerRequest, Sources } from "../../contract/containment.ts";
import type { TreeCounters } from "../../contract/counters.ts";
import { InertContainer } from "../../contract/inert_container.ts";
import type { ProcessIdentity } from "../../contract/lookup.ts";
import type { ProcessReader, Wanted } from "../../contract/processes.ts";
import type { TreeTraffic } from "../../contract/traffic.ts";
import { noCounters, noTraffic } from "../job/uncounted.ts";
import { WindowsProcessReader } from "./process_reader.ts";
import { processSnapshot } from "./snapshot.ts";
import { timesGap } from "./told_times.ts";

const UNSEEN = "who has begun and ended between two samples was not seen";

/**
 * A tree that others have started, held together by who has started whom: a process that begins and ends between two
 * looks is never seen. Nothing is done to it.
 */
export class ObservedTree extends InertContainer implements Container {
  readonly mechanism = "none";
  readonly reason = "the tree was running before it was watched";
  readonly ownsMembers = false;
  readonly listsMembers = false;
  readonly countsCpu = false;
  readonly countsDisk = false;
  readonly countsMemory = false;
  readonly countsPeakMemory = false;
  readonly sources: Sources = {
    container: "none",
    memory: "ntdll",
    members: "ntdll",
    exits: "ntdll",
    uncounted: ["disk", "context_switches"],
  };
  readonly inheritsNothing = true;
  readonly directory = null;
  readonly leavers: ReadonlySet<number> = new Set();
  readonly usage = unknownUsage();
  readonly traffic: TreeTraffic;
  readonly counters: TreeCounters | null;
  readonly wanted: Wanted;
  hasUnopened = false;
  /** Members as of the last look. */
  #before: ProcessIdentity[] = [];

  constructor(request: ContainerRequest) {
    super();
    this.wanted = request.wanted;
    this.traffic = noTraffic(request);
    this.counters = noCounters(request);
  }

  get billGap(): string {
    return timesGap() ?? UNSEEN;
  }

  discover(known: ReadonlyMap<number, ProcessReader>, found: (reader: ProcessReader) => void): void {
    this.hasUnopened = false;
    const children = processSnapshot.childrenByParent();
    // Whoever is gone since the last look may have left children behind.
    const gone = this.#before.filter(({ pid }) => !known.has(pid));
    this.#before = [...known.values()].map(({ pid, birth }) => ({ pid, birth }));
    const parents: ProcessIdentity[] = [...gone, ...this.#before];
    for (const parent of parents) {
      for (const pid of children.get(parent.pid) ?? []) {
        if (known.has(pid) || !isChild(pid, parent)) continue;
        const reader = WindowsProcessReader.observe(pid);
        if (!reader) {
          this.hasUnopened = true;
          continue;
        }
        parents.push(reader);
        found(reader);
      }
    }
  }

  refresh(): boolean {
    processSnapshot.expire();
    return true;
  }

  release(): void {
    // Members close their own handles.
  }
}

/**
 * Whether a process that names a parent by its number was started by this one: it is younger, and older than whoever
 * has the number now.
 */
function isChild(pid: number, parent: ProcessIdentity): boolean {
  const entry = processSnapshot.find(pid);
  if (entry === undefined) return false;
  const birth = processSnapshot.birth(entry);
  const holder = processSnapshot.find(parent.pid);
  const holderBirth = holder === undefined ? parent.birth : processSnapshot.birth(holder);
  return birth >= parent.birth && (holderBirth === parent.birth || birth < holderBirth);
}
