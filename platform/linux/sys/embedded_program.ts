/* ELF64, little-endian (elf(5)): offsets in its header, and in an entry of the table of sections. */
const HEADER_SIZE = 64;
const SECTIONS_OFFSET = 0x28;
const ENTRY_SIZE = 0x3a;
const SECTION_COUNT = 0x3c;
const NAMES_INDEX = 0x3e;
const NAME = 0;
const OFFSET = 0x18;
const SIZE = 0x20;
const LEAST_ENTRY_SIZE = 64;

/** Where the compiler of Bun puts the sources and the bytecode of a program. */
const EMBEDDED = ".bun";

/** A range of a file. */
export interface FileRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * Where a program of Bun has what is embedded in it; null in any other.
 * @param read gives a part of the file, or less at its end
 */
export function embeddedProgram(read: (offset: number, length: number) => Uint8Array): FileRange | null {
  const head = viewOf(read(0, HEADER_SIZE));
  if (head.byteLength < HEADER_SIZE || head.getUint32(0, false) !== 0x7f454c46) return null;
  const entrySize = head.getUint16(ENTRY_SIZE, true);
  const count = head.getUint16(SECTION_COUNT, true);
  if (entrySize < LEAST_ENTRY_SIZE) return null;
  const table = viewOf(read(Number(head.getBigUint64(SECTIONS_OFFSET, true)), count * entrySize));
  if (table.byteLength < count * entrySize) return null;
  const rangeOf = (index: number): FileRange => ({
    offset: Number(table.getBigUint64(index * entrySize + OFFSET, true)),
    length: Number(table.getBigUint64(index * entrySize + SIZE, true)),
  });
  const namesIndex = head.getUint16(NAMES_INDEX, true);
  if (namesIndex >= count) return null;
  const { offset, length } = rangeOf(namesIndex);
  const names = new TextDecoder("latin1").decode(read(offset, length));
  for (let index = 0; index < count; index++) {
    const at = table.getUint32(index * entrySize + NAME, true);
    if (names.startsWith(`${EMBEDDED}\0`, at)) return rangeOf(index);
  }
  return null;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
