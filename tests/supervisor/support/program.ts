import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessStatus } from "../../../supervisor/control.ts";
import { ROOT } from "../../support/fixture.ts";
import { OutputFile } from "../../support/output_file.ts";
import { scratch } from "./files.ts";
import type { Scratch } from "./files.ts";
import { isAlive } from "./supervisor.ts";

const PATIENCE_MS = 60_000;

/** `proctor supervise` in a process of its own, from the source, on the runtime of the test. */
export class SupervisorProgram implements AsyncDisposable {
  readonly files: Scratch = scratch();
  child!: ChildProcess;
  /** What the program is started by: words before its own. */
  prefix: readonly string[] = [];
  #ended: Promise<number | null> = Promise.resolve(null);
  readonly #stderr = new OutputFile();

  /** @param stateDirectory where its state is; default: beside its configuration */
  constructor(readonly stateDirectory?: string) {}

  /** The directory of its state. */
  get base(): string {
    return this.stateDirectory ?? join(this.files.path, "state");
  }

  /** What it has said since it was started, or since {@link forget}. */
  get stderr(): string {
    return this.#stderr.text();
  }

  /** Leave out of {@link stderr} what it has said so far. */
  forget(): void {
    this.#stderr.leaveOut();
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
    this.forget();
    const [program, ...rest] = [...this.prefix, process.execPath, ...words];
    this.child = spawn(program, rest, { stdio: ["ignore", "inherit", this.#stderr.descriptor] });
    this.#ended = new Promise((resolve) => this.child.on("exit", (code) => resolve(code)));
    const isUp = () => this.stderr.includes("supervisor started");
    const hasEnded = () => this.child.exitCode !== null || this.child.signalCode !== null;
    await this.until("it is up or has ended", () => isUp() || hasEnded());
    assert.ok(isUp(), `it is up: it did not come about\n${this.stderr}`);
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
  async ask<T>(path: string, method = "GET", body?: unknown): Promise<T> {
    const { request } = await import("node:http");
    const headers: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
    return await new Promise((resolve, reject) => {
      const call = request(
        // A connection of its own: one that was kept may be to a supervisor that was killed since.
        { socketPath: join(this.base, "proctor.sock"), path, method, headers, agent: false },
        (response) => {
          let text = "";
          response.on("data", (piece) => text += piece);
          response.on("end", () => {
            if ((response.statusCode ?? 500) < 300) {
              resolve((text === "" ? undefined : JSON.parse(text)) as T);
            } else reject(new Error(`${method} ${path}: ${response.statusCode}: ${text}`));
          });
        },
      );
      call.on("error", reject).end(body === undefined ? undefined : JSON.stringify(body));
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
    for (const pid of [...this.pids().values(), ...workingIn(this.files.path)]) {
      if (isAlive(pid)) killIfThere(pid);
    }
    this.#stderr.close();
    this.files[Symbol.dispose]();
  }
}

/** PIDs of processes whose working directory is this one. */
function workingIn(directory: string): number[] {
  return readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === directory;
    } catch {
      return false; // It has ended, or is somebody else's.
    }
  }).map(Number);
}

/** PIDs of processes whose command line has a word in it, and which are there at one moment. */
export function holdersOf(word: string): number[] {
  const found = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number)
    .filter((pid) => holds(pid, word));
  // Looking at all takes a while, in which one may have followed another: who is there still, was there all the time.
  return found.filter((pid) => holds(pid, word));
}

function holds(pid: number, word: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(word) && isAlive(pid);
  } catch {
    return false;
  }
}

/** Kill a process that may have ended since it was seen. */
export function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
