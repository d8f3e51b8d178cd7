import { Command, InvalidArgumentError, Option } from "commander";
import { samplingPlan } from "../monitor/options.ts";
import { loadPlatform } from "../platform/mod.ts";
import { ownerSignal } from "./owner.ts";
import { Reporting } from "./reporting.ts";
import { durationOption } from "./option_values.ts";
import { addWatchOptions, watchOptions } from "./watch_options.ts";
import type { WatchFlags } from "./watch_options.ts";

interface AttachFlags extends WatchFlags {
  duration?: number;
}

const EXAMPLES = `
Counts from now on, until the tree ends, the duration is over, or Ctrl-C; the tree itself is left alone.

Examples:
  proctor attach 4711
  proctor attach 4711 --duration 30s --records - --per-process
  proctor attach 4711 --mqtt mqtts://broker --domain factory --channel edge
  proctor attach 4711 --prometheus 127.0.0.1:9464 --task-id database
`;

/** `proctor attach`: watch a tree that already runs. */
export function attachCommand(end: (exitCode: number) => void): Command {
  const command = new Command("attach")
    .description("watch a process tree that already runs")
    .argument("<pid>", "its root", processId);
  return addWatchOptions(command)
    .addOption(new Option("--duration <duration>", "stop watching after this long").argParser(durationOption))
    .addHelpText("after", EXAMPLES)
    .action(async (pid: number, flags: AttachFlags) => end(await execute(pid, flags)));
}

async function execute(pid: number, flags: AttachFlags): Promise<number> {
  const options = await watchOptions(flags);
  const platform = await loadPlatform();
  const owner = ownerSignal(flags.owner, platform);
  const reporting = await Reporting.open(flags, samplingPlan(options), platform);
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => abort.abort());
  const { attach } = await import("../monitor/attach.ts");
  const summary = await attach(pid, {
    ...options,
    durationMs: flags.duration,
    abort: owner ? AbortSignal.any([abort.signal, owner]) : abort.signal,
    onRecord: reporting.record,
    onNotice: reporting.notice,
  });
  await reporting.finish(summary);
  return 0;
}

function processId(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError("write a process ID, such as 4711");
  return Number(text);
}
