import { Command, InvalidArgumentError, Option } from "commander";
import { usageError } from "../../core/error.ts";
import { compileSoon } from "../../ffi/mod.ts";
import { colorsWelcome } from "../../io/terminal/output.ts";
import { durationOption } from "../options/option_values.ts";
import { needScreen, speaksUnicode } from "../screen/need_screen.ts";
import { SORTS } from "./state.ts";
import type { Sort, View } from "./state.ts";

interface TopFlags {
  interval: number;
  history: number;
  sort: Sort;
  view: View;
  filter: string;
  ascii?: boolean;
  color: boolean;
  io?: boolean;
  network?: boolean;
  batch?: boolean;
  count?: number;
  json?: boolean;
}

const EXAMPLES = `
Keys: arrows move; Enter shows one in detail; space folds; s sorts, g groups, /
filters; f follows; k sends a signal, after a question; p pauses, and [ ] go
back and forth in history; ? shows all keys; q quits.

Examples:
  proctor top
  proctor top 4711                     one tree only
  proctor top --sort memory --filter postgres
  proctor top --io --sort io
  proctor top --network --sort network
  proctor top --interval 250ms --view flat
  proctor top -b -n 3 > top.txt        three samples, a second apart
  proctor top --json -n 1 | jq '.processes[0]'
`;

const SHORTEST_INTERVAL_MS = 100;
const MOST_TICKS = 36_000;

/** `proctor top`: the processes of the machine, live. */
export function topCommand(end: (exitCode: number) => void): Command {
  return new Command("top")
    .description("watch processes live: proctor's groups and all others, as trees")
    .argument("[pids...]", "show only these and what descends from them", processIds)
    .addOption(
      new Option("--interval <duration>", "between two samples").argParser(durationOption).default(
        1_000,
        "1s",
      ),
    )
    .addOption(
      new Option("--history <duration>", "how far a pause scrolls back").argParser(durationOption)
        .default(600_000, "10m"),
    )
    .addOption(
      new Option("--sort <column>", "what to sort by").choices(SORTS)
        .default("cpu"),
    )
    .addOption(
      new Option("--view <view>", "proctor's groups, all control groups, or a flat list")
        .choices(["groups", "cgroups", "flat"]).default("groups"),
    )
    .option("--filter <text>", "show only what matches: command, name, user or PID", "")
    .option("--io", "columns of what is read and written on a narrow screen, too")
    .option("--network", "count what each process receives and sends by TCP, too")
    .option("-b, --batch", "print each sample, for a file or another program, instead of a screen")
    .addOption(
      new Option("-n, --count <number>", "of --batch: end after so many samples").argParser(wholeNumber),
    )
    .option("--json", "of --batch, which it implies: one JSON object per sample and line")
    .option("--ascii", "draw with ASCII alone")
    .option("--no-color", "no colours")
    .addHelpText("after", EXAMPLES)
    .action(async (pids: number[], flags: TopFlags) => end(await top(pids ?? [], flags)));
}

async function top(pids: number[], flags: TopFlags): Promise<number> {
  if (flags.sort === "network" && !flags.network) {
    throw usageError("top: --sort network: it is not counted; add --network");
  }
  const isBatch = flags.batch === true || flags.json === true;
  if (flags.count !== undefined && !isBatch) {
    throw usageError("top: --count: a screen has no end; add --batch");
  }
  if (!isBatch) needScreen("top", { program: "proctor top --batch and --json", dumb: "proctor top --batch" });
  if (flags.interval < SHORTEST_INTERVAL_MS) {
    throw usageError(`interval: ${flags.interval}ms is too short; write 100ms or more`);
  }
  compileSoon();
  const ticks = Math.max(2, Math.min(MOST_TICKS, Math.ceil(flags.history / flags.interval)));
  const options = {
    roots: pids,
    intervalMs: flags.interval,
    historyTicks: ticks,
    sort: flags.sort,
    view: flags.view,
    filter: flags.filter,
    isAscii: flags.ascii === true || !speaksUnicode(),
    io: flags.io === true,
    network: flags.network === true,
    hasColors: flags.color && colorsWelcome(1),
  };
  if (!isBatch) return (await import("./run_top.ts")).runTop(options);
  const { runBatch } = await import("./batch.ts");
  return runBatch({ ...options, count: flags.count ?? Infinity, json: flags.json === true });
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("write a whole number, such as 3");
}

function processIds(text: string, before: number[] | undefined): number[] {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError("write process IDs, such as 4711");
  return [...before ?? [], Number(text)];
}
