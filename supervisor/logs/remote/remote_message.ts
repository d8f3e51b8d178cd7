import type { LogEntry } from "../entry.ts";
import { FACILITIES, severityOf } from "./severity.ts";
import type { Facility, Severity } from "./severity.ts";

/*
 * A line in the form of syslog (RFC 5424), and in that of journald (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/).
 */

/** How lines are marked. */
export interface Marking {
  readonly facility: Facility;
  /** null: by the stream. */
  readonly severity: Severity | null;
}

/** A longer line becomes several messages: what a datagram can hold is bounded. */
const MOST_TEXT_BYTES = 32_768;
const MOST_NAME = 48;
const MOST_HOST = 255;
const NEWLINE = 10;
const encoder = new TextEncoder();

/**
 * `<29>1 2026-01-31T12:00:00.000Z host web - stdout - text`: the name of the application is the id of the process, the
 * kind of the message its stream.
 */
export function syslogMessages(entry: LogEntry, { facility, severity }: Marking, host: string): Uint8Array[] {
  const priority = FACILITIES.indexOf(facility) * 8 + severityOf(entry, severity);
  const time = new Date(entry.timestampMs).toISOString();
  const names = `${word(host, MOST_HOST)} ${word(entry.id, MOST_NAME)}`;
  const head = encoder.encode(`<${priority}>1 ${time} ${names} - ${entry.stream} - `);
  return textsOf({ ...entry, bytes: withoutNul(entry.bytes) }).map((text) => Buffer.concat([head, text]));
}

/**
 * A NUL ends a message for some that listen (BusyBox, sysklogd): what stands behind it they would take for one of its
 * own, of whatever priority and program it says. It is written as syslogs write it where they keep it.
 */
function withoutNul(text: Uint8Array): Uint8Array {
  return text.includes(0)
    ? Buffer.from(Buffer.from(text).toString("latin1").replaceAll("\0", "#000"), "latin1")
    : text;
}

/** For a stream: each message behind its length (RFC 6587, 3.4.1; RFC 5425, 4.3). */
export function counted(message: Uint8Array): Uint8Array {
  return Buffer.concat([encoder.encode(`${message.length} `), message]);
}

/** Fields of journald: `journalctl -t web`, `journalctl PROCTOR_STREAM=stderr`. */
export function journaldMessages(entry: LogEntry, { facility, severity }: Marking): Uint8Array[] {
  const more = Object.entries(entry.metadata ?? {}).map(([name, value]) =>
    [`PROCTOR_${name.toUpperCase()}`, encoder.encode(String(value))] as const
  );
  return textsOf(entry).map((text) =>
    Buffer.concat([
      field("MESSAGE", text),
      field("PRIORITY", encoder.encode(String(severityOf(entry, severity)))),
      field("SYSLOG_FACILITY", encoder.encode(String(FACILITIES.indexOf(facility)))),
      field("SYSLOG_IDENTIFIER", encoder.encode(entry.id)),
      field("SYSLOG_TIMESTAMP", encoder.encode(new Date(entry.timestampMs).toISOString())),
      field("PROCTOR_STREAM", encoder.encode(entry.stream)),
      ...more.map(([name, value]) => field(name, value)),
    ])
  );
}

/** `NAME=value`, or, where the value has lines, the name, its length as 64 bits, and the value. */
function field(name: string, value: Uint8Array): Uint8Array {
  const end = Uint8Array.of(NEWLINE);
  if (!value.includes(NEWLINE)) return Buffer.concat([encoder.encode(`${name}=`), value, end]);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(value.length), true);
  return Buffer.concat([encoder.encode(`${name}\n`), length, value, end]);
}

/** The text of an entry in pieces that a datagram can hold, none of which parts a character. */
function textsOf({ bytes, isNotice }: LogEntry): Uint8Array[] {
  const text = isNotice ? Buffer.concat([encoder.encode("proctor: "), bytes]) : bytes;
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < text.length || pieces.length === 0;) {
    let end = Math.min(start + MOST_TEXT_BYTES, text.length);
    // Bytes of the form 10xxxxxx go on with a character of UTF-8: three at most.
    for (let back = 0; end < text.length && back < 3 && (text[end] & 0xc0) === 0x80; back++) end--;
    pieces.push(text.subarray(start, end));
    start = end;
  }
  return pieces;
}

/** A name as syslog has it: printable ASCII without blanks, bounded; `-` for none. */
function word(text: string, most: number): string {
  return text.replace(/[^!-~]/g, "_").slice(0, most) || "-";
}
