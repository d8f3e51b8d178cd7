import { systemCallNumber } from "../sys/syscall_numbers.ts";
import type { SystemCallName } from "../sys/syscall_numbers.ts";
import { STEP_SIZE } from "../sys/machine_code.ts";

/*
 * Programs made of system calls: the machine code of machine_code.ts carries them out one after another. A step
 * that succeeds is followed by the next; one that fails may go on elsewhere, back included, which makes loops.
 */

/** One system call of a program. */
export interface Step {
  readonly call: SystemCallName;
  /** Up to six unsigned words: numbers and addresses. */
  readonly args: readonly number[];
  /** Index of the step to go on with when the call fails. */
  readonly onFailure: number;
}

/** Stands in the result of a step that was not reached; no system call returns it. */
export const NOT_REACHED = -4096;
/** Offset of a step's first argument within it. */
export const FIRST_ARGUMENT = 8;
/** Offset of a step's result within it. */
export const STEP_RESULT = 64;

/** A program as the machine code reads it: ten words a step (machine_code.S). */
export function encodeSteps(steps: readonly Step[]): Uint8Array {
  const table = new DataView(new ArrayBuffer(steps.length * STEP_SIZE));
  steps.forEach(({ call, args, onFailure }, index) => {
    const at = index * STEP_SIZE;
    table.setBigUint64(at, BigInt(systemCallNumber(call)), true);
    args.forEach((word, position) =>
      table.setBigUint64(at + FIRST_ARGUMENT + position * 8, BigInt(word), true)
    );
    table.setBigInt64(at + 56, BigInt((onFailure - index) * STEP_SIZE), true);
    table.setBigInt64(at + STEP_RESULT, BigInt(NOT_REACHED), true);
  });
  return new Uint8Array(table.buffer);
}
