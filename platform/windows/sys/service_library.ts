import { openLibrary } from "../../../ffi/mod.ts";
import type { ForeignFunction } from "../../../ffi/mod.ts";
import { libraryNames } from "./libraries.ts";

function open() {
  const services = openLibrary([libraryNames.advapi32], {
    ChangeServiceConfig2W: { args: ["usize", "u32", "usize"], returns: "i32" },
    CloseServiceHandle: { args: ["usize"], returns: "i32" },
    ControlService: { args: ["usize", "u32", "usize"], returns: "i32" },
    CreateServiceW: {
      args: [
        ...["usize", "usize", "usize", "u32", "u32", "u32", "u32"] as const,
        ...["usize", "usize", "usize", "usize", "usize", "usize"] as const,
      ],
      returns: "usize",
    },
    DeleteService: { args: ["usize"], returns: "i32" },
    OpenSCManagerW: { args: ["usize", "usize", "u32"], returns: "usize" },
    OpenServiceW: { args: ["usize", "usize", "u32"], returns: "usize" },
    QueryServiceConfigW: { args: ["usize", "usize", "u32", "usize"], returns: "i32" },
    QueryServiceStatus: { args: ["usize", "usize"], returns: "i32" },
    RegisterServiceCtrlHandlerW: { args: ["usize", "usize"], returns: "usize" },
    SetServiceStatus: { args: ["usize", "usize"], returns: "i32" },
  });
  const threads = openLibrary([libraryNames.kernel32], {
    AllocConsole: { args: [], returns: "i32" },
    CreateThread: { args: ["usize", "usize", "usize", "usize", "u32", "usize"], returns: "handle" },
  });
  return { ...services, ...threads };
}

let opened: ReturnType<typeof open> | undefined;

/** What makes services and is one, of advapi32.dll and kernel32.dll; bound at the first call. */
export function serviceLibrary(): Readonly<Record<keyof ReturnType<typeof open>, ForeignFunction>> {
  return opened ??= open();
}
