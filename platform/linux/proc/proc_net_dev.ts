import type { InterfaceReading } from "../../contract/host.ts";
import { cursor, nextInteger } from "./bytes.ts";
import { decode } from "./decode.ts";

const NEWLINE = 10;
const BLANK = 32;
const COLON = 58;

/**
 * Parse /proc/net/dev (proc_pid_net(5)), which is `bytes[0, length)`: a line per interface of our network
 * namespace, `  eth0: 161660271 3844 0 …`, after two lines of headings without a colon. A name has neither blanks,
 * slashes nor colons, but any other byte. Old kernels write the first number right behind the colon.
 */
export function parseNetDev(bytes: Uint8Array, length: number): InterfaceReading[] {
  const interfaces: InterfaceReading[] = [];
  for (let line = 0; line < length;) {
    let end = line;
    while (end < length && bytes[end] !== NEWLINE) end++;
    const reading = parseLine(bytes, line, end);
    if (reading) interfaces.push(reading);
    line = end + 1;
  }
  return interfaces;
}

function parseLine(bytes: Uint8Array, start: number, end: number): InterfaceReading | null {
  let from = start;
  while (from < end && bytes[from] === BLANK) from++;
  let colon = from;
  while (colon < end && bytes[colon] !== COLON) colon++;
  if (colon === end || colon === from) return null;
  cursor.at = colon + 1;
  const rxBytes = next(bytes, end);
  const rxPackets = next(bytes, end);
  const rxErrors = next(bytes, end);
  for (let skipped = 0; skipped < 5; skipped++) next(bytes, end); // drop fifo frame compressed multicast
  const txBytes = next(bytes, end);
  const txPackets = next(bytes, end);
  const txErrors = next(bytes, end);
  if (Number.isNaN(txErrors)) return null;
  const name = decode(bytes, from, colon);
  return {
    name,
    isLoopback: name === "lo",
    rxBytes,
    txBytes,
    rxPackets,
    txPackets,
    rxErrors,
    txErrors,
  };
}

function next(bytes: Uint8Array, end: number): number {
  return nextInteger(bytes, cursor.at, end);
}
