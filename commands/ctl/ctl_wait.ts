import { Deadline } from "../../io/deadline.ts";
import { pathOf, Refused } from "../../supervisor/client/ctl_client.ts";
import type { Client } from "../../supervisor/client/ctl_client.ts";
import type { ProcessDescription, ProcessStatus, SupervisorEvent } from "../../supervisor/control.ts";
import { selected } from "./ctl_select.ts";
import type { Flags } from "./ctl_work.ts";

/** What a process can be waited to be. */
export const CONDITIONS = ["running", "healthy", "ready", "stopped", "exited"] as const;
type Condition = (typeof CONDITIONS)[number];

/** What `proctor ctl wait` is asked for. */
export interface WaitFlags extends Flags {
  for: Condition;
  /** Milliseconds. */
  timeout: number;
}

/** Processes that a line about the end of the time names. */
const MOST_TOLD = 3;

type Told = SupervisorEvent & { missed?: number };

/**
 * Wait until all are as they are to be. Events say when to look, so that nothing is asked again and again: their stream
 * is open before the first look, and what happens in between is in it.
 * @returns how they are
 * @throws Refused with why they will not be so, or are not in time
 */
export async function waitForAll(
  client: Client,
  flags: WaitFlags,
  names: readonly string[],
): Promise<ProcessStatus[]> {
  const deadline = new Deadline(flags.timeout);
  // The latest event comes at once, and with it the word that the stream is open.
  const events = client.events<Told>("/events?recent=true&tail=1");
  let result = await Promise.race([events.next(), deadline.over]);
  const waiters = result ? await firstLook(client, flags.for, names) : [];
  try {
    for (;;) {
      if (!result) throw new Refused(late(waiters, flags));
      const failure = waiters.find(({ failure }) => failure !== null)?.failure;
      if (failure) throw new Refused(failure);
      if (waiters.every(({ isDone }) => isDone)) return waiters.map(({ status }) => status!);
      if (result.done) throw new Refused("the supervisor has ended");
      result = await Promise.race([events.next(), deadline.over]);
      if (!result || result.done) continue;
      try {
        await learn(waiters, result.value.data);
      } catch (error) {
        // Its last events come while it ends, and answers nothing any more: then their stream ends, too.
        if (error instanceof Refused || !(await isOver(events, deadline))) throw error;
        throw new Refused("the supervisor has ended");
      }
    }
  } finally {
    deadline.clear();
    // What still waits for an event ends with the connection, which nobody waits for.
    void events.return(undefined).catch(() => {});
  }
}

/** Whether a stream ends in time. */
async function isOver(events: AsyncGenerator<unknown>, deadline: Deadline): Promise<boolean> {
  for (;;) {
    const next = await Promise.race([events.next(), deadline.over]);
    if (!next || next.done) return next?.done === true;
  }
}

async function firstLook(client: Client, condition: Condition, names: readonly string[]): Promise<Waiter[]> {
  const waiters = (await selected(client, names)).map((id) => new Waiter(client, id, condition));
  // Who is not there is asked for as well, so that the supervisor says so.
  await Promise.all(waiters.map((waiter) => waiter.look()));
  return waiters;
}

/** An event has come: whose it is is looked at again; everybody, where some were left out. */
async function learn(waiters: readonly Waiter[], event: Told): Promise<void> {
  const concerned = event.missed === undefined ? waiters.filter(({ id }) => id === event.id) : waiters;
  await Promise.all(concerned.map((waiter) => waiter.take(event)));
}

/** One process that is waited for. */
class Waiter {
  status: ProcessStatus | null = null;
  isDone = false;
  /** Why it will not be as it is to be; null while it may. */
  failure: string | null = null;
  #hasExited = false;

  constructor(readonly client: Client, readonly id: string, readonly condition: Condition) {}

  /** @throws Refused where there is no such process */
  async look(): Promise<void> {
    if (this.condition === "exited" && !this.#hasExited) {
      const path = pathOf(this.id, "/description");
      const { status, last_exit: exit } = await this.client.ask<ProcessDescription>("GET", path);
      this.status = status;
      this.#hasExited = exit !== null && status.pid === null;
    } else this.status = await this.client.ask<ProcessStatus>("GET", pathOf(this.id));
    this.isDone = this.#holds(this.status);
    this.failure = this.isDone ? null : this.#obstacle(this.status);
  }

  async take({ kind, from, to, reason }: Told): Promise<void> {
    if (kind === "removed") {
      this.isDone = false;
      this.failure = `${this.id}: it was removed${reason === null ? "" : `: ${reason}`}`;
      return;
    }
    // One that is restarted at once has exited, too, though it runs when it is looked at.
    this.#hasExited ||= isEnd(from, to);
    try {
      await this.look();
    } catch (error) {
      // It is being replaced: an event tells what has become of it.
      if (!(error instanceof Refused)) throw error;
    }
  }

  #holds({ state, health, pid }: ProcessStatus): boolean {
    switch (this.condition) {
      case "running":
        return state === "running";
      case "ready":
        return state === "running" && (health === null || health === "healthy");
      case "healthy":
        return state === "running" && health === "healthy";
      case "stopped":
        return pid === null && ["stopped", "disabled", "failed"].includes(state);
      case "exited":
        return this.#hasExited;
    }
  }

  #obstacle({ id, state, health, reason }: ProcessStatus): string | null {
    if (state === "failed" && this.condition !== "stopped") {
      return `${id}: it has failed${reason === null ? "" : `: ${reason}`}`;
    }
    if (this.condition !== "healthy" || state !== "running" || health !== null) return null;
    return `${id}: it has no health check, and is never healthy; --for ready takes it as it is`;
  }
}

/** Whether a process has ended between two states. */
function isEnd(from: SupervisorEvent["from"], to: SupervisorEvent["to"]): boolean {
  return from !== null && to !== null && ["starting", "running", "stopping"].includes(from) &&
    !["running", "stopping"].includes(to) && from !== to;
}

function late(waiters: readonly Waiter[], { for: condition, timeout }: WaitFlags): string {
  const missing = waiters.filter(({ isDone }) => !isDone);
  const told = missing.slice(0, MOST_TOLD).map(({ id, status }) => {
    const { state, health, reason } = status!;
    const more = [...(health === null ? [] : [health]), ...(reason === null ? [] : [reason])].join(", ");
    return `${id} is ${state}${more === "" ? "" : ` (${more})`}`;
  });
  const others = missing.length - told.length;
  const list = [...told, ...(others > 0 ? [`${others} more are not either`] : [])].join(", ");
  return `not ${condition} after ${timeout / 1_000} s${list === "" ? "" : `: ${list}`}`;
}
