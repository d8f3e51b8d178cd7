import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { EXIT } from "../../core/error.ts";
import { printable } from "../../core/printable.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { isTerminal, printError, printOut, say } from "../../io/terminal/output.ts";
import { loadPlatform } from "../../platform/mod.ts";
import { ownProgram } from "../own_program.ts";
import { IN_BACKGROUND, upSchema } from "./up.ts";
import type { Up } from "./up.ts";

/**
 * Start a supervisor in the background by the same command line, and wait until it is up, or has said why it is not.
 * @returns the exit code
 */
export async function detach(): Promise<number> {
  const words = process.argv.slice(2);
  const end = words.indexOf("--");
  const own = end < 0 ? words : words.slice(0, end);
  if (!own.includes("--detach")) {
    say("--detach: write it as a word of its own, before the command");
    return EXIT.proctorFailed;
  }
  const again = own.map((word) => word === "--detach" ? IN_BACKGROUND : word);
  if (end >= 0) again.push(...words.slice(end));
  const [program, ...options] = ownProgram(await loadPlatform());
  // A session of its own: neither Ctrl-C nor the end of the terminal reaches it.
  const child = spawn(program, [...options, ...again], { stdio: ["ignore", "pipe", "pipe"], detached: true });
  const ended = new Promise<number>((resolve) => {
    child.on("error", (error) => {
      say(`--detach: cannot start it: ${reasonOf(error)}`);
      resolve(EXIT.proctorFailed);
    });
    child.on("close", (code) => resolve(code ?? EXIT.proctorFailed));
  });
  // Where it could not be started it has no streams: that is told above.
  if (!child.stdout || !child.stderr) return await ended;
  child.stderr.setEncoding("utf8").on("data", (text: string) => void printError(text));
  // Whoever gives up waiting wants none.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill());
  const up = new Promise<Up>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const read = upSchema.safeParse(parsed(line));
      if (read.success) resolve(read.data);
    });
  });
  const first = await Promise.race([up, ended]);
  if (typeof first === "number") return first;
  child.unref();
  // A link lets in: it is for whoever sits here, and for no file or journal that others may read.
  const page = isTerminal(1) ? first.page_link ?? first.page : first.page;
  printOut(
    `proctor runs in the background (PID ${first.pid}); its API is at ${
      first.api.map(printable).join(" and ")
    }\n` +
      (page === undefined ? "" : `its page is at ${printable(page)}\n`) +
      `its events are in ${printable(first.log)}; proctor ctl shutdown ends it\n`,
  );
  return 0;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
