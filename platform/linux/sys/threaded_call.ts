import { asyncFunctionAt } from "../../../ffi/mod.ts";
import type { AsyncForeignFunction } from "../../../ffi/mod.ts";
import { systemCallAddress } from "./machine_code.ts";

let call: AsyncForeignFunction | null | undefined;

/** The bare system call on another thread; null where the runtime's own node:fs does that (Bun). */
export function threadedCall(): AsyncForeignFunction | null {
  if (call !== undefined) return call;
  const address = systemCallAddress();
  const args = ["usize", "usize", "usize", "usize", "usize", "usize"] as const;
  call = address === undefined ? null : asyncFunctionAt(address, { args, returns: "i32" });
  return call;
}
