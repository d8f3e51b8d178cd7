import type {
  NoProcessEvents,
  ProcessEvents,
  ProcessEventSink,
  ProcessEventsRequest,
  ThreadAccounts,
} from "../../contract/process_events.ts";
import type { Finding } from "../../contract/self.ts";
import { foreignProc } from "../proc/own_proc.ts";
import { monotonicNs, processCpuSeconds } from "../processes/cpu_clock.ts";
import type { CgroupPlace } from "../../contract/workloads.ts";
import { observedDirectories } from "../cgroup/observed_places.ts";
import { BpfEvents } from "./bpf_events.ts";
import { Connector } from "./connector.ts";
import { CONNECTOR_EVENT, processEnd } from "./connector_message.ts";
import type { ConnectorEvent } from "./connector_message.ts";
import { processWords } from "./process_words.ts";
import { livingUse, standingProcess } from "./standing.ts";
import { NEWER_KERNEL, Taskstats } from "./taskstats.ts";

/** Room for tens of thousands of events: the kernel takes the memory only while they wait. */
const BUFFER_BYTES = 32 * 2 ** 20;
/** An event takes 832 bytes of the buffer, which is measured; a process has three. */
const BYTES_PER_PROCESS = 3 * 832;
/** A birth, an execution with usual arguments, and an end. */
const BPF_BYTES_PER_PROCESS = 450;
/** A storm, in processes per second, that is to get through. */
const STORM = 8_000;
const MOST_PATIENCE_MS = 100;
const LEAST_PATIENCE_MS = 20;
/** A record of taskstats, which wait unheard: measured. */
const BYTES_PER_ACCOUNT = 1_280;
/** So seldom strangers of whom nobody wants to know may end as fast as machines can. */
const MOST_IDLE_PATIENCE_MS = 500;

const ADVICE = "run proctor as root, or give it CAP_NET_ADMIN";

/**
 * The best feed that can be had: programs in the kernel with taskstats, the connector with taskstats, either alone; or
 * why there is none. Each part is believed only when the kernel has answered.
 */
export function openProcessEvents(request: ProcessEventsRequest): ProcessEvents | NoProcessEvents {
  const { bufferBytes } = request;
  const foreign = foreignProc();
  if (foreign !== null) {
    const [reason, advice] = foreign.split("; ");
    return { reason, advice };
  }
  const bpf = BpfEvents.open(request);
  // Without programs it tells of ends, and with them it proves the network namespace that taskstats need.
  const connector = Connector.open(bufferBytes ?? BUFFER_BYTES);
  const taskstats = connector instanceof Connector
    ? Taskstats.open(bufferBytes ?? BUFFER_BYTES)
    : connector.reason;
  if (bpf instanceof BpfEvents) {
    if (connector instanceof Connector) connector.close();
    if (taskstats instanceof Taskstats) return new LinuxProcessEvents(new BpfFeed(bpf), taskstats, null);
    const advice = connector instanceof Connector ? ADVICE : connector.advice;
    const limitation =
      `${taskstats}: peak memory is known only of processes that samples have seen; ${advice}`;
    return new LinuxProcessEvents(new BpfFeed(bpf), null, limitation);
  }
  if (!(connector instanceof Connector)) return connector;
  if (taskstats instanceof Taskstats) {
    const limitation =
      `${bpf.reason}: a short process has no arguments, and its CPU is a lower bound; ${bpf.advice}`;
    return new LinuxProcessEvents(new ConnectorFeed(connector), taskstats, limitation);
  }
  return new LinuxProcessEvents(
    new ConnectorFeed(connector),
    null,
    `${taskstats}: CPU, memory and I/O are known only of processes that samples have seen; ${ADVICE}`,
  );
}

/** What `proctor doctor` says of it; tried, not guessed. */
export function processEventsFinding(): Finding {
  const topic = "every process";
  const events = openProcessEvents({});
  if (!("drain" in events)) {
    const { reason, advice } = events;
    return { topic, ok: false, detail: `those that samples see alone: ${reason}`, advice };
  }
  events.close();
  const { limitation, hasAccounts, tellsEndsLate } = events;
  const told = tellsEndsLate
    ? "births, arguments, ends and exact use"
    : hasAccounts
    ? "births, ends and accounts"
    : "births and ends";
  const detail = `${told} of all are reported by the kernel (--processes; run then searches for none)`;
  if (limitation === null) return { topic, ok: true, detail, advice: null };
  const missing = tellsEndsLate
    ? "peak memory"
    : hasAccounts
    ? "arguments and exact CPU of short ones"
    : "what they used";
  // A reason may have a colon of its own; what is missing and the advice have none.
  const why = limitation.replace(/: [^:]*$/, "");
  const advised = limitation.lastIndexOf("; ");
  const advice = advised < 0 ? "a newer kernel" : limitation.slice(advised + 2);
  return { topic, ok: false, detail: `${detail}, not ${missing}: ${why}`, advice };
}

/** What tells of births and ends. */
interface Feed {
  readonly source: string;
  readonly tellsEndsLate: boolean;
  readonly tellsStrangers: boolean;
  readonly descriptor: number;
  /** Processes that fit into its buffer. */
  readonly processRoom: number;
  readonly groupRoom: number;
  setGroup(group: number, directory: string | null): boolean;
  include(pid: number): boolean;
  drain(sink: ProcessEventSink): number;
  lostCount(): number;
  close(): void;
}

class ConnectorFeed implements Feed {
  readonly source = "connector";
  readonly tellsEndsLate = false;
  readonly tellsStrangers = true;

  constructor(readonly connector: Connector) {}

  get descriptor(): number {
    return this.connector.socket.descriptor;
  }

  get processRoom(): number {
    return this.connector.socket.bufferBytes() / BYTES_PER_PROCESS;
  }

  readonly groupRoom = 0;

  setGroup(): boolean {
    return false;
  }

  /** It tells of all. */
  include(): boolean {
    return true;
  }

  /**
   * Events come in the order in which they were queued. That is the order of what led to what: a birth is told before
   * the child runs, and what a process does itself is told by itself.
   */
  drain(sink: ProcessEventSink): number {
    let count = 0;
    this.connector.drain((event) => {
      count++;
      hand(event, sink);
    });
    return count;
  }

  lostCount(): number {
    return this.connector.socket.dropCount();
  }

  close(): void {
    this.connector.close();
  }
}

/** The order of the ring is that of what led to what, for the same reasons. */
class BpfFeed implements Feed {
  readonly source = "bpf";
  readonly tellsEndsLate = true;
  readonly tellsStrangers = false;

  constructor(readonly events: BpfEvents) {}

  get descriptor(): number {
    return this.events.ring.descriptor;
  }

  get processRoom(): number {
    return this.events.ring.size / BPF_BYTES_PER_PROCESS;
  }

  get groupRoom(): number {
    return this.events.groupRoom;
  }

  setGroup(group: number, directory: string | null): boolean {
    return this.events.setGroup(group, directory);
  }

  include(pid: number): boolean {
    if (this.events.include(pid, monotonicNs()) === 0) return true;
    this.events.forget(isThere);
    return this.events.include(pid, monotonicNs()) === 0;
  }

  drain(sink: ProcessEventSink): number {
    return this.events.drain(monotonicNs, sink);
  }

  lostCount(): number {
    return this.events.lostCount();
  }

  close(): void {
    this.events.close();
  }
}

class LinuxProcessEvents implements ProcessEvents {
  constructor(
    readonly feed: Feed,
    readonly taskstats: Taskstats | null,
    readonly refusal: string | null,
  ) {}

  get source(): string {
    return this.taskstats ? `${this.feed.source}, taskstats` : this.feed.source;
  }

  get hasAccounts(): boolean {
    return this.taskstats !== null && !this.taskstats.isUnreadable;
  }

  get tellsEndsLate(): boolean {
    return this.feed.tellsEndsLate;
  }

  get limitation(): string | null {
    return this.taskstats?.isUnreadable ? NEWER_KERNEL : this.refusal;
  }

  get patienceMs(): number {
    const lastsMs = (this.feed.processRoom / STORM) * 1_000;
    return Math.max(LEAST_PATIENCE_MS, Math.min(MOST_PATIENCE_MS, lastsMs / 2));
  }

  /** Taskstats tell of all ends of the machine: woken by each we would look as often as others end. */
  get idlePatienceMs(): number {
    if (!this.taskstats) return Infinity;
    const lastsMs = (this.taskstats.socket.bufferBytes() / BYTES_PER_ACCOUNT / STORM) * 1_000;
    return Math.max(LEAST_PATIENCE_MS, Math.min(MOST_IDLE_PATIENCE_MS, lastsMs / 2));
  }

  get descriptor(): number {
    return this.feed.descriptor;
  }

  get tellsStrangers(): boolean {
    return this.feed.tellsStrangers;
  }

  /**
   * Accounts first: those of a thread are sent before its end is told, and after its birth was. So whoever is accounted
   * for in there is born in what comes after, and an end in there may be accounted for the next time.
   */
  drain(sink: ProcessEventSink): number {
    this.taskstats?.drain((accounts: ThreadAccounts) => sink.accounted(accounts));
    return this.feed.drain(sink);
  }

  lostCount(): number {
    return this.feed.lostCount() + (this.taskstats?.socket.dropCount() ?? 0);
  }

  nowNs(): number {
    return monotonicNs();
  }

  /** Nobody else has it. */
  claim(): void {}

  include(pid: number): boolean {
    return this.feed.include(pid);
  }

  get groupRoom(): number {
    return this.feed.groupRoom;
  }

  setGroup(group: number, places: readonly CgroupPlace[] | null): boolean {
    if (places === null) return this.feed.setGroup(group, null);
    const directory = observedDirectories(places).v2;
    return directory !== null && this.feed.setGroup(group, directory);
  }

  standing(pid: number) {
    return standingProcess(pid, monotonicNs());
  }

  use(pid: number) {
    return livingUse(pid, monotonicNs());
  }

  isThere(pid: number): boolean {
    return isThere(pid);
  }

  words(pid: number) {
    return processWords(pid);
  }

  close(): void {
    this.feed.close();
    this.taskstats?.close();
  }
}

function isThere(pid: number): boolean {
  return !Number.isNaN(processCpuSeconds(pid));
}

function hand(
  { what, pid, threadId, parentPid, status, atNs }: ConnectorEvent,
  sink: ProcessEventSink,
): void {
  switch (what) {
    case CONNECTOR_EVENT.fork:
      if (pid === threadId) sink.forked(pid, parentPid, atNs);
      else sink.threadStarted(pid, threadId);
      return;
    case CONNECTOR_EVENT.exec:
      sink.executed(pid, atNs);
      return;
    case CONNECTOR_EVENT.exit:
      sink.exited(pid, threadId, processEnd(status), atNs);
  }
}
