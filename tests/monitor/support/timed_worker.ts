/*
 * A program whose worker runs a command for a tenth of a second, by a profile that samples seldom; it prints how long
 * that took.
 */
import process from "node:process";
import { run } from "../../../mod.ts";
import { isWorker } from "../../../group/worker.ts";

if (isWorker()) {
  const [seconds, codes]: [number[], (number | null)[]] = [[], []];
  for (let round = 0; round < 3; round++) {
    const summary = await run(["sh", "-c", "sleep 0.1; exit 5"], { profile: "standard" });
    seconds.push(summary.wall_seconds);
    codes.push(summary.exit_code);
  }
  (globalThis as unknown as { postMessage(data: unknown): void }).postMessage({ seconds, codes });
} else {
  const worker = new Worker(new URL(import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => {
    console.log(JSON.stringify(data));
    process.exit(0);
  };
}
