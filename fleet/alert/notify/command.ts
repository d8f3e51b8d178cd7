import { spawn } from "node:child_process";
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
    const child = spawn(program, words, {
      stdio: ["pipe", "ignore", "pipe"],
      env: { PATH, HOME, LANG } as NodeJS.ProcessEnv,
    });
    let said = "";
    let why: string | null = null;
    const kill = (reason: string) => {
      why ??= reason;
      child.kill("SIGKILL");
    };
    const abort = () => kill("it was not waited for");
    const timer = setTimeout(() => kill(`it took longer than ${timeoutMs} ms`), timeoutMs);
    signal.addEventListener("abort", abort);
    const end = (failure: SendFailure | null) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      resolve(failure);
    };
    child.stderr.on("data", (bytes: Uint8Array) => said = (said + String(bytes)).slice(0, MOST_SAID));
    child.on("error", (error) => end({ fault: error.message, isFinal: false }));
    child.on("close", (code) => {
      if (code === 0 && why === null) return end(null);
      const words = said.trim();
      end({ fault: why ?? `it ended with ${code}${words === "" ? "" : `: ${words}`}`, isFinal: false });
    });
    // It need not read it.
    child.stdin.on("error", () => {});
    child.stdin.end(`${JSON.stringify({ title, lines, level, ...json as object })}\n`);
  });
}
