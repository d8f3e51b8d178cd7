import type {
  NoProcessEvents,
  ProcessEventSink,
  ProcessEventsRequest,
} from "../../contract/process_events.ts";
import {
  createArrayMap,
  createCgroupArray,
  createHashMap,
  createPerCpuMap,
  deleteFromMap,
  loadTracepointProgram,
  openTracepoint,
  setInMap,
} from "../bpf/bpf.ts";
import type { FieldOffsets } from "../bpf/btf.ts";
import { RingBuffer } from "../bpf/ring_buffer.ts";
import { closeFile, openFile } from "../proc/kernel_file.ts";
import { PAGE_SIZE } from "../proc/page_size.ts";
import { EINVAL } from "../sys/errno.ts";
import { Mapping } from "../sys/mapping.ts";
import { readLink } from "../sys/read_link.ts";
import { noPrograms } from "./bpf_refusal.ts";
import { readOffsets } from "./kernel_offsets.ts";
import { endProgram, execProgram, forkProgram, leavingProgram } from "./process_programs.ts";
import type { EndHook } from "./process_programs.ts";
import { MOST_GROUPS } from "./program_parts.ts";
import type { ProgramMaps } from "./program_parts.ts";
import {
  ARGUMENTS_MOST,
  END,
  endOf,
  EXEC,
  FORK,
  KIND,
  LEAVING,
  totalsOf,
  wordAt,
  wordsOf,
} from "./process_records.ts";

/** PROC_PID_INIT_INO (include/linux/proc_ns.h): the machine's own PID namespace, whose numbers programs see. */
const FIRST_NAMESPACE = "pid:[4026531836]";
/** Tasks that live at a time: the kernel takes memory for them at once, of 64 bytes or so each. */
const MOST_TASKS = 65_536;
/** Processes that others have started, of which it is told. */
const MOST_INCLUDED = 16_384;
/** A process takes some 450 bytes of the ring; that much memory is taken at once. */
const RING_BYTES = 8 * 2 ** 20;

/** It is the same kernel as long as we live. */
let offsets: FieldOffsets | undefined;

/**
 * Births, executions with their arguments, and ends with final counters of whatever descends from this process, by
 * programs of eBPF at raw tracepoints. All of it hangs on descriptors: nothing is left when we die, whatever way.
 */
export class BpfEvents {
  readonly #included = new Set<number>();

  private constructor(
    readonly ring: RingBuffer,
    readonly lost: Mapping,
    readonly descriptors: readonly number[],
    readonly maps: ProgramMaps,
  ) {}

  /** Load the programs; or say why that cannot be. */
  static open(
    { bufferBytes, isOfOthers, isOfGroups }: ProcessEventsRequest,
    readFields = readOffsets,
  ): BpfEvents | NoProcessEvents {
    // The numbers that programs see are other ones than ours elsewhere.
    if (readLink("/proc/self/ns/pid") !== FIRST_NAMESPACE) return FOREIGN;
    const ring = RingBuffer.open(bufferBytes ?? RING_BYTES);
    if (typeof ring === "number") return noPrograms("a ring buffer", -ring);
    // That takes some 20 ms, so it is for those alone to whom the kernel has given a ring.
    const fields = offsets ?? readFields();
    if ("reason" in fields) {
      ring.close();
      return fields;
    }
    offsets = fields;
    const descriptors: number[] = [];
    try {
      const keep = (what: string, descriptor: number): number => {
        if (descriptor < 0) throw new Refusal(what, -descriptor);
        descriptors.push(descriptor);
        return descriptor;
      };
      // Where there are no cgroups of version 2 the rest is told all the same.
      const groups = isOfOthers && isOfGroups ? createCgroupArray(MOST_GROUPS) : -1;
      if (groups >= 0) descriptors.push(groups);
      const maps: ProgramMaps = {
        ring: ring.descriptor,
        tasks: keep("a map", createHashMap(8, 8, MOST_TASKS)),
        scratch: keep("a map", createPerCpuMap(EXEC.size + ARGUMENTS_MOST)),
        lost: keep("a map", createArrayMap(8)),
        ...(isOfOthers && { included: keep("a map", createHashMap(4, 8, MOST_INCLUDED)) }),
        ...(groups >= 0 && { groups }),
      };
      const run = (tracepoint: string, instructions: Uint8Array) => {
        const program = keep(`a program for ${tracepoint}`, loadTracepointProgram(instructions));
        return openTracepoint(tracepoint, program);
      };
      const attach = (tracepoint: string, instructions: Uint8Array) =>
        keep(tracepoint, run(tracepoint, instructions));
      const end = (hook: EndHook) => run(hook, endProgram(fields, maps, hook));
      // Before Linux 5.18 a switch does not tell the state of whom it leaves.
      const switched = end("sched_switch");
      keep("sched_process_exit", switched >= 0 ? switched : end("sched_process_exit"));
      if (switched >= 0) attach("sched_process_exit", leavingProgram(fields, maps));
      attach("sched_process_exec", execProgram(fields, maps));
      attach("task_newtask", forkProgram(fields, maps, process.pid));
      const lost = Mapping.of(maps.lost, 0, PAGE_SIZE, "read");
      if (lost) return new BpfEvents(ring, lost, descriptors, maps);
      throw new Refusal("the memory of a map", 0);
    } catch (error) {
      descriptors.reverse().forEach(closeFile);
      ring.close();
      if (!(error instanceof Refusal)) throw error;
      return noPrograms(error.what, error.errno);
    }
  }

  /** Tell of a process that others have started, and of its descendants; 0, or -errno: -E2BIG for too many. */
  include(pid: number, nowNs: number): number {
    const { included } = this.maps;
    if (included === undefined) return -EINVAL;
    const value = new Uint8Array(new BigUint64Array([BigInt(nowNs)]).buffer);
    const result = setInMap(included, numberKey(pid), value);
    if (result === 0) this.#included.add(pid);
    return result;
  }

  /** How many groups may be told of. */
  get groupRoom(): number {
    return this.maps.groups === undefined ? 0 : MOST_GROUPS;
  }

  /** Tell of what is in the cgroup of this directory of version 2's hierarchy, or of none; whether that was done. */
  setGroup(group: number, directory: string | null): boolean {
    const { groups } = this.maps;
    if (groups === undefined || group >= MOST_GROUPS) return false;
    if (directory === null) return deleteFromMap(groups, numberKey(group)) === 0;
    const descriptor = openFile(directory);
    if (descriptor < 0) return false;
    const result = setInMap(groups, numberKey(group), numberKey(descriptor));
    closeFile(descriptor);
    return result === 0;
  }

  /** Make room: tell no more of numbers that nobody has. */
  forget(isThere: (pid: number) => boolean): void {
    for (const pid of this.#included) {
      if (isThere(pid)) continue;
      this.#included.delete(pid);
      deleteFromMap(this.maps.included!, numberKey(pid));
    }
  }

  /** Hand over what has happened; how many events that were. */
  drain(barrier: () => void, sink: ProcessEventSink): number {
    let count = 0;
    this.ring.drain(barrier, (bytes, view, at, length) => {
      count++;
      hand(bytes, view, at, length, sink);
    });
    return count;
  }

  /** Events that found no room. */
  lostCount(): number {
    return wordAt(new DataView(this.lost.bytes.buffer, this.lost.bytes.byteOffset, 8), 0);
  }

  /** Stop: the programs are gone with their descriptors. */
  close(): void {
    [...this.descriptors].reverse().forEach(closeFile);
    this.lost.close();
    this.ring.close();
  }
}

function hand(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  length: number,
  sink: ProcessEventSink,
): void {
  const pid = view.getUint32(at + FORK.pid, true);
  const kind = view.getUint32(at, true);
  switch (kind) {
    case KIND.fork:
      sink.inGroups?.(
        view.getUint32(at + FORK.parentPid, true),
        view.getUint32(at + FORK.groups, true),
        wordAt(view, at + FORK.bornNs),
      );
      return sink.forked(pid, view.getUint32(at + FORK.parentPid, true), wordAt(view, at + FORK.bornNs));
    case KIND.thread:
      return sink.threadStarted(pid, view.getUint32(at + FORK.threadId, true));
    case KIND.leaving:
      return sink.leaving(pid, wordAt(view, at + LEAVING.atNs));
    case KIND.exec:
      sink.inGroups?.(
        pid,
        view.getUint32(at + EXEC.groups, true),
        wordAt(view, at + EXEC.atNs),
        totalsOf(view, at + EXEC.counters, false),
      );
      return sink.executed(pid, wordAt(view, at + EXEC.atNs), wordsOf(bytes, view, at, length));
    case KIND.end:
    case KIND.earlyEnd: {
      const threadId = view.getUint32(at + END.threadId, true);
      const totals = totalsOf(view, at + END.counters, kind === KIND.end);
      return sink.exited(pid, threadId, endOf(view, at), wordAt(view, at + END.atNs), totals);
    }
  }
}

function numberKey(pid: number): Uint8Array {
  return new Uint8Array(new Uint32Array([pid]).buffer);
}

class Refusal extends Error {
  constructor(readonly what: string, readonly errno: number) {
    super();
  }
}

const FOREIGN: NoProcessEvents = {
  reason: "programs in the kernel see the processes of the machine's own PID namespace only",
  advice: "run proctor outside of the container, or the container with the host's PID namespace",
};
