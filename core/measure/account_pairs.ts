import type { ThreadAccounts } from "./process_figures.ts";
import type { ProcessLife } from "./process_life.ts";

/**
 * Brings the accounts of threads together with their ends, whichever is told first. One record is sent for each thread,
 * so that of several under one number the first belongs to the first.
 */
export class AccountPairs {
  /** Accounts of threads whose end was not told yet, by thread. */
  readonly #early = new Map<number, ThreadAccounts[]>();
  /** Threads whose end was told and whose accounts were not. */
  readonly #awaiting = new Map<number, { life: ProcessLife; looks: number }>();

  /** @param onSettled called when one thread less of a process is waited for */
  constructor(readonly onSettled: (life: ProcessLife) => void) {}

  /** What a thread came to. */
  accounted(accounts: ThreadAccounts): void {
    const { threadId, pid } = accounts;
    const awaiting = this.#awaiting.get(threadId);
    if (awaiting?.life.pid === pid) {
      awaiting.life.account(accounts);
      this.#settle(threadId);
      return;
    }
    const list = this.#early.get(threadId);
    if (list) list.push(accounts);
    else this.#early.set(threadId, [accounts]);
  }

  /** A thread has ended. */
  ended(life: ProcessLife, threadId: number): void {
    const list = this.#early.get(threadId);
    const accounts = list?.shift();
    if (list?.length === 0) this.#early.delete(threadId);
    if (accounts?.pid === life.pid) {
      life.account(accounts);
      return;
    }
    this.#giveUp(threadId);
    life.awaitedCount++;
    this.#awaiting.set(threadId, { life, looks: 0 });
  }

  /**
   * All that had happened was told. Births are told before accounts, so that those of whom is not of the tree now are
   * strangers'; and accounts of an end come by the next look, or were lost.
   */
  look(isMember: (pid: number) => boolean): void {
    for (const [threadId, [{ pid }]] of this.#early) {
      if (!isMember(pid)) this.#early.delete(threadId);
    }
    for (const [threadId, awaiting] of this.#awaiting) {
      if (awaiting.looks++ > 0) this.#giveUp(threadId);
    }
  }

  /** Nothing comes any more. */
  finish(): void {
    for (const threadId of this.#awaiting.keys()) this.#giveUp(threadId);
  }

  #giveUp(threadId: number): void {
    const awaiting = this.#awaiting.get(threadId);
    if (!awaiting) return;
    awaiting.life.lacksAccounts = true;
    this.#settle(threadId);
  }

  #settle(threadId: number): void {
    const { life } = this.#awaiting.get(threadId)!;
    this.#awaiting.delete(threadId);
    life.awaitedCount--;
    this.onSettled(life);
  }
}
