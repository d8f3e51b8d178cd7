import { literal } from "../../config/substitute.ts";
import { DEFAULT_LOG, ImportedProcess, Keys, meaningOf } from "./imported.ts";
import type { Imported } from "./imported.ts";
import { readIni } from "./ini.ts";
import type { IniSection } from "./ini.ts";
import { environment, NOT_PUT_IN, SPECIFIER } from "./systemd_environment.ts";
import { commandWords, plainWords, shellLine } from "./systemd_words.ts";

const RESTART: Readonly<Record<string, string>> = {
  no: "never",
  always: "always",
  "on-failure": "on_failure",
  "on-abnormal": "on_failure",
  "on-abort": "on_failure",
  "on-watchdog": "on_failure",
  "on-success": "always",
};
/** Limits of systemd.exec(5) and what they are called here. */
const RLIMITS = {
  LimitAS: "as",
  LimitCORE: "core",
  LimitCPU: "cpu",
  LimitDATA: "data",
  LimitFSIZE: "fsize",
  LimitMEMLOCK: "memlock",
  LimitNPROC: "nproc",
  LimitRSS: "rss",
  LimitSIGPENDING: "sigpending",
  LimitSTACK: "stack",
} as const;
const SPAN_SECONDS: Readonly<Record<string, number>> = {
  "": 1,
  us: 1e-6,
  ms: 1e-3,
  s: 1,
  sec: 1,
  second: 1,
  seconds: 1,
  m: 60,
  min: 60,
  minute: 60,
  minutes: 60,
  h: 3_600,
  hr: 3_600,
  hour: 3_600,
  hours: 3_600,
  d: 86_400,
  day: 86_400,
  days: 86_400,
};
const SOFT_AND_HARD = "both limits are the first one here";
const NO_DEFAULTS = "systemd puts nothing in for this form; it stays text here, too";
const WHYS = {
  ExecStartPre:
    "write a process of its own, with restart: never, and depends_on: { it: exited_successfully }",
  ExecStartPost: "on_event of process_manager runs a command when it is running",
  ExecReload: "where it sends a signal, so does proctor ctl signal HUP ID; else ctl restart is what there is",
  ExecStopPost: "on_event of process_manager runs a command when it is stopped",
  StandardOutput: "ctl logs reads what it writes",
  StandardError: "ctl logs reads what it writes",
  KillMode: "the whole tree is stopped and killed always",
  RemainAfterExit:
    "a process with restart: never that has ended well is done for as long as the machine runs",
  Description: "",
};

/** Several of a key make one, in its order; an empty one forgets those before it (systemd.syntax(7)). */
function valuesOf(sections: readonly IniSection[]): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const { key, value } of sections.flatMap(({ entries }) => entries)) {
    values.set(key, value === "" ? [] : [...values.get(key) ?? [], value]);
  }
  return values;
}

/**
 * A service unit of systemd (systemd.service(5), systemd.exec(5)).
 * @param name of the file
 * @throws ProctorError of kind `usage` with file and line
 */
export function importSystemd(text: string, file: string, name: string): Imported {
  const sections = readIni(text, file, { goesOn: "backslash" });
  const find = (wanted: string) => valuesOf(sections.filter((section) => section.name === wanted));
  const one = new ImportedProcess(name.replace(/\.service$/, ""));
  const service = find("Service");
  const keys = new Keys(Object.fromEntries([...service].map(([key, list]) => [key, list.join(" ; ")])));
  const each = (key: string) => {
    keys.take(key);
    return service.get(key) ?? [];
  };
  const unit = find("Unit");
  const description = unit.get("Description")?.at(-1);
  command(one, each("ExecStart"));
  one.set("metadata.description", description && literal(description));
  kind(one, keys);
  one.set("cwd", path(keys.text("WorkingDirectory"), one));
  one.set("user", keys.text("User"));
  one.set("group", keys.text("Group"));
  one.set("env", environment(each("Environment"), one));
  const files = each("EnvironmentFile").map((written) => {
    if (written.startsWith("-")) one.note("EnvironmentFile", written, "here it has to be there");
    return literal(written.replace(/^-/, ""));
  });
  if (files.length > 0) one.set("env_file", files);
  one.set("umask", keys.text("UMask")?.slice(-4).padStart(3, "0"));
  one.set("nice", keys.number("Nice"));
  restart(one, keys);
  const watchdog = keys.text("WatchdogSec");
  if (watchdog !== "0" && watchdog !== "infinity") one.set("watchdog", span(watchdog, one, "WatchdogSec"));
  const access = keys.text("NotifyAccess");
  if (access !== undefined && access !== "all") {
    one.note("NotifyAccess", access, "every process of its tree may notify");
  }
  const timeout = keys.text("TimeoutSec");
  one.set("start_timeout", span(keys.text("TimeoutStartSec") ?? timeout, one, "TimeoutStartSec"));
  one.set("graceful_timeout", span(keys.text("TimeoutStopSec") ?? timeout, one, "TimeoutStopSec"));
  const signal = keys.text("KillSignal");
  one.set("stop_signal", signal && (signal.startsWith("SIG") ? signal : `SIG${signal}`));
  stop(one, each("ExecStop"));
  limits(one, keys);
  output(one, keys);
  for (const [key, value] of Object.entries(keys.values)) {
    const isNoted = key.startsWith("Exec") || one.notes.some((note) => note.startsWith(`${key}: `));
    if (keys.isTaken(key) && !isNoted && SPECIFIER.test(String(value))) one.note(key, value, NOT_PUT_IN);
  }
  keys.noteRest(one, "", WHYS);
  for (const [section, values] of [["Unit", unit], ["Install", find("Install")]] as const) {
    for (const [key, list] of values) {
      if (key === "Description" && section === "Unit") continue;
      const why = /^(WantedBy|RequiredBy|UpheldBy|Also|Alias)$/.test(key)
        ? "what its configuration enables, a supervisor starts; proctor service has the supervisor started"
        : key === "Documentation"
        ? "metadata takes words of your own"
        : /^(After|Requires|Wants)$/.test(key)
        ? "write depends_on, where that is a process of ours"
        : /^(BindsTo|PartOf)$/.test(key)
        ? "write restart_with, where that is a process of ours"
        : undefined;
      one.note(`[${section}] ${key}`, list.join(" "), why);
    }
  }
  const others = sections.filter((section) => !["Unit", "Service", "Install"].includes(section.name));
  const notes = others.map((section) => `[${section.name}] has no counterpart.`);
  return { notes, processes: [one] };
}

/** Words after signs that change how they are run (`-`, `@`, `+`, `!`, `:`). */
function command(one: ImportedProcess, lines: readonly string[]): void {
  const [line = "", ...further] = lines;
  for (const other of further) one.note("ExecStart", other, "a process has one command");
  const [, signs, text] = /^([-@:+!]*)(.*)$/s.exec(line)!;
  if (/[@+!:-]/.test(signs)) one.note("ExecStart", signs, "the signs before the command have no counterpart");
  if (SPECIFIER.test(text)) one.note("ExecStart", text, NOT_PUT_IN);
  const taken = commandWords(text, signs);
  if ("why" in taken) return one.setCommand(text);
  if (taken.further !== "") one.note("ExecStart", taken.further, "a process has one command");
  if (taken.leftOut.length > 0) {
    one.note("ExecStart", taken.leftOut.join(" "), "no variable has that name; systemd leaves it out, too");
  }
  if (taken.foreign.length > 0) one.note("ExecStart", taken.foreign.join(" "), NO_DEFAULTS);
  const plain = plainWords(taken.words);
  if (plain) return one.setWords(plain);
  // It puts in variables of the environment; so does a shell.
  one.setShellCommand(shellLine(taken.words));
  const split = taken.words.flatMap((word) => "split" in word ? [`$${word.split}`] : []);
  if (split.length > 0) one.note("ExecStart", split.join(" "), "quotes in its value are not undone");
}

function kind(one: ImportedProcess, keys: Keys): void {
  const type = keys.text("Type") ?? "simple";
  const pidFile = keys.text("PIDFile");
  if (type === "forking" && pidFile !== undefined) {
    one.set("type", "forking");
    one.set("pid_file", literal(pidFile));
  } else if (type === "forking") {
    one.note("Type", type, "write type: forking and pid_file, the file that names the service");
  } else if (type === "oneshot") one.set("restart", "never");
  else if (type === "notify" || type === "notify-reload") {
    one.set("ready", "notify");
    if (type === "notify-reload") one.note("Type", type, "proctor ctl signal HUP ID asks for a reload");
  } else if (type !== "simple" && type !== "exec") one.note("Type", type);
}

function restart(one: ImportedProcess, keys: Keys): void {
  const written = keys.text("Restart");
  const policy = meaningOf(RESTART, written ?? "no");
  if (policy === undefined) one.note("Restart", written);
  else one.set("restart", policy);
  if (written !== undefined && !["no", "always", "on-failure"].includes(written)) {
    one.note("Restart", written, `${policy} is nearest`);
  }
  const delay = span(keys.text("RestartSec"), one, "RestartSec");
  if (delay !== undefined) one.set("context_aware_restart", { retry_delay: delay, backoff_rate: 1 });
  const codes = keys.text("SuccessExitStatus")?.split(/\s+/) ?? [];
  const numbers = codes.filter((code) => /^\d+$/.test(code)).map(Number).filter((code) => code !== 0);
  if (numbers.length > 0) one.set("success_exit_codes", numbers);
  const names = codes.filter((code) => !/^\d+$/.test(code));
  if (names.length > 0) one.note("SuccessExitStatus", names.join(" "), "codes are numbers here");
}

function stop(one: ImportedProcess, [line, ...further]: readonly string[]): void {
  for (const other of further) one.note("ExecStop", other, "there is one command that stops it");
  if (line === undefined) return;
  const [signs] = /^[-@:+!]*/.exec(line)!;
  if (signs !== "") one.note("ExecStop", line, "the signs before the command have no counterpart");
  const taken = commandWords(line.slice(signs.length), signs);
  const words = "why" in taken || taken.further !== "" ? undefined : plainWords(taken.words);
  if (!words) one.note("ExecStop", line, "write stop, one command without variables of the unit");
  else {
    if ("foreign" in taken && taken.foreign.length > 0) {
      one.note("ExecStop", taken.foreign.join(" "), NO_DEFAULTS);
    }
    one.set("stop", words.map(literal));
  }
}

/** What is sent to the journal is here, too; besides, it is where `ctl logs` reads it. */
function output(one: ImportedProcess, keys: Keys): void {
  const isJournal = (key: string) => /^(journal|syslog)(\+console)?$/.test(String(keys.values[key]));
  if (!isJournal("StandardOutput")) return;
  keys.take("StandardOutput");
  const facility = keys.text("SyslogFacility");
  const severity = keys.text("SyslogLevel");
  const journal = { type: "journald", ...(facility && { facility }), ...(severity && { severity }) };
  const isBoth = ["undefined", "inherit"].includes(String(keys.values.StandardError)) ||
    isJournal("StandardError");
  if (isBoth) keys.take("StandardError");
  one.set("log_collection.outputs.combined", isBoth ? [DEFAULT_LOG, journal] : [DEFAULT_LOG]);
  if (!isBoth) one.set("log_collection.outputs.separate.stdout", [journal]);
}

function limits(one: ImportedProcess, keys: Keys): void {
  const [descriptors, most] = keys.text("LimitNOFILE")?.split(":") ?? [];
  if (most !== undefined && most !== descriptors) {
    one.note("LimitNOFILE", `${descriptors}:${most}`, SOFT_AND_HARD);
  }
  if (descriptors !== undefined) {
    if (/^\d+$/.test(descriptors)) one.set("file_descriptor_limit", Number(descriptors));
    else one.note("LimitNOFILE", descriptors, "write a number");
  }
  for (const [key, name] of Object.entries(RLIMITS)) {
    const [value, hard] = keys.text(key)?.split(":") ?? [];
    if (hard !== undefined && hard !== value) one.note(key, `${value}:${hard}`, SOFT_AND_HARD);
    if (value !== undefined) {
      one.set(
        `rlimits.${name}`,
        value === "infinity" ? "unlimited" : /^\d+$/.test(value) ? Number(value) : value,
      );
    }
  }
  const memory = keys.text("MemoryMax");
  if (memory !== undefined && /^\d+[KMGT]?$/.test(memory)) {
    one.set("limits.memory", { max: /\d$/.test(memory) ? `${memory}B` : memory, policy: "immediate_kill" });
  } else if (memory !== undefined && memory !== "infinity") one.note("MemoryMax", memory, "write a size");
  const share = keys.text("CPUQuota");
  const quota = /^([\d.]+)%$/.exec(share ?? "")?.[1];
  if (share && quota === undefined) {
    one.note("CPUQuota", share, "write limits.cpu, with a percentage of a core");
  }
  if (quota !== undefined) one.set("limits.cpu", { max_percent: Number(quota), policy: "throttle" });
  const tasks = keys.values.TasksMax === "infinity"
    ? keys.take("TasksMax") && undefined
    : keys.number("TasksMax");
  if (tasks !== undefined) one.set("limits.processes", { max: tasks, policy: "throttle" });
}

function path(text: string | undefined, one: ImportedProcess): string | undefined {
  if (text === undefined) return undefined;
  if (text.startsWith("-") || text === "~") {
    one.note("WorkingDirectory", text, "write the directory");
    return undefined;
  }
  return literal(text);
}

/** A time span of systemd.time(7), as a duration. */
function span(text: string | undefined, one: ImportedProcess, key: string): string | undefined {
  if (text === undefined) return undefined;
  const parts = [...text.matchAll(/([\d.]+)\s*([a-z]*)/g)];
  const seconds = parts.reduce(
    (sum, [, number, unit]) => sum + Number(number) * (SPAN_SECONDS[unit] ?? NaN),
    0,
  );
  if (parts.length === 0 || !(seconds > 0)) {
    one.note(key, text, "write a duration, such as 30s");
    return undefined;
  }
  return seconds >= 1 && Number.isInteger(seconds)
    ? `${seconds}s`
    : `${Math.max(1, Math.round(seconds * 1_000))}ms`;
}
