import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { LogEntry } from "../../../../supervisor/logs/entry.ts";
import { addressText, parseRemoteAddress } from "../../../../supervisor/logs/remote/remote_address.ts";
import {
  counted,
  journaldMessages,
  syslogMessages,
} from "../../../../supervisor/logs/remote/remote_message.ts";

const MARKING = { facility: "daemon", severity: null } as const;
const entry = (text: string | Uint8Array, more: Partial<LogEntry> = {}): LogEntry => ({
  id: "web:0",
  stream: "stdout",
  timestampMs: Date.UTC(2026, 0, 31, 12),
  bytes: typeof text === "string" ? new TextEncoder().encode(text) : text,
  endOffset: 0,
  isPartial: false,
  isNotice: false,
  metadata: null,
  ...more,
});
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Fields of the journal's own form, read as its document says. */
function fieldsOf(bytes: Uint8Array): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(10, at);
    const line = text(bytes.subarray(at, end));
    const equals = line.indexOf("=");
    if (equals >= 0) {
      fields[line.slice(0, equals)] = line.slice(equals + 1);
      at = end + 1;
    } else {
      const length = Number(new DataView(bytes.buffer, bytes.byteOffset + end + 1, 8).getBigUint64(0, true));
      fields[line] = text(bytes.subarray(end + 9, end + 9 + length));
      assert.equal(bytes[end + 9 + length], 10);
      at = end + 10 + length;
    }
  }
  return fields;
}

describe("a line in the form of syslog", () => {
  test("has priority, time, host, id and stream before it", () => {
    const cases: [LogEntry, Parameters<typeof syslogMessages>[1], string][] = [
      // daemon is 3, info 6, err 3, warning 4; local7 is 23, debug 7.
      [entry("up"), MARKING, "<30>1 2026-01-31T12:00:00.000Z host web:0 - stdout - up"],
      [
        entry("a\nb", { stream: "stderr" }),
        MARKING,
        "<27>1 2026-01-31T12:00:00.000Z host web:0 - stderr - a\nb",
      ],
      [
        entry("5 lost", { isNotice: true }),
        MARKING,
        "<28>1 2026-01-31T12:00:00.000Z host web:0 - stdout - proctor: 5 lost",
      ],
      [
        entry("", { id: "x".repeat(60) }),
        { facility: "local7", severity: "debug" },
        `<191>1 2026-01-31T12:00:00.000Z host ${"x".repeat(48)} - stdout - `,
      ],
    ];
    for (const [one, marking, expected] of cases) {
      assert.deepEqual(syslogMessages(one, marking, "host").map(text), [expected]);
    }
    assert.match(text(syslogMessages(entry("x"), MARKING, "my höst")[0]), / my_h_st web:0 /);
    assert.match(text(syslogMessages(entry("x"), MARKING, "")[0]), /Z - web:0 /);
    assert.equal(text(counted(new TextEncoder().encode("é"))), "2 é");
  });

  test("ends where it ends: nothing behind a NUL is a message of its own", () => {
    const forged = entry("up\0<0>1 2026-01-31T12:00:00Z host kernel - - - panic\0");
    assert.deepEqual(syslogMessages(forged, MARKING, "host").map(text), [
      "<30>1 2026-01-31T12:00:00.000Z host web:0 - stdout - up#000<0>1 2026-01-31T12:00:00Z host kernel - - - panic#000",
    ]);
    const noText = Uint8Array.of(0x80, 0, 0xff);
    assert.deepEqual([...syslogMessages(entry(noText), MARKING, "host")[0].slice(-6)], [
      0x80,
      35,
      48,
      48,
      48,
      0xff,
    ]);
  });

  test("that is too long for a datagram becomes several, which part no character", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 3_000 }),
        (one, times) => {
          const bytes = new TextEncoder().encode(one.repeat(times));
          const head = syslogMessages(entry(""), MARKING, "h")[0].length;
          const pieces = syslogMessages(entry(bytes), MARKING, "h").map((message) => message.subarray(head));
          assert.equal(Buffer.concat(pieces).toString(), one.repeat(times).replaceAll("\0", "#000"));
          for (const piece of pieces) {
            assert.ok(piece.length <= 32_768);
            new TextDecoder("utf-8", { fatal: true }).decode(piece);
          }
        },
      ),
      { numRuns: 30 },
    );
    const noText = new Uint8Array(70_000).fill(0x80);
    assert.deepEqual(
      Buffer.concat(journaldMessages(entry(noText), MARKING)).filter((one) => one === 0x80).length,
      70_000,
    );
  });
});

test("a line in the form of journald is fields, with what more there is to tell of it", () => {
  const [message] = journaldMessages(
    entry("a=b\nc", { stream: "stderr", metadata: { sequence: 7 } }),
    MARKING,
  );
  assert.deepEqual(fieldsOf(message), {
    MESSAGE: "a=b\nc",
    PRIORITY: "3",
    SYSLOG_FACILITY: "3",
    SYSLOG_IDENTIFIER: "web:0",
    SYSLOG_TIMESTAMP: "2026-01-31T12:00:00.000Z",
    PROCTOR_STREAM: "stderr",
    PROCTOR_SEQUENCE: "7",
  });
  fc.assert(fc.property(fc.string({ unit: "binary" }), (one) => {
    assert.equal(fieldsOf(journaldMessages(entry(one), MARKING)[0]).MESSAGE, one);
  }));
});

test("an address is a socket, or a host and a port", () => {
  const cases: [string, string][] = [
    ["/dev/log", "/dev/log"],
    ["udp://logs.example", "udp://logs.example:514"],
    ["tcp://[::1]:6514", "tcp://[::1]:6514"],
    ["tcp://10.0.0.1:1/", "tcp://10.0.0.1:1"],
  ];
  for (const [written, meant] of cases) assert.equal(addressText(parseRemoteAddress(written, "a")), meant);
  for (
    const bad of ["", "log", "udp://", "udp://h:0", "tcp://h:70000", "http://h", "tcp://u@h:1", "udp://h:5/x"]
  ) {
    assert.throws(() => parseRemoteAddress(bad, "address"), {
      message:
        `address: "${bad}" is not an address of a log; write /dev/log, udp://host:514, tcp://host:514 or tls://host:6514`,
    });
  }
  assert.throws(
    () => parseRemoteAddress(`/${"x".repeat(107)}`, "a"),
    /longer than the 107 bytes a socket's path may have/,
  );
});
