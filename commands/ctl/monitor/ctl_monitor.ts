import { Command, Option } from "commander";
import { usageError } from "../../../core/error.ts";
import { colorsWelcome } from "../../../io/terminal/output.ts";
import { Client } from "../../../supervisor/client/ctl_client.ts";
import { durationOption } from "../../options/option_values.ts";
import { needScreen, speaksUnicode } from "../../screen/need_screen.ts";
import type { Flags } from "../ctl_work.ts";
import { SORTS } from "./state.ts";
import type { Sort } from "./state.ts";

interface MonitorFlags extends Flags {
  interval: number;
  sort: Sort;
  filter: string;
  ascii?: boolean;
  color: boolean;
}

const SHORTEST_INTERVAL_MS = 100;

/** `proctor ctl monitor`: a supervisor and its processes on a full screen, live. */
export function monitorCommand(end: (exitCode: number) => void): Command {
  return new Command("monitor")
    .description("watch processes, their logs and events live, on the whole screen, and act on them")
    .addOption(
      new Option("--interval <duration>", "between two samples").argParser(durationOption).default(
        1_000,
        "1s",
      ),
    )
    .addOption(new Option("--sort <column>", "what to sort by").choices(SORTS).default("order"))
    .option("--filter <text>", "show only what matches: id, state, health or @group", "")
    .option("--ascii", "draw with ASCII alone")
    .option("--no-color", "no colours")
    .action(async function (this: Command) {
      end(await monitor(this.optsWithGlobals<MonitorFlags>()));
    });
}

async function monitor(flags: MonitorFlags): Promise<number> {
  if (flags.json) {
    throw usageError("monitor: a screen is not JSON; for that there is proctor ctl status --json");
  }
  needScreen("monitor", {
    program: "proctor ctl status --json and proctor ctl events -f",
    dumb: "proctor ctl status --watch 2s",
  });
  if (flags.interval < SHORTEST_INTERVAL_MS) {
    throw usageError(`interval: ${flags.interval}ms is too short for a screen; write 100ms or more`);
  }
  const { runMonitor } = await import("./run_monitor.ts");
  return await runMonitor({
    connect: () => new Client(flags),
    intervalMs: flags.interval,
    sort: flags.sort,
    filter: flags.filter,
    isAscii: flags.ascii === true || !speaksUnicode(),
    hasColors: flags.color && colorsWelcome(1),
  });
}
