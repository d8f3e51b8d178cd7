/* What the programs of eBPF that tell of processes have in common. */
import { BpfAssembler } from "../bpf/assembler.ts";
import type { FieldOffsets, WantedFields } from "../bpf/btf.ts";
import { COUNTERS } from "./process_records.ts";

/** What the programs read. */
export const FIELDS: WantedFields = {
  task_struct: [
    "pid",
    "tgid",
    "comm",
    "mm",
    "start_time",
    "exit_code",
    "se",
    "nvcsw",
    "nivcsw",
    "min_flt",
    "maj_flt",
    "ioac",
    "group_leader",
    "signal",
  ],
  signal_struct: ["live"],
  mm_struct: ["arg_start", "arg_end"],
  sched_entity: ["sum_exec_runtime"],
  linux_binprm: ["interp"],
  task_io_accounting: ["rchar", "wchar", "read_bytes", "write_bytes"],
};
/** What a kernel may be built without. */
const OPTIONAL = [
  "task_struct.ioac",
  "linux_binprm.interp",
];

const isOptional = (name: string) => OPTIONAL.includes(name) || name.startsWith("task_io_accounting.");

/** The first of {@link FIELDS} that a kernel lacks, of those without which nothing can be told; or null. */
export function missingField(offsets: FieldOffsets): string | null {
  for (const [struct, fields] of Object.entries(FIELDS)) {
    for (const field of fields) {
      const name = `${struct}.${field}`;
      if (!offsets.has(name) && !isOptional(name)) return name;
    }
  }
  return null;
}

/** Descriptors of the maps that the programs share. */
export interface ProgramMaps {
  readonly ring: number;
  /** Tasks that are told of: the address of their struct → when their process was born. */
  readonly tasks: number;
  /** Processes that others have started: their number → when they were included. None where there is no such map. */
  readonly included?: number;
  /** Cgroups whose processes are told of. None where there is no such map. */
  readonly groups?: number;
  /** Room for an {@link EXEC} on each processor. */
  readonly scratch: number;
  /** One word: records that were lost for want of room. */
  readonly lost: number;
}

// enum bpf_func_id
export const MAP_LOOKUP = 1;
const MAP_UPDATE = 2;
export const MAP_DELETE = 3;
export const KTIME_GET_NS = 5;
export const GET_CURRENT_TASK = 35;
const CURRENT_TASK_UNDER_CGROUP = 37;
export const PROBE_READ_USER = 112;
const PROBE_READ_KERNEL = 113;
export const PROBE_READ_KERNEL_STR = 115;
const RINGBUF_OUTPUT = 130;
/** Whoever polls the ring is woken by the record that comes first after a look, and by no other until the next one. */
const WAKE_ONCE = 0;

// Registers: the context and what is kept over calls; the stack ends at the last.
export const CONTEXT = 6;
export const TASK = 7;
export const BLOCK = 8;
export const VALUE = 9;
export const STACK = 10;
/** On the stack: the key of a task, and a word for whatever. */
export const KEY = -8;
export const WORD = -16;
const NUMBER = -24;
/** Cgroups that can be told of at a time: each is asked after at each birth and execution. */
export const MOST_GROUPS = 16;

/** Pieces of such a program, on a kernel whose structs have their fields at these offsets. */
export class ProgramParts {
  constructor(readonly offsets: FieldOffsets, readonly maps: ProgramMaps) {}

  /** Where a field lies in its struct. */
  at(struct: string, field: string): number {
    return this.offsets.get(`${struct}.${field}`)!;
  }

  /** Where a field lies in a task_struct. */
  task(field: string): number {
    return this.at("task_struct", field);
  }

  /** The argument of the tracepoint, to a register. */
  argument(code: BpfAssembler, register: number, index: number): void {
    code.load(8, register, CONTEXT, index * 8);
  }

  /** `*(to + toOffset) = *(from + fromOffset)`, so many bytes of kernel memory. */
  read(
    code: BpfAssembler,
    to: number,
    toOffset: number,
    size: number,
    from: number,
    fromOffset: number,
  ): void {
    code.copy(3, from).arithmetic("add", 3, fromOffset)
      .copy(1, to).arithmetic("add", 1, toOffset)
      .set(2, size)
      .call(PROBE_READ_KERNEL);
  }

  /** r0 = the value of the task in TASK, or 0. */
  lookUp(code: BpfAssembler): void {
    code.store(STACK, KEY, TASK).map(1, this.maps.tasks).copy(2, STACK).arithmetic("add", 2, KEY).call(
      MAP_LOOKUP,
    );
  }

  /**
   * Go on at a label unless the task in TASK is told of; else VALUE is when its process was born. A process with the
   * number of one that was included, and born later, is another.
   */
  demandTold(code: BpfAssembler, otherwise: string): void {
    const { included } = this.maps;
    this.lookUp(code);
    if (included === undefined) {
      code.jumpIf("equal", 0, 0, otherwise).load(8, VALUE, 0, 0);
      return;
    }
    code.jumpIf("equal", 0, 0, "included?").load(8, VALUE, 0, 0);
    code.jump("known").label("included?");
    this.read(code, STACK, NUMBER, 4, TASK, this.task("tgid"));
    code.map(1, included).copy(2, STACK).arithmetic("add", 2, NUMBER).call(MAP_LOOKUP)
      .jumpIf("equal", 0, 0, otherwise)
      .load(8, VALUE, 0, 0);
    this.read(code, STACK, WORD, 8, TASK, this.task("group_leader"));
    code.load(8, 3, STACK, WORD)
      .arithmetic("add", 3, this.task("start_time"))
      .copy(1, STACK).arithmetic("add", 1, WORD)
      .set(2, 8)
      .call(PROBE_READ_KERNEL)
      .load(8, 1, STACK, WORD)
      .jumpIf("greater", 1, { register: VALUE }, otherwise)
      .copy(VALUE, 1)
      .label("known");
  }

  /**
   * The word of four bytes on the stack has a bit for each of the groups that the current task is in, or below.
   * Without a jump: each would double what the verifier looks at.
   */
  groupsOfCurrent(code: BpfAssembler, at: number): void {
    code.storeValue(4, STACK, at, 0);
    for (let group = 0; group < MOST_GROUPS; group++) {
      code.map(1, this.maps.groups!).set(2, group).call(CURRENT_TASK_UNDER_CGROUP)
        // 1 where it is in there; 0 or a negative number else.
        .copy(1, 0).arithmetic("shiftRight", 1, 63)
        .set(2, 1).arithmetic("subtract", 2, { register: 1 })
        .arithmetic("and", 0, 1).arithmetic("multiply", 0, { register: 2 })
        .arithmetic("shiftLeft", 0, group)
        .load(4, 1, STACK, at)
        .arithmetic("add", 1, { register: 0 })
        .store(STACK, at, 1, 4);
    }
  }

  /** Whoever is in a group is told of from now on; VALUE is when it was born. */
  noteTold(code: BpfAssembler, key: number, pair: number): void {
    code.store(STACK, pair, VALUE);
    code.map(1, this.maps.tasks)
      .copy(2, STACK).arithmetic("add", 2, key)
      .copy(3, STACK).arithmetic("add", 3, pair)
      .set(4, 0)
      .call(MAP_UPDATE);
  }

  /**
   * Behind {@link demandTold}, for whom it does not know: go on at `unknown` unless the current task is in a group; else
   * VALUE is when it was born. Whoever is known is so wherever it goes: a tree may be told of it, too.
   * @param groups where the groups of the current task stand
   * @param known where it goes on with whom demandTold knows
   */
  demandGroup(code: BpfAssembler, groups: number, known: string, unknown: string): void {
    code.jump(known)
      .label("in a group?")
      .load(4, 1, STACK, groups).jumpIf("equal", 1, 0, unknown);
    this.read(code, STACK, WORD, 8, TASK, this.task("start_time"));
    code.load(8, VALUE, STACK, WORD);
  }

  /** What the task in TASK has come to, as {@link COUNTERS}; of what a kernel does not count all bits are set. */
  counters(code: BpfAssembler, to: number, toOffset: number): void {
    const counter = (at: number, offset: number) => this.read(code, to, toOffset + at, 8, TASK, offset);
    counter(COUNTERS.cpuNs, this.task("se") + this.at("sched_entity", "sum_exec_runtime"));
    counter(COUNTERS.minorFaults, this.task("min_flt"));
    counter(COUNTERS.majorFaults, this.task("maj_flt"));
    counter(COUNTERS.voluntarySwitches, this.task("nvcsw"));
    counter(COUNTERS.involuntarySwitches, this.task("nivcsw"));
    const io = this.offsets.get("task_struct.ioac");
    for (
      const [at, field] of [
        [COUNTERS.ioReadBytes, "rchar"],
        [COUNTERS.ioWriteBytes, "wchar"],
        [COUNTERS.diskReadBytes, "read_bytes"],
        [COUNTERS.diskWriteBytes, "write_bytes"],
      ] as const
    ) {
      const inIo = this.offsets.get(`task_io_accounting.${field}`);
      if (io === undefined || inIo === undefined) code.storeValue(8, to, toOffset + at, -1);
      else counter(at, io + inIo);
    }
  }

  /** The last of a program: write the record in r2, of the size in r3; or count it as lost. */
  output(code: BpfAssembler): void {
    code.map(1, this.maps.ring).set(4, WAKE_ONCE).call(RINGBUF_OUTPUT)
      .jumpIf("equal", 0, 0, "out")
      .label("lost")
      .mapValue(1, this.maps.lost, 0)
      .set(2, 1)
      .addAtomically(1, 0, 2)
      .label("out")
      .set(0, 0)
      .exit();
  }
}
