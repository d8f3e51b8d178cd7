import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { proctorBinary } from "../lib/binary.ts";
import { processUse } from "./process_use.ts";

const PATIENCE_MS = 30_000;

/** `proctor manager`, the binary, with a directory as its store: what it uses as the kernel has it. */
export class MeasuredManager implements AsyncDisposable {
  readonly #gone: Promise<unknown>;
  #address = "";
  #text = "";
  #heard = () => {};

  private constructor(readonly child: ChildProcess, readonly store: string) {
    this.#gone = new Promise((resolve) => child.once("close", resolve));
    child.stderr!.on("data", (bytes) => {
      this.#text += bytes;
      this.#heard();
    });
  }

  /** Start one, and wait until the broker has let it in. */
  static async start(mqtt: string, store: string): Promise<MeasuredManager> {
    const words = ["manager", "--mqtt", mqtt, "--store", store, "--http", "127.0.0.1:0"];
    const child = spawn(proctorBinary(), words, { stdio: ["ignore", "ignore", "pipe"] });
    const manager = new MeasuredManager(child, store);
    try {
      await manager.#said(/has let us in/);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
    manager.#address = /are at (http:\S+);/.exec(manager.#text)![1];
    return manager;
  }

  /** CPU seconds until now, and memory. */
  spent(): { cpuSeconds: number; memoryMb: number } {
    const { cpuMs, memoryMb } = processUse(this.child.pid!);
    return { cpuSeconds: cpuMs / 1_000, memoryMb };
  }

  /** What its API answers. */
  async ask(path: string): Promise<Response> {
    const token = readFileSync(join(this.store, "api_token"), "utf8").trim();
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${this.#address}/api/v1/${path}`, { headers });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response;
  }

  /** Milliseconds that an answer takes: the least of three. */
  async askMs(path: string): Promise<number> {
    let least = Infinity;
    for (let round = 0; round < 3; round++) {
      const start = performance.now();
      await (await this.ask(path)).arrayBuffer();
      least = Math.min(least, performance.now() - start);
    }
    return least;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGTERM");
    await this.#gone;
  }

  async #said(words: RegExp): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#heard = () => words.test(this.#text) && resolve();
        void this.#gone.then(() => reject(new Error(`the manager has ended:\n${this.#text}`)));
        timer = setTimeout(
          () => reject(new Error(`the manager does not say ${words}:\n${this.#text}`)),
          PATIENCE_MS,
        );
      });
    } finally {
      clearTimeout(timer);
    }
  }
}
