import { Raw, Total, TOTAL_WIDTH } from "../core/measure/raw.ts";
import { unknownReading } from "../core/measure/reading.ts";
import type { Reading } from "../core/measure/reading.ts";
import { maxColumn, sumColumn } from "./columns.ts";
import type { Membership } from "./membership.ts";
import type { TreeAccounts } from "./tree_accounts.ts";

/** The reading of a tree, computed from the container's counters, the members' figures and the accounts. */
export class TreeReading {
  /** As of the last {@link draw}. */
  readonly current: Reading;
  /** How often it was drawn up: as long as that stays, so does the reading. */
  drawCount = 0;
  readonly #members: Membership;
  readonly #accounts: TreeAccounts;
  readonly #counted = new Float64Array(TOTAL_WIDTH).fill(NaN);

  constructor(members: Membership, accounts: TreeAccounts) {
    this.#members = members;
    this.#accounts = accounts;
    this.current = unknownReading(accounts.ledger.totals);
  }

  /**
   * Draw it up.
   * @param areFresh whether the members' details are of now: figures that some had a while ago are no sum
   */
  draw(areFresh: boolean): void {
    this.drawCount++;
    const { container, order } = this.#members;
    const { ledger, peaks } = this.#accounts;
    const { usage } = container;
    const counted = this.#counted;
    counted[Total.cpuSeconds] = usage.cpuSeconds;
    counted[Total.userSeconds] = usage.userSeconds;
    counted[Total.systemSeconds] = usage.systemSeconds;
    counted[Total.diskReadBytes] = usage.diskReadBytes;
    counted[Total.diskWriteBytes] = usage.diskWriteBytes;
    const mayWalkIn = container.countsCpu && !container.ownsMembers;
    ledger.draw(order, counted, mayWalkIn ? NaN : ledger.sampledCpuSeconds(order), mayWalkIn);
    const reading = this.current;
    reading.processCount = order.length;
    reading.threadCount = sumColumn(order, Raw.threadCount);
    reading.fileDescriptorCount = areFresh ? sumColumn(order, Raw.fileDescriptorCount) : NaN;
    this.#drawSwitches(areFresh);
    const { counted: traffic } = container.traffic;
    reading.networkRxBytes = traffic.rxBytes;
    reading.networkTxBytes = traffic.txBytes;
    reading.loopbackRxBytes = traffic.loopbackRxBytes;
    reading.loopbackTxBytes = traffic.loopbackTxBytes;
    reading.residentBytes = sumColumn(order, Raw.memoryBytes);
    if (container.countsMemory) {
      reading.memoryBytes = usage.memoryBytes;
      if (container.countsPeakMemory) reading.knownPeakMemoryBytes = usage.peakMemoryBytes;
    } else {
      reading.memoryBytes = reading.residentBytes;
    }
    peaks.noteSeen(reading.memoryBytes, maxColumn(order, Raw.peakMemoryBytes));
    // What one member alone has needed at some time, the tree has needed.
    if (!container.countsMemory) reading.knownPeakMemoryBytes = peaks.processBytes;
  }

  #drawSwitches(areFresh: boolean): void {
    const { container, order } = this.#members;
    const { ledger, switches } = this.#accounts;
    const seen = areFresh ? switches.seen(order, ledger, container.usage.cpuSeconds) : null;
    this.current.seenVoluntarySwitches = seen ? seen[0] : NaN;
    this.current.seenInvoluntarySwitches = seen ? seen[1] : NaN;
  }
}
