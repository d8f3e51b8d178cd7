import { i32, u16, u64 } from "./words.ts";

/* What the MIB { CTL_NET, PF_ROUTE, 0, 0, NET_RT_IFLIST2, 0 } of sysctl(3) gives (bsd/net/if.h, if_var.h of XNU). */

/** Of the messages, the one that holds `struct if_msghdr2`, which has counters of 64 bits. */
const RTM_IFINFO2 = 0x12;
const HEADER_SIZE = 160;
const IFF_LOOPBACK = 8;

/** The counters of one interface. */
export interface InterfaceCounters {
  readonly index: number;
  readonly isLoopback: boolean;
  readonly rxPackets: number;
  readonly rxErrors: number;
  readonly txPackets: number;
  readonly txErrors: number;
  /** Cut to 32 bits, and down to whole kilobytes, for programs that are not Apple's (bsd/net/rtsock.c). */
  readonly rxBytes: number;
  readonly txBytes: number;
}

/** The interfaces in a list of messages, each of its own length; what is cut short at the end is left out. */
export function parseInterfaces(bytes: Uint8Array): InterfaceCounters[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: InterfaceCounters[] = [];
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = u16(view, at);
    if (length < 4 || at + length > bytes.length) break;
    if (bytes[at + 3] === RTM_IFINFO2 && length >= HEADER_SIZE) {
      found.push({
        index: u16(view, at + 12),
        isLoopback: (i32(view, at + 8) & IFF_LOOPBACK) !== 0,
        rxPackets: u64(view, at + 56),
        rxErrors: u64(view, at + 64),
        txPackets: u64(view, at + 72),
        txErrors: u64(view, at + 80),
        rxBytes: u64(view, at + 96),
        txBytes: u64(view, at + 104),
      });
    }
    at += length;
  }
  return found;
}

const ROUND = 2 ** 32;

/**
 * Adds up counters that go round at 2^32. It has to be shown each before 4 GiB more have passed: at 10 Gbit/s, within
 * three seconds.
 */
export class RoundCounters {
  readonly #seen = new Map<string, { last: number; sum: number }>();

  /**
   * What a counter has come to, since it was seen first and before.
   * @param name tells it from others
   */
  add(name: string, value: number): number {
    const known = this.#seen.get(name);
    if (!known) {
      this.#seen.set(name, { last: value, sum: value });
      return value;
    }
    // A kernel that does not cut them shows more than 32 bits: then it is as it stands.
    const isWhole = value >= ROUND || known.last >= ROUND;
    const grown = isWhole ? Math.max(0, value - known.last) : (value - known.last + ROUND) % ROUND;
    known.last = value;
    return known.sum += grown;
  }
}
