import { EXIT } from "../../core/error.ts";
import { samplingPlan } from "../../monitor/sampling_plan.ts";
import { loadPlatform } from "../../platform/mod.ts";
import { exitCodeOf } from "../../io/terminal/output.ts";
import { expectTicks } from "./hot_ticks.ts";
import { ownerSignal } from "./owner.ts";
import { Reporting } from "./reporting.ts";
import type { VerbTable } from "../options/option_table.ts";
import { durationOption, processIdOption } from "../options/option_values.ts";
import { checkSpans, WATCH_OPTIONS, watchOptions } from "./watch_options.ts";
import type { WatchFlags } from "./watch_options.ts";

interface AttachFlags extends WatchFlags {
  duration?: number;
}

const EXAMPLES = `
Counts from now on, until the tree ends, the duration is over, or Ctrl-C; the
tree itself is left alone. With --records - and no other destination it ends
when its reader has gone.

A name is that of exactly one tree, as ps shows it; of several the process IDs
are listed. What has a / is the path of a PID file.

Examples:
  proctor attach 4711
  proctor attach postgres --duration 30
  proctor attach /run/nginx.pid --report nginx.html
  proctor attach 4711 --processes --duration 1m
  proctor attach 4711 --duration 30s --records - --per-process
  proctor attach 4711 --mqtt mqtts://broker --mqtt-topic-prefix factory/edge
  proctor attach 4711 --prometheus :9464 --task-id database
`;

/** `proctor attach`: watch a tree that already runs. */
export const ATTACH: VerbTable<AttachFlags> = {
  name: "attach",
  description: "watch a process tree that already runs",
  arguments: [{
    name: "<pid|name>",
    description: "its root: PID, exact name, or path of a PID file",
    parse: rootArgument,
  }],
  passesThrough: false,
  options: [
    ...WATCH_OPTIONS,
    { flags: "--duration <duration>", description: "stop watching after this long", parse: durationOption },
  ],
  examples: EXAMPLES,
  run: ([root], flags) => execute(root as number | string, flags),
};

/** A process ID, or the words that name a process otherwise. */
function rootArgument(text: string): number | string {
  return /^[-\d]|^$/.test(text) ? processIdOption(text) : text;
}

async function execute(root: number | string, flags: AttachFlags): Promise<number> {
  checkSpans(flags);
  const options = await watchOptions(flags);
  const platform = await loadPlatform();
  const pid = typeof root === "number"
    ? root
    : (await import("./attach_target.ts")).namedRoot(root, platform.lookUp());
  const owner = ownerSignal(flags.owner, platform);
  const abort = new AbortController();
  const plan = samplingPlan(options);
  expectTicks(plan);
  // What is watched goes on without us: there is nothing left to watch it for.
  const reporting = await Reporting.open(flags, plan, platform, () => abort.abort());
  platform.onSignals(["SIGINT", "SIGTERM", "SIGHUP"], () => abort.abort());
  const { monitorTree } = await import("../../monitor/run/attach.ts");
  const summary = await monitorTree(pid, {
    ...options,
    durationMs: flags.duration,
    abort: owner ? AbortSignal.any([abort.signal, owner]) : abort.signal,
    samples: reporting.readsSamples,
    pace: reporting.exporters?.pace,
    onRecord: reporting.record,
    onNotice: reporting.notice,
  }, { mayStandStill: () => reporting.isIdle, lines: reporting.lines });
  await reporting.finish(summary);
  return exitCodeOf(0, EXIT.proctorFailed) || (reporting.isIncomplete ? EXIT.proctorFailed : 0);
}
