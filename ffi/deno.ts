import { Socket } from "node:net";
import { Readable } from "node:stream";
import type { ForeignFunction, ForeignRuntime, Signature } from "./types.ts";

/** The part of Deno's FFI that is used here; see https://docs.deno.com/runtime/fundamentals/ffi/. */
interface DenoFfi {
  dlopen(path: string, symbols: Record<string, DenoSignature>): { symbols: Record<string, DenoFunction> };
  UnsafeFnPointer: new (pointer: unknown, signature: DenoSignature) => { call: DenoFunction };
  UnsafePointer: { create(address: bigint): unknown };
  UnsafePointerView: { getArrayBuffer(pointer: unknown, length: number): ArrayBuffer };
}
interface DenoSignature {
  nonblocking?: boolean;
  parameters: readonly string[];
  result: string;
}
type DenoFunction = (...args: number[]) => number | bigint;

const denoSignature = ({ args, returns }: Signature): DenoSignature => ({
  parameters: args,
  result: returns,
});

// Deno returns `usize` as a BigInt; `i32` functions are passed on bare, so that its fast calls stay fast.
const plain = (call: DenoFunction, { returns }: Signature): ForeignFunction =>
  returns === "usize" ? (...args) => Number(call(...args)) : call as ForeignFunction;

/** Foreign calls by `Deno.dlopen`; needs `--allow-ffi`. */
export function denoRuntime(): ForeignRuntime {
  const deno = (globalThis as unknown as { Deno: DenoFfi }).Deno;
  const pointer = (address: number) => deno.UnsafePointer.create(BigInt(address));
  return {
    open(library, symbols) {
      const entries = Object.entries(symbols);
      const declared = Object.fromEntries(
        entries.map(([name, signature]) => [name, denoSignature(signature)]),
      );
      const bound = deno.dlopen(library, declared).symbols;
      return Object.fromEntries(entries.map(([name, signature]) => [name, plain(bound[name], signature)]));
    },
    functionAt(address, signature) {
      const foreign = new deno.UnsafeFnPointer(pointer(address), denoSignature(signature));
      return plain((...args) => foreign.call(...args), signature);
    },
    asyncFunctionAt(address, signature) {
      const foreign = new deno.UnsafeFnPointer(pointer(address), {
        ...denoSignature(signature),
        nonblocking: true,
      });
      return async (...args) => Number(await foreign.call(...args));
    },
    hidesInherited: false,
    readableOf(descriptor) {
      const socket = new Socket({ fd: descriptor, readable: true, writable: false });
      return Readable.toWeb(socket) as unknown as ReadableStream<Uint8Array>;
    },
    settle() {
      // The socket reads ahead and closes by itself.
    },
    bytesAt: (address, length) =>
      new Uint8Array(deno.UnsafePointerView.getArrayBuffer(pointer(address), length)),
  };
}
