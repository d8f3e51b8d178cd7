import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessStatus } from "../../../supervisor/control.ts";
import { ROOT } from "../../support/fixture.ts";
import { scratch } from "./files.ts";
import type { Scratch } from "./files.ts";
import { isAlive } from "./supervisor.ts";

const PATIENCE_MS = 30_000;

/** `proctor supervise` in a process of its own, from the source, on the runtime of the test. */
export class SupervisorProgram implements AsyncDisposable {
  readonly files: Scratch = scratch();
  child!: ChildProcess;
  stderr = "";
  #ended: Promise<number | null> = Promise.resolve(null);

  /** The directory of its state. */
  get base(): string {
    return join(this.files.path, "state");
  }

  /** Write its configuration. */
  configure(processes: readonly object[], manager: object = {}, more: object = {}): void {
    const config = { process_manager: manager, managed_processes: processes, ...more };
    this.files.write("proctor.yaml", JSON.stringify(config));
  }

  /** Start it, and wait until it is up. */
  async start(...options: string[]): Promise<void> {
    const runtime = "Deno" in globalThis
      ? ["run", "--no-check", "--quiet", "-A", `--config=${ROOT}/deno.json`, `${ROOT}/cli.ts`]
      : [`${ROOT}/cli.ts`];
    const config = join(this.files.path, "proctor.yaml");
    const words = [...runtime, "supervise", "--config", config, "--state-dir", this.base, ...options];
    this.stderr = "";
    this.child = spawn(process.execPath, words, { stdio: ["ignore", "inherit", "pipe"] });
    this.child.stderr!.on("data", (piece) => this.stderr += piece);
    this.#ended = new Promise((resolve) => this.child.on("exit", (code) => resolve(code)));
    await this.until("it is up", () => this.stderr.includes("supervisor started"));
  }

  /** How it ended. */
  get ended(): Promise<number | null> {
    return this.#ended;
  }

  /** Kill it, and nothing else. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.#ended;
  }

  /** Ask it to end. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    this.signal(signal);
    return await this.#ended;
  }

  /** Send it a signal; as often as one likes, which Deno's `ChildProcess.kill` does not. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.child.pid!, signal);
  }

  /** Ask its API. */
  async ask<T>(path: string, method = "GET"): Promise<T> {
    const { request } = await import("node:http");
    return await new Promise((resolve, reject) => {
      const call = request({ socketPath: join(this.base, "proctor.sock"), path, method }, (response) => {
        let text = "";
        response.on("data", (piece) => text += piece);
        response.on("end", () => {
          if ((response.statusCode ?? 500) < 300) resolve(JSON.parse(text));
          else reject(new Error(`${method} ${path}: ${response.statusCode}: ${text}`));
        });
      });
      call.on("error", reject).end();
    });
  }

  /** How it stands with all of them. */
  status(): Promise<ProcessStatus[]> {
    return this.ask<ProcessStatus[]>("/processes");
  }

  /** PIDs in its PID files, by id. */
  pids(): Map<string, number> {
    const directory = join(this.base, "proctor");
    return new Map(
      readdirSync(directory).filter((name) => name.endsWith(".pid")).flatMap((name) => {
        try {
          return [[name.slice(0, -4), Number(readFileSync(join(directory, name), "utf8"))] as const];
        } catch {
          return [];
        }
      }),
    );
  }

  /** Wait until something holds. */
  async until<T>(what: string, holds: () => T | Promise<T>): Promise<Exclude<NonNullable<T>, false>> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const value = await Promise.resolve().then(holds).catch(() => null);
      if (value) return value as Exclude<NonNullable<T>, false>;
      assert.ok(Date.now() < deadline, `${what}: it did not come about\n${this.stderr}`);
      await sleep(20);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.stop();
    for (const pid of this.pids().values()) if (isAlive(pid)) process.kill(pid, "SIGKILL");
    this.files[Symbol.dispose]();
  }
}

/** PIDs of processes whose command line has a word in it. */
export function holdersOf(word: string): number[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
      return words.includes(word) && isAlive(Number(name)) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}
