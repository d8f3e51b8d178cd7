import { TOTAL_COLUMNS, TOTAL_WIDTH } from "./raw.ts";

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
  #sampledCpuOfEnded = 0;

  /** A member's final accounts: from the kernel when we reaped it, else the last that were seen. */
  addEnded(row: Float64Array): void {
    this.#addRow(this.#ended, row, this.#incomplete);
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
   * a total itself (`counted`, NaN elsewhere) that one stands.
   */
  draw(members: readonly { readonly row: Float64Array }[], counted: Float64Array): void {
    this.#sum.set(this.#ended);
    this.#incompleteNow.fill(0);
    for (let index = 0; index < members.length; index++) {
      this.#addRow(this.#sum, members[index].row, this.#incompleteNow);
    }
    for (let total = 0; total < TOTAL_WIDTH; total++) {
      const own = counted[total];
      const value = own === own ? own : this.drawn(total);
      if (!(value <= this.totals[total])) this.totals[total] = value;
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
    return members.reduce((sum, member) => sum + member.cpuSeconds, this.#sampledCpuOfEnded);
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
