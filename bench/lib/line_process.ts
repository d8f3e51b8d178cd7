import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

/** A child process that is talked to in lines: what we write goes to its stdin, what it answers is awaited. */
export class LineProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<number | null>;

  constructor(readonly command: readonly string[]) {
    this.#child = spawn(command[0], command.slice(1), { stdio: ["pipe", "pipe", "inherit"] });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once("exit", resolve);
      this.#child.once("error", reject);
    });
    this.#ended.catch(() => {}); // Told by whoever waits for a line or for the end.
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** The next line it prints. */
  async line(): Promise<string> {
    const next = await Promise.race([this.#lines.next(), this.#ended.then(() => this.#lines.next())]);
    if (next.done) throw new Error(`${this.command.join(" ")} ended without an answer`);
    return next.value;
  }

  /** Write a line and wait for the answer. */
  ask(line: string): Promise<string> {
    this.#child.stdin!.write(`${line}\n`);
    return this.line();
  }

  /** Close its stdin and wait for its end; the exit code. */
  end(): Promise<number | null> {
    this.#child.stdin!.end();
    return this.#ended;
  }

  /** End it at once, as for a program that does not look at its stdin. */
  kill(): Promise<number | null> {
    this.#child.kill("SIGKILL");
    return this.#ended;
  }
}
