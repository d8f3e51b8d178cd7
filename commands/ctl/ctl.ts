import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../../core/duration.ts";
import { usageError } from "../../core/error.ts";
import { printable } from "../../core/printable.ts";
import { colorsWelcome, isTerminal } from "../../io/terminal/output.ts";
import { Client, pathOf } from "../../supervisor/client/ctl_client.ts";
import type { ProcessDescription, ProcessStatus, ReloadReport } from "../../supervisor/control.ts";
import { durationOption } from "../options/option_values.ts";
import { definitionsOf, environmentOption } from "./ctl_add.ts";
import type { AddFlags } from "./ctl_add.ts";
import { inRows, selected } from "./ctl_select.ts";
import { forEach, forEachRow, printJson, printLines, showEvents, showStatus } from "./ctl_work.ts";
import type { Flags } from "./ctl_work.ts";

type End = (exitCode: number) => void;

const EXAMPLES = `
The supervisor is found by --socket, by --state-dir, by PROCTOR_SOCKET, or where one is by default. With --url
it is asked at its port, with the token that stands in its base directory.

Examples:
  proctor ctl status                             every process, what it uses and why it is as it is
  proctor ctl restart web worker 'mail-*' @batch by names, by a pattern, and by a group
  proctor ctl logs -f web --since 10m            what it writes, from ten minutes ago on
  proctor ctl add mail -- ./mailer --port 2525   one more process, at once
  proctor ctl status --json | jq -r '.[] | select(.state != "running") | .id'

Exit codes: 0 when it is done; 1 when the supervisor refused, or it went wrong; 125 when no supervisor
answers, or proctor was misused.
`;

/** `proctor ctl`: ask a running supervisor, and tell it what to do. */
export function ctlCommand(end: End): Command {
  const ctl = new Command("ctl")
    .description("ask a running supervisor, and tell it what to do")
    .enablePositionalOptions()
    .helpCommand(false)
    .addHelpText("after", EXAMPLES);
  reachable(ctl);
  for (const command of [...looks(end), ...actions(end), ...changes(end)]) {
    ctl.addCommand(reachable(command));
  }
  return ctl.on("command:*", ([name]: string[]) => {
    const known = ctl.commands.map((command) => command.name()).join(", ");
    throw usageError(`ctl: there is no "${name}"; there are ${known}`);
  });
}

/** The options that say where the supervisor is, and in which form it is to answer. */
function reachable(command: Command): Command {
  return command
    .option("--json", "answer as JSON")
    .option("--socket <path>", "the socket of the supervisor")
    .option("--state-dir <directory>", "the base directory of the supervisor, with its socket in it")
    .option("--url <url>", "the port of the supervisor, such as http://127.0.0.1:50055")
    .option("--token-file <file>", "the token of the port (default: api_token in the base directory)");
}

/** Run a command's work with all its options, those before its name included. */
function running<F extends Flags>(
  end: End,
  work: (client: Client, flags: F, args: string[]) => Promise<number | void>,
) {
  return async function (this: Command) {
    const flags = this.optsWithGlobals<F>();
    end(await work(new Client(flags), flags, this.args) ?? 0);
  };
}

const id = () => new Argument("<id>", "of the managed process");
const ids = (isOptional = false) =>
  new Argument(isOptional ? "[ids...]" : "<ids...>", "of managed processes; patterns with * and ?, @group");

function looks(end: End): Command[] {
  return [
    new Command("status").description("show every process, or some").addArgument(ids(true))
      .addOption(new Option("--watch <duration>", "show it again and again").argParser(durationOption))
      .action(running<Flags & { watch?: number }>(end, showStatus)),
    new Command("describe").description("show all there is to say about a process").addArgument(id())
      .action(running(end, async (client, { json }, [name]) => {
        const description = await client.ask<ProcessDescription>("GET", pathOf(name, "/description"));
        if (json) return printJson(description);
        const { describedProcess } = await import("./ctl_describe.ts");
        printLines(describedProcess(description));
      })),
    new Command("logs").description("show what a process has written").addArgument(id())
      .option("-f, --follow", "go on with what it writes from now on; begins with the last 10 lines")
      .addOption(
        new Option("--since <time>", "from so long ago on, such as 10m, or from a time").argParser(
          sinceOption,
        ),
      )
      .addOption(new Option("-n, --tail <lines>", "the last lines only").argParser(tailOption))
      .addOption(new Option("--stream <name>", "one stream only").choices(["stdout", "stderr"]))
      .option("--plain", "the lines alone, without time and stream")
      .action(running(end, async (client, flags, [name]) => {
        const { printLogs } = await import("./ctl_logs.ts");
        await printLogs(client, name, flags, {
          isTerminal: isTerminal(1),
          isColored: colorsWelcome(1),
        });
      })),
    new Command("events").description("show what has happened, to all or to one").addArgument(
      new Argument("[id]", "of a managed process"),
    )
      .option("-f, --follow", "go on with what happens from now on")
      .addOption(new Option("-n, --tail <events>", "the last events only").argParser(tailOption))
      .action(running<Flags & { follow?: boolean; tail?: number }>(end, showEvents)),
  ];
}

function actions(end: End): Command[] {
  const action = (name: "start" | "stop" | "restart" | "reset", description: string) =>
    new Command(name).description(description).addArgument(ids(true))
      .option("--all", "every managed process")
      .option("--no-wait", "do not wait until it is done")
      .action(
        running<Flags & { all?: boolean; wait: boolean; atOnce?: boolean }>(
          end,
          async (client, flags, names) => {
            if (flags.all ? names.length > 0 : names.length === 0) {
              throw usageError(`${name}: give ids of processes, or --all`);
            }
            const every = async () =>
              (await client.ask<ProcessStatus[]>("GET", "/processes")).filter(({ type }) =>
                type !== "unmanaged"
              );
            const wanted = flags.all
              ? (await every()).map(({ id }) => id)
              : await selected(client, names, true);
            const query = flags.wait ? "" : "?wait=false";
            const ask = (one: string) => client.ask<ProcessStatus>("POST", pathOf(one, `/${name}${query}`));
            const isRolling = name === "restart" && flags.wait && !flags.atOnce;
            return await forEachRow(isRolling ? inRows(wanted) : wanted.map((one) => [one]), flags, ask);
          },
        ),
      );
  return [
    action("start", "start processes, and before them what they depend on"),
    action("stop", "stop processes and leave them stopped"),
    action("restart", "stop processes and start them; instances of one one after another").option(
      "--at-once",
      "restart all instances at the same time",
    ),
    action("reset", "close circuit breakers and forget failures"),
  ];
}

function changes(end: End): Command[] {
  return [
    new Command("add").description("add a process at run time").argument("[new-id]", "of the new process")
      .argument("[command...]", "what it runs")
      .option("--file <file>", "add what a YAML or JSON file has in managed_processes; - for standard input")
      .addOption(
        new Option("--env <NAME=VALUE>", "a variable for it; may be given again").argParser(
          environmentOption,
        ),
      )
      .option("--cwd <directory>", "where it runs")
      .option("--disabled", "do not start it yet")
      .option("--no-wait", "do not wait until it runs")
      .action(
        running<Flags & AddFlags & { wait: boolean }>(end, async (client, flags, [name, ...command]) => {
          const definitions = await definitionsOf(name, command, flags);
          return await forEach(definitions, flags, async (one) => {
            const added = await client.ask<ProcessStatus>("POST", "/processes", one);
            const isStarted = (one as { enabled?: boolean }).enabled !== false && added.type !== "unmanaged";
            return flags.wait && isStarted ? await client.ask("POST", pathOf(added.id, "/start")) : added;
          }, "added");
        }),
      ),
    new Command("remove").description("stop processes and forget them").addArgument(ids())
      .action(
        running(
          end,
          async (client, flags, names) =>
            await forEach(await selected(client, names), flags, async (name) => {
              await client.ask("DELETE", pathOf(name));
              return { id: name, removed: true };
            }),
        ),
      ),
    new Command("reload").description("read the configuration anew; only what changed restarts")
      .action(running(end, async (client, { json }) => {
        const report = await client.ask<ReloadReport>("POST", "/reload");
        if (json) return printJson(report);
        const parts = Object.entries(report).filter(([, list]) => list.length > 0)
          .map(([what, list]) => `${what}: ${list.map(printable).join(", ")}`);
        printLines(parts.length > 0 ? parts : ["nothing is managed"]);
      })),
    new Command("page").description("make a link to the page of supervise --web, for one browser and once")
      .action(running(end, async (client, { json }) => {
        const link = await client.ask<{ url: string }>("POST", "/page/link");
        if (json) printJson(link);
        else printLines([link.url]);
      })),
    new Command("shutdown").description("stop everything in reverse order, and end the supervisor")
      .option("--no-wait", "do not wait until it has ended")
      .action(running<Flags & { wait: boolean }>(end, async (client, { json, wait }) => {
        // This stream ends when the supervisor does.
        const events = wait ? client.events("/events") : null;
        const first = events?.next();
        // Should the request fail, that is what is told.
        first?.catch(() => {});
        const info = await client.ask<{ pid: number }>("POST", "/shutdown");
        if (events) {
          await first;
          for await (const _ of events);
        }
        if (json) return printJson({ pid: info.pid, ended: wait });
        printLines([`the supervisor (pid ${info.pid}) ${wait ? "has ended" : "is ending"}`]);
      })),
  ];
}

function tailOption(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("write a whole number up to 9999999, such as 100");
}

/** A duration, or a time; the supervisor reads it again. */
function sinceOption(text: string): string {
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  try {
    parseDuration(text, "");
    return text;
  } catch {
    throw new InvalidArgumentError(
      'write a duration such as "10m", or a time such as "2026-01-31T12:00:00Z"',
    );
  }
}
