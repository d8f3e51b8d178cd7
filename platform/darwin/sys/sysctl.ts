import { u32, u64 } from "../layout/words.ts";
import type { LibSystem } from "./libsystem.ts";

/* sysctl(3): the kernel's variables, by numbers or by name. Names stay as they are; of a MIB each level has a number. */

const ENOMEM = 12;
const MOST_TRIES = 4;

/**
 * What a MIB has, as bytes of our own; null where it cannot be had.
 * @param room for the first try; what needs more is asked again
 */
export function sysctl(system: LibSystem, mib: readonly number[], room: number): Uint8Array | null {
  const name = system.scratch("mib", 64);
  mib.forEach((level, index) => name.view.setInt32(index * 4, level, true));
  return ask(system, room, (value, length) => system.c.sysctl(name.address, mib.length, value, length, 0, 0));
}

/** What stands under a name; null where there is none. */
export function sysctlByName(system: LibSystem, name: string, room: number): DataView | null {
  const bytes = ask(
    system,
    room,
    (value, length) => system.c.sysctlbyname(system.string(name), value, length, 0, 0),
  );
  return bytes && new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A number of 32 or 64 bits under a name; NaN where there is none. */
export function sysctlNumber(system: LibSystem, name: string): number {
  const view = sysctlByName(system, name, 8);
  return view?.byteLength === 8 ? u64(view, 0) : view?.byteLength === 4 ? u32(view, 0) : NaN;
}

/** A text under a name; null where there is none. */
export function sysctlText(system: LibSystem, name: string): string | null {
  const view = sysctlByName(system, name, 256);
  if (!view) return null;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end));
}

function ask(
  system: LibSystem,
  room: number,
  call: (value: number, length: number) => number,
): Uint8Array | null {
  const length = system.scratch("sysctl length", 8);
  for (let tries = 0, size = room; tries < MOST_TRIES; tries++, size *= 4) {
    const value = system.scratch("sysctl value", size);
    length.setU64(0, value.size);
    if (call(value.address, length.address) === 0) return value.bytes.slice(0, length.getU64(0));
    if (system.errno() !== ENOMEM) return null;
  }
  return null;
}
