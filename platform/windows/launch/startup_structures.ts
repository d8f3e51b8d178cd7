import { setI64 } from "../sys/memory.ts";

/*
 * What CreateProcessW takes and gives, laid out as in processthreadsapi.h on 64 bits; offsets in bytes.
 */

/** STARTUPINFOEXW. */
export const STARTUP = {
  size: 112,
  flags: 60,
  input: 80,
  output: 88,
  error: 96,
  attributes: 104,
} as const;

/** PROCESS_INFORMATION. */
export const STARTED = { size: 24, process: 0, thread: 8, pid: 16 } as const;

const STARTF_USESTDHANDLES = 0x100;

/** Fill STARTUPINFOEXW: the three standard handles of the child, and a list of attributes by its address. */
export function layOutStartup(
  view: DataView,
  handles: readonly [number, number, number],
  attributes: number,
): void {
  view.setUint32(0, STARTUP.size, true);
  view.setUint32(STARTUP.flags, STARTF_USESTDHANDLES, true);
  setI64(view, STARTUP.input, handles[0]);
  setI64(view, STARTUP.output, handles[1]);
  setI64(view, STARTUP.error, handles[2]);
  setI64(view, STARTUP.attributes, attributes);
}
