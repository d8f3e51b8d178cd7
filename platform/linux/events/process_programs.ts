/*
 * Programs of eBPF for raw tracepoints that tell of the processes which descend from one: births, executions, ends.
 * Fields of the kernel's structs are read at the offsets of its own types.
 */
import { BpfAssembler } from "../bpf/assembler.ts";
import type { FieldOffsets } from "../bpf/btf.ts";
import { ARGUMENTS_MOST, END, EXEC, FORK, KIND, LEAVING, NAME_SIZE, PATH_SIZE } from "./process_records.ts";
import {
  BLOCK,
  CONTEXT,
  GET_CURRENT_TASK,
  KEY,
  KTIME_GET_NS,
  MAP_DELETE,
  MAP_LOOKUP,
  PROBE_READ_KERNEL_STR,
  PROBE_READ_USER,
  ProgramParts,
  STACK,
  TASK,
  VALUE,
  WORD,
} from "./program_parts.ts";
import type { ProgramMaps } from "./program_parts.ts";

/** Records that are made on the stack begin here. */
const RECORD = -144;
/** And what is noted of a task: not where a record of an end is. */
const PAIR = -64;
/** TASK_DEAD (include/linux/sched.h): the last time that a task leaves its processor. */
const TASK_DEAD = 0x80;

/** Where the end of a task is told. */
export type EndHook = "sched_switch" | "sched_process_exit";

/**
 * At `task_newtask` (child, flags), in whoever makes it: whom a task that is told of has made, or a thread of this
 * program, is told of. Who made it counts, not whose child it is: CLONE_PARENT makes no difference. Threads that the
 * kernel makes for a process (io_uring, vhost) pass here as well, and not at `sched_process_fork`.
 * @param ownPid this program's number
 */
export function forkProgram(offsets: FieldOffsets, maps: ProgramMaps, ownPid: number): Uint8Array {
  const make = new ProgramParts(offsets, maps);
  const code = new BpfAssembler().copy(CONTEXT, 1);
  const child = BLOCK;
  make.argument(code, child, 0);
  code.call(GET_CURRENT_TASK).copy(TASK, 0);
  make.read(code, STACK, RECORD + FORK.parentPid, 4, TASK, make.task("tgid"));
  make.read(code, STACK, RECORD + FORK.pid, 4, child, make.task("tgid"));
  make.read(code, STACK, RECORD + FORK.threadId, 4, child, make.task("pid"));
  make.read(code, STACK, RECORD + FORK.bornNs, 8, child, make.task("start_time"));
  code.storeValue(8, STACK, RECORD + FORK.groups, 0);
  if (maps.groups === undefined) {
    make.demandTold(code, "ours");
    code.jump("told");
  } else {
    make.groupsOfCurrent(code, RECORD + FORK.groups);
    make.demandTold(code, "in a group?");
    make.demandGroup(code, RECORD + FORK.groups, "told", "ours");
    code.jump("told");
  }
  code
    .label("ours")
    .set(VALUE, 0)
    .load(4, 1, STACK, RECORD + FORK.parentPid)
    .jumpIf("notEqual", 1, ownPid, "out")
    .load(4, 1, STACK, RECORD + FORK.pid)
    .jumpIf("equal", 1, ownPid, "out")
    .label("told")
    .storeValue(4, STACK, RECORD + FORK.kind, KIND.thread)
    .load(4, 1, STACK, RECORD + FORK.pid)
    .load(4, 2, STACK, RECORD + FORK.threadId)
    .jumpIf("notEqual", 1, { register: 2 }, "thread")
    .storeValue(4, STACK, RECORD + FORK.kind, KIND.fork)
    .load(8, VALUE, STACK, RECORD + FORK.bornNs)
    .label("thread")
    .store(STACK, RECORD + FORK.bornNs, VALUE)
    .store(STACK, KEY, child);
  make.noteTold(code, KEY, PAIR);
  code
    .jumpIf("notEqual", 0, 0, "lost")
    .copy(2, STACK).arithmetic("add", 2, RECORD)
    .set(3, FORK.size);
  make.output(code);
  return code.bytes();
}

/** At `sched_process_exec` (task, old number, linux_binprm): the arguments, as they stand in the new program's memory. */
export function execProgram(offsets: FieldOffsets, maps: ProgramMaps): Uint8Array {
  const make = new ProgramParts(offsets, maps);
  const code = new BpfAssembler().copy(CONTEXT, 1);
  make.argument(code, TASK, 0);
  if (maps.groups === undefined) make.demandTold(code, "out");
  else {
    make.groupsOfCurrent(code, RECORD);
    make.demandTold(code, "in a group?");
    make.demandGroup(code, RECORD, "known of", "out");
    make.noteTold(code, KEY, PAIR);
    code.label("known of");
  }
  code.storeValue(4, STACK, WORD, 0)
    .map(1, maps.scratch).copy(2, STACK).arithmetic("add", 2, WORD).call(MAP_LOOKUP)
    .jumpIf("equal", 0, 0, "lost")
    .copy(BLOCK, 0)
    .storeValue(4, BLOCK, EXEC.kind, KIND.exec)
    .storeValue(8, BLOCK, EXEC.argumentBytes, 0)
    .storeValue(8, BLOCK, EXEC.path, 0);
  if (maps.groups !== undefined) code.load(4, 1, STACK, RECORD).store(BLOCK, EXEC.groups, 1, 4);
  code
    .call(KTIME_GET_NS)
    .store(BLOCK, EXEC.atNs, 0);
  make.read(code, BLOCK, EXEC.pid, 4, TASK, make.task("tgid"));
  make.read(code, BLOCK, EXEC.name, NAME_SIZE, TASK, make.task("comm"));
  // Whoever enters a group by this is counted from here on. Of its threads one is left.
  if (maps.groups !== undefined) make.counters(code, BLOCK, EXEC.counters);
  if (offsets.has("linux_binprm.interp")) {
    make.argument(code, VALUE, 2);
    make.read(code, STACK, WORD, 8, VALUE, make.at("linux_binprm", "interp"));
    code.load(8, 3, STACK, WORD)
      .copy(1, BLOCK).arithmetic("add", 1, EXEC.path)
      .set(2, PATH_SIZE)
      .call(PROBE_READ_KERNEL_STR);
  }
  make.read(code, STACK, WORD, 8, TASK, make.task("mm"));
  code.load(8, VALUE, STACK, WORD);
  make.read(code, STACK, RECORD, 8, VALUE, make.at("mm_struct", "arg_start"));
  make.read(code, STACK, RECORD + 8, 8, VALUE, make.at("mm_struct", "arg_end"));
  code.load(8, 3, STACK, RECORD)
    .load(8, VALUE, STACK, RECORD + 8)
    .arithmetic("subtract", VALUE, { register: 3 })
    .store(BLOCK, EXEC.argumentBytes, VALUE, 4)
    .jumpIf("atMost", VALUE, ARGUMENTS_MOST, "whole")
    .set(VALUE, ARGUMENTS_MOST)
    .label("whole")
    .copy(1, BLOCK).arithmetic("add", 1, EXEC.size)
    .copy(2, VALUE)
    .call(PROBE_READ_USER)
    .jumpIf("equal", 0, 0, "read")
    .set(VALUE, 0)
    .label("read")
    .copy(2, BLOCK)
    .copy(3, VALUE).arithmetic("add", 3, EXEC.size);
  make.output(code);
  return code.bytes();
}

/**
 * The end of a task, with what it came to. At `sched_switch` (preempted, previous, next, state of the previous; the
 * state since Linux 5.18) that is the last time that it leaves its processor: all of its CPU has been counted by
 * then. At `sched_process_exit` (task) the last slice of time has not.
 */
export function endProgram(offsets: FieldOffsets, maps: ProgramMaps, hook: EndHook): Uint8Array {
  const make = new ProgramParts(offsets, maps);
  const code = new BpfAssembler();
  if (hook === "sched_switch") {
    // Of all switches of the machine: whoever lives is let go at once.
    code.load(8, 0, 1, 3 * 8).jumpIf("notEqual", 0, TASK_DEAD, "out");
  }
  code.copy(CONTEXT, 1);
  make.argument(code, TASK, hook === "sched_switch" ? 1 : 0);
  make.demandTold(code, "out");
  code.store(STACK, RECORD + END.bornNs, VALUE)
    .storeValue(4, STACK, RECORD + END.kind, hook === "sched_switch" ? KIND.end : KIND.earlyEnd)
    .storeValue(8, STACK, RECORD + END.padding, 0)
    .map(1, maps.tasks).copy(2, STACK).arithmetic("add", 2, KEY).call(MAP_DELETE)
    .call(KTIME_GET_NS)
    .store(STACK, RECORD + END.atNs, 0);
  make.read(code, STACK, RECORD + END.pid, 4, TASK, make.task("tgid"));
  make.read(code, STACK, RECORD + END.threadId, 4, TASK, make.task("pid"));
  make.read(code, STACK, RECORD + END.status, 4, TASK, make.task("exit_code"));
  make.counters(code, STACK, RECORD + END.counters);
  code.copy(2, STACK).arithmetic("add", 2, RECORD).set(3, END.size);
  make.output(code);
  return code.bytes();
}

/**
 * At `sched_process_exit` (task): the last thread of a process has begun to end. That is before its parent hears of it,
 * as {@link endProgram} at `sched_switch` may not be.
 */
export function leavingProgram(offsets: FieldOffsets, maps: ProgramMaps): Uint8Array {
  const make = new ProgramParts(offsets, maps);
  const code = new BpfAssembler().copy(CONTEXT, 1);
  make.argument(code, TASK, 0);
  make.demandTold(code, "out");
  make.read(code, STACK, WORD, 8, TASK, make.task("signal"));
  code.load(8, VALUE, STACK, WORD);
  make.read(code, STACK, WORD, 4, VALUE, make.at("signal_struct", "live"));
  code.load(4, 1, STACK, WORD)
    .jumpIf("notEqual", 1, 0, "out")
    .storeValue(4, STACK, RECORD + LEAVING.kind, KIND.leaving);
  make.read(code, STACK, RECORD + LEAVING.pid, 4, TASK, make.task("tgid"));
  code.call(KTIME_GET_NS)
    .store(STACK, RECORD + LEAVING.atNs, 0)
    .copy(2, STACK).arithmetic("add", 2, RECORD)
    .set(3, LEAVING.size);
  make.output(code);
  return code.bytes();
}
