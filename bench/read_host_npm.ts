/**
 * What a reading of the machine costs with systeminformation.
 *
 * usage: read_host_npm.ts METHOD; for each line with a number of readings on stdin, prints the nanoseconds that all of
 * them took. METHOD is one of the keys of `ways`.
 */
import process from "node:process";
import * as si from "systeminformation";
import { answerBatches } from "./lib/batches.ts";

/** The nearest that it has to each of proctor's methods. */
const ways: Record<string, () => Promise<unknown>> = {
  metrics: () => Promise.all([si.currentLoad(), si.mem(), si.fsSize(), si.networkStats("*")]),
  disk: () => si.fsSize(),
  network: () => si.networkStats("*"),
  memory: () => si.mem(),
  cpu: () => si.currentLoad(),
  processes: () => si.processes(),
  system: () => si.osInfo(),
};

const read = ways[process.argv[2]];
await answerBatches(async (count) => {
  for (let left = count; left > 0; left--) await read();
});
