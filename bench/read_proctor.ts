/**
 * What a reading of one process costs with proctor, under Bun or Deno.
 *
 * usage: read_proctor.ts HOW PID; for each line with a number of readings on stdin, prints the nanoseconds that all
 * of them took. HOW is one of the keys of `ways`.
 */
import process from "node:process";
import { emptyProcStat, parseProcStat } from "../platform/linux/proc/proc_stat.ts";
import { processCpuSeconds } from "../platform/linux/processes/cpu_clock.ts";
import { openFile, readOpen, text } from "../platform/linux/proc/kernel_file.ts";
import { PAGE_SIZE } from "../platform/linux/proc/page_size.ts";
import { LinuxProcessReader } from "../platform/linux/processes/process_reader.ts";
import { Raw, unknownRow } from "../core/measure/raw.ts";
import { answerBatches } from "./lib/batches.ts";

const [how, pidText] = process.argv.slice(2);
const pid = Number(pidText);
const row = unknownRow();
const stat = emptyProcStat();
const file = openFile(`/proc/${pid}/stat`);
const statm = openFile(`/proc/${pid}/statm`);
const cpuAndMemory = { counters: false, io: false, switches: false, fileDescriptors: false };
const reader = LinuxProcessReader.open(pid, { ...cpuAndMemory, counters: true });
const leanReader = LinuxProcessReader.open(pid, cpuAndMemory);
if (file < 0 || !reader || !leanReader) throw new Error(`no process ${pid}`);

/** The ways to read, whole and in parts; each does it once. */
const ways: Record<string, () => void> = {
  look: () => void reader.look(true),
  look_lean: () => void leanReader.look(true),
  look_if_moved: () => void reader.look(false),
  clock_and_stat: () => {
    row[Raw.cpuSeconds] = processCpuSeconds(pid);
    readOpen(file);
    parseProcStat(text.bytes, text.length, PAGE_SIZE, stat, row);
  },
  clock: () => void (row[Raw.cpuSeconds] = processCpuSeconds(pid)),
  read_stat: () => void readOpen(file),
  read_statm: () => void readOpen(statm),
  parse_stat: () => void parseProcStat(text.bytes, text.length, PAGE_SIZE, stat, row),
};

const read = ways[how];
readOpen(file);
await answerBatches((count) => {
  for (let left = count; left > 0; left--) read();
});
