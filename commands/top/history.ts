import type { MachineMoment } from "../../host/machine_meter.ts";
import type { HostProcess } from "../../host/process_table.ts";
import { Series } from "../screen/series.ts";
import type { Lane } from "../screen/series.ts";

/** Where a process stands in the table that was laid out last. */
export interface Place {
  parent: Track | null;
  readonly children: Track[];
  /** Whether no sibling follows. */
  isLast: boolean;
  isFolded: boolean;
  /** Whether it, or anything below, passes the filter. */
  passes: boolean;
  cpuPercent: number;
  memoryBytes: number;
  /** From storage and to it a second, received and sent a second; NaN where it is not known. */
  readBytes: number;
  writeBytes: number;
  rxBytes: number;
  txBytes: number;
  /** With all that stands below. */
  totalPercent: number;
  totalBytes: number;
  totalReadBytes: number;
  totalWriteBytes: number;
  totalRxBytes: number;
  totalTxBytes: number;
}

/** A process, and what is known of its past. */
export interface Track {
  readonly kind: "process";
  readonly id: string;
  readonly process: HostProcess;
  readonly series: Series;
  /** The group of proctor's it belongs to: a control group's path or a mark; null outside of all. */
  readonly group: string | null;
  readonly place: Place;
}

/** Ended processes beyond this many are forgotten before their time: a build makes thousands a minute. */
const MOST_ENDED = 20_000;

/** What top has seen: every process at every tick, as far back as the limit. */
export class History {
  /** The control groups of proctor's that are there. */
  readonly cgroups = new Set<string>();
  /** The newest tick; -1 before the first. */
  last = -1;
  readonly #lanes: readonly Lane[];
  readonly #tracks = new Map<HostProcess, Track>();
  readonly #ended: Track[] = [];
  readonly #groups = new Map<string, Series>();
  readonly #moments: (MachineMoment | undefined)[];

  /**
   * @param limit how many ticks are kept
   * @param hasNetwork whether there is something to keep of the network
   */
  constructor(readonly limit: number, hasNetwork = false) {
    this.#lanes = ["cpu", "memory", "read", "write", ...(hasNetwork ? ["rx", "tx"] as const : [])];
    this.#moments = new Array(limit);
  }

  /** The oldest tick that can be gone back to. */
  get first(): number {
    return Math.max(0, this.last - this.limit + 1);
  }

  /**
   * Take down one more tick.
   * @param groupPercents CPU of groups that is counted for them as a whole, the ended included
   */
  add(
    processes: ReadonlySet<HostProcess>,
    groupPercents: ReadonlyMap<string, number>,
    moment: MachineMoment,
  ): void {
    const tick = ++this.last;
    this.#moments[tick % this.limit] = moment;
    for (const process of processes) {
      let track = this.#tracks.get(process);
      if (!track) this.#tracks.set(process, track = this.#newTrack(process, tick));
      track.series.add(
        process.cpuPercent,
        process.memoryBytes,
        process.diskReadBytes,
        process.diskWriteBytes,
        process.networkRxBytes,
        process.networkTxBytes,
      );
    }
    this.cgroups.clear();
    for (const [process, track] of this.#tracks) {
      if (track.series.last === tick) {
        if (track.group?.startsWith("/")) this.cgroups.add(track.group);
        continue;
      }
      this.#tracks.delete(process);
      this.#ended.push(track);
    }
    for (const [group, percent] of groupPercents) {
      let series = this.#groups.get(group);
      // One that was not there for a while begins anew.
      if (series?.last !== tick - 1) this.#groups.set(group, series = new Series(tick, this.limit));
      series.add(percent, NaN);
    }
    this.#forget();
  }

  /** The machine at a tick. */
  momentAt(tick: number): MachineMoment | undefined {
    return tick >= this.first && tick <= this.last ? this.#moments[tick % this.limit] : undefined;
  }

  /** The processes that were there at a tick. */
  tracksAt(tick: number): Track[] {
    const found: Track[] = [];
    for (const track of this.#tracks.values()) if (track.series.has(tick)) found.push(track);
    if (tick < this.last) { for (const track of this.#ended) if (track.series.has(tick)) found.push(track); }
    return found;
  }

  /** The CPU of a whole group, where it is counted; see {@link add}. */
  groupSeries(group: string): Series | undefined {
    return this.#groups.get(group);
  }

  #newTrack(process: HostProcess, tick: number): Track {
    return {
      kind: "process",
      id: `${process.pid}.${process.birth}`,
      process,
      series: new Series(tick, this.limit, this.#lanes),
      group: process.group,
      place: {
        parent: null,
        children: [],
        isLast: true,
        isFolded: false,
        passes: true,
        cpuPercent: NaN,
        memoryBytes: NaN,
        readBytes: NaN,
        writeBytes: NaN,
        rxBytes: NaN,
        txBytes: NaN,
        totalPercent: NaN,
        totalBytes: NaN,
        totalReadBytes: NaN,
        totalWriteBytes: NaN,
        totalRxBytes: NaN,
        totalTxBytes: NaN,
      },
    };
  }

  #forget(): void {
    const { first } = this;
    // They ended in order.
    let count = Math.max(0, this.#ended.length - MOST_ENDED);
    while (count < this.#ended.length && this.#ended[count].series.last < first) count++;
    if (count > 0) this.#ended.splice(0, count);
    for (const [group, { last }] of this.#groups) if (last < first) this.#groups.delete(group);
  }
}
