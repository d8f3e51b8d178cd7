import { openLibrary } from "../../../ffi/mod.ts";
import type { ForeignFunction } from "../../../ffi/mod.ts";
import { libraryNames } from "./libraries.ts";

function open() {
  const accounts = openLibrary([libraryNames.advapi32], {
    GetTokenInformation: { args: ["handle", "i32", "usize", "u32", "usize"], returns: "i32" },
    LookupAccountNameW: {
      args: ["usize", "usize", "usize", "usize", "usize", "usize", "usize"],
      returns: "i32",
    },
    LookupAccountSidW: {
      args: ["usize", "usize", "usize", "usize", "usize", "usize", "usize"],
      returns: "i32",
    },
    OpenProcessToken: { args: ["handle", "u32", "usize"], returns: "i32" },
  });
  const sockets = openLibrary([libraryNames.iphlpapi], {
    GetExtendedTcpTable: { args: ["usize", "usize", "i32", "u32", "i32", "u32"], returns: "u32" },
    GetExtendedUdpTable: { args: ["usize", "usize", "i32", "u32", "i32", "u32"], returns: "u32" },
  });
  return { ...accounts, ...sockets };
}

let opened: ReturnType<typeof open> | undefined;

/** What tells whose a process is, and which has a port, of advapi32.dll and iphlpapi.dll; bound at the first call. */
export function lookupLibrary(): Readonly<Record<keyof ReturnType<typeof open>, ForeignFunction>> {
  return opened ??= open();
}
