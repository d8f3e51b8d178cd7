/**
 * What a reading of one process costs with the usual npm packages.
 *
 * usage: read_npm.ts HOW PID; for each line with a number of readings on stdin, prints the nanoseconds that all of them
 * took. HOW is one of the keys of `ways`.
 */
import process from "node:process";
import pidusage from "pidusage";
import { processLoad } from "systeminformation";
import { answerBatches } from "./lib/batches.ts";

const [how, pidText] = process.argv.slice(2);
const pid = Number(pidText);

/** The ways to read; each does it once. */
const ways: Record<string, () => Promise<unknown>> = {
  pidusage: () => pidusage(pid),
  processLoad: () => processLoad("perl"),
};

const read = ways[how];
await answerBatches(async (count) => {
  for (let left = count; left > 0; left--) await read();
});
