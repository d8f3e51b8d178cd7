import type { LogEntry } from "./entry.ts";
import type { LogFormat } from "./config.ts";
import type { LogLine, LogStream } from "./log_line.ts";

/*
 * The formats of a log file, written and read back.
 *
 *   plain            the bytes of the line
 *   enhanced_plain   2026-01-31T12:00:00.000Z web stdout | the bytes of the line
 *                    … and for the further lines of one entry:
 *                      | the bytes of the line
 *   json             {"timestamp":"…","id":"web","stream":"stdout","message":"…"}
 *
 * In place of the bar stand `+` for a piece of a line that goes on in the next entry of its stream, and `!` for what
 * proctor says itself.
 */

const NEWLINE = 10;
const END = Uint8Array.of(NEWLINE);
const GUTTER = new TextEncoder().encode("  | ");
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * One entry with its end, as bytes for a file.
 * @param goesOn whether a plain line goes on from the entry before it
 */
export function encodeEntry(
  entry: LogEntry,
  format: LogFormat,
  prefix: string,
  goesOn = false,
): Uint8Array {
  if (format === "json") return encoder.encode(`${JSON.stringify(jsonOf(entry))}\n`);
  const before = prefix === "" ? "" : `${prefix} `;
  if (format === "plain") {
    const lead = goesOn ? "" : entry.isNotice ? `${before}proctor: ` : before;
    const pieces = eachLine(entry.bytes, encoder.encode(lead), encoder.encode(before));
    // The rest of a line stands right behind it, as it was written.
    return Buffer.concat(entry.isPartial ? pieces : [...pieces, END]);
  }
  const sign = entry.isNotice ? "!" : entry.isPartial ? "+" : "|";
  const more = entry.metadata
    ? ` [${Object.entries(entry.metadata).map(([key, value]) => `${key}=${value}`).join(" ")}]`
    : "";
  const head = `${before}${stamp(entry)} ${word(entry.id)} ${entry.stream}${more} ${sign} `;
  return Buffer.concat([...eachLine(entry.bytes, encoder.encode(head), GUTTER), END]);
}

/** The lines of an entry, the first led by `first` and the further ones by `further`. */
export function eachLine(bytes: Uint8Array, first: Uint8Array, further: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [first];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    pieces.push(bytes.subarray(start, end + 1), further);
    start = end + 1;
  }
  pieces.push(bytes.subarray(start));
  return pieces;
}

/** An entry as it goes over the API. */
export function logLineOf(entry: LogEntry): LogLine {
  const { id, stream, isPartial, isNotice } = entry;
  return {
    timestamp: stamp(entry),
    id,
    stream,
    message: decoder.decode(entry.bytes),
    ...(isPartial ? { partial: true } : {}),
    ...(isNotice ? { notice: true } : {}),
  };
}

function jsonOf(entry: LogEntry) {
  const line = { ...logLineOf(entry), ...entry.metadata };
  try {
    strictDecoder.decode(entry.bytes);
    return line;
  } catch {
    // The message alone would have lost bytes that are not UTF-8.
    return { ...line, message_base64: Buffer.from(entry.bytes).toString("base64") };
  }
}

function stamp({ timestampMs }: LogEntry): string {
  return new Date(timestampMs).toISOString();
}

/** An id as one word of a line. */
function word(id: string): string {
  return id.replace(/[\s\\]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

const HEADER = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) \S+ (stdout|stderr)(?: \[[^\]]*\])? ([|+!]) /;

/**
 * Reads the lines of a file back to entries. A line that is not what the format promises, as in a file that has
 * changed its format, is taken as it is, without a time.
 */
export class EntryReader {
  #current: { -readonly [Key in keyof LogLine]: LogLine[Key] } | null = null;
  readonly #isPlain: boolean;
  readonly #lead: string;

  /** @param streams of the file, to name that of a plain line where there is but one */
  constructor(
    readonly id: string,
    format: LogFormat,
    prefix: string,
    readonly streams: readonly LogStream[],
  ) {
    this.#isPlain = format === "plain";
    this.#lead = prefix === "" || format === "json" ? "" : `${prefix} `;
  }

  /** A line without its end; what is complete with it. */
  push(bytes: Uint8Array): LogLine | null {
    const text = decoder.decode(bytes);
    if (!this.#isPlain && this.#current && text.startsWith("  | ")) {
      this.#current.message += `\n${text.slice(4)}`;
      return null;
    }
    const complete = this.#current;
    this.#current = this.#parse(
      this.#lead !== "" && text.startsWith(this.#lead) ? text.slice(this.#lead.length) : text,
    );
    return complete;
  }

  /** What the last line was part of. */
  end(): LogLine | null {
    const complete = this.#current;
    this.#current = null;
    return complete;
  }

  #parse(text: string): LogLine {
    if (!this.#isPlain) {
      const match = HEADER.exec(text);
      if (match) {
        return {
          timestamp: match[1],
          id: this.id,
          stream: match[2] as LogStream,
          message: text.slice(match[0].length),
          ...(match[3] === "+" ? { partial: true } : {}),
          ...(match[3] === "!" ? { notice: true } : {}),
        };
      }
      const json = text.startsWith("{") ? parseJson(text, this.id) : null;
      if (json) return json;
    }
    const stream = this.streams.length === 1 ? this.streams[0] : null;
    return { timestamp: null, id: this.id, stream, message: text };
  }
}

function parseJson(text: string, id: string): LogLine | null {
  try {
    const { timestamp, stream, message, partial, notice } = JSON.parse(text);
    if (typeof timestamp !== "string" || typeof message !== "string") return null;
    return {
      timestamp,
      id,
      stream: stream === "stdout" || stream === "stderr" ? stream : null,
      message,
      ...(partial === true ? { partial } : {}),
      ...(notice === true ? { notice } : {}),
    };
  } catch {
    return null;
  }
}
