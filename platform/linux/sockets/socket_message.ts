/*
 * Messages of NETLINK_SOCK_DIAG (sock_diag(7), include/uapi/linux/inet_diag.h): a header (struct nlmsghdr) of 16 bytes,
 * struct inet_diag_msg of 72, then attributes. Ports and addresses are in network order, all else is the machine's.
 */

const HEADER_SIZE = 16;
const TYPE = 4;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const SOCK_DIAG_BY_FAMILY = 20;
/** NLM_F_REQUEST, and NLM_F_ROOT with NLM_F_MATCH: all that there are. */
const DUMP = 0x301;

/** struct inet_diag_req_v2: family 1, protocol 1, extensions 1, padding 1, states 4, an address that is not used. */
const REQUEST_SIZE = 56;
const IPPROTO_TCP = 6;
const AF_INET = 2;
const AF_INET6 = 10;

/** enum of include/net/tcp_states.h. */
const STATE = {
  synReceived: 3,
  timeWait: 6,
  closeWait: 8,
  lastAck: 9,
  listen: 10,
  closing: 11,
  newSynReceived: 12,
};
/** Those who have no counters, and no descriptor, either. */
const WITHOUT_ACCOUNT = [STATE.synReceived, STATE.timeWait, STATE.newSynReceived];
/** Those in which the other end's FIN has arrived: the kernel counts it as one byte received. */
const AFTER_FIN: ReadonlySet<number> = new Set([STATE.closeWait, STATE.lastAck, STATE.closing]);

const STATE_AT = 1;
const LOCAL_PORT = 4;
const LOCAL_ADDRESS = 8;
const PEER_ADDRESS = 24;
const COOKIE = 44;
const INODE = 68;
const MESSAGE_SIZE = 72;

/** INET_DIAG_INFO and INET_DIAG_CGROUP_ID; the first is asked for by the bit of its number less one. */
const TCP_INFO = 2;
const CGROUP_ID = 21;
/** Of struct tcp_info (include/uapi/linux/tcp.h). */
const BYTES_RECEIVED = 128;
const BYTES_SENT = 200;
const BYTES_RETRANSMITTED = 208;
const TCP_INFO_SIZE = 216;

/** A TCP socket as the kernel describes it. */
export interface SocketMessage {
  /** The kernel's number of it, never given twice. */
  readonly cookie: number;
  /** As `/proc/PID/fd` names it; 0 while no process has it: it waits to be accepted, or its last owner has closed it. */
  readonly inode: number;
  /** The cgroup in which it was made, as the inode of its directory; NaN where the kernel does not say. */
  readonly cgroup: number;
  readonly localPort: number;
  readonly isListening: boolean;
  /** Whether what it sends stays on this machine. */
  readonly isLoopback: boolean;
  /** Payload received; NaN where the kernel does not count it.. */
  readonly rxBytes: number;
  /** Payload sent, each byte once. */
  readonly txBytes: number;
}

/** What a datagram has told. */
export interface Told {
  /** Whether the list that was asked for is complete. */
  readonly isDone: boolean;
  /** The error number of a refusal, or 0. */
  readonly errno: number;
}

/** The question for all TCP sockets of this network namespace that have an account. */
export function listRequest(family: "IPv4" | "IPv6"): Uint8Array {
  const message = new Uint8Array(HEADER_SIZE + REQUEST_SIZE);
  const view = new DataView(message.buffer);
  view.setUint32(0, message.length, true);
  view.setUint16(TYPE, SOCK_DIAG_BY_FAMILY, true);
  view.setUint16(6, DUMP, true);
  message[HEADER_SIZE] = family === "IPv4" ? AF_INET : AF_INET6;
  message[HEADER_SIZE + 1] = IPPROTO_TCP;
  message[HEADER_SIZE + 2] = 1 << (TCP_INFO - 1);
  const states = WITHOUT_ACCOUNT.reduce((mask, state) => mask & ~(1 << state), 0x1fff);
  view.setUint32(HEADER_SIZE + 4, states, true);
  return message;
}

/** Read a datagram, whose messages follow each other; what is cut off is left out. */
export function readMessages(
  view: DataView,
  at: number,
  length: number,
  found: (message: SocketMessage) => void,
): Told {
  const end = at + length;
  for (let next = at; next + HEADER_SIZE <= end;) {
    const size = view.getUint32(next, true);
    if (size < HEADER_SIZE || next + size > end) break;
    const type = view.getUint16(next + TYPE, true);
    const body = next + HEADER_SIZE;
    if (type === NLMSG_DONE) return { isDone: true, errno: 0 };
    if (type === NLMSG_ERROR) {
      return { isDone: true, errno: size >= HEADER_SIZE + 4 ? -view.getInt32(body, true) : 0 };
    }
    if (type === SOCK_DIAG_BY_FAMILY && size >= HEADER_SIZE + MESSAGE_SIZE) {
      found(readSocket(view, body, next + size));
    }
    next += aligned(size);
  }
  return { isDone: false, errno: 0 };
}

function readSocket(view: DataView, at: number, end: number): SocketMessage {
  let cgroup = NaN;
  let rxBytes = NaN;
  let txBytes = NaN;
  const state = view.getUint8(at + STATE_AT);
  for (let next = at + MESSAGE_SIZE; next + 4 <= end;) {
    const size = view.getUint16(next, true);
    if (size < 4 || next + size > end) break;
    const type = view.getUint16(next + 2, true);
    const body = next + 4;
    if (type === CGROUP_ID && size >= 4 + 8) cgroup = u64(view, body);
    if (type === TCP_INFO && size >= 4 + TCP_INFO_SIZE) {
      rxBytes = Math.max(0, u64(view, body + BYTES_RECEIVED) - (AFTER_FIN.has(state) ? 1 : 0));
      txBytes = Math.max(0, u64(view, body + BYTES_SENT) - u64(view, body + BYTES_RETRANSMITTED));
    }
    next += aligned(size);
  }
  return {
    cookie: u64(view, at + COOKIE),
    inode: view.getUint32(at + INODE, true),
    cgroup,
    localPort: view.getUint16(at + LOCAL_PORT),
    isListening: state === STATE.listen,
    isLoopback: isLoopback(view, at),
    rxBytes,
    txBytes,
  };
}

/** Of 127.0.0.0/8, ::1, or both ends at one address: what a machine sends to itself never leaves it. */
function isLoopback(view: DataView, at: number): boolean {
  const isV4 = view.getUint8(at) === AF_INET;
  const words = isV4 ? 1 : 4;
  let isSame = true;
  for (let word = 0; word < words; word++) {
    isSame &&= view.getUint32(at + LOCAL_ADDRESS + word * 4) === view.getUint32(at + PEER_ADDRESS + word * 4);
  }
  return isSame || isOwn(view, at + LOCAL_ADDRESS, isV4) || isOwn(view, at + PEER_ADDRESS, isV4);
}

function isOwn(view: DataView, at: number, isV4: boolean): boolean {
  if (isV4) return view.getUint8(at) === 127;
  if (view.getUint32(at) !== 0 || view.getUint32(at + 4) !== 0) return false;
  const third = view.getUint32(at + 8);
  // ::1, and 127.0.0.0/8 in the form of IPv6.
  return third === 0 ? view.getUint32(at + 12) === 1 : third === 0xffff && view.getUint8(at + 12) === 127;
}

/** Exact up to 2^53. */
function u64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}

function aligned(size: number): number {
  return (size + 3) & ~3;
}
