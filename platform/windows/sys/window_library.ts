import { openLibrary } from "../../../ffi/mod.ts";
import type { ForeignFunction } from "../../../ffi/mod.ts";
import { libraryNames } from "./libraries.ts";

function open() {
  return openLibrary([libraryNames.user32], {
    FindWindowExW: { args: ["usize", "usize", "usize", "usize"], returns: "usize" },
    GetWindowThreadProcessId: { args: ["usize", "usize"], returns: "u32" },
    IsWindowVisible: { args: ["usize"], returns: "i32" },
    PostMessageW: { args: ["usize", "u32", "usize", "usize"], returns: "i32" },
  });
}

let opened: ReturnType<typeof open> | undefined;

/** What finds windows and writes to them, of user32.dll; bound at the first call. */
export function windowLibrary(): Readonly<Record<keyof ReturnType<typeof open>, ForeignFunction>> {
  return opened ??= open();
}
