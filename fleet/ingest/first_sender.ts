import { Buffer } from "node:buffer";
import { constants, gunzipSync, zstdDecompressSync } from "node:zlib";
import { ZSTD_WINDOW } from "./body.ts";
import { LONGEST_TEXT_BYTES } from "./fields.ts";
import { unpackedSize } from "./gunzip_by_library.ts";

/** So much of a payload is looked at, as it comes … */
const PACKED_BYTES = 1_024;
/** … and unpacked: a message is shorter. */
export const BEGINNING_BYTES = 4_096;
/** What unpacks to more from that beginning is a bomb. */
const MOST_BYTES = 256 << 10;
/** A part of JSON: a string, a number or a word, or what stands between them. */
const PART = /\s*("(?:[^"\\]|\\.)*"|[^\s"{}[\],:]+|[{}[\],:])/y;
const NAME = '"proplet_id"';

/** How large a payload says it is, unpacked; Infinity where zstd does not say. */
export function saidBytes(payload: Uint8Array): number {
  if (payload[0] === 0x1f && payload[1] === 0x8b) return unpackedSize(payload);
  return payload[0] === 0x28 && payload[1] === 0xb5 ? sizeOfFrame(payload) : payload.byteLength;
}

/** The content size in the header of a frame of zstd (RFC 8878, 3.1.1.1). */
function sizeOfFrame(payload: Uint8Array): number {
  const { descriptor, isSegment, contentSizeAt: at } = frameHeader(payload);
  const byte = (n: number) => payload[at + n] ?? 0;
  const uint32 = () => (byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24) >>> 0;
  switch (descriptor >> 6) {
    case 0:
      return isSegment ? byte(0) : Infinity;
    case 1:
      return (byte(0) | byte(1) << 8) + 256;
    case 2:
      return uint32();
    default:
      return byte(4) + byte(5) + byte(6) + byte(7) > 0 ? Infinity : uint32();
  }
}

function frameHeader(payload: Uint8Array) {
  const descriptor = payload[4] ?? 0;
  const isSegment = (descriptor & 0x20) !== 0;
  const contentSizeAt = 5 + (isSegment ? 0 : 1) + [0, 1, 2, 4][descriptor & 3];
  const contentSizeBytes = [isSegment ? 1 : 0, 2, 4, 8][descriptor >> 6];
  return { descriptor, isSegment, contentSizeAt, endsAt: contentSizeAt + contentSizeBytes };
}

/**
 * Where the first block of a frame of zstd ends (RFC 8878, 3.1.1.2). It is unpacked as a whole, to 128 KiB at most; of
 * those behind it nothing is.
 */
function endOfFirstBlock(payload: Uint8Array): number {
  const { endsAt: at } = frameHeader(payload);
  const header = (payload[at] ?? 0) | (payload[at + 1] ?? 0) << 8 | (payload[at + 2] ?? 0) << 16;
  const [type, size] = [header >> 1 & 3, header >> 3];
  // One of type 1 is a byte that is repeated.
  return at + 3 + (type === 1 ? 1 : size);
}

/**
 * Who the first message of a payload says it is from, by its beginning: what that costs does not depend on how much
 * there is. Null where it does not tell.
 */
export function firstSender(payload: Uint8Array): string | null {
  try {
    const { buffer, byteOffset, byteLength } = beginningOf(payload);
    return senderIn(Buffer.from(buffer, byteOffset, Math.min(byteLength, BEGINNING_BYTES)).toString());
  } catch {
    // Whoever unpacks all of it says what is wrong with it.
    return null;
  }
}

function beginningOf(payload: Uint8Array): Uint8Array {
  if (payload[0] === 0x1f && payload[1] === 0x8b) {
    return gunzipSync(payload.subarray(0, PACKED_BYTES), {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: MOST_BYTES,
    });
  }
  if (payload[0] === 0x28 && payload[1] === 0xb5 && payload[2] === 0x2f && payload[3] === 0xfd) {
    return zstdDecompressSync(payload.subarray(0, endOfFirstBlock(payload)), {
      maxOutputLength: MOST_BYTES,
      params: ZSTD_WINDOW,
    });
  }
  return payload;
}

/** The name in the first object, which may be the first of an array. */
function senderIn(text: string): string | null {
  PART.lastIndex = 0;
  const next = () => PART.exec(text)?.[1] ?? null;
  let part = next();
  if (part === "[") part = next();
  if (part !== "{") return null;
  for (let depth = 1, before = part; depth > 0; before = part) {
    part = next();
    if (part === null) return null;
    if (depth === 1 && part === NAME && (before === "{" || before === ",")) {
      return next() === ":" ? nameOf(next()) : null;
    }
    if (part === "{" || part === "[") depth++;
    else if (part === "}" || part === "]") depth--;
  }
  return null;
}

function nameOf(part: string | null): string | null {
  if (part === null || !part.startsWith('"')) return null;
  const name: unknown = JSON.parse(part);
  return typeof name === "string" && name.length > 0 && name.length <= LONGEST_TEXT_BYTES ? name : null;
}
