/* Runs a supervisor from the binary, and asks it with proctor ctl. */
import assert from "node:assert/strict";
import { chmodSync, writeFileSync } from "node:fs";
import { stringify } from "yaml";
import type { ProcessStatus } from "../../../supervisor/control.ts";
import { withDirectory } from "./directory.ts";
import { proctor, start } from "./proctor.ts";
import type { Outcome, Running, StartOptions } from "./proctor.ts";

/** A process that writes `line 1`, `line 2`, … to standard output, until it is ended. */
export const TALKER = ["-c", 'i=0; while :; do i=$((i+1)); echo "line $i"; sleep 0.02; done'];

/** An entry of managed_processes that runs a shell script. */
export function shellProcess(
  id: string,
  script: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    id,
    type: "standard_managed",
    enabled: true,
    management: { control: { executable: "/bin/sh", arguments: ["-c", script] } },
    ...more,
  };
}

const PATIENCE_MS = 60_000;

/** A supervisor with a configuration and a state directory of its own. */
export class Supervised {
  running!: Running;
  readonly config: string;
  readonly state: string;

  constructor(readonly directory: string) {
    this.config = `${directory}/proctor.yaml`;
    this.state = `${directory}/state`;
  }

  configure(processes: readonly Record<string, unknown>[], manager: Record<string, unknown> = {}): void {
    writeFileSync(this.config, stringify({ process_manager: manager, managed_processes: processes }));
  }

  /** Start it, and wait until it answers. */
  async start(args: readonly string[] = [], options: StartOptions = {}): Promise<Running> {
    const words = ["supervise", "--config", this.config, "--state-dir", this.state, ...args];
    this.running = start(words, { input: "open", ...options });
    while (!/supervisor started/.test(this.running.stderr)) {
      const ended = await Promise.race([
        this.running.ended,
        new Promise((resolve) => setTimeout(resolve, 10)),
      ]);
      assert.equal(ended, undefined, this.running.stderr);
    }
    return this.running;
  }

  ctl(...args: string[]): Promise<Outcome> {
    return proctor(["ctl", "--state-dir", this.state, ...args]);
  }

  /** What ctl says as JSON; it must have gone well. */
  // deno-lint-ignore no-explicit-any
  async json<T = any>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.ctl(...args, "--json");
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout.toString());
  }

  async status(id: string): Promise<ProcessStatus> {
    return (await this.json<ProcessStatus[]>("status", id))[0];
  }

  /** Wait until a process is as it is to be. */
  async until(id: string, holds: (status: ProcessStatus) => boolean): Promise<ProcessStatus> {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const status = await this.status(id);
      if (holds(status)) return status;
      assert.ok(
        Date.now() < end,
        `not in ${PATIENCE_MS} ms: ${JSON.stringify(status)}\n${this.running.stderr}`,
      );
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async end(): Promise<Outcome> {
    this.running.kill("SIGTERM");
    return await this.running.ended;
  }
}

/** Lend a directory for a supervisor; one that still runs afterwards is ended with all it has. */
export async function withSupervised<T>(use: (supervised: Supervised) => Promise<T>): Promise<T> {
  return await withDirectory(async (directory) => {
    // A supervisor keeps no state where others may write.
    chmodSync(directory, 0o755);
    const supervised = new Supervised(directory);
    try {
      return await use(supervised);
    } finally {
      await supervised.ctl("shutdown");
    }
  });
}

/** Lend a directory that nobody else may write to, where a supervisor may keep its state. */
export function withOwnDirectory(use: (cwd: string) => Promise<void>): Promise<void> {
  return withDirectory(async (cwd) => {
    chmodSync(cwd, 0o755);
    await use(cwd);
  });
}

/** Supervise in a directory, with the state below it. */
export const supervise = (cwd: string, ...args: string[]) =>
  proctor(["supervise", "--state-dir", `${cwd}/state`, ...args], { cwd });
