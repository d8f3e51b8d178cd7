import { ProctorError } from "../core/error.ts";
import { bunRuntime } from "./bun.ts";
import { denoRuntime } from "./deno.ts";
import type {
  AsyncForeignFunction,
  Callback,
  CType,
  ForeignFunction,
  ForeignRuntime,
  Signature,
} from "./types.ts";

export type { AsyncForeignFunction, Callback, CType, ForeignFunction, Signature } from "./types.ts";

/** Names of the C library, to be opened. */
export const LIBC = [
  "libc.so.6", // glibc
  `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`,
];

/** Stamped in by `scripts/build`: by how much the binary puts off compiling. Elsewhere the runtime's policy is not ours. */
declare const PROCTOR_JIT_POLICY: number | undefined;

/** What a program hears that uses the library on plain Node.js. */
const NO_RUNTIME =
  "processes can be run and watched by Bun and Deno only: this runtime cannot call C functions; " +
  "records, schemas, comparisons and reports work here";

let runtime: ForeignRuntime | undefined;

function foreign(): ForeignRuntime {
  if (runtime) return runtime;
  if ("Bun" in globalThis) runtime = bunRuntime();
  else if ("Deno" in globalThis) runtime = denoRuntime();
  else throw new ProctorError("system", NO_RUNTIME);
  return runtime;
}

/**
 * Open the first of several shared libraries that is there, and bind functions of it.
 *
 * @param optional functions that only some versions of the library have: undefined where they are missing
 * @throws ProctorError of kind `system` when the runtime cannot call C, none of them can be opened, or a function that is not optional is missing
 */
export function openLibrary<
  const S extends Record<string, Signature>,
  const O extends Record<string, Signature> = Record<never, Signature>,
>(
  candidates: readonly string[],
  symbols: S,
  optional?: O,
): { readonly [K in keyof S]: ForeignFunction } & { readonly [K in keyof O]: ForeignFunction | undefined } {
  type Bound = { [K in keyof S]: ForeignFunction } & { [K in keyof O]: ForeignFunction | undefined };
  const runtime = foreign();
  let first: unknown;
  for (const library of candidates) {
    try {
      const bound: Record<string, ForeignFunction> = { ...runtime.open(library, symbols) };
      // One by one: the runtimes bind all of several functions or none.
      for (const [name, signature] of Object.entries(optional ?? {})) {
        try {
          bound[name] = runtime.open(library, { [name]: signature })[name];
        } catch { /* It is missing. */ }
      }
      return bound as Bound;
    } catch (error) {
      first ??= error;
    }
  }
  const why = first instanceof Error ? first.message : String(first);
  // Bun reserves a gigabyte of addresses for code; where it does not get them it goes on without, and cannot call C.
  if (/requires the JIT/.test(why)) {
    throw new ProctorError(
      "system",
      "the runtime may not reserve the addresses it needs to call C: allow 4 GB (ulimit -v 4000000), or do not limit it",
      { cause: first },
    );
  }
  throw new ProctorError("system", `Cannot open ${candidates.join(" or ")}: ${why}`, { cause: first });
}

/** Bind the C function at an address. */
export function functionAt(address: number, signature: Signature): ForeignFunction {
  return foreign().functionAt(address, signature);
}

/** Bind the C function at an address to run on another thread; null where the runtime offers no such thing. */
export function asyncFunctionAt(address: number, signature: Signature): AsyncForeignFunction | null {
  return foreign().asyncFunctionAt(address, signature);
}

/** Make a function that C can call from any thread; it runs in the event loop, and keeps no program alive. */
export function foreignCallback(call: (...args: number[]) => void, args: readonly CType[]): Callback {
  return foreign().callback(call, args);
}

/** Whether this runtime marks the descriptors above 2 it was started with close-on-exec. */
export function hidesInheritedDescriptors(): boolean {
  return foreign().hidesInherited;
}

/** Whether an epoll of the runtime's is readable as long as its event loop has something to do, and else never. */
export function isLoopPollable(): boolean {
  return foreign().isLoopPollable;
}

/**
 * The read end of a pipe as a stream of bytes; the descriptor is the stream's from now on.
 * @param readRest reads what is left in a pipe, without waiting for more
 */
export function readableOf(
  descriptor: number,
  readRest: (descriptor: number) => Uint8Array,
): ReadableStream<Uint8Array> {
  return foreign().readableOf(descriptor, readRest);
}

/** All writers of such a stream are dead: keep what is left in its pipe, and let go of the descriptor. */
export function settle(stream: ReadableStream<Uint8Array>): void {
  foreign().settle(stream);
}

/** Read such a stream to its end for nothing; whoever had a reader has let go of it. */
export function drain(stream: ReadableStream<Uint8Array>): Promise<void> {
  return foreign().drain(stream);
}

/** View `length` bytes of foreign memory; the caller answers for the memory's life. */
export function bytesAt(address: number, length: number): Uint8Array {
  return foreign().bytesAt(address, length);
}

let compilesSoon = typeof PROCTOR_JIT_POLICY === "undefined";

/**
 * Have code that runs often compiled as soon as that pays, from now on: to be called where a loop is going to be hot.
 * The binary puts it off, since most of what a start runs it runs once; a library leaves its program's choice alone.
 */
export function compileSoon(): void {
  if (compilesSoon) return;
  compilesSoon = true;
  foreign().compileSoon();
}
