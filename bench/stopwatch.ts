import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { proctorBinary } from "./lib/binary.ts";
import { commandLines, kill } from "./lib/processes.ts";
import type { Bench, BenchResult } from "./lib/result.ts";
import { median } from "./lib/statistics.ts";
import { isOnPath, TYPED } from "./lib/stopwatch_kinds.ts";
import type { Typed } from "./lib/stopwatch_kinds.ts";

const PATIENCE_MS = 30_000;
/** What the service writes first. */
const ITS_LINE = "Serving HTTP on";

/** A port that nobody has. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function answers(where: object): Promise<string | null> {
  return new Promise((resolve) => {
    const asked = request(where, (message) => {
      let text = "";
      message.on("data", (piece) => text += piece).on(
        "end",
        () => resolve(message.statusCode === 200 ? text : null),
      );
    });
    asked.on("error", () => resolve(null)).end();
  });
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!await holds()) {
    if (performance.now() > deadline) throw new Error(`${what}: it did not come about`);
    await sleep(2);
  }
}

/** Seconds from the command to its log on the screen, an answer, and, where there is one, a check that is well. */
async function clock(kind: Typed): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "bench-w-"));
  mkdirSync(join(directory, "bin"));
  symlinkSync(proctorBinary(), join(directory, "bin/proctor"));
  const port = await freePort();
  const [file, text] = kind.file?.(port) ?? [];
  if (file !== undefined) writeFileSync(join(directory, file), text!);
  // What a bench adds comes before a command that stands behind two hyphens.
  const [own, ...service] = kind.command(port).split(" -- ");
  const command = [`${own}${kind.besides}`, ...service].join(" -- ");
  const env = {
    ...process.env,
    PATH: `${join(directory, "bin")}${delimiter}${process.env.PATH}`,
    PM2_HOME: join(directory, "pm2"),
    PM2_DISABLE_VERSION_CHECK: "true",
    TERM: "xterm",
  };
  const startMs = performance.now();
  // A terminal, as a person has one.
  const child = spawn("script", ["-qefc", command, "/dev/null"], { cwd: directory, env, detached: true });
  let screen = "";
  child.stdout.on("data", (piece) => screen += piece);
  try {
    const isHealthy = async () =>
      JSON.parse(
        await answers({ socketPath: join(directory, "state/proctor.sock"), path: "/processes" }) ?? "[]",
      )[0]
        ?.health === "healthy";
    await until(`${kind.name}: its log`, () => screen.includes(ITS_LINE));
    if (kind.checksHealth) await until(`${kind.name}: its health`, isHealthy);
    else {await until(`${kind.name}: an answer`, async () =>
        await answers({ port, host: "127.0.0.1" }) !== null);}
    return (performance.now() - startMs) / 1_000;
  } catch (error) {
    throw new Error(`${(error as Error).message}; on the screen stood:\n${screen}`);
  } finally {
    child.stdin.write("\x03");
    const isThere = () => [...commandLines()].some(([, line]) => line.endsWith(`\0${port}\0`));
    await until(`${kind.name}: its end`, () => child.exitCode !== null && !isThere()).catch(() => {});
    if (child.exitCode === null) process.kill(-child.pid!, "SIGKILL");
    for (const [pid, line] of commandLines()) {
      if (line.endsWith(`\0${port}\0`) || line.includes(directory)) kill(pid);
    }
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** From nothing to a service that runs, whose log is on the screen. */
export const stopwatch: Bench = {
  about: "what is typed, and how long it takes, to a service that answers with its log on the screen",
  async run({ quick }): Promise<BenchResult> {
    const notes: string[] = [];
    const kinds = TYPED.filter(({ name, program }) => {
      if (program === null || isOnPath(program)) return true;
      notes.push(`${name}: ${program} is not on the PATH`);
      return false;
    });
    const seconds = new Map<Typed, number[]>(kinds.map((kind) => [kind, []]));
    for (let round = 0; round < (quick ? 3 : 10); round++) {
      for (const kind of kinds) seconds.get(kind)!.push(await clock(kind));
    }
    const rows = kinds.map((kind) => {
      const text = kind.file?.(8000)[1] ?? "";
      const command = kind.command(8000);
      const lines = text.split("\n").filter((line) => line !== "").length;
      const health = kind.checksHealth ? "its own" : "none";
      return [kind.name, lines, text.length + command.length + 1, health, median(seconds.get(kind)!)];
    });
    const columns = [
      { name: "supervisor" },
      { name: "lines of configuration", digits: 0 },
      { name: "keystrokes", digits: 0 },
      { name: "health check" },
      { name: "seconds", digits: 2 },
    ];
    const title = "from an empty directory to a service that answers (python3 -um http.server), medians";
    return { tables: [{ title, columns, rows }], checks: [], notes };
  },
};
