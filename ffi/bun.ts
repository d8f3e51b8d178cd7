import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { CType, ForeignFunction, ForeignRuntime, Signature } from "./types.ts";

/** The part of Bun's FFI module that is used here; see https://bun.com/docs/runtime/ffi. */
interface BunFfi {
  dlopen(path: string, symbols: Record<string, BunSignature>): { symbols: Record<string, ForeignFunction> };
  CFunction(options: BunSignature & { ptr: number }): ForeignFunction;
  toArrayBuffer(address: number, offset: number, length: number): ArrayBuffer;
}
interface BunSignature {
  args: string[];
  returns: string;
}

interface BunGlobal {
  file(descriptor: number): { stream(): ReadableStream<Uint8Array> };
}
const bun = () => (globalThis as unknown as { Bun: BunGlobal }).Bun;

// Bun hands out `ptr` as a number, but `usize` as a BigInt.
const bunType = (type: CType) => type === "usize" ? "ptr" : type;
const bunSignature = ({ args, returns }: Signature): BunSignature => ({
  args: args.map(bunType),
  returns: bunType(returns),
});

/** Foreign calls by `bun:ffi`. The module is asked for at run time, so that Deno can load this file too. */
export function bunRuntime(): ForeignRuntime {
  const ffi = process.getBuiltinModule("bun:ffi") as unknown as BunFfi;
  return {
    open(library, symbols) {
      const declared = Object.entries(symbols).map(([name, signature]) => [name, bunSignature(signature)]);
      return ffi.dlopen(library, Object.fromEntries(declared)).symbols;
    },
    functionAt: (address, signature) => ffi.CFunction({ ptr: address, ...bunSignature(signature) }),
    asyncFunctionAt: () => null,
    hidesInherited: true,
    readableOf: pipeStream,
    settle: (stream) => settlers.get(stream)?.(),
    bytesAt: (address, length) => new Uint8Array(ffi.toArrayBuffer(address, 0, length)),
  };
}

/** What is to be done for a stream that nobody has begun to read when its writers are dead. */
const settlers = new WeakMap<ReadableStream<Uint8Array>, () => void>();

/** Bun leaves a descriptor open that it has not opened itself. */
function pipeStream(descriptor: number): ReadableStream<Uint8Array> {
  const { ino } = fstatSync(descriptor);
  let source: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let rest: Uint8Array | undefined;
  const close = () => {
    // Bun closes it in some cases; then the number may be somebody else's by now.
    if (isOpen(descriptor, ino)) closeSync(descriptor);
  };
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (rest) {
        if (rest.length > 0) controller.enqueue(rest);
        return controller.close();
      }
      source ??= bun().file(descriptor).stream().getReader();
      const { done, value } = await source.read();
      if (!done) return controller.enqueue(value);
      close();
      controller.close();
    },
    async cancel(reason) {
      await source?.cancel(reason);
      if (!rest) close();
    },
  }, { highWaterMark: 0 });
  settlers.set(stream, () => {
    if (source || rest) return;
    rest = readRest(descriptor);
    close();
  });
  return stream;
}

/** What is left in a pipe, without waiting for more. */
function readRest(descriptor: number): Uint8Array {
  const pieces: Uint8Array[] = [];
  let again: number | undefined;
  try {
    again = openSync(`/proc/self/fd/${descriptor}`, constants.O_RDONLY | constants.O_NONBLOCK);
    for (;;) {
      const piece = new Uint8Array(65_536);
      const length = readSync(again, piece);
      if (length === 0) break;
      pieces.push(piece.subarray(0, length));
    }
  } catch { /* EAGAIN: somebody still holds the other end, and there is nothing at present. */ }
  if (again !== undefined) closeSync(again);
  return Buffer.concat(pieces);
}

function isOpen(descriptor: number, ino: number): boolean {
  try {
    return fstatSync(descriptor).ino === ino;
  } catch {
    return false;
  }
}
