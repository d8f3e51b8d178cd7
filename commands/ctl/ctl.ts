import { Argument, Command, Option } from "commander";
import { usageError } from "../../core/error.ts";
import { printable } from "../../core/printable.ts";
import { pathOf, REFUSED } from "../../supervisor/client/ctl_client.ts";
import type { ProcessStatus, ReloadReport } from "../../supervisor/control.ts";
import { inRows } from "../../supervisor/instance_rows.ts";
import { definitionsOf, environmentOption } from "./ctl_add.ts";
import type { AddFlags } from "./ctl_add.ts";
import { VERB_EXAMPLES } from "./ctl_examples.ts";
import { looks } from "./ctl_looks.ts";
import { selected } from "./ctl_select.ts";
import { ids, running } from "./ctl_verb.ts";
import type { End } from "./ctl_verb.ts";
import { forEach, forEachRow, printJson, printLines } from "./ctl_work.ts";
import type { Flags } from "./ctl_work.ts";
import { monitorCommand } from "./monitor/ctl_monitor.ts";

const EXAMPLES = `
The supervisor is found by --socket, by --state-dir, by PROCTOR_SOCKET, or where
one is by default. With --url it is asked at its port, with the token that
stands in its base directory.

Examples:
  proctor ctl status                             every process, its use and why
  proctor ctl monitor                            the same live, on the screen
  proctor ctl restart web 'mail-*' @batch        by name, pattern, and group
  proctor ctl logs -f web --since 10m            what it writes
  proctor ctl logs --grep timeout --level warn   of all, in the order of time
  proctor ctl signal HUP web                     to its main process
  proctor ctl wait @front --for healthy          until all of a group are
  proctor ctl add mail -- ./mailer --port 2525   one more process, at once
  proctor ctl status --json | jq -r '.[] | select(.state != "running") | .id'

Exit codes: 0 when it is done; 1 when the supervisor refused, or it went wrong;
125 when no supervisor answers, or proctor was misused.
`;

/** `proctor ctl`: query and control a running supervisor. */
export function ctlCommand(end: End): Command {
  const ctl = new Command("ctl")
    .description("query and control a running supervisor")
    .enablePositionalOptions()
    .helpCommand(false)
    .addHelpText("after", EXAMPLES);
  reachable(ctl);
  for (const command of [...looks(end), monitorCommand(end), ...actions(end), ...changes(end)]) {
    ctl.addCommand(reachable(command).addHelpText("after", VERB_EXAMPLES[command.name()]));
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
    signalVerb(end),
    action("start", "start processes, and before them what they depend on"),
    action("stop", "stop processes and leave them stopped"),
    action("restart", "stop processes and start them; instances of one one after another").option(
      "--at-once",
      "restart all instances at the same time",
    ),
    action("reset", "close circuit breakers and forget failures"),
  ];
}

function signalVerb(end: End): Command {
  return new Command("signal").description("send a signal to the main process of each")
    .addArgument(new Argument("<signal>", "by its name, with or without SIG, or by its number")).addArgument(
      ids(),
    )
    .option("--tree", "to all that it has started, too")
    .action(
      running<Flags & { tree?: boolean }>(end, async (client, flags, [signal, ...names]) => {
        await refuseSwapped(signal, names);
        const query = new URLSearchParams({ signal, tree: String(flags.tree ?? false) });
        return await forEach(
          await selected(client, names, true),
          flags,
          (one) => client.ask<ProcessStatus>("POST", pathOf(one, `/signal?${query}`)),
          "signalled",
        );
      }),
    );
}

/** Other programs have the signal last. */
async function refuseSwapped(signal: string, names: readonly string[]): Promise<void> {
  const [{ loadPlatform }, { signalNamed }] = await Promise.all([
    import("../../platform/mod.ts"),
    import("../../group/signal_named.ts"),
  ]);
  const platform = await loadPlatform();
  const last = names.at(-1)!;
  if (signalNamed(signal, platform) !== null || signalNamed(last, platform) === null) return;
  throw usageError(
    `signal: it stands first, as in proctor ctl signal ${printable(last)} ${printable(signal)}`,
  );
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
    new Command("reload").description(
      "reload the configuration; only what changed restarts, instances one after another",
    )
      .action(running(end, async (client, { json }) => {
        const report = await client.ask<ReloadReport>("POST", "/reload");
        if (json) printJson(report);
        else printLines(reloadLines(report));
        return report.failed.length > 0 ? REFUSED : 0;
      })),
    new Command("rollback").description(
      "go back to the last definition by which processes were healthy; the file stays as it is",
    ).addArgument(ids(true))
      .option("--undo", "take again what the configuration file says")
      .action(running<Flags & { undo?: boolean }>(end, async (client, flags, names) => {
        const { rollBack } = await import("./ctl_rollback.ts");
        return await rollBack(client, flags, names);
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

/** What the lists of a reload are called, where that is not their key. */
const LIST_NAMES: Readonly<Record<string, string>> = {
  left: "left as they were",
  rolled_back: "rolled back",
};

function reloadLines({ failed, ...report }: ReloadReport): string[] {
  const parts = Object.entries(report).filter(([, list]) => list.length > 0)
    .map(([what, list]) => `${LIST_NAMES[what] ?? what}: ${list.map(printable).join(", ")}`);
  const failures = failed.map(({ id, reason }) => `failed: ${printable(`${id}: ${reason}`)}`);
  return parts.length + failures.length > 0 ? [...parts, ...failures] : ["nothing is managed"];
}
