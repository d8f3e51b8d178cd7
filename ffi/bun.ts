import { drain, pipeStream, settle } from "./bun_pipe.ts";
import type { Callback, CType, ForeignFunction, ForeignRuntime, Signature } from "./types.ts";

/** The part of Bun's FFI module that is used here; see https://bun.com/docs/runtime/ffi. */
interface BunFfi {
  dlopen(path: string, symbols: Record<string, BunSignature>): { symbols: Record<string, ForeignFunction> };
  CFunction(options: BunSignature & { ptr: number }): ForeignFunction;
  JSCallback: new (
    call: (...args: number[]) => void,
    options: BunSignature & { threadsafe: boolean },
  ) => { readonly ptr: number; close(): void };
  toArrayBuffer(address: number, offset: number, length: number): ArrayBuffer;
}
/** The part of Bun's own object that is used here; see https://bun.com/reference/bun/unsafe/setJITPolicy. */
interface BunGlobal {
  readonly unsafe: { setJITPolicy(scale: number): void };
}
interface BunSignature {
  args: string[];
  returns: string;
}

/** JavaScriptCore's own thresholds, unscaled. */
const NORMAL_POLICY = 1;

// Bun hands out `ptr` as a number, but `usize` as a BigInt; and `i64_fast` as a number where that is exact.
const BUN_TYPES: Readonly<Record<CType, string>> = {
  i32: "i32",
  u32: "u32",
  usize: "ptr",
  handle: "i64_fast",
};
const bunType = (type: CType) => BUN_TYPES[type];
const bunSignature = ({ args, returns }: Signature): BunSignature => ({
  args: args.map(bunType),
  // An address of nothing is 0; as `ptr` it would be null.
  returns: returns === "usize" ? "u64_fast" : bunType(returns),
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
    callback(call, args): Callback {
      const made = new ffi.JSCallback(call, { args: args.map(bunType), returns: "void", threadsafe: true });
      return { address: made.ptr, close: () => made.close() };
    },
    hidesInherited: true,
    isLoopPollable: true,
    readableOf: pipeStream,
    settle,
    drain,
    compileSoon: () => (globalThis as unknown as { Bun: BunGlobal }).Bun.unsafe.setJITPolicy(NORMAL_POLICY),
    bytesAt: (address, length) => new Uint8Array(ffi.toArrayBuffer(address, 0, length)),
  };
}
