import { Buffer, isAscii } from "node:buffer";
import { constants, gunzipSync, zstdDecompressSync } from "node:zlib";
import type { MessageLimits } from "./limits.ts";
import type { Reason } from "./fault.ts";
import { gunzipByLibrary } from "./gunzip_by_library.ts";
import { gunzipSmall } from "./gunzip.ts";

/** A body that can be read, or why it cannot be; and how many bytes it took to find out. */
export type Body =
  | { readonly items: readonly unknown[]; readonly bytes: number }
  | { readonly count: number; readonly bytes: number }
  | { readonly reason: Reason; readonly detail: string | null; readonly bytes: number };

/** A window beyond that takes memory before a byte is unpacked. */
export const ZSTD_WINDOW = { [constants.ZSTD_d_windowLogMax]: 23 } as const;
/** So many brackets any body may have; a larger one has no more than one in so many bytes. */
const FREE_BRACKETS = 256;
const BYTES_A_BRACKET = 24;

/** Reads messages from their bytes; returns how many there are, or 0 where they are to be made objects of. */
type ReadBytes = (bytes: Uint8Array, mostBrackets: number) => number;

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * The messages in a payload: one, or those of an array. Unpacks gzip and zstd, told by their first bytes.
 * @param readBytes reads messages from their bytes, which hold until it returns
 */
export function openBody(
  payload: Uint8Array,
  { payloadBytes, bodyBytes, batch }: Pick<MessageLimits, "payloadBytes" | "bodyBytes" | "batch">,
  readBytes: ReadBytes | null = null,
): Body {
  const size = payload.byteLength;
  if (size > payloadBytes) {
    return refused("payload_size", `${size} bytes; ${payloadBytes} are taken`, 0);
  }
  const ours = isGzip(payload) ? gunzipByLibrary(payload, bodyBytes) : null;
  if (ours !== null) {
    const body = readBody(ours, batch, readBytes);
    letGo(ours);
    return body;
  }
  let bytes: Uint8Array;
  try {
    bytes = unpacked(payload, bodyBytes);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Whoever stops at the limit has done that work.
    return code === "ERR_BUFFER_TOO_LARGE"
      ? refused("body_size", `more than ${bodyBytes} bytes are taken out of ${size}`, bodyBytes)
      : refused("compression", message, Math.max(size, bodyBytes >> 4));
  }
  const unpackedSize = bytes.byteLength;
  if (unpackedSize > bodyBytes) {
    return refused("body_size", `${unpackedSize} bytes; ${bodyBytes} are taken`, unpackedSize);
  }
  return readBody(bytes, batch, readBytes);
}

function readBody(bytes: Uint8Array, batch: number, readBytes: ReadBytes | null): Body {
  const size = bytes.byteLength;
  const mostBrackets = Math.max(FREE_BRACKETS, size / BYTES_A_BRACKET);
  const count = readBytes?.(bytes, mostBrackets) ?? 0;
  return count > 0 ? { count, bytes: size } : readText(bytes, mostBrackets, batch);
}

function readText(bytes: Uint8Array, mostBrackets: number, batch: number): Body {
  const size = bytes.byteLength;
  let text: string;
  try {
    text = isAscii(bytes) ? asciiOf(bytes) : decoder.decode(bytes);
  } catch {
    return refused("encoding", null, size);
  }
  if (!hasAtMost(text, mostBrackets)) return refused("nesting", null, size);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // Its words have a part of the text in them, or tell of a stack that is too small.
    return refused("json", error instanceof SyntaxError ? error.message : "nested too deep", size);
  }
  if (!Array.isArray(value)) return { items: [value], bytes: size };
  if (value.length > batch) {
    return refused("batch", `${value.length} messages; ${batch} are taken`, size);
  }
  return { items: value, bytes: size };
}

/** RFC 1952 begins with 1f 8b; RFC 8878 with its magic number. JSON cannot begin with either. */
function unpacked(payload: Uint8Array, most: number): Uint8Array {
  if (isGzip(payload)) return gunzipSmall(payload, most) ?? gunzipSync(payload, { maxOutputLength: most });
  if (payload[0] === 0x28 && payload[1] === 0xb5 && payload[2] === 0x2f && payload[3] === 0xfd) {
    return zstdDecompressSync(payload, {
      maxOutputLength: most,
      params: ZSTD_WINDOW,
    });
  }
  return payload;
}

function isGzip(payload: Uint8Array): boolean {
  return payload[0] === 0x1f && payload[1] === 0x8b;
}

/**
 * Give back at once what was unpacked, for the next: until the collector does so a manager of many agents gathers
 * hundreds of megabytes, whose pages are new each time.
 */
function letGo({ buffer }: Uint8Array): void {
  (buffer as ArrayBuffer).transfer(0);
}

/** A decoder of UTF-8 takes several times as long for what needs none, and nearly all messages are of that kind. */
function asciiOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("latin1");
}

/**
 * Whether a text has so many opening brackets at most, those in strings included: what JSON.parse makes of it costs
 * memory by their number, and is nested no deeper. Looked for by the runtime itself, not character by character: that
 * would cost as much as reading it.
 */
function hasAtMost(text: string, most: number): boolean {
  let count = 0;
  for (const bracket of ["{", "["]) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      if (++count > most) return false;
    }
  }
  return true;
}

function refused(reason: Reason, detail: string | null, bytes: number): Body {
  return { reason, detail, bytes };
}
