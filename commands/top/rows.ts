import type { History, Track } from "./history.ts";
import type { Sort, TopState } from "./state.ts";
import { withoutDirectory } from "./without_directory.ts";

/** The heading of a group. */
export interface Heading {
  readonly kind: "heading";
  readonly id: string;
  readonly title: string;
  readonly members: readonly Track[];
  readonly isFolded: boolean;
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  readonly threadCount: number;
  /** Read, written, received and sent a second by those of whom it is known; NaN where it is of none. */
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly rxBytes: number;
  readonly txBytes: number;
  /** The group whose CPU is counted as a whole. */
  readonly countedGroup: string | null;
}

/** One line of the table: a process, whose place is told by its track, or the heading of a group. */
export type Row = Track | Heading;

/** What there is to be shown, and how much of it. */
export interface Table {
  readonly rows: readonly Row[];
  readonly processCount: number;
  readonly runningCount: number;
  readonly zombieCount: number;
}

/** The row of all that belongs to no group. */
const OUTSIDE = "group:";

/**
 * The lines of the table at a tick, from the first to the last. The place of each process is noted in its track: with
 * hundreds of them, objects made anew every second would be what top costs most.
 */
export function layOut(history: History, tick: number, state: TopState): Table {
  const tracks = chosen(history.tracksAt(tick), state);
  let [runningCount, zombieCount] = [0, 0];
  for (const track of tracks) {
    const { place, series, process } = track;
    place.parent = null;
    place.children.length = 0;
    place.isFolded = false;
    place.cpuPercent = place.totalPercent = series.cpuAt(tick);
    place.memoryBytes = place.totalBytes = series.memoryAt(tick);
    place.readBytes = place.totalReadBytes = series.readAt(tick);
    place.writeBytes = place.totalWriteBytes = series.writeAt(tick);
    place.rxBytes = place.totalRxBytes = series.rxAt(tick);
    place.txBytes = place.totalTxBytes = series.txAt(tick);
    place.passes = matches(track, state.filter);
    if (process.state === "R") runningCount++;
    else if (process.state === "Z") zombieCount++;
  }
  const rows = state.view === "flat" ? flatRows(tracks, state) : groupedRows(history, tick, tracks, state);
  return { rows, processCount: tracks.length, runningCount, zombieCount };
}

/** All that a row stands for: a group's members, a folded process with its descendants, or one process. */
export function membersOf(row: Row): readonly Track[] {
  if (row.kind === "heading") return row.members;
  return row.place.isFolded ? withDescendants(row) : [row];
}

/** For each level of the tree from the root down to the row itself, whether more siblings follow. */
export function branchesOf(row: Row): boolean[] {
  if (row.kind === "heading") return [];
  const branches: boolean[] = [];
  for (let at: Track | null = row; at !== null; at = at.place.parent) branches.unshift(!at.place.isLast);
  return branches;
}

/** How deep in the tree a row stands; headings are above all. */
export function depthOf(row: Row): number {
  let depth = 0;
  if (row.kind === "heading") return depth;
  for (let at: Track | null = row; at !== null; at = at.place.parent) depth++;
  return depth;
}

/** Whether anything can be hidden below a row. */
export function canFold(row: Row): boolean {
  return row.kind === "heading" || row.place.children.length > 0;
}

/** Whether what is below a row is hidden. */
export function isFolded(row: Row): boolean {
  return row.kind === "heading" ? row.isFolded : row.place.isFolded;
}

function withDescendants(track: Track): Track[] {
  return [track, ...track.place.children.flatMap(withDescendants)];
}

function chosen(tracks: readonly Track[], { showsKernel, roots }: TopState): readonly Track[] {
  const shown = showsKernel ? tracks : tracks.filter(({ process }) => !process.isKernelThread);
  if (roots.length === 0) return shown;
  const parents = new Map(shown.map(({ process }) => [process.pid, process.parentPid]));
  const descends = (pid: number) => {
    for (let at: number | undefined = pid, steps = 0; at !== undefined && at > 0 && steps < 1_000; steps++) {
      if (roots.includes(at)) return true;
      at = parents.get(at);
    }
    return false;
  };
  return shown.filter(({ process }) => descends(process.pid));
}

function groupedRows(history: History, tick: number, tracks: readonly Track[], state: TopState): Row[] {
  const sections = new Map<string, Track[]>();
  for (const track of tracks) {
    const section = state.view === "cgroups" ? track.process.cgroup ?? "?" : track.group ?? "";
    const members = sections.get(section);
    if (members) members.push(track);
    else sections.set(section, [track]);
  }
  const shown: { heading: Heading; roots: Track[] }[] = [];
  for (const [section, members] of sections) {
    const roots = grow(members, state);
    if (roots.length > 0) shown.push({ heading: headingOf(history, tick, state, section, members), roots });
  }
  const sign = state.isReversed ? -1 : 1;
  shown.sort(({ heading: a }, { heading: b }) => {
    // What belongs to no group comes last, whatever the order.
    if (a.id === OUTSIDE || b.id === OUTSIDE) return a.id === OUTSIDE ? 1 : -1;
    const byValue = byHeading(state.sort, a, b);
    return sign * byValue || compareText(a.title, b.title);
  });
  const rows: Row[] = [];
  // With nothing else there, a heading would only say that this is everything.
  const isAlone = state.view === "groups" && shown.length === 1 && shown[0].heading.id === OUTSIDE;
  for (const { heading, roots } of shown) {
    if (!isAlone) rows.push(heading);
    if (isAlone || !heading.isFolded) addTree(roots, state, rows);
  }
  return rows;
}

function headingOf(
  history: History,
  tick: number,
  state: TopState,
  section: string,
  members: readonly Track[],
): Heading {
  const id = `group:${section}`;
  const counted = state.view === "groups" ? history.groupSeries(section)?.cpuAt(tick) ?? NaN : NaN;
  let [percent, bytes, threadCount] = [0, 0, 0];
  let [readBytes, writeBytes, rxBytes, txBytes] = [NaN, NaN, NaN, NaN];
  for (const { place, process } of members) {
    threadCount += known(process.threadCount);
    readBytes = plus(readBytes, place.readBytes);
    writeBytes = plus(writeBytes, place.writeBytes);
    rxBytes = plus(rxBytes, place.rxBytes);
    txBytes = plus(txBytes, place.txBytes);
    percent += known(place.cpuPercent);
    bytes += known(place.memoryBytes);
  }
  return {
    kind: "heading",
    id,
    title: titleOf(state, section, members),
    members,
    isFolded: state.folded.has(id),
    cpuPercent: Number.isNaN(counted) ? percent : counted,
    memoryBytes: bytes,
    threadCount,
    readBytes,
    writeBytes,
    rxBytes,
    txBytes,
    countedGroup: Number.isNaN(counted) ? null : section,
  };
}

function titleOf({ view }: TopState, section: string, members: readonly Track[]): string {
  if (view === "cgroups") return section;
  if (section === "") return "outside of proctor's groups";
  const supervised = members.find(({ process }) => process.supervisedId !== null);
  return supervised?.process.supervisedId ?? withoutDirectory(oldestOf(members).process.command);
}

/** What was started first is what a group was made for. */
function oldestOf(members: readonly Track[]): Track {
  return members.reduce((first, track) => {
    const [a, b] = [track.process, first.process];
    return a.birth < b.birth || (a.birth === b.birth && a.pid < b.pid) ? track : first;
  });
}

/** Make trees of the members of a section, sorted; the roots are those whose parent is not among them. */
function grow(members: readonly Track[], state: TopState): Track[] {
  const byPid = new Map<number, Track>();
  for (const track of members) byPid.set(track.process.pid, track);
  const roots: Track[] = [];
  for (const track of members) {
    const { pid, parentPid } = track.process;
    const parent = parentPid === pid ? undefined : byPid.get(parentPid);
    track.place.parent = parent ?? null;
    (parent?.place.children ?? roots).push(track);
  }
  settle(roots, comparison(state), state);
  return roots.filter(({ place }) => place.passes);
}

/** Add up and sort from the leaves to the roots. */
function settle(siblings: Track[], compare: (a: Track, b: Track) => number, state: TopState): void {
  for (const track of siblings) {
    const { place } = track;
    if (place.children.length === 0) continue;
    settle(place.children, compare, state);
    place.isFolded = state.folded.has(track.id);
    for (const { place: child } of place.children) {
      place.totalPercent = known(place.totalPercent) + known(child.totalPercent);
      place.totalBytes = known(place.totalBytes) + known(child.totalBytes);
      place.totalReadBytes = plus(place.totalReadBytes, child.totalReadBytes);
      place.totalWriteBytes = plus(place.totalWriteBytes, child.totalWriteBytes);
      place.totalRxBytes = plus(place.totalRxBytes, child.totalRxBytes);
      place.totalTxBytes = plus(place.totalTxBytes, child.totalTxBytes);
      place.passes ||= child.passes;
    }
  }
  if (siblings.length > 1) siblings.sort(compare);
}

function addTree(siblings: readonly Track[], state: TopState, into: Row[]): void {
  let last: Track | undefined;
  for (const track of siblings) {
    if (!track.place.passes) continue;
    if (last) last.place.isLast = false;
    last = track;
    track.place.isLast = true;
    into.push(track);
    if (track.place.children.length > 0 && !track.place.isFolded) addTree(track.place.children, state, into);
  }
}

function flatRows(tracks: readonly Track[], state: TopState): Row[] {
  return tracks.filter(({ place }) => place.passes).sort(comparison(state));
}

const ORDERS: Readonly<Record<Sort, (a: Track, b: Track) => number>> = {
  cpu: (a, b) => known(b.place.totalPercent) - known(a.place.totalPercent),
  memory: (a, b) => known(b.place.totalBytes) - known(a.place.totalBytes),
  io: (a, b) => ioOf(b) - ioOf(a),
  network: (a, b) => trafficOf(b) - trafficOf(a),
  time: (a, b) => b.process.cpuSeconds - a.process.cpuSeconds,
  pid: (a, b) => a.process.pid - b.process.pid,
  name: (a, b) => compareText(a.process.name, b.process.name),
};

/** The order of a column; what is alike in it goes by PID, so that nothing moves without a reason. */
function comparison({ sort, isReversed }: TopState): (a: Track, b: Track) => number {
  const order = ORDERS[sort];
  const sign = isReversed ? -1 : 1;
  return (a, b) => sign * order(a, b) || a.process.pid - b.process.pid;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether a process is looked for: by a part of its command or name, its user or its PID. */
function matches({ process }: Track, filter: string): boolean {
  if (filter === "") return true;
  const wanted = filter.toLowerCase();
  return String(process.pid) === wanted || process.command.toLowerCase().includes(wanted) ||
    process.name.toLowerCase().includes(wanted) || process.userName?.toLowerCase() === wanted ||
    process.supervisedId?.toLowerCase() === wanted;
}

function byHeading(sort: Sort, a: Heading, b: Heading): number {
  if (sort === "memory") return b.memoryBytes - a.memoryBytes;
  if (sort === "io") {
    return known(b.readBytes) + known(b.writeBytes) - known(a.readBytes) - known(a.writeBytes);
  }
  return sort === "network"
    ? known(b.rxBytes) + known(b.txBytes) - known(a.rxBytes) - known(a.txBytes)
    : b.cpuPercent - a.cpuPercent;
}

function ioOf({ place }: Track): number {
  return known(place.totalReadBytes) + known(place.totalWriteBytes);
}

function trafficOf({ place }: Track): number {
  return known(place.totalRxBytes) + known(place.totalTxBytes);
}

/** What is not known of one of two adds nothing. */
function plus(a: number, b: number): number {
  return Number.isNaN(a) ? b : a + known(b);
}

function known(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}
