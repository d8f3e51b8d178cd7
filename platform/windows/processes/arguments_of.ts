import { kernel32, ntdll } from "../sys/libraries.ts";
import { getU64, Memory, scratchMemory } from "../sys/memory.ts";
import { splitCommandLine } from "../text/command_line.ts";
import { variablesIn } from "../text/environment_block.ts";
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
const ENVIRONMENT = 0x80;
const ENVIRONMENT_SIZE = 0x3f0;
/** A hundred times what somebody might have: else it is no size at all. */
const MOST_ENVIRONMENT_BYTES = 2 ** 22;

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
  const { view, address: scratch } = scratchMemory();
  const parameters = parametersOf(handle);
  if (parameters === 0 || !readMemory(handle, parameters + COMMAND_LINE, scratch, STRING_BYTES)) return null;
  const length = view.getUint16(0, true);
  if (!readMemory(handle, getU64(view, 8), address, length)) return null;
  return fromWide(bytes.subarray(0, length));
}

/** The variables that a process has at present; none where they cannot be read. */
export function environmentOf(handle: number): readonly string[] {
  const { view, address: scratch } = scratchMemory();
  const parameters = parametersOf(handle);
  if (parameters === 0 || !readMemory(handle, parameters + ENVIRONMENT_SIZE, scratch, 8)) return [];
  const length = getU64(view, 0);
  if (length > MOST_ENVIRONMENT_BYTES) return [];
  if (!readMemory(handle, parameters + ENVIRONMENT, scratch, 8)) return [];
  const block = new Memory(Math.max(length, 2));
  try {
    return readMemory(handle, getU64(view, 0), block.address, length) ? variablesIn(block.bytes) : [];
  } finally {
    block.free();
  }
}

/** Where a process keeps what it was started with, in its own memory; 0 where that cannot be read. */
function parametersOf(handle: number): number {
  const { view, address } = scratchMemory();
  if (ntdll().NtQueryInformationProcess(handle, BASIC_INFORMATION, address, BASIC_BYTES, 0) !== 0) return 0;
  return readMemory(handle, getU64(view, PEB_ADDRESS) + PROCESS_PARAMETERS, address, 8) ? getU64(view, 0) : 0;
}

function readMemory(handle: number, from: number, to: number, length: number): boolean {
  return kernel32().ReadProcessMemory(handle, from, to, length, 0) !== 0;
}
