import { kernel32, ntdll } from "../sys/libraries.ts";
import { getU64, Memory, scratchMemory } from "../sys/memory.ts";
import { splitCommandLine } from "../text/command_line.ts";
import { fromWide } from "../text/wide.ts";

const BASIC_INFORMATION = 0;
/** Since Windows 8.1. */
const COMMAND_LINE_INFORMATION = 60;
const BASIC_BYTES = 48;
/** A UNICODE_STRING: its length in bytes (u16), and at 8 the address of its text. */
const STRING_BYTES = 16;
const LONGEST_BYTES = 2 * 32_768;

// PROCESS_BASIC_INFORMATION, PEB and RTL_USER_PROCESS_PARAMETERS (winternl.h), on 64 bits.
const PEB_ADDRESS = 8;
const PROCESS_PARAMETERS = 0x20;
const COMMAND_LINE = 0x70;

let text: Memory | undefined;

/** The arguments that a process was started with; null where they cannot be read. */
export function argumentsOf(handle: number): readonly string[] | null {
  const line = commandLineOf(handle);
  return line === null ? null : splitCommandLine(line);
}

function commandLineOf(handle: number): string | null {
  text ??= new Memory(LONGEST_BYTES + STRING_BYTES);
  const { address, view, size } = text;
  const status = ntdll().NtQueryInformationProcess(handle, COMMAND_LINE_INFORMATION, address, size, 0);
  if (status === 0) {
    return fromWide(text.bytes.subarray(STRING_BYTES, STRING_BYTES + view.getUint16(0, true)));
  }
  return readFromMemory(handle, text);
}

/** Out of the process's own memory, where the system does not tell it otherwise. */
function readFromMemory(handle: number, { address, bytes }: Memory): string | null {
  const scratch = scratchMemory();
  const { view } = scratch;
  const query = ntdll().NtQueryInformationProcess;
  if (query(handle, BASIC_INFORMATION, scratch.address, BASIC_BYTES, 0) !== 0) return null;
  const peb = getU64(view, PEB_ADDRESS);
  if (!readMemory(handle, peb + PROCESS_PARAMETERS, scratch.address, 8)) return null;
  if (!readMemory(handle, getU64(view, 0) + COMMAND_LINE, scratch.address, STRING_BYTES)) return null;
  const length = view.getUint16(0, true);
  if (!readMemory(handle, getU64(view, 8), address, length)) return null;
  return fromWide(bytes.subarray(0, length));
}

function readMemory(handle: number, from: number, to: number, length: number): boolean {
  return kernel32().ReadProcessMemory(handle, from, to, length, 0) !== 0;
}
