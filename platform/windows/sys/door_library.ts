import { openLibrary } from "../../../ffi/mod.ts";
import type { ForeignFunction } from "../../../ffi/mod.ts";
import { libraryNames } from "./libraries.ts";

function open() {
  const files = openLibrary([libraryNames.kernel32], {
    CreateFileW: { args: ["usize", "u32", "u32", "usize", "u32", "u32", "handle"], returns: "handle" },
    LocalFree: { args: ["usize"], returns: "usize" },
    LockFileEx: { args: ["handle", "u32", "u32", "u32", "u32", "usize"], returns: "i32" },
  });
  const rights = openLibrary([libraryNames.advapi32], {
    ConvertStringSecurityDescriptorToSecurityDescriptorW: {
      args: ["usize", "u32", "usize", "usize"],
      returns: "i32",
    },
    GetKernelObjectSecurity: { args: ["handle", "u32", "usize", "u32", "usize"], returns: "i32" },
    SetKernelObjectSecurity: { args: ["handle", "u32", "usize"], returns: "i32" },
  });
  return { ...files, ...rights };
}

let opened: ReturnType<typeof open> | undefined;

/** What locks files and closes pipes to others, of kernel32.dll and advapi32.dll; bound at the first call. */
export function doorLibrary(): Readonly<Record<keyof ReturnType<typeof open>, ForeignFunction>> {
  return opened ??= open();
}
