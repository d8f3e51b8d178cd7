import { crc32 } from "node:zlib";
import { ByteReader, CorruptData } from "./byte_reader.ts";
import { ByteWriter } from "./byte_writer.ts";
import { compress, decompress } from "./zstd.ts";

/** No body is larger: what claims to be is not believed, and what would be is refused. */
const MAX_BODY_BYTES = 128 * 2 ** 20;

const HEAD_BYTES = 10;

/**
 * Pack a body: its kind, the version of its format, its length and checksum in plain bytes, then one zstd frame.
 * @throws RangeError when it is too large
 */
export function packFrame(kind: number, version: number, body: Uint8Array): Uint8Array {
  if (body.length > MAX_BODY_BYTES) {
    throw new RangeError(`${body.length} bytes are more than fit into a chunk (${MAX_BODY_BYTES})`);
  }
  const packed = compress(body);
  const writer = new ByteWriter(HEAD_BYTES + packed.length);
  writer.byte(kind);
  writer.byte(version);
  writer.uint32(body.length);
  writer.uint32(crc32(body));
  writer.bytes(packed);
  return writer.written();
}

/**
 * The body of a frame.
 * @param version the newest that is read: each has what those before it have
 * @throws CorruptData when it is not what was packed, or of another kind or a newer version
 */
export function unpackFrame(kind: number, version: number, frame: Uint8Array): Uint8Array {
  const reader = new ByteReader(frame);
  if (reader.byte() !== kind) throw new CorruptData("begins with other bytes than it should");
  const found = reader.byte();
  if (found < 1 || found > version) {
    throw new CorruptData(`has version ${found}: this proctor reads versions up to ${version}`);
  }
  const length = reader.uint32();
  const checksum = reader.uint32();
  if (length > MAX_BODY_BYTES) throw new CorruptData("claims to be larger than any may be");
  const body = bodyOf(reader.bytes(reader.left), length);
  if (body.length !== length || crc32(body) !== checksum) throw new CorruptData("has a wrong checksum");
  return body;
}

function bodyOf(packed: Uint8Array, length: number): Uint8Array {
  try {
    return decompress(packed, length);
  } catch {
    throw new CorruptData("cannot be decompressed");
  }
}
