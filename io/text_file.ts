import { readRegularFile, UnfitFile } from "./regular_file.ts";

/**
 * Read a regular file of text; see {@link readRegularFile}.
 * @throws UnfitFile, also where it is no text in UTF-8; or an error with a `code` of the file system
 */
export function readTextFile(path: string, mostBytes: number): string {
  return textOfBytes(readRegularFile(path, mostBytes).bytes);
}

/**
 * The text that bytes are in UTF-8, without a byte order mark.
 * @throws UnfitFile for UTF-16, for what is binary, and for what is another encoding, with the line
 */
export function textOfBytes(bytes: Uint8Array): string {
  const [first, second, third, fourth] = bytes;
  const isMarked = first === 0xff && second === 0xfe || first === 0xfe && second === 0xff;
  // Without a mark UTF-16 has a zero in every other byte, as long as it is written in ASCII.
  const isUnmarked = bytes.length >= 4 &&
    (first === 0 && second !== 0 && third === 0 && fourth !== 0 ||
      first !== 0 && second === 0 && third !== 0 && fourth === 0);
  if (isMarked || isUnmarked) throw new UnfitFile("it is UTF-16; save it as UTF-8");
  if (bytes.includes(0)) throw new UnfitFile("it is not text: a binary file?");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UnfitFile(`line ${lineOfFault(bytes)} is not UTF-8; save the file as UTF-8`);
  }
}

/** The first line, from 1, that is not UTF-8: no sequence of UTF-8 goes across the end of a line. */
export function lineOfFault(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const found = bytes.indexOf(0x0a, start);
    const end = found < 0 ? bytes.length : found;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    start = end + 1;
  }
  return line;
}
