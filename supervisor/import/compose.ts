import { ProctorError } from "../../core/error.ts";
import { shellWords } from "../../core/shell_words.ts";
import { foreignVariables } from "./foreign_variables.ts";
import { DEFAULT_LOG, environmentOf, ImportedProcess, Keys, meaningOf, recordOf } from "./imported.ts";
import type { Imported } from "./imported.ts";

const RESTART: Readonly<Record<string, string>> = {
  no: "never",
  false: "never",
  always: "always",
  "on-failure": "on_failure",
  "unless-stopped": "unless_stopped",
};
const CONDITIONS: Readonly<Record<string, string>> = {
  service_started: "started",
  service_healthy: "healthy",
  service_completed_successfully: "exited_successfully",
};
const NO_CONTAINER = "no container is made: the command runs on this machine";
const WHYS: Readonly<Record<string, string>> = Object.fromEntries(
  [
    "image",
    "build",
    "container_name",
    "ports",
    "expose",
    "volumes",
    "networks",
    "hostname",
    "links",
    "privileged",
  ]
    .map((key) => [key, NO_CONTAINER]),
);

/**
 * The commands of a compose file (https://docs.docker.com/reference/compose-file/services/); containers are not made.
 * Its variables are written as ours.
 * @throws ProctorError of kind `usage` when there are no services
 */
export function importCompose(data: unknown, file: string): Imported {
  const top = new Keys(recordOf(data) ?? {});
  const services = top.record("services");
  if (!services) throw new ProctorError("usage", `${file}: there are no services in it`);
  const notes = ["Only commands were taken over: no container is made, and paths are those of this machine."];
  for (const key of Object.keys(top.values)) {
    if (!["services", "version"].includes(key) && !key.startsWith("x-")) {
      notes.push(`${key} has no counterpart.`);
    }
  }
  const all = Object.entries(services).map(([name, service]) => [name, recordOf(service) ?? {}] as const);
  const taken = new Map(all.filter(([, service]) => commandOf(service).length > 0));
  for (const [name] of all) {
    if (taken.has(name)) continue;
    notes.push(`${name} is left out: it has no command, that of its image is not known here.`);
  }
  return { notes, processes: [...taken].map(([name, service]) => serviceOf(name, service, taken)) };
}

type Service = Readonly<Record<string, unknown>>;

function commandOf({ entrypoint, command }: Service): string[] {
  return [...wordsOf(entrypoint), ...wordsOf(command)];
}

/** @param taken all that are taken over */
function serviceOf(name: string, values: Service, taken: ReadonlyMap<string, Service>): ImportedProcess {
  const one = new ImportedProcess(name);
  const keys = new Keys(values);
  one.set(
    "command",
    commandOf({ entrypoint: keys.take("entrypoint"), command: keys.take("command") }).map(foreignVariables),
  );
  one.set("cwd", keys.text("working_dir"));
  one.set("user", keys.text("user"));
  one.set("env", environmentOf(keys.take("environment"), one, foreignVariables));
  const files = keys.take("env_file");
  const paths = (Array.isArray(files) ? files : files === undefined ? [] : [files])
    .map((item) => {
      const { path = item, ...rest } = recordOf(item) ?? {};
      for (const [key, value] of Object.entries(rest)) {
        one.note(`env_file.${key}`, value, "here it has to be there");
      }
      return String(path);
    });
  if (paths.length > 0) one.set("env_file", paths.map(foreignVariables));
  dependencies(one, keys.take("depends_on"), taken);
  restart(one, keys);
  check(one, keys.record("healthcheck"));
  one.set("stop_signal", signalOf(keys.text("stop_signal")));
  one.set("graceful_timeout", durationOf(keys.text("stop_grace_period"), one, "stop_grace_period"));
  limits(one, keys);
  logging(one, keys);
  const scale = keys.number("scale");
  if (scale !== undefined && scale > 0) one.set("instances", scale);
  const profiles = keys.list("profiles");
  if (profiles) one.set("groups", profiles);
  keys.noteRest(one, "", WHYS);
  return one;
}

function wordsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  if (value === undefined || value === null) return [];
  const words = shellWords([{ text: String(value) }], { isPlain: true });
  return "why" in words ? ["sh", "-c", String(value)] : words.map(({ text }) => text);
}

/** Whether a service has a health check of its own: that of its image is not known here. */
function tellsHealth({ healthcheck }: Service): boolean {
  const { test, disable } = recordOf(healthcheck) ?? {};
  return test !== undefined && disable !== true && !(Array.isArray(test) && test[0] === "NONE");
}

/** Of those that are left out nobody can depend on any, nor restart with one that has ended by then. */
function dependencies(one: ImportedProcess, value: unknown, taken: ReadonlyMap<string, Service>): void {
  const rules: [string, unknown][] = Array.isArray(value)
    ? value.map((id) => [String(id), {}])
    : Object.entries(recordOf(value) ?? {});
  for (const [id, rule] of rules) {
    const written = String(recordOf(rule)?.condition ?? "service_started");
    if (recordOf(rule)?.required === false) one.note(`depends_on.${id}.required`, false);
    const other = taken.get(id);
    if (!other) {
      one.note(`depends_on.${id}`, written, "it is left out: nothing waits for it");
      continue;
    }
    const isBlind = written === "service_healthy" && !tellsHealth(other);
    const condition = isBlind ? "started" : meaningOf(CONDITIONS, written);
    if (condition === undefined) one.note(`depends_on.${id}`, written);
    if (isBlind) {
      one.note(`depends_on.${id}`, written, "it has no health check here; started is what there is");
    }
    one.set("depends_on", {
      ...recordOf(one.fields.depends_on),
      [id]: { condition: condition ?? "started" },
    });
    if (recordOf(rule)?.restart !== true) continue;
    if (condition === "exited_successfully") {
      one.note(`depends_on.${id}.restart`, true, "it has ended by then");
      continue;
    }
    one.set("restart_with", [...(one.fields.restart_with as string[] | undefined ?? []), id]);
    one.note(
      `depends_on.${id}.restart`,
      true,
      "restart_with is nearest: it goes with every restart, also after a failure",
    );
  }
}

/** Only drivers that write to the log of a system; what else there is stays to be noted. */
function logging(one: ImportedProcess, keys: Keys): void {
  const { driver, options } = recordOf(keys.values.logging) ?? {};
  const { "syslog-address": place, "syslog-facility": facility } = recordOf(options) ?? {};
  const address = place === undefined ? undefined : String(place).replace(/^unix(?:gram)?:\/\//, "");
  const isSyslog = driver === "syslog" && /^(undefined$|\/|udp:|tcp:)/.test(String(address));
  if (!isSyslog && driver !== "journald") return;
  keys.take("logging");
  const target = isSyslog
    ? {
      type: "syslog",
      ...(address && { address: foreignVariables(address) }),
      ...(facility !== undefined && { facility }),
    }
    : { type: "journald" };
  one.set("log_collection.outputs.combined", [DEFAULT_LOG, target]);
  const further = Object.entries(recordOf(options) ?? {}).filter(([key]) =>
    !/^syslog-(address|facility)$/.test(key)
  );
  for (const [key, value] of further) one.note(`logging.options.${key}`, value);
}

function restart(one: ImportedProcess, keys: Keys): void {
  const [policy, most] = (keys.text("restart") ?? "no").split(":");
  const meaning = meaningOf(RESTART, policy);
  one.set("restart", meaning ?? "never");
  if (meaning === undefined) one.note("restart", policy);
  if (most === undefined) return;
  if (/^\d+$/.test(most)) one.set("context_aware_restart", { max_retries: Number(most) });
  else one.note("restart", `${policy}:${most}`, "it is not a number of times");
}

function check(one: ImportedProcess, values: Record<string, unknown> | undefined): void {
  if (!values) return;
  const keys = new Keys(values);
  const test = keys.take("test");
  const [kind, ...words] = Array.isArray(test) ? test.map(String) : ["CMD-SHELL", String(test ?? "")];
  if (keys.take("disable") === true || kind === "NONE") return;
  const command = kind === "CMD-SHELL" ? ["sh", "-c", words.join(" ")] : words;
  const health: Record<string, unknown> = { exec: { command: command.map(foreignVariables) } };
  for (
    const [key, name] of [["interval", "interval"], ["timeout", "timeout"], ["start_period", "initial_delay"]]
  ) {
    const duration = durationOf(keys.text(key), one, `healthcheck.${key}`);
    if (duration !== undefined) health[name] = duration;
  }
  const retries = keys.number("retries");
  if (retries !== undefined && retries > 0) health.failure_threshold = retries;
  one.set("health", health);
  keys.noteRest(one, "healthcheck.");
}

function limits(one: ImportedProcess, keys: Keys): void {
  const deploy = keys.record("deploy");
  const inDeploy = new Keys(deploy ?? {});
  const { limits: bounds, ...others } = inDeploy.record("resources") ?? {};
  for (const [key, value] of Object.entries(others)) one.note(`deploy.resources.${key}`, value);
  const most = recordOf(bounds) ?? {};
  for (const [key, value] of Object.entries(most)) {
    if (!["memory", "cpus", "pids"].includes(key)) one.note(`deploy.resources.limits.${key}`, value);
  }
  const replicas = inDeploy.number("replicas");
  if (replicas !== undefined && replicas > 0) one.set("instances", replicas);
  inDeploy.noteRest(one, "deploy.");
  const memory = keys.text("mem_limit") ?? (most.memory === undefined ? undefined : String(most.memory));
  const size = /^(\d+(?:\.\d+)?)\s*([bkmg])?b?$/i.exec(memory ?? "");
  if (size) {
    one.set("limits.memory", {
      max: `${size[1]}${(size[2] ?? "b").toUpperCase()}`,
      policy: "immediate_kill",
    });
  } else if (memory !== undefined) one.note("mem_limit", memory, "write a size");
  const cpus = keys.number("cpus") ?? (most.cpus === undefined ? undefined : Number(most.cpus));
  if (cpus) one.set("limits.cpu", { max_percent: cpus * 100, policy: "throttle" });
  const pids = keys.number("pids_limit") ?? (most.pids === undefined ? undefined : Number(most.pids));
  if (pids && pids > 0) one.set("limits.processes", { max: pids, policy: "throttle" });
  for (const [name, value] of Object.entries(keys.record("ulimits") ?? {})) {
    const number = Number(recordOf(value)?.soft ?? value);
    const hard = recordOf(value)?.hard;
    if (hard !== undefined && Number(hard) !== number) {
      one.note(`ulimits.${name}.hard`, hard, "both limits are the soft one here");
    }
    const limit = number < 0 ? "unlimited" : number;
    if (name === "nofile" && number > 0) one.set("file_descriptor_limit", number);
    else if (
      ["as", "core", "cpu", "data", "fsize", "memlock", "nproc", "rss", "sigpending", "stack"].includes(name)
    ) {
      one.set(`rlimits.${name}`, limit);
    } else one.note(`ulimits.${name}`, value);
  }
}

function signalOf(text: string | undefined): string | undefined {
  return text === undefined || text.startsWith("SIG") ? text : `SIG${text}`;
}

/** `1m30s` as it is written in compose; ours has one unit. */
function durationOf(text: string | undefined, one: ImportedProcess, key: string): string | undefined {
  if (text === undefined) return undefined;
  const units: Record<string, number> = { us: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g)];
  const ms = parts.reduce((sum, [, number, unit]) => sum + Number(number) * units[unit], 0);
  if (parts.map(([whole]) => whole).join("") !== text || !(ms > 0)) {
    one.note(key, text, "write a duration, such as 30s");
    return undefined;
  }
  return ms % 1_000 === 0 ? `${ms / 1_000}s` : `${Math.max(1, Math.round(ms))}ms`;
}
