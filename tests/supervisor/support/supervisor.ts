import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import type { ProcessState, ProcessStatus, SupervisorEvent } from "../../../supervisor/control.ts";
import { Supervisor } from "../../../supervisor/supervisor.ts";
import type { SupervisorOptions } from "../../../supervisor/supervisor.ts";
import { scratch } from "./files.ts";
import type { Scratch } from "./files.ts";

/** Events may be late on a busy machine, but come. */
const PATIENCE_MS = 60_000;

/** A supervisor in this process, with a directory of its own. */
export class TestSupervisor implements AsyncDisposable {
  readonly events: SupervisorEvent[] = [];
  readonly said: string[] = [];
  supervisor!: Supervisor;
  #waiters = new Set<() => void>();

  private constructor(readonly files: Scratch, readonly configFile: string) {}

  /** Start one. @param processes entries of `managed_processes`; @param manager its `process_manager` */
  static async start(
    processes: readonly object[],
    manager: object = {},
    options: SupervisorOptions = {},
  ): Promise<TestSupervisor> {
    const files = scratch();
    const test = new TestSupervisor(files, join(files.path, "proctor.yaml"));
    test.configure(processes, manager);
    await test.begin(options);
    return test;
  }

  /** The directory of its state. */
  get base(): string {
    return join(this.files.path, "state");
  }

  /** Write its configuration anew. */
  configure(processes: readonly object[], manager: object = {}): void {
    this.files.write(
      "proctor.yaml",
      JSON.stringify({ process_manager: manager, managed_processes: processes }),
    );
  }

  /** Start one, after another has ended. */
  async begin(options: SupervisorOptions = {}): Promise<void> {
    this.supervisor = await Supervisor.start({
      configFile: this.configFile,
      stateDirectory: this.base,
      say: (_, line) => this.said.push(line),
      onEvent: (event) => {
        this.events.push(event);
        for (const wake of [...this.#waiters]) wake();
      },
      ...options,
    });
  }

  /** End it. */
  async end(options?: { detach?: boolean }): Promise<void> {
    await this.supervisor.shutdown(options);
    await this.supervisor.closed;
  }

  /** Wait for something to hold; asked at every event, and now and then. */
  async until<T>(what: string, holds: () => T | undefined | false | null): Promise<T> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const value = holds();
      if (value) return value;
      const told = this.events.map(({ kind, id, from, to, reason }) =>
        [kind, id, from, to, reason].filter(Boolean).join(" ")
      );
      assert.ok(
        Date.now() < deadline,
        `${what}: it did not come about\n${told.join("\n")}\n${this.said.join("\n")}`,
      );
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, 50);
        const waiters = this.#waiters;
        function done() {
          clearTimeout(timer);
          waiters.delete(done);
          resolve();
        }
        waiters.add(done);
      });
    }
  }

  /** Wait for a process to be in a state. */
  async reaches(id: string, state: ProcessState): Promise<ProcessStatus> {
    return await this.until(`${id} is ${state}`, () => {
      const status = this.supervisor.get(id);
      return status.state === state ? status : null;
    });
  }

  /** The way of a process so far. */
  path(id: string): ProcessState[] {
    return this.events.flatMap((event) => event.id === id && event.kind === "transition" ? [event.to!] : []);
  }

  /** What a process has written so far. */
  log(id: string): string {
    const path = join(this.base, "logs", `${id}.log`);
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  }

  /** PID and state files that are there. */
  stateFiles(): string[] {
    return readdirSync(join(this.base, "proctor")).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    this.files[Symbol.dispose]();
  }
}

/** An entry of `managed_processes` that runs a line of shell. */
export function shell(
  id: string,
  line: string,
  control: object = {},
  more: object = {},
  management: object = {},
) {
  return {
    id,
    ...more,
    management: { control: { executable: "sh", arguments: ["-c", line], ...control }, ...management },
  };
}

/** Whether a process is there, zombies left out. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** Whether a process ignores SIGTERM by now: a shell that is to does so a moment after it runs. */
export function ignoresTerm(pid: number): boolean {
  const ignored = /^SigIgn:\t([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1];
  return (Number.parseInt(ignored.slice(-4), 16) & 1 << (constants.signals.SIGTERM - 1)) !== 0;
}
