/* Managers in processes of their own, and what is in a store when all of them have ended. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { decodeChunk } from "../../../fleet/chunk/chunk.ts";
import { decodeRolls } from "../../../fleet/chunk/rolls.ts";
import { COLUMN_AT } from "../../../fleet/model/column.ts";
import type { StoredSample } from "../../../fleet/model/view.ts";
import type { Store } from "../../../fleet/store/contract.ts";
import { runtimeCommand } from "../../support/linux.ts";

/** The counter that is added up. */
export const CPU = COLUMN_AT.get("cpu_seconds")!;

/** A manager in a process of its own. */
export class ManagerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  /** How many tasks it knows; those of the fleet, hosts among them; and the least of their last times. */
  told = { all: 0, tasks: 0, least: -Infinity, held: [] as string[], isForwarding: false };
  #wake = () => {};

  constructor(
    port: number,
    store: string,
    version: "5" | "3.1.1" = "5",
    environment: Readonly<Record<string, string>> = {},
  ) {
    const [program, ...words] = runtimeCommand("../fleet/support/manage_program.ts");
    this.#child = spawn(program, [...words, String(port), store, version], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...environment },
    });
    createInterface(this.#child.stdout!).on("line", (line) => {
      this.told = JSON.parse(line);
      this.#wake();
    });
    this.#ended = new Promise((resolve) => this.#child.once("close", (code) => resolve(code)));
  }

  /** Resolves when it has told of all tasks up to a time, or has ended. */
  async until(tasks: number, time: number): Promise<void> {
    while (this.#child.exitCode === null && !(this.told.tasks >= tasks && this.told.least >= time)) {
      await Promise.race([new Promise<void>((resolve) => this.#wake = resolve), this.#ended]);
    }
  }

  /** Stop it where it is, or wake it up. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    process.kill(this.#child.pid!, signal);
  }

  /** Resolves at the next word of it, or its end. */
  async next(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    await Promise.race([new Promise<void>((resolve) => this.#wake = resolve), this.#ended]);
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    // ChildProcess.kill of Deno would tell of the signal, however the process ends.
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      process.kill(this.#child.pid!, signal);
    }
    return await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end("SIGKILL");
  }
}

/** Every sample of a domain that is stored, by task. */
export async function stored(store: Store, domain: string): Promise<Map<string, StoredSample[]>> {
  const samples = new Map<string, StoredSample[]>();
  const names = new Map<number, string>();
  const agents = new Map<number, string>();
  for await (const { id, unit, propletId } of store.agents(null)) {
    if (unit.startsWith(`${domain}/`)) agents.set(id, propletId);
  }
  for await (const { id, agent, taskId } of store.tasks(null)) {
    names.set(id, `${agents.get(agent)} ${taskId}`);
  }
  for (const agent of agents.keys()) {
    for (const { data } of await store.chunks(agent, 0, Date.now() + 1e9)) {
      for (const [task, rows] of decodeChunk(data)) {
        const name = names.get(task) ?? `no task ${task}`;
        samples.set(name, [...samples.get(name) ?? [], ...rows]);
      }
    }
  }
  for (const all of samples.values()) all.sort((a, b) => a.time - b.time);
  return samples;
}

/** What the five-minute buckets of a domain add up to. */
export async function increaseIn(store: Store, domain: string): Promise<number> {
  let sum = 0;
  for await (const { id, unit } of store.agents(null)) {
    if (!unit.startsWith(`${domain}/`)) continue;
    for (const { data } of await store.rolls(id, 0, Date.now() + 1e9)) {
      for (const buckets of decodeRolls(data).values()) {
        for (const columns of buckets.values()) sum += columns.get("cpu_seconds")?.increase ?? 0;
      }
    }
  }
  return sum;
}

/** What samples of a task say that it has used. */
export function usedBy(samples: readonly StoredSample[]): number {
  let sum = 0;
  for (const [n, { figures, begins }] of samples.entries()) {
    if (begins) sum += figures[CPU];
    else if (n > 0) sum += figures[CPU] - samples[n - 1].figures[CPU];
  }
  return sum;
}
