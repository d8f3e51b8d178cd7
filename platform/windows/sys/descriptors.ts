import { ProctorError, usageError } from "../../../core/error.ts";
import { functionAt } from "../../../ffi/mod.ts";
import type { ForeignFunction } from "../../../ffi/mod.ts";
import { nodeFs } from "../../../io/builtins.ts";
import { closeHandle, INVALID } from "./close.ts";
import { errorWords, lastError } from "./last_error.ts";
import { kernel32 } from "./libraries.ts";
import { copyOf, getI64, Memory, scratchMemory } from "./memory.ts";

/*
 * Descriptors are a matter of the runtime's on Windows: its libuv has a table of them, and tells handle and descriptor of
 * each other. Bun's program exports that; Deno's does not, and has the three standard streams only.
 */

/** STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE. */
const STANDARD = [-10, -11, -12];
const FILE_TYPE_UNKNOWN = 0;
const FILE_TYPE_PIPE = 3;
const HANDLE_FLAG_INHERIT = 1;

interface Table {
  readonly handleOf: ForeignFunction;
  readonly descriptorOf: ForeignFunction;
}
let table: Table | null | undefined;

/** The handle behind a descriptor; 0 or -1 where there is none. */
export function handleOf(descriptor: number): number {
  if (descriptor < STANDARD.length) return kernel32().GetStdHandle(STANDARD[descriptor]);
  return runtimeTable().handleOf(descriptor);
}

/** A pipe: a descriptor to read from, and one to write to. */
export function makePipe(): [number, number] {
  const { descriptorOf } = runtimeTable();
  const { address, view } = scratchMemory();
  if (kernel32().CreatePipe(address, address + 8, 0, 0) === 0) {
    throw new ProctorError("system", `no pipe can be made: ${errorWords(lastError())}`);
  }
  const handles = [getI64(view, 0), getI64(view, 8)];
  const descriptors = handles.map((handle) => descriptorOf(handle));
  if (descriptors.some((one) => one < 0)) {
    handles.forEach(closeHandle);
    throw new ProctorError("system", "no pipe can be made: too many open files");
  }
  return [descriptors[0], descriptors[1]];
}

/**
 * The descriptor of a handle that we have inherited. Handles of our own have numbers, too: what whoever started us has
 * passed on is told from them by being inheritable.
 * @throws ProctorError of kind `usage` where it is none
 */
export function openHandle(handle: number): number {
  const { address, view } = scratchMemory();
  const library = kernel32();
  const inherited = library.GetHandleInformation(handle, address) !== 0 &&
    (view.getUint32(0, true) & HANDLE_FLAG_INHERIT) !== 0;
  const descriptor = inherited && library.GetFileType(handle) !== FILE_TYPE_UNKNOWN
    ? runtimeTable().descriptorOf(handle)
    : -1;
  if (descriptor >= 0) {
    library.SetHandleInformation(handle, HANDLE_FLAG_INHERIT, 0);
    return descriptor;
  }
  const wanted = "it takes an inheritable handle that it was started with";
  throw usageError(`handle:${handle} is not a stream that was passed on to proctor; ${wanted}`);
}

/** The device that takes everything and has nothing. */
export function openNull(): number {
  runtimeTable();
  return nodeFs().openSync("NUL", "r+");
}

export function closeDescriptor(descriptor: number): void {
  try {
    nodeFs().closeSync(descriptor);
  } catch { /* It is closed already. */ }
}

/** Whether a descriptor is open and leads to a pipe. */
export function isPipe(descriptor: number): boolean {
  const handle = handleOf(descriptor);
  return handle !== 0 && handle !== INVALID && kernel32().GetFileType(handle) === FILE_TYPE_PIPE;
}

/** What is in a pipe at present, without waiting for more. */
export function readRest(descriptor: number): Uint8Array {
  const handle = handleOf(descriptor);
  const pieces: Uint8Array[] = [];
  const { address, view } = scratchMemory();
  for (;;) {
    view.setUint32(0, 0, true);
    if (kernel32().PeekNamedPipe(handle, 0, 0, 0, address, 0) === 0) break;
    const waiting = view.getUint32(0, true);
    if (waiting === 0) break;
    const buffer = new Memory(waiting);
    const done = kernel32().ReadFile(handle, buffer.address, waiting, address, 0) !== 0;
    if (done) pieces.push(buffer.bytes.slice(0, view.getUint32(0, true)));
    buffer.free();
    if (!done) break;
  }
  return Buffer.concat(pieces);
}

function runtimeTable(): Table {
  table ??= findTable();
  if (table === null) {
    throw new ProctorError(
      "system",
      "this runtime does not expose the handles of its descriptors on Windows; the program proctor.exe and Bun do",
    );
  }
  return table;
}

function findTable(): Table | null {
  const program = kernel32().GetModuleHandleW(0);
  const find = (name: string, signature: Parameters<typeof functionAt>[1]) => {
    const text = copyOf(Buffer.from(`${name}\0`));
    const address = kernel32().GetProcAddress(program, text.address);
    text.free();
    return address === 0 ? null : functionAt(address, signature);
  };
  const handleOf = find("uv_get_osfhandle", { args: ["i32"], returns: "handle" });
  const descriptorOf = find("uv_open_osfhandle", { args: ["handle"], returns: "i32" });
  return handleOf && descriptorOf ? { handleOf, descriptorOf } : null;
}
