import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { parseTypedDuration, withSeconds } from "../../core/duration.ts";
import { nearest } from "../../core/nearest.ts";
import { colorsWelcome, isTerminal } from "../../io/terminal/output.ts";
import { pathOf } from "../../supervisor/client/ctl_client.ts";
import type { ProcessDescription, TaskMessage } from "../../supervisor/control.ts";
import { EVENT_KINDS } from "../../supervisor/events/event_kinds.ts";
import { LINE_LEVELS } from "../../supervisor/logs/line_level.ts";
import { durationOption } from "../options/option_values.ts";
import type { LogFlags } from "./ctl_logs.ts";
import { id, ids, running } from "./ctl_verb.ts";
import type { End } from "./ctl_verb.ts";
import { CONDITIONS } from "./ctl_wait.ts";
import type { WaitFlags } from "./ctl_wait.ts";
import { outcome, printJson, printLines, showEvents, showStatus } from "./ctl_work.ts";
import type { EventFlags, Flags } from "./ctl_work.ts";

/** So long is waited where nobody says how long. */
const USUAL_WAIT_MS = 30_000;

/** The verbs of `proctor ctl` that change nothing. */
export function looks(end: End): Command[] {
  return [
    new Command("status").description("show every process, or some").addArgument(ids(true))
      .addOption(new Option("--watch <duration>", "show it again and again").argParser(durationOption))
      .action(running<Flags & { watch?: number }>(end, showStatus)),
    new Command("describe").description(
      "show on one screen what a process is and does; all of it with --json",
    )
      .addArgument(id())
      .action(running(end, async (client, { json }, [name]) => {
        const description = await client.ask<ProcessDescription>("GET", pathOf(name, "/description"));
        if (json) return printJson(description);
        const { describedProcess } = await import("./ctl_describe.ts");
        printLines(describedProcess(description, isTerminal(1) ? process.stdout.columns || 80 : null));
      })),
    new Command("metrics").description("show the latest sample of a process").addArgument(id())
      .action(running(end, async (client, { json }, [name]) => {
        const message = await client.ask<TaskMessage>("GET", pathOf(name, "/metrics"));
        if (json) return printJson(message);
        const { sampleLines } = await import("./ctl_metrics.ts");
        printLines(sampleLines(message));
      })),
    logs(end),
    events(end),
    new Command("wait").description("wait until processes are in a state").addArgument(ids())
      .addOption(
        new Option("--for <state>", "what all of them are to be").choices([...CONDITIONS])
          .makeOptionMandatory(),
      )
      .addOption(
        new Option("--timeout <duration>", "give up after so long").argParser(durationOption)
          .default(USUAL_WAIT_MS, "30s"),
      )
      .action(running<WaitFlags>(end, async (client, flags, names) => {
        const { waitForAll } = await import("./ctl_wait.ts");
        const statuses = await waitForAll(client, flags, names);
        if (flags.json) printJson(statuses);
        else printLines(statuses.map((status) => outcome(status)));
      })),
  ];
}

function logs(end: End): Command {
  return new Command("logs").description(
    "show what processes have written, in the order of time; all, or some",
  )
    .addArgument(ids(true))
    .option("-f, --follow", "go on with what they write from now on; begins with the last 10 lines")
    .addOption(
      new Option("--since <time>", "from so long ago on, such as 10m, or from a time").argParser(sinceOption),
    )
    .addOption(new Option("-n, --lines <lines>", "the last lines only").argParser(tailOption))
    .addOption(new Option("--tail <lines>", "the same").argParser(tailOption).hideHelp())
    .option("--grep <pattern>", "lines alone in which this regular expression is found")
    .option("-i, --ignore-case", "small and capital letters are the same to --grep")
    .addOption(
      new Option("--level <level>", "lines alone that are of this level or above, by their own words")
        .choices([
          ...LINE_LEVELS,
        ]),
    )
    .addOption(new Option("--stream <name>", "one stream only").choices(["stdout", "stderr"]))
    .option("--plain", "the lines alone, without time and stream; of several behind the name")
    .action(running<LogFlags>(end, async (client, flags, names) => {
      const { printLogs } = await import("./ctl_logs.ts");
      await printLogs(client, names, flags, { isTerminal: isTerminal(1), isColored: colorsWelcome(1) });
    }));
}

function events(end: End): Command {
  const types = new Option("--type <types>", "of these types alone; several with commas").argParser(
    typesOption,
  );
  // Not by choices(), which would take one alone.
  types.argChoices = [...EVENT_KINDS];
  return new Command("events").description("show what has happened, to all or to one")
    .addArgument(new Argument("[id]", "of a managed process"))
    .option("-f, --follow", "go on with what happens from now on")
    .addOption(new Option("-n, --tail <events>", "the last events only").argParser(tailOption))
    .addOption(types)
    .action(running<EventFlags>(end, showEvents));
}

function typesOption(text: string, before: readonly string[] = []): readonly string[] {
  const kinds: readonly string[] = EVENT_KINDS;
  const words = text.split(",");
  const wrong = words.find((word) => !kinds.includes(word));
  if (wrong === undefined) return [...before, ...words];
  const near = nearest(wrong, kinds);
  const meant = near === null ? "" : `; did you mean "${near}"?`;
  throw new InvalidArgumentError(`"${wrong}" is none of ${kinds.join(", ")}${meant}`);
}

function tailOption(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("write a whole number up to 9999999, such as 100");
}

/** A duration, or a time; the supervisor reads it again. */
function sinceOption(text: string): string {
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  try {
    parseTypedDuration(text, "");
    return withSeconds(text);
  } catch {
    throw new InvalidArgumentError(
      'write a duration such as "10m", or a time such as "2026-01-31T12:00:00Z"',
    );
  }
}
