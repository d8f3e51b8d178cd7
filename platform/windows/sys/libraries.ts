import { openLibrary } from "../../../ffi/mod.ts";
import type { ForeignFunction, Signature } from "../../../ffi/mod.ts";

/** What is asked for the functions of Windows. */
export const libraryNames = {
  advapi32: "advapi32.dll",
  iphlpapi: "iphlpapi.dll",
  kernel32: "kernel32.dll",
  ntdll: "ntdll.dll",
  user32: "user32.dll",
};

/** Ask another library instead of all those of Windows: one that exports the same functions, for tests. */
export function useLibrary(path: string): void {
  libraryNames.advapi32 =
    libraryNames.iphlpapi =
    libraryNames.kernel32 =
    libraryNames.ntdll =
    libraryNames.user32 =
      path;
}

const handle = "handle", size = "usize", u32 = "u32", i32 = "i32";
const returns = <const R extends Signature["returns"], const A extends Signature["args"]>(
  returned: R,
  ...args: A
) => ({ args, returns: returned });

function openKernel32() {
  return openLibrary([libraryNames.kernel32], {
    CloseHandle: returns(i32, handle),
    CreateJobObjectW: returns(handle, size, size),
    CreatePipe: returns(i32, size, size, size, u32),
    CreateProcessW: returns(i32, size, size, size, size, i32, u32, size, size, size, size),
    DeleteProcThreadAttributeList: returns(i32, size),
    DuplicateHandle: returns(i32, handle, handle, handle, size, u32, i32, u32),
    FreeEnvironmentStringsW: returns(i32, size),
    GenerateConsoleCtrlEvent: returns(i32, u32, u32),
    GetConsoleProcessList: returns(u32, size, u32),
    GetEnvironmentStringsW: returns(size),
    GetExitCodeProcess: returns(i32, handle, size),
    GetFileType: returns(u32, handle),
    GetHandleInformation: returns(i32, handle, size),
    GetLastError: returns(u32),
    GetModuleHandleW: returns(size, size),
    GetProcAddress: returns(size, size, size),
    GetProcessIoCounters: returns(i32, handle, size),
    GetProcessTimes: returns(i32, handle, size, size, size, size),
    GetStdHandle: returns(handle, i32),
    GetSystemDirectoryW: returns(u32, size, u32),
    GetSystemTimeAsFileTime: returns(i32, size),
    InitializeProcThreadAttributeList: returns(i32, size, u32, u32, size),
    K32GetProcessMemoryInfo: returns(i32, handle, size, u32),
    OpenProcess: returns(handle, u32, i32, u32),
    PeekNamedPipe: returns(i32, handle, size, u32, size, size, size),
    QueryInformationJobObject: returns(i32, handle, i32, size, u32, size),
    ReadFile: returns(i32, handle, size, u32, size, size),
    ReadProcessMemory: returns(i32, handle, size, size, size, size),
    RegisterWaitForSingleObject: returns(i32, size, handle, size, size, u32, u32),
    SetHandleInformation: returns(i32, handle, u32, u32),
    SetInformationJobObject: returns(i32, handle, i32, size, u32),
    TerminateJobObject: returns(i32, handle, u32),
    TerminateProcess: returns(i32, handle, u32),
    UnregisterWaitEx: returns(i32, handle, handle),
    UpdateProcThreadAttribute: returns(i32, size, u32, size, size, size, size, size),
    VirtualAlloc: returns(size, size, size, u32, u32),
    VirtualFree: returns(i32, size, size, u32),
    WaitForMultipleObjects: returns(u32, u32, size, i32, u32),
    WaitForSingleObject: returns(u32, handle, u32),
    lstrlenW: returns(i32, size),
  });
}

function openNtdll() {
  return openLibrary([libraryNames.ntdll], {
    NtQueryInformationProcess: returns(i32, handle, i32, size, u32, size),
    NtQuerySystemInformation: returns(i32, i32, size, u32, size),
    NtResumeProcess: returns(i32, handle),
    NtSuspendProcess: returns(i32, handle),
  });
}

function openMachine() {
  const memory = openLibrary([libraryNames.kernel32], {
    GetDiskFreeSpaceExW: returns(i32, size, size, size, size),
    GetDriveTypeW: returns(u32, size),
    GetLogicalDriveStringsW: returns(u32, u32, size),
    GetSystemTimes: returns(i32, size, size, size),
    GetTickCount64: returns(handle),
    GetVolumeInformationW: returns(i32, size, size, u32, size, size, size, size, u32),
    GlobalMemoryStatusEx: returns(i32, size),
    SetThreadErrorMode: returns(i32, u32, size),
  });
  const network = openLibrary([libraryNames.iphlpapi], {
    FreeMibTable: returns(i32, size),
    GetIfTable2: returns(u32, size),
  });
  return { ...memory, ...network };
}

let openedMachine: ReturnType<typeof openMachine> | undefined;
let openedKernel32: ReturnType<typeof openKernel32> | undefined;
let openedNtdll: ReturnType<typeof openNtdll> | undefined;

/** The functions of kernel32.dll that are used, bound at the first call. */
export function kernel32(): Readonly<Record<keyof ReturnType<typeof openKernel32>, ForeignFunction>> {
  return openedKernel32 ??= openKernel32();
}

/** Those of ntdll.dll. */
export function ntdll(): Readonly<Record<keyof ReturnType<typeof openNtdll>, ForeignFunction>> {
  return openedNtdll ??= openNtdll();
}

/** Those that tell of the machine as a whole, of kernel32.dll and iphlpapi.dll. */
export function machineLibrary(): Readonly<Record<keyof ReturnType<typeof openMachine>, ForeignFunction>> {
  return openedMachine ??= openMachine();
}
