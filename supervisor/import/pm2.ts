import { ProctorError } from "../../core/error.ts";
import { literal } from "../../config/substitute.ts";
import { environmentOf, ImportedProcess, Keys, logPath, meaningOf, recordOf } from "./imported.ts";
import type { Imported } from "./imported.ts";
import { shellWords } from "../../core/shell_words.ts";

/** What runs a script, by the end of its name, as pm2 has it. */
const INTERPRETERS: Readonly<Record<string, string>> = {
  js: "node",
  mjs: "node",
  cjs: "node",
  py: "python3",
  sh: "bash",
  rb: "ruby",
  php: "php",
  pl: "perl",
};
const WHYS = {
  exec_mode: "every instance is a process of its own, and listens at a port of its own",
  ignore_watch: "nothing is watched",
  watch_delay: "nothing is watched",
  cron_restart:
    "a restart of what runs is for cron, by proctor ctl restart; with autorestart: false it is a schedule",
  wait_ready: "write ready, a check for when it can do its work",
  merge_logs: "write log_collection",
  log_date_format: "times are in UTC, in RFC 3339",
  time: "logs have the time of each line always",
  source_map_support: "write it among the words of command",
};

/**
 * An ecosystem of pm2 (https://pm2.keymetrics.io/docs/usage/application-declaration/), as data.
 * @throws ProctorError of kind `usage` when there are no apps
 */
export function importPm2(data: unknown, file: string): Imported {
  const top = recordOf(data);
  const apps = Array.isArray(data) ? data : top?.apps ?? (top?.script === undefined ? undefined : [top]);
  if (!Array.isArray(apps)) throw new ProctorError("usage", `${file}: there are no apps in it`);
  const further = Object.keys(top ?? {}).filter((key) => key !== "apps" && top?.apps !== undefined);
  return {
    notes: further.map((key) => `${key} has no counterpart.`),
    processes: apps.map((app, index) => appOf(recordOf(app) ?? {}, index)),
  };
}

function appOf(values: Record<string, unknown>, index: number): ImportedProcess {
  const keys = new Keys(values);
  const script = keys.text("script") ?? keys.text("exec") ?? "";
  const name = keys.text("name") ?? script.replace(/^.*\//, "").replace(/\.\w+$/, "");
  const one = new ImportedProcess(name === "" ? `app-${index}` : name);
  one.setWords([...interpreter(one, script, keys), ...wordsOf(keys.take("args"))]);
  one.set("cwd", optional(keys.text("cwd")));
  one.set("env", environmentOf(keys.take("env"), one));
  one.set("user", keys.text("user") ?? keys.number("uid"));
  one.set("group", keys.number("gid"));
  instances(one, keys);
  const isOnce = keys.take("autorestart") === false;
  one.set("restart", isOnce ? "never" : "always");
  const schedule = isOnce ? keys.text("cron_restart") : undefined;
  one.set("schedule", schedule);
  if (schedule !== undefined) {
    one.note("cron_restart", schedule, "it is not started besides, at the beginning");
  }
  one.set("context_aware_restart.max_retries", keys.number("max_restarts"));
  one.set("context_aware_restart.retry_delay", milliseconds(keys, "restart_delay", one));
  one.set("storm_guard.min_uptime", milliseconds(keys, "min_uptime", one));
  one.set("graceful_timeout", milliseconds(keys, "kill_timeout", one));
  one.set("start_timeout", milliseconds(keys, "listen_timeout", one));
  const codes = keys.take("stop_exit_codes");
  if (codes !== undefined) {
    one.note("stop_exit_codes", codes, "write success_exit_codes, and restart: on_failure");
  }
  const memory = keys.text("max_memory_restart");
  const size = /^(\d+)([KMG])?$/i.exec(memory ?? "");
  if (size) {
    one.set("limits.memory", { max: `${size[1]}${(size[2] ?? "B").toUpperCase()}`, policy: "restart" });
  } else if (memory !== undefined) one.note("max_memory_restart", memory, "write a size");
  logs(one, keys);
  watch(one, keys);
  if (keys.values.exec_mode === "fork") keys.take("exec_mode");
  keys.noteRest(one, "", WHYS);
  return one;
}

/** `watch: true` watches all of its directory, but for what is never meant. */
function watch(one: ImportedProcess, keys: Keys): void {
  const written = keys.take("watch");
  if (written === undefined || written === false) return;
  if (one.fields.schedule !== undefined) {
    keys.take("ignore_watch");
    keys.take("watch_delay");
    return one.note("watch", written, "a process with a schedule is started at its times alone");
  }
  const paths = written === true ? ["."] : wordsOrPaths(written);
  const ignore = wordsOrPaths(keys.take("ignore_watch") ?? ["**/node_modules"]);
  one.set("watch", { paths: paths.map(literal), ignore: ignore.map(literal) });
  one.set("watch.debounce", milliseconds(keys, "watch_delay", one));
}

function wordsOrPaths(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}

function interpreter(one: ImportedProcess, script: string, keys: Keys): string[] {
  const named = keys.text("interpreter") ?? keys.text("exec_interpreter");
  const options = [...wordsOf(keys.take("interpreter_args")), ...wordsOf(keys.take("node_args"))];
  const ending = /\.(\w+)$/.exec(script)?.[1] ?? "";
  const program = named === "none" ? undefined : named ?? meaningOf(INTERPRETERS, ending);
  if (program === undefined && options.length > 0) {
    one.note("node_args", options.join(" "), "nothing interprets the script");
  }
  return program === undefined ? wordsOf(script) : [program, ...options, script];
}

function instances(one: ImportedProcess, keys: Keys): void {
  const written = keys.take("instances");
  const count = Number(written);
  if (written === undefined || count === 1) return;
  if (Number.isInteger(count) && count > 1) {
    one.set("instances", count);
    const variable = keys.text("increment_var");
    const first = Number(recordOf(keys.values.env)?.[variable ?? ""]);
    if (variable !== undefined && Number.isInteger(first)) {
      one.set("port", first);
      one.set(`env.${variable}`, "${PROCTOR_PORT}");
    } else if (variable !== undefined) {
      one.note("increment_var", variable, "it has no number to begin with; PROCTOR_INSTANCE counts from 0");
    }
  } else one.note("instances", written, "write the number of them");
}

function logs(one: ImportedProcess, keys: Keys): void {
  const target = (
    path: string,
  ) => [{ type: "file", path: logPath(literal(path), one.fields.instances), format: "plain" }];
  const both = keys.text("log_file") ?? keys.text("log");
  const out = keys.text("out_file") ?? keys.text("output");
  const error = keys.text("error_file") ?? keys.text("error");
  if (both) one.set("log_collection.outputs.combined", target(both));
  if (out) one.set("log_collection.outputs.separate.stdout", target(out));
  if (error) one.set("log_collection.outputs.separate.stderr", target(error));
}

function wordsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  if (value === undefined || value === null) return [];
  const words = shellWords([{ text: String(value) }], { isPlain: true });
  return "why" in words ? [String(value)] : words.map(({ text }) => text);
}

const optional = (text: string | undefined) => text === undefined ? undefined : literal(text);

/** A number of milliseconds, or a duration such as `10s`. */
function milliseconds(keys: Keys, key: string, one: ImportedProcess): string | undefined {
  const text = keys.text(key);
  if (text === undefined || Number(text) === 0) return undefined;
  if (/^\d+$/.test(text)) return `${text}ms`;
  if (/^\d+(ms|s|m|h)$/.test(text)) return text;
  one.note(key, text, "write a duration, such as 10s");
  return undefined;
}
