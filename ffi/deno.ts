import { drain, pipeStream, settle } from "./deno_pipe.ts";
import type { Callback, CType, ForeignFunction, ForeignRuntime, Signature } from "./types.ts";

/** The part of Deno's FFI that is used here; see https://docs.deno.com/runtime/fundamentals/ffi/. */
interface DenoFfi {
  dlopen(path: string, symbols: Record<string, DenoSignature>): { symbols: Record<string, DenoFunction> };
  UnsafeFnPointer: new (pointer: unknown, signature: DenoSignature) => { call: DenoFunction };
  UnsafePointer: { create(address: bigint): unknown; value(pointer: unknown): bigint };
  UnsafeCallback: {
    threadSafe(
      definition: { parameters: readonly string[]; result: string },
      call: (...args: number[]) => void,
    ): { readonly pointer: unknown; close(): void; unref(): number };
  };
  UnsafePointerView: { getArrayBuffer(pointer: unknown, length: number): ArrayBuffer };
}
interface DenoSignature {
  nonblocking?: boolean;
  parameters: readonly string[];
  result: string;
}
type DenoFunction = (...args: number[]) => number | bigint;

const denoType = (type: CType) => type === "handle" ? "isize" : type;
const denoSignature = ({ args, returns }: Signature): DenoSignature => ({
  parameters: args.map(denoType),
  result: denoType(returns),
});

// Deno returns what is as wide as an address as a BigInt; other functions are passed on bare, so that its fast calls
// stay fast.
const plain = (call: DenoFunction, { returns }: Signature): ForeignFunction =>
  returns === "usize" || returns === "handle" ? (...args) => Number(call(...args)) : call as ForeignFunction;

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
    callback(call, args): Callback {
      const made = deno.UnsafeCallback.threadSafe(
        { parameters: args.map(denoType), result: "void" },
        call,
      );
      made.unref();
      return { address: Number(deno.UnsafePointer.value(made.pointer)), close: () => made.close() };
    },
    hidesInherited: false,
    // Its epolls are edge-triggered and stay readable, and what its threads have done does not show in them.
    isLoopPollable: false,
    readableOf: pipeStream,
    settle,
    drain,
    compileSoon: () => {}, // V8 is always in its normal mode.
    bytesAt: (address, length) =>
      new Uint8Array(deno.UnsafePointerView.getArrayBuffer(pointer(address), length)),
  };
}
