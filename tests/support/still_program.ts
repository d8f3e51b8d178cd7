/*
 * usage: still_program.ts: stands still between its timers and says by lines of JSON how soon it notices what comes
 * about meanwhile, for tests; a runtime's test runner has timers and event loops of its own.
 */
import { spawn } from "node:child_process";
import { readFile } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { StillLoop } from "../../commands/still_loop.ts";
import { KnownTimers } from "../../commands/known_timers.ts";
import { loadPlatform } from "../../platform/mod.ts";

const tell = (what: string, value: unknown) => console.log(JSON.stringify({ what, value }));
const platform = await loadPlatform();
const still = platform.standStill();
let disturbedCount = 0;
const loop = still && new StillLoop(
  {
    stand: (ms: number) => {
      const isDisturbed = still.stand(ms);
      if (isDisturbed) disturbedCount++;
      return isDisturbed;
    },
    close: () => still.close(),
  } as typeof still,
  KnownTimers.takeOver(),
);
tell("can", loop !== null);
if (!loop) process.exit(0);
loop.begin();

/** How long something took that begins after all has been quiet, and whether it has ended a pause. */
async function took(begin: (done: () => void) => void): Promise<{ ms: number; hasDisturbed: boolean }> {
  await new Promise((resolve) => setTimeout(resolve, 450));
  const [begunMs, before] = [performance.now(), disturbedCount];
  await new Promise<void>((resolve) => begin(resolve));
  return { ms: performance.now() - begunMs, hasDisturbed: disturbedCount > before };
}

tell("a timer", await took((done) => setTimeout(done, 30)));
tell("an immediate", await took((done) => setImmediate(done)));
tell("a file", await took((done) => readFile("/proc/self/comm", () => done())));
tell(
  "a signal",
  await took((done) => {
    process.once("SIGUSR2", () => done());
    spawn("sh", ["-c", `sleep 0.2; kill -USR2 ${process.pid}`], { stdio: "ignore" });
  }),
);
tell(
  "a child",
  await took((done) => void spawn("sleep", ["0.2"], { stdio: "ignore" }).once("exit", () => done())),
);
const server = createServer((_, response) => void setTimeout(() => response.end("late"), 200));
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;
tell(
  "an answer",
  await took((done) => {
    request({ port, host: "127.0.0.1" }, (message) => message.resume().on("end", done)).end();
  }),
);
server.close();
tell(
  "an interval",
  await took((done) => {
    let left = 5;
    const interval = setInterval(() => {
      if (--left > 0) return;
      clearInterval(interval);
      done();
    }, 20);
  }),
);
loop.end();
tell("a timer afterwards", await took((done) => setTimeout(done, 30)));
process.exit(0);
