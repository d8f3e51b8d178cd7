import { ProctorError } from "../../core/error.ts";
import { literal } from "../../config/substitute.ts";
import { foreignVariables } from "./foreign_variables.ts";
import { environmentOf, ImportedProcess, Keys, logPath, meaningOf, recordOf } from "./imported.ts";
import type { Imported } from "./imported.ts";

const RESTART: Readonly<Record<string, string>> = {
  no: "never",
  always: "always",
  on_failure: "on_failure",
  exit_on_failure: "on_failure",
};
const CONDITIONS: Readonly<Record<string, string>> = {
  process_started: "started",
  process_healthy: "healthy",
  process_completed_successfully: "exited_successfully",
};
/** Signals by their numbers on Linux (signal(7)); it has numbers. */
const SIGNALS: Readonly<Record<number, string>> = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  9: "SIGKILL",
  10: "SIGUSR1",
  12: "SIGUSR2",
  15: "SIGTERM",
};
const WHYS = {
  is_daemon: "write type: forking and pid_file, the file that names the service",
  is_tty: "a process has no terminal here",
  is_foreground: "a process has no terminal here",
  log_configuration: "write log_collection",
  is_dotenv_disabled: "no .env is read unasked here",
};

/**
 * A file of process-compose (https://f1bonacc1.github.io/process-compose/); its variables are written as ours.
 * @throws ProctorError of kind `usage` when there are no processes
 */
export function importProcessCompose(data: unknown, file: string): Imported {
  const top = new Keys(recordOf(data) ?? {});
  const all = top.record("processes");
  if (!all) throw new ProctorError("usage", `${file}: there are no processes in it`);
  const common = top.take("environment");
  const inShell = top.record("shell") ?? {};
  const shell = inShell.shell_command;
  const notes: string[] = [];
  for (const [key, value] of Object.entries(inShell)) {
    if (key === "shell_command" && typeof value === "string") continue;
    const why = key === "shell_argument" && value !== "-c" ? "commands are handed over behind -c; " : "";
    if (why !== "" || key !== "shell_argument") {
      notes.push(`shell.${key}: ${String(value)}  (${why}it has no counterpart)`);
    }
  }
  for (const key of Object.keys(top.values)) {
    if (!["version", "processes", "environment", "shell"].includes(key)) {
      notes.push(`${key} has no counterpart.`);
    }
  }
  const idsByName = new Map(Object.keys(all).map((name) => [name, new ImportedProcess(name).id]));
  const isScheduled = (name: string) => recordOf(recordOf(all[name])?.schedule)?.cron !== undefined;
  const processes = Object.entries(all).map(([name, values]) => {
    const one = new ImportedProcess(name);
    const keys = new Keys(recordOf(values) ?? {});
    describe(one, keys, typeof shell === "string" ? shell : true, { isScheduled, idsByName });
    const env = {
      ...environmentOf(common, one, foreignVariables),
      ...environmentOf(keys.take("environment"), one, foreignVariables),
    };
    if (Object.keys(env).length > 0) one.set("env", env);
    keys.noteRest(one, "", WHYS);
    return one;
  });
  return { notes, processes };
}

const NUMBER_TEMPLATE = /\{\{-?\s*\.PC_REPLICA_NUM\s*-?\}\}/g;

/** A text in which templates of Go may stand: the number of a replica is ours of an instance. */
function untemplated(one: ImportedProcess, key: string, text: string, isOne: boolean): string {
  const filled = text.replace(NUMBER_TEMPLATE, () => isOne ? "0" : "${PROCTOR_INSTANCE}");
  if (filled.includes("{{")) one.note(key, text, "templates of Go are not filled in here");
  return filled;
}

/** What a process has to know of the others. */
interface Others {
  readonly isScheduled: (name: string) => boolean;
  readonly idsByName: ReadonlyMap<string, string>;
}

function describe(
  one: ImportedProcess,
  keys: Keys,
  shell: string | true,
  { isScheduled, idsByName }: Others,
): void {
  const entrypoint = keys.list("entrypoint");
  const replicas = keys.number("replicas");
  const isOne = replicas === undefined || replicas <= 1;
  const template = keys.text("command");
  const command = template && untemplated(one, "command", template, isOne);
  if (entrypoint) one.setWords([...entrypoint, ...command ? [command] : []]);
  else one.setShellCommand(command ?? "", shell);
  if (command?.includes("$${") || /\$\{\w/.test(command ?? "")) one.set("command", command);
  const description = keys.text("description");
  one.set("metadata.description", description && literal(description));
  const directory = keys.text("working_dir");
  one.set("cwd", directory && foreignVariables(directory));
  one.set("env_file", keys.list("env_file"));
  if (keys.take("disabled") === true) one.set("enabled", false);
  if (!isOne) one.set("instances", replicas);
  const namespace = keys.text("namespace");
  one.set("groups", namespace && [namespace]);
  for (const [name, rule] of Object.entries(keys.record("depends_on") ?? {})) {
    const id = idsByName.get(name) ?? name;
    const written = String(recordOf(rule)?.condition ?? "process_started");
    if (isScheduled(name)) {
      one.note(`depends_on.${id}`, written, "it is started by its schedule: nothing can wait for that");
      continue;
    }
    const condition = meaningOf(CONDITIONS, written);
    if (condition === undefined) one.note(`depends_on.${id}`, written, "started is what there is");
    one.set("depends_on", {
      ...recordOf(one.fields.depends_on),
      [id]: { condition: condition ?? "started" },
    });
  }
  availability(one, new Keys(keys.record("availability") ?? {}));
  shutdown(one, new Keys(keys.record("shutdown") ?? {}));
  probe(one, "health", "liveness_probe", keys.record("liveness_probe"), isOne);
  probe(one, "ready", "readiness_probe", keys.record("readiness_probe"), isOne);
  schedule(one, new Keys(keys.record("schedule") ?? {}));
  const line = keys.text("ready_log_line");
  if (line) one.set("ready", { log: { match: literal(line.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")) } });
  const log = keys.text("log_location");
  if (log) {
    one.set("log_collection.outputs.combined", [{
      type: "file",
      path: logPath(
        literal(log).replaceAll("{PC_REPLICA_NUM}", isOne ? "0" : "${PROCTOR_INSTANCE}"),
        one.fields.instances,
      ),
      format: "plain",
    }]);
  }
}

function schedule(one: ImportedProcess, keys: Keys): void {
  const pattern = keys.text("cron");
  if (pattern !== undefined) {
    one.set("schedule", pattern);
    one.set("timezone", keys.text("timezone"));
    if (one.fields.restart === "always") one.set("restart", "on_failure");
  }
  keys.noteRest(one, "schedule.");
}

function availability(one: ImportedProcess, keys: Keys): void {
  const policy = keys.text("restart") ?? "no";
  const meaning = meaningOf(RESTART, policy);
  one.set("restart", meaning ?? "never");
  if (policy === "exit_on_failure" || meaning === undefined) {
    one.note("availability.restart", policy, "a failure does not end the others here");
  }
  const backoff = keys.number("backoff_seconds");
  const most = keys.number("max_restarts");
  if (backoff !== undefined) one.set("context_aware_restart.retry_delay", `${backoff}s`);
  if (most !== undefined && most > 0) one.set("context_aware_restart.max_retries", most);
  keys.noteRest(one, "availability.");
}

function shutdown(one: ImportedProcess, keys: Keys): void {
  const command = keys.text("command");
  if (command) one.set("stop", ["sh", "-c", literal(command)]);
  const timeout = keys.number("timeout_seconds");
  if (timeout !== undefined) one.set("graceful_timeout", `${timeout}s`);
  const signal = keys.number("signal");
  if (signal !== undefined && SIGNALS[signal]) one.set("stop_signal", SIGNALS[signal]);
  else if (signal !== undefined) one.note("shutdown.signal", signal, "write its name, such as SIGTERM");
  keys.noteRest(one, "shutdown.");
}

function probe(
  one: ImportedProcess,
  name: "health" | "ready",
  written: string,
  values: Record<string, unknown> | undefined,
  isOne: boolean,
): void {
  if (!values) return;
  const keys = new Keys(values);
  const exec = keys.record("exec");
  const http = keys.record("http_get");
  const check: Record<string, unknown> = {};
  if (http) {
    const { scheme = "http", host = "127.0.0.1", port, num_port = port, path = "/", ...rest } = http;
    for (const [key, value] of Object.entries(rest)) one.note(`${written}.http_get.${key}`, value);
    const url = `${scheme}://${host}${num_port === undefined ? "" : `:${num_port}`}${path}`;
    check.http = { url: untemplated(one, `${written}.http_get`, foreignVariables(url), isOne) };
    if (exec) one.note(`${written}.exec`, exec, "a check asks by one way");
  } else if (exec) {
    const { command = "", ...rest } = exec;
    for (const [key, value] of Object.entries(rest)) one.note(`${written}.exec.${key}`, value);
    check.exec = { command: ["sh", "-c", literal(String(command))] };
  } else return one.note(written, values);
  const pairs = [["period_seconds", "interval"], ["timeout_seconds", "timeout"], [
    "initial_delay_seconds",
    "initial_delay",
  ]];
  for (const [key, ours] of pairs) {
    const seconds = keys.number(key);
    if (seconds !== undefined && (seconds > 0 || ours === "initial_delay")) check[ours] = `${seconds}s`;
  }
  const success = keys.number("success_threshold");
  if (success !== undefined && success > 0) check.success_threshold = success;
  const failure = keys.number("failure_threshold");
  if (failure !== undefined && failure > 0) {
    if (name === "health") check.failure_threshold = failure;
    else one.note(`${written}.failure_threshold`, failure, "it is asked until start_timeout");
  }
  one.set(name, check);
  keys.noteRest(one, `${written}.`);
}
