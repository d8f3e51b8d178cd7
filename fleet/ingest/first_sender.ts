import { Buffer } from "node:buffer";
import { constants, gunzipSync, zstdDecompressSync } from "node:zlib";
import { ZSTD_WINDOW } from "./body.ts";
import { LONGEST_TEXT_BYTES } from "./fields.ts";
import { unpackedSize } from "./gunzip_by_library.ts";

/** So much of a payload is looked at, as it comes … */
const PACKED_BYTES = 1_024;
/** … and unpacked: a message is shorter. */
export const BEGINNING_BYTES = 4_096;
/** A block of zstd is unpacked as a whole, and has no more. */
const ZSTD_BLOCK_BYTES = 128 << 10;
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
  const descriptor = payload[4];
  const isSegment = (descriptor & 0x20) !== 0;
  const at = 5 + (isSegment ? 0 : 1) + [0, 1, 2, 4][descriptor & 3];
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
    return zstdDecompressSync(payload.subarray(0, ZSTD_BLOCK_BYTES), {
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
