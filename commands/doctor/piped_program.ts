import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { ProctorError } from "../../core/error.ts";

/** Whoever is to end because nobody feeds it, and does not within this, is killed. */
const END_WITHIN_MS = 3_000;

/** How a program ended. */
interface End {
  readonly code: number | null;
  readonly stderr: string;
}

/**
 * A program that has pipes to us as its standard streams, and ends with its input: so whatever becomes of us, the
 * kernel closes that, and nothing is left.
 */
export class PipedProgram implements AsyncDisposable {
  /** When the first byte of its output came, on the monotonic clock; rejected where it ended without. */
  readonly began: Promise<number>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<End>;

  /** @param words the program and its arguments */
  constructor(words: readonly string[], env: Readonly<NodeJS.ProcessEnv>) {
    const child = this.#child = spawn(words[0], words.slice(1), { env, stdio: "pipe" });
    const stderr: Uint8Array[] = [];
    child.stderr!.on("data", (bytes: Uint8Array) => stderr.push(bytes));
    // Its reader may have gone by itself: how it ended tells.
    child.stdin!.on("error", () => {});
    this.#ended = new Promise((resolve) => {
      child.on("error", (error) => resolve({ code: null, stderr: error.message }));
      child.on("close", (code) => resolve({ code, stderr: Buffer.concat(stderr).toString() }));
    });
    this.began = Promise.race([
      new Promise<number>((resolve) => child.stdout!.once("data", () => resolve(performance.now()))),
      this.#ended.then((end) => {
        throw failure(end);
      }),
    ]);
    // It may be asked for later than it fails, or never.
    this.began.catch(() => {});
  }

  /** Its PID; undefined where it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * End its input, and wait for its end.
   * @returns what it wrote to standard error
   * @throws ProctorError of kind `system` where it has failed
   */
  async finish(): Promise<string> {
    const end = await this.#end();
    if (end.code !== 0) throw failure(end);
    return end.stderr;
  }

  /** End its input, wait for its end, and kill it when it does not come. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }

  async #end(): Promise<End> {
    this.#child.stdin!.destroy();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), END_WITHIN_MS);
    try {
      return await this.#ended;
    } finally {
      clearTimeout(timer);
    }
  }
}

function failure({ code, stderr }: End): ProctorError {
  const line = stderr.trim().split("\n")[0].replace(/^proctor: /, "");
  return new ProctorError(
    "system",
    `doctor --self: what was to be measured ended with ${code}: ${line || "no word"}`,
  );
}
