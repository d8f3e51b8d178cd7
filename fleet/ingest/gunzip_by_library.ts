import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";

/** The part of Bun's own object that is used here; see https://bun.com/reference/bun/gunzipSync. */
interface BunZlib {
  gunzipSync(bytes: Uint8Array, options: { readonly library: "libdeflate" }): Uint8Array;
}

/** The magic number, deflate, and nothing more in the header: every member of a file of ours begins so. */
const HEADER = Buffer.of(0x1f, 0x8b, 8);
const [HEADER_BYTES, TRAILER_BYTES] = [10, 8];
/** What unpacks to more is left to others: the library does not take a limit … */
const MOST_BYTES = 1 << 16;
/** … but a byte of deflate cannot stand for more than this. */
const MOST_GROWTH = 1_032;

const { Bun: bun } = globalThis as { readonly Bun?: BunZlib };

/**
 * What a gzip file of one member has in it, where that is small and the runtime has libdeflate, which takes a third of
 * the time of any other. Null for all else, and for what is broken: others read it, or say what is wrong.
 * @param most bytes that are taken
 */
export function gunzipByLibrary(bytes: Uint8Array, most: number): Uint8Array | null {
  const end = bytes.length - TRAILER_BYTES;
  if (bun === undefined || end < HEADER_BYTES || bytes.length * MOST_GROWTH > most) return null;
  const trailer = Buffer.from(bytes.buffer, bytes.byteOffset + end, TRAILER_BYTES);
  if (trailer.readUInt32LE(4) > MOST_BYTES) return null;
  // The library passes over what follows the first member.
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (whole.indexOf(HEADER) !== 0 || whole.indexOf(HEADER, 1) >= 0) return null;
  try {
    const unpacked = bun.gunzipSync(bytes, { library: "libdeflate" });
    const isWhole = unpacked.length === trailer.readUInt32LE(4) &&
      crc32(unpacked) === trailer.readUInt32LE(0);
    return isWhole && unpacked.length <= most ? unpacked : null;
  } catch {
    return null;
  }
}
