import { machineCodeLoop } from "../sys/machine_code.ts";
import type { StepData } from "./step_data.ts";
import type { Step } from "./step_table.ts";
import { encodeSteps } from "./step_table.ts";

/** Where the program lives in its own memory; any address below 2 GiB will do. */
const LOAD_ADDRESS = 0x10_0000;
/** ELF header, one program header (elf(5)). */
const HEADERS_SIZE = 64 + 56;
const EM_X86_64 = 62;
const EM_AARCH64 = 183;
/** PF_R | PF_W | PF_X: the steps leave their results in the table. */
const READ_WRITE_EXECUTE = 7;
const PT_LOAD = 1;
const ET_EXEC = 2;

/** Where the data of a program lie: before the program itself, so that addresses in it are known. */
export const PROGRAM_DATA_ADDRESS = LOAD_ADDRESS + HEADERS_SIZE;
const PROLOGUE_SIZE = 16;

/**
 * The address that the table of a program will have once its data are complete; 0 on an architecture without machine
 * code.
 */
export function tableAddress(data: StepData): number {
  const loop = machineCodeLoop();
  return loop ? Math.ceil((data.address + data.size + PROLOGUE_SIZE + loop.length) / 8) * 8 : 0;
}

/**
 * A static executable of a few hundred bytes that carries out a table of system calls and nothing else: no
 * libc, no runtime, one page of memory. The last step must end it (`exit_group` or `execve`).
 *
 * @param data from {@link PROGRAM_DATA_ADDRESS} on
 * @returns the ELF image; null on an architecture without machine code
 */
export function stepProgram(data: StepData, steps: readonly Step[]): Uint8Array | null {
  const loop = machineCodeLoop();
  if (!loop) return null;
  const entry = HEADERS_SIZE + data.size;
  const tableOffset = tableAddress(data) - LOAD_ADDRESS;
  const code = Buffer.concat([prologue(LOAD_ADDRESS + tableOffset), loop]);
  const table = encodeSteps(steps);
  const image = Buffer.alloc(tableOffset + table.length);
  image.set(headers(LOAD_ADDRESS + entry, image.length));
  image.set(data.bytes(), HEADERS_SIZE);
  image.set(code, entry);
  image.set(table, tableOffset);
  return image;
}

/** Load the address of the table into the register the loop reads it from; sixteen bytes. */
function prologue(table: number): Uint8Array {
  const code = Buffer.alloc(PROLOGUE_SIZE);
  if (process.arch === "arm64") {
    code.writeUInt32LE(0x5800_0049, 0); // ldr x9, .+8
    code.writeUInt32LE(0x1400_0003, 4); // b .+12
    code.writeBigUInt64LE(BigInt(table), 8);
    return code;
  }
  code.set([0x49, 0xbc], 0); // movabs r12, table
  code.writeBigUInt64LE(BigInt(table), 2);
  code.set([0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00], 10); // nop
  return code;
}

function headers(entry: number, size: number): Uint8Array {
  const bytes = Buffer.alloc(HEADERS_SIZE);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // ELF, 64 bits, little-endian, version 1
  bytes.writeUInt16LE(ET_EXEC, 16);
  bytes.writeUInt16LE(process.arch === "arm64" ? EM_AARCH64 : EM_X86_64, 18);
  bytes.writeUInt32LE(1, 20); // e_version
  bytes.writeBigUInt64LE(BigInt(entry), 24);
  bytes.writeBigUInt64LE(64n, 32); // e_phoff
  bytes.writeUInt16LE(64, 52); // e_ehsize
  bytes.writeUInt16LE(56, 54); // e_phentsize
  bytes.writeUInt16LE(1, 56); // e_phnum
  bytes.writeUInt32LE(PT_LOAD, 64);
  bytes.writeUInt32LE(READ_WRITE_EXECUTE, 68);
  bytes.writeBigUInt64LE(0n, 72); // p_offset
  bytes.writeBigUInt64LE(BigInt(LOAD_ADDRESS), 80); // p_vaddr
  bytes.writeBigUInt64LE(BigInt(LOAD_ADDRESS), 88); // p_paddr
  bytes.writeBigUInt64LE(BigInt(size), 96); // p_filesz
  bytes.writeBigUInt64LE(BigInt(size), 104); // p_memsz
  bytes.writeBigUInt64LE(4_096n, 112); // p_align
  return bytes;
}
