/*
 * Messages of the process events connector (include/uapi/linux/cn_proc.h, connector.h; drivers/connector/cn_proc.c):
 * struct nlmsghdr of 16 bytes, struct cn_msg of 20, then the operation or struct proc_event.
 */
import type { ProcessEnd } from "../../contract/process_events.ts";

const NLMSG_DONE = 3;
const CN_IDX_PROC = 1;
const CN_VAL_PROC = 1;
const ACKNOWLEDGED = 28;
const PAYLOAD = 36;
const PAYLOAD_LENGTH = 32;
const TIME = 44;
const DATA = 52;
/** The longest event that is looked at here ends at its 24th byte of data. */
const EVENT_SIZE = DATA + 24;

/** What happened; others are passed over. */
export const CONNECTOR_EVENT = { ack: 0, fork: 1, exec: 2, exit: 0x8000_0000 } as const;

const LISTEN = 1;
const IGNORE = 2;

/** One event: which numbers it has depends on what it is. */
export interface ConnectorEvent {
  readonly what: number;
  readonly atNs: number;
  /** The process and the thread that it is about: of a fork, the child's. */
  readonly pid: number;
  readonly threadId: number;
  /** Of a fork: the parent process. */
  readonly parentPid: number;
  /** Of an end: wait(2)'s status. Of an answer: the error. */
  readonly status: number;
  /** Of an answer: that of the request. */
  readonly token: number;
}

/**
 * A request to be told of events, or no longer.
 * @param token comes back with the answer
 * @param isFiltered whether only of those that are needed: kernels before 6.6 pass such a request over, and later ones
 *   leave the answer out with the rest
 */
export function connectorRequest(
  operation: "listen" | "ignore",
  token: number,
  isFiltered: boolean,
): Uint8Array {
  const payload = isFiltered ? 8 : 4;
  const view = new DataView(new ArrayBuffer(PAYLOAD + payload));
  view.setUint32(0, PAYLOAD + payload, true);
  view.setUint16(4, NLMSG_DONE, true);
  view.setUint32(16, CN_IDX_PROC, true);
  view.setUint32(20, CN_VAL_PROC, true);
  view.setUint32(ACKNOWLEDGED, token, true);
  view.setUint16(PAYLOAD_LENGTH, payload, true);
  view.setUint32(PAYLOAD, operation === "listen" ? LISTEN : IGNORE, true);
  const { fork, exec, exit } = CONNECTOR_EVENT;
  if (isFiltered) view.setUint32(PAYLOAD + 4, (fork | exec | exit) >>> 0, true);
  return new Uint8Array(view.buffer);
}

/** The event in a datagram; null where it is none that is known here. */
export function parseConnectorEvent(view: DataView, at: number, length: number): ConnectorEvent | null {
  if (length < EVENT_SIZE || at + length > view.byteLength) return null;
  const u32 = (offset: number) => view.getUint32(at + offset, true);
  if (u32(16) !== CN_IDX_PROC || u32(20) !== CN_VAL_PROC) return null;
  const what = u32(PAYLOAD);
  // The kernel adds one; its sequence is a count of its own, whatever that of the request was.
  const token = (u32(ACKNOWLEDGED) - 1) >>> 0;
  const atNs = u32(TIME + 4) * 2 ** 32 + u32(TIME);
  const event = (pid: number, threadId: number, parentPid: number, status: number) => ({
    what,
    atNs,
    pid,
    threadId,
    parentPid,
    status,
    token,
  });
  switch (what) {
    case CONNECTOR_EVENT.fork:
      return event(u32(DATA + 12), u32(DATA + 8), u32(DATA + 4), 0);
    case CONNECTOR_EVENT.ack:
      return event(0, 0, 0, u32(DATA));
    case CONNECTOR_EVENT.exec:
      return event(u32(DATA + 4), u32(DATA), 0, 0);
    case CONNECTOR_EVENT.exit:
      return event(u32(DATA + 4), u32(DATA), 0, u32(DATA + 8));
    default:
      return null;
  }
}

/** How a process ended, from the status that wait(2) gives. */
export function processEnd(status: number): ProcessEnd {
  const signal = status & 0x7f;
  return signal === 0 ? { exitCode: (status >>> 8) & 0xff, signal: null } : { exitCode: null, signal };
}
