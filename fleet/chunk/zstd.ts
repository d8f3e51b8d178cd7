import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";

/**
 * The part of Bun's own object that is used here: it makes no stream of each call, which takes longer than packing what
 * is small; see https://bun.com/reference/bun/zstdCompressSync.
 */
interface BunZstd {
  zstdCompressSync(bytes: Uint8Array, options: { readonly level: number }): Uint8Array;
  zstdDecompressSync(bytes: Uint8Array): Uint8Array;
}

const LEVEL = 3;
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } };
/** What a frame begins with; see RFC 8878, 3.1.1. */
const MAGIC = [0x28, 0xb5, 0x2f, 0xfd] as const;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
/** A size of two bytes is what is above this. */
const TWO_BYTES_FROM = 256;

const { Bun: bun } = globalThis as { readonly Bun?: BunZstd };

/** Bytes as one zstd frame, the same that `node:zlib` of the runtime makes. */
export function compress(bytes: Uint8Array): Uint8Array {
  return bun ? bun.zstdCompressSync(bytes, { level: LEVEL }) : zstdCompressSync(bytes, OPTIONS);
}

/**
 * What a frame has in it. Nothing is set aside beyond a length, whatever the frame itself claims.
 * @throws Error when it is damaged, or has more in it; of one that is cut off some runtimes give what there is
 */
export function decompress(packed: Uint8Array, length: number): Uint8Array {
  if (bun && claimedSize(packed) === length) return bun.zstdDecompressSync(packed);
  return zstdDecompressSync(packed, { maxOutputLength: Math.max(1, length) });
}

/** How many bytes a frame says it has in it; null where it does not, or is none. */
export function claimedSize(packed: Uint8Array): number | null {
  if (!MAGIC.every((byte, at) => packed[at] === byte)) return null;
  const descriptor = packed[MAGIC.length]!;
  const isSingle = (descriptor >> 5 & 1) === 1;
  const bytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const start = MAGIC.length + 1 + (isSingle ? 0 : 1) + DICTIONARY_BYTES[descriptor & 3]!;
  if (bytes === 0 || packed.length < start + bytes) return null;
  let size = bytes === 2 ? TWO_BYTES_FROM : 0;
  for (let at = 0; at < bytes; at++) size += packed[start + at]! * 256 ** at;
  return size;
}
