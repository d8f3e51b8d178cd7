import { larger } from "./numbers.ts";
import { Total, TOTAL_COLUMNS, TOTAL_WIDTH } from "./raw.ts";

/** Totals that a container and the accounts of its members count alike. */
const TIMES: readonly number[] = [Total.cpuSeconds, Total.userSeconds, Total.systemSeconds];

/**
 * The bill of a tree: what its live members have used, plus what ended members have left with us.
 *
 * A child's use appears once, before and after it is reaped: while it lives, in its own row; after its parent
 * has waited for it, in the parent's reaped columns; when the parent died first, in the final accounts that
 * the subreaper gets. For that to hold within one tick, parents are read before their children: a child that
 * is reaped in between is then missed until the next tick, never counted twice.
 */
export class Ledger {
  /** Totals as of the last {@link add}; they never decrease. NaN where nothing is known. */
  readonly totals = new Float64Array(TOTAL_WIDTH).fill(NaN);
  readonly #ended = new Float64Array(TOTAL_WIDTH);
  readonly #known = new Uint8Array(TOTAL_WIDTH);
  readonly #sum = new Float64Array(TOTAL_WIDTH);
  readonly #baseline = new Float64Array(TOTAL_WIDTH);
  readonly #incomplete = new Uint8Array(TOTAL_WIDTH);
  readonly #incompleteNow = new Uint8Array(TOTAL_WIDTH);
  /** Totals that the container has counted itself. */
  readonly #isCounted = new Uint8Array(TOTAL_WIDTH);
  #sampledCpuOfEnded = 0;

  /** A member's final accounts: from the kernel when we reaped it, else the last that were seen. */
  addEnded(row: Float64Array): void {
    this.#addRow(this.#ended, row, this.#incomplete);
  }

  /**
   * A member is gone, and has left with its parent what that inherits: what it does not inherit, where storage traffic
   * is handed down to nobody.
   */
  addUninherited(row: Float64Array): void {
    for (const total of [Total.diskReadBytes, Total.diskWriteBytes]) {
      const value = row[TOTAL_COLUMNS[total][0]];
      if (value !== value) continue;
      this.#ended[total] += value;
      this.#known[total] = 1;
    }
  }

  /** What ended members have left, for another ledger to go on with; null: nothing known. */
  saveEnded(): (number | null)[] {
    return Array.from(this.#ended, (value, total) => this.#known[total] === 1 ? value : null);
  }

  /** Go on with what another ledger has saved; who ended in between is in neither, so that all is a lower bound. */
  resume(ended: readonly (number | null)[]): void {
    ended.forEach((value, total) => {
      this.#ended[total] += value ?? 0;
      if (value !== null) this.#known[total] = 1;
      this.markIncomplete(total);
    });
  }

  /** A member is gone: remember what samples alone had seen of it. */
  addSampled(cpuSeconds: number): void {
    this.#sampledCpuOfEnded += cpuSeconds;
  }

  /**
   * Draw up the totals anew from the rows of all live members, parents first. Where the container has counted
   * a total itself (`counted`, NaN elsewhere) that one stands, but for CPU: there the container, the accounts and the
   * samples are held against each other, and the largest is true, since none of them counts what was not used.
   *
   * @param sampledCpuSeconds what {@link sampledCpuSeconds} says of the same members
   * @param mayWalkIn whether members bring use with them that was not of the container: its own count stands alone
   */
  draw(
    members: readonly { readonly row: Float64Array }[],
    counted: Float64Array,
    sampledCpuSeconds = NaN,
    mayWalkIn = false,
  ): void {
    this.#sum.set(this.#ended);
    this.#incompleteNow.fill(0);
    for (let index = 0; index < members.length; index++) {
      this.#addRow(this.#sum, members[index].row, this.#incompleteNow);
    }
    // User and system time stand beside the CPU that they are parts of.
    const isDrawn = !mayWalkIn && this.drawn(Total.cpuSeconds) > counted[Total.cpuSeconds];
    const value = (total: number) => {
      const own = counted[total];
      const isCounted = own === own && !(isDrawn && TIMES.includes(total));
      return isCounted ? own : this.drawn(total);
    };
    this.#raise(Total.cpuSeconds, larger(value(Total.cpuSeconds), sampledCpuSeconds));
    this.#divideCpu(value(Total.userSeconds), value(Total.systemSeconds));
    for (let total = 0; total < TOTAL_WIDTH; total++) {
      if (TIMES.includes(total)) continue;
      if (!Number.isNaN(counted[total])) this.#isCounted[total] = 1;
      this.#raise(total, value(total));
    }
  }

  /**
   * Somebody else has counted all that was used: what he has more of was missing in the accounts. What the container
   * has counted stands: of storage traffic it knows what was sent there, and he what was to be.
   */
  raise(told: Float64Array): void {
    this.#raise(Total.cpuSeconds, told[Total.cpuSeconds]);
    this.#divideCpu(this.totals[Total.userSeconds], this.totals[Total.systemSeconds]);
    for (let total = 0; total < TOTAL_WIDTH; total++) {
      if (TIMES.includes(total) || this.#isCounted[total] === 1 || Number.isNaN(told[total])) continue;
      this.#raise(total, told[total]);
    }
  }

  /** What the ledger itself makes of a total, whatever stands in its place; NaN when no member's part is known. */
  drawn(total: number): number {
    const unknown = this.#known[total] === 0 && this.isIncomplete(total);
    return unknown ? NaN : this.#sum[total] - this.#baseline[total];
  }

  /** Bill from now on only: what the members had used before is theirs. */
  startHere(members: readonly { readonly cpuSeconds: number }[]): void {
    this.#sampledCpuOfEnded = -members.reduce((sum, member) => sum + member.cpuSeconds, 0);
    for (let total = 0; total < TOTAL_WIDTH; total++) {
      this.#baseline[total] = this.#sum[total];
      if (!Number.isNaN(this.totals[total])) this.totals[total] = 0;
    }
  }

  /** Whether the part of a live member cannot be read, or that of an ended one is lost: a lower bound then. */
  isIncomplete(total: number): boolean {
    return this.#incomplete[total] === 1 || this.#incompleteNow[total] === 1;
  }

  /** Mark a total as a lower bound: accounts were lost. */
  markIncomplete(total: number): void {
    this.#incomplete[total] = 1;
  }

  /** CPU as sampling alone would give it: the last value seen of every process, dead or alive. */
  sampledCpuSeconds(members: readonly { readonly cpuSeconds: number }[]): number {
    let sum = this.#sampledCpuOfEnded;
    for (let index = 0; index < members.length; index++) sum += members[index].cpuSeconds;
    return sum;
  }

  #raise(total: number, value: number): void {
    if (!(value <= this.totals[total])) this.totals[total] = value;
  }

  /**
   * The kernel splits CPU in ticks while a process lives, and each part is rounded: the two divide the exact total, or
   * are unknown until there is a tick. One that changes the proportion takes nothing back from either.
   */
  #divideCpu(user: number, system: number): void {
    const { totals } = this;
    const cpu = totals[Total.cpuSeconds];
    const userBefore = larger(totals[Total.userSeconds], 0);
    const systemBefore = larger(totals[Total.systemSeconds], 0);
    const [part, whole] = user + system > 0
      ? [system, user + system]
      : [systemBefore, userBefore + systemBefore];
    const share = cpu === 0 ? 0 : part / whole;
    totals[Total.systemSeconds] = Math.max(Math.min(cpu * share, cpu - userBefore), systemBefore);
    totals[Total.userSeconds] = Math.max(cpu - totals[Total.systemSeconds], userBefore);
  }

  #addRow(sum: Float64Array, row: Float64Array, incomplete: Uint8Array): void {
    for (let total = 0; total < TOTAL_WIDTH; total++) {
      const columns = TOTAL_COLUMNS[total];
      for (let index = 0; index < columns.length; index++) {
        const value = row[columns[index]];
        if (value === value) {
          sum[total] += value;
          this.#known[total] = 1;
        } else incomplete[total] = 1;
      }
    }
  }
}
