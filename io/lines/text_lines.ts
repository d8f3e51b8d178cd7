import { ProctorError } from "../../core/error.ts";
import { lineOfFault } from "../text_file.ts";

/** A sample of ten thousand processes with their threads is some 10 MB; what is longer is not a line of ours. */
const LONGEST_LINE_BYTES = 64 * 1024 * 1024;
const LINE_FEED = 0x0a;

/** Some lines of a text, in order. */
export interface LineBatch {
  /** The number of the first of them, from 1. */
  readonly first: number;
  readonly lines: readonly string[];
  /** False for what stands after the last line break: it may have been cut off. */
  readonly complete: boolean;
}

/**
 * Cut a stream of bytes into lines, a batch for each piece; never more than a piece and a line are held.
 *
 * For large files: all lines of a piece are decoded in one go, which is several times as fast as one by one.
 *
 * @param label names the stream in messages
 * @throws ProctorError of kind `usage` where it is not UTF-8, or has a line of more than 64 MiB
 */
export async function* textLines(
  pieces: AsyncIterable<Uint8Array>,
  label: string,
): AsyncGenerator<LineBatch, void> {
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  let first = 1;
  for await (const piece of pieces) {
    const end = piece.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) {
      const whole = restBytes > 0 ? Buffer.concat([...rest, piece.subarray(0, end)]) : piece.subarray(0, end);
      const lines = decode(whole, label, first).split("\n");
      lines.pop();
      yield { first, lines, complete: true };
      first += lines.length;
      rest = [];
      restBytes = 0;
    }
    if (end < piece.length) rest.push(piece.slice(end));
    restBytes += piece.length - end;
    if (restBytes > LONGEST_LINE_BYTES) {
      throw new ProctorError(
        "usage",
        `${label}:${first}: a line of more than 64 MiB; that is not a records file`,
      );
    }
  }
  if (restBytes === 0) return;
  // A character may have been cut in two.
  const text = new TextDecoder().decode(Buffer.concat(rest));
  yield { first, lines: [text], complete: false };
}

function decode(bytes: Uint8Array, label: string, first: number): string {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    return decoder.decode(bytes);
  } catch {
    const packed = first === 1 && bytes[0] === 0x1f && bytes[1] === 0x8b;
    if (packed) throw new ProctorError("usage", `${label} is compressed by gzip; unpack it first (gzip -d)`);
    throw new ProctorError("usage", `${label}:${first + lineOfFault(bytes) - 1}: not text (no UTF-8)`);
  }
}
