/** The part of Bun's own object that is used here; see https://bun.com/reference/bun/gunzipSync. */
interface BunZlib {
  gunzipSync(bytes: Uint8Array, options: { readonly library: "libdeflate" }): Uint8Array;
}

/** The magic number and deflate: every member of a file of ours begins so. */
const HEADER = [0x1f, 0x8b, 8] as const;
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
  const size = unpackedSize(bytes);
  if (size > MOST_BYTES || !isOfOneMember(bytes)) return null;
  try {
    // It has compared the checksum.
    const unpacked = bun.gunzipSync(bytes, { library: "libdeflate" });
    return unpacked.length === size && size <= most ? unpacked : null;
  } catch {
    return null;
  }
}

/** How large a gzip file of one member says it is, unpacked. */
export function unpackedSize(bytes: Uint8Array): number {
  const at = bytes.length - 4;
  return (bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24) >>> 0;
}

/** The library passes over what follows the first member. */
function isOfOneMember(bytes: Uint8Array): boolean {
  if (!beginsMember(bytes, 0)) return false;
  for (let at = bytes.indexOf(HEADER[0], 1); at > 0; at = bytes.indexOf(HEADER[0], at + 1)) {
    if (beginsMember(bytes, at)) return false;
  }
  return true;
}

function beginsMember(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === HEADER[0] && bytes[at + 1] === HEADER[1] && bytes[at + 2] === HEADER[2];
}
