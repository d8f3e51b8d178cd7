import type { CountedProcess, ProcessTraffic } from "../../contract/traffic.ts";
import { foreignProc } from "../proc/own_proc.ts";
import { closeFile, openFile } from "../proc/kernel_file.ts";
import { eachSocketOf } from "./member_sockets.ts";
import { SocketIndex } from "./socket_index.ts";
import type { SocketOwner } from "./known_socket.ts";

/** All descriptors are looked through again only after this many times as long as that took. */
const REST = 25;

/** What the sockets of one process have received and sent since the rates were made last. */
class Account implements SocketOwner {
  rxBytes = 0;
  txBytes = 0;
  rxBytesPerSecond = NaN;
  txBytesPerSecond = NaN;
  /** When they were. */
  sinceMs: number;
  isThere = true;

  /** @param isOpen whether its descriptors are ours to see */
  constructor(
    readonly process: CountedProcess,
    readonly isOpen: boolean,
    readonly since: number,
    nowMs: number,
  ) {
    this.sinceMs = nowMs;
  }

  add(rxBytes: number, txBytes: number): void {
    this.rxBytes += rxBytes;
    this.txBytes += txBytes;
  }

  settle(nowMs: number): void {
    const seconds = (nowMs - this.sinceMs) / 1_000;
    this.sinceMs = nowMs;
    if (!this.isOpen || !(seconds > 0)) return;
    this.rxBytesPerSecond = this.rxBytes / seconds;
    this.txBytesPerSecond = this.txBytes / seconds;
    this.rxBytes = this.txBytes = 0;
  }
}

/**
 * What the TCP sockets of each process receive and send, by the kernel's accounts of them (sock_diag(7)): never more
 * than there was. A connection is of who has a descriptor of it, and of several the youngest, as servers hand them
 * down; what comes and goes between two samples is nobody's.
 */
export class LinuxProcessTraffic implements ProcessTraffic {
  readonly #accounts = new Map<number, Account>();
  readonly #since: number;
  /** The latest arrival as of the last two searches: whose a socket is may be plain only by the second. */
  #before = 0;
  #last = 0;
  #searchDueMs = -Infinity;
  #settledList = 0;

  private constructor(readonly index: SocketIndex) {
    this.#since = index.latest;
  }

  /** Begin to count; a sentence that says why where that cannot be. */
  static open(): LinuxProcessTraffic | string {
    const foreign = foreignProc();
    if (foreign !== null) return foreign;
    const index = SocketIndex.open();
    return typeof index === "string" ? index : new LinuxProcessTraffic(index);
  }

  look(processes: Iterable<CountedProcess>, nowMs: number): void {
    const { index } = this;
    for (const account of this.#accounts.values()) account.isThere = false;
    const gone = new Set<Account>();
    for (const process of processes) this.#look(process, nowMs, gone);
    for (const [pid, account] of this.#accounts) {
      if (account.isThere) continue;
      this.#accounts.delete(pid);
      gone.add(account);
    }
    index.update(false);
    // Only now: what they had has gone with them, most often.
    this.#forget(gone);
    if (nowMs >= this.#searchDueMs && this.#hasOrphans()) this.#search(nowMs);
    // Between two lists nothing is known: rates are of whole stretches.
    if (index.listCount === this.#settledList) return;
    this.#settledList = index.listCount;
    for (const account of this.#accounts.values()) account.settle(nowMs);
  }

  rxBytesPerSecond(pid: number): number {
    return this.#accounts.get(pid)?.rxBytesPerSecond ?? NaN;
  }

  txBytesPerSecond(pid: number): number {
    return this.#accounts.get(pid)?.txBytesPerSecond ?? NaN;
  }

  close(): void {
    this.index.close();
  }

  /** @param gone gets whoever had this PID before */
  #look(process: CountedProcess, nowMs: number, gone: Set<Account>): void {
    const { pid, birth } = process;
    const known = this.#accounts.get(pid);
    if (known?.process.birth === birth) {
      known.isThere = true;
      return;
    }
    if (known) gone.add(known);
    const isOpen = canList(`/proc/${pid}/fd`);
    this.#accounts.set(pid, new Account({ pid, birth }, isOpen, this.#since, nowMs));
  }

  /** What they had may be another's now. */
  #forget(gone: ReadonlySet<SocketOwner>): void {
    if (gone.size > 0 && this.index.forget((owner) => gone.has(owner))) this.#before = this.#last = 0;
  }

  #hasOrphans(): boolean {
    return !this.index.since(this.#before).next().done;
  }

  #search(nowMs: number): void {
    const begunMs = performance.now();
    const holders = new Map<number, Account>();
    for (const account of this.#accounts.values()) {
      if (!account.isOpen) continue;
      eachSocketOf(account.process.pid, (inode) => {
        const other = holders.get(inode);
        if (!other || isYounger(account.process, other.process)) holders.set(inode, account);
      });
    }
    for (const socket of [...this.index.since(this.#before)]) {
      const holder = holders.get(socket.inode);
      if (holder) this.index.claim(socket, holder);
    }
    this.#before = this.#last;
    this.#last = this.index.latest;
    // Whatever is next to be searched for may wait: a machine of many descriptors is looked through less often.
    this.#searchDueMs = nowMs + (performance.now() - begunMs) * REST;
  }
}

function isYounger(one: CountedProcess, other: CountedProcess): boolean {
  return one.birth !== other.birth ? one.birth > other.birth : one.pid > other.pid;
}

function canList(path: string): boolean {
  const descriptor = openFile(path);
  if (descriptor < 0) return false;
  closeFile(descriptor);
  return true;
}
