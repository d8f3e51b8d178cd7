import { readFile, text } from "./kernel_file.ts";

const AT_PAGESZ = 6;

/** The page size in bytes, from our own auxiliary vector (getauxval(3)). */
export const PAGE_SIZE = pageSize();

function pageSize(): number {
  if (!readFile("/proc/self/auxv")) return 4_096;
  const words = new DataView(text.bytes.buffer, text.bytes.byteOffset, text.length);
  for (let at = 0; at + 16 <= text.length; at += 16) {
    if (Number(words.getBigUint64(at, true)) === AT_PAGESZ) return Number(words.getBigUint64(at + 8, true));
  }
  return 4_096;
}
