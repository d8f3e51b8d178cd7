import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { CONTAINER, CONTAINER_WORDS, POD, POD_WORDS, UNIT, UNIT_WORDS } from "../../agent/workload_words.ts";
import type { TargetConfig } from "../../agent/watch_schema.ts";
import { processIdOption } from "../options/option_values.ts";

/** The flags that look for processes; each may be repeated. */
export interface TargetFlags {
  pid?: number[];
  pidFile?: string[];
  name?: string[];
  commandLine?: string[];
  user?: string[];
  cgroup?: string[];
  container?: string[];
  pod?: string[];
  unit?: string[];
  port?: number[];
  /** False after `--no-tree`. */
  tree?: boolean;
  network?: boolean;
  processes?: boolean;
  follow?: "each" | "one";
  taskId?: string;
  scrape?: string[];
  appMetrics?: string[];
}

const LARGEST_PORT = 65_535;

/** Add the flags that look for processes. */
export function addTargetOptions(command: Command): Command {
  const add = (flag: string, description: string, read: (text: string) => unknown) => {
    const option = new Option(flag, description).helpGroup("Processes:");
    command.addOption(option.argParser((text: string, before: unknown[] = []) => [...before, read(text)]));
  };
  add("--pid <pid>", "this process", processIdOption);
  add("--pid-file <file>", "the one that a file names", filled);
  add("--name <name>", "those of this name, as ps shows it", filled);
  add("--command-line <regexp>", "those whose arguments contain this", expression);
  add("--user <name|uid>", "those of this user", filled);
  add("--cgroup <path>", "those in this cgroup, or below", filled);
  add("--container <name|id>", "all of a container, by its name or the beginning of its ID", (text) => {
    return demand(text, CONTAINER, CONTAINER_WORDS);
  });
  add("--pod <name|uid>", "all of a pod, by NAME, NAMESPACE/NAME or its UID", (text) => {
    return demand(text, POD, POD_WORDS);
  });
  add("--unit <name>", "all of a unit of systemd; .service may be left out", (text) => {
    return demand(text, UNIT, UNIT_WORDS);
  });
  add("--port <port>", "those that have this local port, TCP or UDP", port);
  return command
    .addOption(new Option("--no-tree", "each process alone, without its descendants").helpGroup("Processes:"))
    .addOption(
      new Option("--network", "count what their sockets receive and send, too").helpGroup("Processes:"),
    )
    .addOption(
      new Option("--processes", "report every process of theirs, however short its life").helpGroup(
        "Processes:",
      ),
    )
    .addOption(
      new Option("--follow <which>", "each process as a task, or one task that goes on with the next process")
        .choices(["each", "one"]).helpGroup("Processes:"),
    );
}

/** The targets that the flags describe: flags of different kinds hold together, of repeated ones any does. */
export function flagTargets(flags: TargetFlags): TargetConfig[] {
  const { pid, pidFile, name, commandLine, user, cgroup, container, pod, unit, port } = flags;
  const kinds = {
    pid,
    pid_file: pidFile,
    name,
    command_line: commandLine,
    user: user?.map((one) => /^\d+$/.test(one) ? Number(one) : one),
    cgroup,
    container,
    pod,
    unit,
    port,
  };
  let queries: Record<string, unknown>[] = [];
  for (const [key, values] of Object.entries(kinds)) {
    if (!values) continue;
    const begun = queries.length > 0 ? queries : [{}];
    queries = begun.flatMap((query) => values.map((value) => ({ ...query, [key]: value })));
  }
  return queries.map((query) => ({
    ...query,
    tree: flags.tree ?? true,
    follow: flags.follow,
    task_id: flags.taskId,
    scrape: flags.scrape,
    app_metrics: flags.appMetrics,
  }));
}

function port(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  if (number > 0 && number <= LARGEST_PORT) return number;
  throw new InvalidArgumentError(`write a port from 1 to ${LARGEST_PORT}, such as 8080`);
}

function filled(text: string): string {
  if (text === "") throw new InvalidArgumentError("it is empty");
  return text;
}

function demand(text: string, form: RegExp, words: string): string {
  if (form.test(text)) return text;
  throw new InvalidArgumentError(`it ${words}`);
}

function expression(text: string): string {
  try {
    new RegExp(filled(text));
    return text;
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw error;
    const reason = (error as Error).message.replace(/^Invalid regular expression: /, "");
    throw new InvalidArgumentError(`it is not a regular expression: ${reason}`);
  }
}
