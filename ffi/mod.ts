import { ProctorError } from "../core/error.ts";
import { bunRuntime } from "./bun.ts";
import { denoRuntime } from "./deno.ts";
import type { AsyncForeignFunction, ForeignFunction, ForeignRuntime, Signature } from "./types.ts";

export type { AsyncForeignFunction, CType, ForeignFunction, Signature } from "./types.ts";

let runtime: ForeignRuntime | undefined;

function foreign(): ForeignRuntime {
  if (runtime) return runtime;
  if ("Bun" in globalThis) runtime = bunRuntime();
  else if ("Deno" in globalThis) runtime = denoRuntime();
  else throw new ProctorError("system", "proctor needs Bun or Deno: this runtime cannot call C functions");
  return runtime;
}

/**
 * Open the first of several shared libraries that is there, and bind functions of it.
 * @throws ProctorError of kind `system` when none of them can be opened
 */
export function openLibrary<const S extends Record<string, Signature>>(
  candidates: readonly string[],
  symbols: S,
): { readonly [K in keyof S]: ForeignFunction } {
  let first: unknown;
  for (const library of candidates) {
    try {
      return foreign().open(library, symbols) as { [K in keyof S]: ForeignFunction };
    } catch (error) {
      first ??= error;
    }
  }
  const why = first instanceof Error ? first.message : String(first);
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

/** Whether this runtime marks the descriptors above 2 it was started with close-on-exec. */
export function hidesInheritedDescriptors(): boolean {
  return foreign().hidesInherited;
}

/** The read end of a pipe as a stream of bytes; the descriptor is the stream's from now on. */
export function readableOf(descriptor: number): ReadableStream<Uint8Array> {
  return foreign().readableOf(descriptor);
}

/** All writers of such a stream are dead: keep what is left in its pipe, and let go of the descriptor. */
export function settle(stream: ReadableStream<Uint8Array>): void {
  foreign().settle(stream);
}

/** View `length` bytes of foreign memory; the caller answers for the memory's life. */
export function bytesAt(address: number, length: number): Uint8Array {
  return foreign().bytesAt(address, length);
}
