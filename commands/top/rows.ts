import type { History, Track } from "./history.ts";
import type { Sort, TopState } from "./state.ts";
import { withoutDirectory } from "./without_directory.ts";

/** One line of the table. */
export interface Row {
  /** Stays the same while the row means the same. */
  readonly id: string;
  /** Null for the heading of a group. */
  readonly track: Track | null;
  /** What a heading says. */
  readonly title: string;
  /** All that the row stands for: a group's members, a folded process with its descendants, or one process. */
  readonly members: readonly Track[];
  /** For each level of the tree above and including it, whether more siblings follow. */
  readonly branches: readonly boolean[];
  readonly isFolded: boolean;
  readonly canFold: boolean;
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  /** The group whose CPU is counted as a whole. */
  readonly countedGroup: string | null;
}

/** A process with what stands below it. */
interface Node {
  readonly track: Track;
  readonly children: Node[];
  /** Of the whole subtree. */
  cpuPercent: number;
  memoryBytes: number;
  /** Whether it, or anything below, passes the filter. */
  passes: boolean;
}

/** The lines of the table at a tick, from the first to the last. */
export function layOut(history: History, tick: number, state: TopState): Row[] {
  const tracks = chosen(history.tracksAt(tick), state);
  if (state.view === "flat") return flatRows(tracks, tick, state);
  const sections = new Map<string, Track[]>();
  for (const track of tracks) {
    const section = state.view === "cgroups" ? track.process.cgroup ?? "?" : track.group ?? "";
    const members = sections.get(section);
    if (members) members.push(track);
    else sections.set(section, [track]);
  }
  const laidOut = [...sections].map(([section, members]) =>
    sectionRows(history, tick, state, section, members)
  )
    .filter((rows) => rows.length > 0);
  const sign = state.isReversed ? -1 : 1;
  laidOut.sort(([a], [b]) => {
    // What belongs to no group comes last, whatever the order.
    if (a.id === OUTSIDE || b.id === OUTSIDE) return a.id === OUTSIDE ? 1 : -1;
    const byValue = state.sort === "memory"
      ? b.memoryBytes - a.memoryBytes
      : known(b.cpuPercent) - known(a.cpuPercent);
    return sign * byValue || (a.title < b.title ? -1 : 1);
  });
  // With nothing else there, a heading would only say that this is everything.
  if (state.view === "groups" && laidOut.length === 1 && laidOut[0][0].id === OUTSIDE) {
    return laidOut[0].slice(1);
  }
  return laidOut.flat();
}

const OUTSIDE = "group:";

function chosen(tracks: Track[], { showsKernel, roots }: TopState): Track[] {
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

function sectionRows(
  history: History,
  tick: number,
  state: TopState,
  section: string,
  members: Track[],
): Row[] {
  const nodes = grow(members, tick, state);
  const shown = nodes.filter(({ passes }) => passes);
  if (shown.length === 0) return [];
  const id = `group:${section}`;
  const isFolded = state.folded.has(id);
  const counted = state.view === "groups" ? history.groupSeries(section)?.cpuAt(tick) : undefined;
  const heading: Row = {
    id,
    track: null,
    title: titleOf(state, section, members),
    members,
    branches: [],
    isFolded,
    canFold: true,
    cpuPercent: counted !== undefined && !Number.isNaN(counted)
      ? counted
      : sum(nodes.map(({ cpuPercent }) => cpuPercent)),
    memoryBytes: sum(nodes.map(({ memoryBytes }) => memoryBytes)),
    countedGroup: counted === undefined ? null : section,
  };
  const rows = [heading];
  if (!isFolded) addNodes(shown, [], tick, state, rows);
  return rows;
}

function titleOf({ view }: TopState, section: string, members: readonly Track[]): string {
  if (view === "cgroups") return section;
  if (section === "") return "outside of proctor's groups";
  // What was started first is what the group was made for.
  const { process } = members.reduce((oldest, track) => before(track, oldest) ? track : oldest);
  return withoutDirectory(process.command);
}

function before({ process: a }: Track, { process: b }: Track): boolean {
  return a.birth - b.birth < 0 || (a.birth === b.birth && a.pid < b.pid);
}

/** Trees of the members of a section, sorted; a process whose parent is not among them is a root. */
function grow(members: readonly Track[], tick: number, state: TopState): Node[] {
  const nodes = new Map<number, Node>();
  for (const track of members) {
    nodes.set(track.process.pid, {
      track,
      children: [],
      cpuPercent: known(track.series.cpuAt(tick)),
      memoryBytes: known(track.series.memoryAt(tick)),
      passes: matches(track, state.filter),
    });
  }
  const roots: Node[] = [];
  for (const node of nodes.values()) {
    const { pid, parentPid } = node.track.process;
    const parent = parentPid === pid ? undefined : nodes.get(parentPid);
    (parent?.children ?? roots).push(node);
  }
  const compare = comparison(state);
  const settle = (siblings: Node[]) => {
    for (const node of siblings) {
      if (node.children.length === 0) continue;
      settle(node.children);
      for (const child of node.children) {
        node.cpuPercent += child.cpuPercent;
        node.memoryBytes += child.memoryBytes;
        node.passes ||= child.passes;
      }
    }
    siblings.sort((a, b) => compare(a, b));
  };
  settle(roots);
  return roots;
}

function addNodes(
  nodes: readonly Node[],
  above: readonly boolean[],
  tick: number,
  state: TopState,
  into: Row[],
): void {
  const shown = nodes.filter(({ passes }) => passes);
  shown.forEach((node, index) => {
    const branches = [...above, index < shown.length - 1];
    const isFolded = node.children.length > 0 && state.folded.has(node.track.id);
    into.push({
      ...processRow(node.track, tick),
      branches,
      isFolded,
      canFold: node.children.length > 0,
      ...(isFolded && { members: allOf(node), cpuPercent: node.cpuPercent, memoryBytes: node.memoryBytes }),
    });
    if (!isFolded) addNodes(node.children, branches, tick, state, into);
  });
}

function allOf(node: Node): Track[] {
  return [node.track, ...node.children.flatMap(allOf)];
}

function flatRows(tracks: readonly Track[], tick: number, state: TopState): Row[] {
  const compare = comparison(state);
  return tracks.filter((track) => matches(track, state.filter))
    .map((track) => ({
      track,
      cpuPercent: known(track.series.cpuAt(tick)),
      memoryBytes: known(track.series.memoryAt(tick)),
    }))
    .sort(compare).map(({ track }) => processRow(track, tick));
}

function processRow(track: Track, tick: number): Row {
  return {
    id: track.id,
    track,
    title: "",
    members: [track],
    branches: [],
    isFolded: false,
    canFold: false,
    cpuPercent: track.series.cpuAt(tick),
    memoryBytes: track.series.memoryAt(tick),
    countedGroup: null,
  };
}

type Sortable = Pick<Node, "track" | "cpuPercent" | "memoryBytes">;

const ORDERS: Readonly<Record<Sort, (a: Sortable, b: Sortable) => number>> = {
  cpu: (a, b) => b.cpuPercent - a.cpuPercent,
  memory: (a, b) => b.memoryBytes - a.memoryBytes,
  time: (a, b) => b.track.process.cpuSeconds - a.track.process.cpuSeconds,
  pid: (a, b) => a.track.process.pid - b.track.process.pid,
  name: (a, b) => compareText(a.track.process.name, b.track.process.name),
};

/** The order of a column; what is alike in it goes by PID, so that nothing moves without a reason. */
function comparison({ sort, isReversed }: TopState): (a: Sortable, b: Sortable) => number {
  const order = ORDERS[sort];
  const sign = isReversed ? -1 : 1;
  return (a, b) => sign * order(a, b) || a.track.process.pid - b.track.process.pid;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether a process is looked for: by a part of its command, name or user, or by its PID. */
function matches({ process }: Track, filter: string): boolean {
  if (filter === "") return true;
  const wanted = filter.toLowerCase();
  return String(process.pid) === wanted || process.command.toLowerCase().includes(wanted) ||
    process.name.toLowerCase().includes(wanted) || process.userName?.toLowerCase() === wanted;
}

function known(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
