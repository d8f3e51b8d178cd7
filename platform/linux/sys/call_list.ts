import { functionAt, LIBC, openLibrary } from "../../../ffi/mod.ts";
import type { ForeignFunction } from "../../../ffi/mod.ts";
import { executable } from "./machine_code.ts";
import { copyOf, ForeignMemory } from "./memory.ts";

/** Makes one call after another, as a thread or in place (source: call_list.S). */
const CODE = {
  x64: {
    callList: "534889fb488b034885c0741c488b7b08488b7310488b5318488b4b20ffd0488943284883c330ebdcc7430801" +
      "0000005bc3",
  },
  arm64: {
    callList: "fd7bbea9fd030091f30b00f9f30300aa680240f9e80000b4608640a9628e41a900013fd6601600f973c20091" +
      "f9ffff17280080526922009128fd9f88e0031faaf30b40f9fd7bc2a8c0035fd6",
  },
} as const;

/** Bytes of a call: its function, its arguments, its result. */
export const CALL_SIZE = 48;
const ARGUMENTS = 8;
const RESULT = 40;
const MOST_ARGUMENTS = 4;
const SIG_BLOCK = 0;
/** `sigset_t` of glibc and musl. */
const SIGNAL_SET_SIZE = 128;

/** A call of a C function of up to four arguments, each a number or an address. */
export interface ListedCall {
  readonly address: number;
  readonly args: readonly number[];
}

/** What a call has returned, read as an address and as a C `unsigned`, whose upper half says nothing. */
export interface CallResult {
  readonly address: number;
  readonly code: number;
}

/** What the thread stands on; null where it cannot be had. */
interface Ground {
  readonly routine: number;
  readonly create: ForeignFunction;
  readonly detach: ForeignFunction;
  readonly symbolAt: (name: string, library?: number) => number;
}

let ground: Ground | null | undefined;
let inPlace: ForeignFunction | null | undefined;

function routineCode(): Uint8Array | null {
  const code = CODE[process.arch as keyof typeof CODE];
  return code ? Buffer.from(code.callList, "hex") : null;
}

/**
 * What makes the calls of a table at an address on the thread that calls it, all for the price of one; null where there
 * is not executable memory. The table ends with a call of the function 0, and may be used again and again.
 */
export function callsInPlace(): ForeignFunction | null {
  if (inPlace !== undefined) return inPlace;
  const code = routineCode();
  const routine = code && executable(code);
  return inPlace = routine === null ? null : functionAt(routine, { args: ["usize"], returns: "usize" });
}

/** Write a call of up to four arguments into a table. */
export function writeCall(table: ForeignMemory, index: number, { address, args }: ListedCall): void {
  table.setU64(index * CALL_SIZE, address);
  args.slice(0, MOST_ARGUMENTS).forEach((value, place) =>
    table.setU64(index * CALL_SIZE + ARGUMENTS + place * 8, value)
  );
}

/** Before glibc 2.34 threads and dlsym(3) were libraries of their own. */
function findGround(): Ground | null {
  const code = routineCode();
  if (!code) return null;
  try {
    const threads = openLibrary([...LIBC, "libpthread.so.0"], {
      pthread_create: { args: ["usize", "usize", "usize", "usize"], returns: "i32" },
      pthread_detach: { args: ["usize"], returns: "i32" },
    });
    const { dlsym } = openLibrary([...LIBC, "libdl.so.2"], {
      dlsym: { args: ["usize", "usize"], returns: "usize" },
    });
    const routine = executable(code);
    if (routine === null) return null;
    const symbolAt = (name: string, library = 0) => {
      const text = copyOf(new TextEncoder().encode(`${name}\0`));
      const address = dlsym(library, text.address);
      text.free();
      return address;
    };
    return { routine, create: threads.pthread_create, detach: threads.pthread_detach, symbolAt };
  } catch {
    return null;
  }
}

/**
 * Calls C functions on another thread, a list at a time: those that may take long, as they load a library or ask a
 * driver. Neither runtime offers that alike; a worker would be a second runtime.
 */
export class CallList {
  readonly #ground: Ground;
  readonly #allSignals = copyOf(new Uint8Array(SIGNAL_SET_SIZE).fill(0xff));
  readonly #thread = new ForeignMemory(8);
  #table: ForeignMemory | null = null;
  #done: Int32Array | null = null;
  #count = 0;

  private constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** null where there is no thread, or no executable memory, to be had. */
  static open(): CallList | null {
    ground ??= findGround();
    return ground && new CallList(ground);
  }

  /**
   * The address of a function by its name, 0 where there is none (dlsym(3)).
   * @param library a handle of dlopen(3); without it, of what is loaded already
   */
  symbolAt(name: string, library?: number): number {
    return this.#ground.symbolAt(name, library);
  }

  /** Make these calls, in order, on a thread of their own; false where none can be started. One list at a time. */
  start(calls: readonly ListedCall[]): boolean {
    // The runtime's handlers are for its own threads.
    const block = {
      address: this.symbolAt("pthread_sigmask"),
      args: [SIG_BLOCK, this.#allSignals.address, 0],
    };
    const list = block.address === 0 ? [...calls] : [block, ...calls];
    const table = new ForeignMemory((list.length + 1) * CALL_SIZE);
    list.forEach((call, index) => writeCall(table, index, call));
    const doneAt = table.bytes.byteOffset + list.length * CALL_SIZE + ARGUMENTS;
    if (this.#ground.create(this.#thread.address, 0, this.#ground.routine, table.address) !== 0) {
      table.free();
      return false;
    }
    this.#ground.detach(this.#thread.getU64(0));
    this.#table = table;
    this.#done = new Int32Array(table.bytes.buffer, doneAt, 1);
    this.#count = calls.length;
    return true;
  }

  /** What the calls have returned, once all of them have; null until then. Memory they wrote to is whole by then. */
  results(): CallResult[] | null {
    const table = this.#table;
    if (!table || Atomics.load(this.#done!, 0) === 0) return null;
    const first = table.size / CALL_SIZE - 1 - this.#count;
    const results = Array.from({ length: this.#count }, (_, index) => {
      const at = (first + index) * CALL_SIZE + RESULT;
      return { address: table.getU64(at), code: table.view.getUint32(at, true) };
    });
    this.#table = null;
    table.free();
    return results;
  }
}
