import { Argument, Command, Option } from "commander";
import { printableJson } from "../../core/printable.ts";
import { loadPlatform } from "../../platform/mod.ts";
import { durationOption } from "../options/option_values.ts";
import { placesText, printOut } from "../../io/terminal/output.ts";
import { PARTS } from "../../host/host_parts.ts";
import type { HostPart } from "../../host/host_parts.ts";

interface HostFlags {
  json?: boolean;
  watch?: number;
}

const EXAMPLES = `
Examples:
  proctor host
  proctor host disk
  proctor host cpu --watch 1s
  proctor host memory --json | jq .available
  proctor host network --json --watch 5s > network.jsonl
`;

/** `proctor host`: how the machine is. */
export function hostCommand(end: (exitCode: number) => void): Command {
  return new Command("host")
    .description("show the machine: CPU, memory, disks, network and more")
    .addArgument(new Argument("[part]", "what to show; everything at a glance when left out").choices(PARTS))
    .option("--json", "what the sysmon method gives, as JSON; one object a line when watching")
    .addOption(new Option("--watch <duration>", "show it again and again").argParser(durationOption))
    .addHelpText("after", EXAMPLES)
    .action(async (part: HostPart | undefined, flags: HostFlags) => end(await show(part, flags)));
}

async function show(part: HostPart | undefined, { json, watch }: HostFlags): Promise<number> {
  const { Host } = await import("../../host/host.ts");
  const host = new Host({ cacheMs: watch === undefined ? undefined : watch / 2 });
  const screen = json ? undefined : await openScreen(watch !== undefined);
  const print = async () => {
    if (screen) return screen.show(await screen.render(host, part));
    const payload = await host.read(part ?? "metrics");
    return printOut(`${printableJson(payload, watch === undefined ? 2 : undefined)}\n`);
  };
  if (watch === undefined) {
    await print();
    return 0;
  }
  const { checkInterval, ticks } = await import("../../host/ticks.ts");
  checkInterval(watch, "watch");
  const abort = new AbortController();
  (await loadPlatform()).onSignals(["SIGINT", "SIGTERM", "SIGHUP"], () => abort.abort());
  for await (const _ of ticks(watch, abort.signal)) if (!await print()) break;
  return 0;
}

/** Where tables go, and how they are drawn there; loaded only for people. */
async function openScreen(isWatching: boolean) {
  const [{ hostTable }, { Screen }, { ownAgent }] = await Promise.all([
    import("./host_table.ts"),
    import("../../io/terminal/screen.ts"),
    import("../own_agent.ts"),
  ]);
  const agent = await ownAgent();
  const isPlaced = placesText(1);
  const screen = new Screen(isWatching && isPlaced);
  return {
    show: (lines: string[]) => screen.show(lines),
    render: (host: InstanceType<typeof import("../../host/host.ts").Host>, part?: HostPart) =>
      hostTable(host, part, isPlaced, agent),
  };
}
