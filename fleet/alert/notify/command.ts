import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { Notice } from "../../../exporters/notices/notice.ts";
import type { SendFailure } from "../../../exporters/notices/send_failure.ts";

/** Of what a program says when it fails, so much is told. */
const MOST_SAID = 200;

/**
 * Give a notice to a program, as JSON on its standard input; null when it has ended with 0. It runs as the manager's
 * own user, knows nothing of the manager's variables but where programs are, and is killed when it takes too long.
 */
export function giveToCommand(
  [program, ...words]: readonly string[],
  { title, lines, level, json }: Notice,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<SendFailure | null> {
  return new Promise((resolve) => {
    const { PATH, HOME, LANG } = process.env;
    let child: ChildProcess;
    try {
      child = spawn(program, words, { stdio: ["pipe", "ignore", "pipe"], env: { PATH, HOME, LANG } });
    } catch (error) {
      return resolve({ fault: (error as Error).message, isFinal: false });
    }
    let said = "";
    let why: string | null = null;
    const kill = (reason: string) => {
      why ??= reason;
      child.kill("SIGKILL");
      // What it has begun may have its standard error, and keep that open for as long as it likes.
      end({ fault: why, isFinal: false });
    };
    const abort = () => kill("it was not waited for");
    const timer = setTimeout(() => kill(`it took longer than ${timeoutMs} ms`), timeoutMs);
    signal.addEventListener("abort", abort);
    const end = (failure: SendFailure | null) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      child.stderr?.destroy();
      resolve(failure);
    };
    // Where no descriptor was left for them there are no pipes.
    child.stderr?.on("data", (bytes: Uint8Array) => said = (said + String(bytes)).slice(0, MOST_SAID));
    child.on("error", (error) => end({ fault: error.message, isFinal: false }));
    child.on("exit", (code) => code === 0 && why === null && end(null));
    child.on("close", (code) => {
      if (code === 0 && why === null) return end(null);
      const words = said.trim();
      end({ fault: why ?? `it ended with ${code}${words === "" ? "" : `: ${words}`}`, isFinal: false });
    });
    // It need not read it.
    child.stdin?.on("error", () => {});
    child.stdin?.end(`${JSON.stringify({ title, lines, level, ...json as object })}\n`);
  });
}
