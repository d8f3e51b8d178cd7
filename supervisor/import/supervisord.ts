import { literal } from "../../config/substitute.ts";
import { DEFAULT_LOG, environmentOf, ImportedProcess, Keys, logPath, meaningOf } from "./imported.ts";
import type { Imported } from "./imported.ts";
import { keysOf, readIni } from "./ini.ts";

const RESTART: Readonly<Record<string, string>> = {
  true: "always",
  false: "never",
  unexpected: "on_failure",
};
const ALWAYS_SO = "the whole tree is stopped and killed always";
const WHYS = {
  priority: "write depends_on: what it needs comes before it",
  stopasgroup: ALWAYS_SO,
  killasgroup: ALWAYS_SO,
  numprocs_start: "instances count from 0",
  process_name: "instances are called by their number",
  serverurl: "the API is at the socket of the state directory",
  stdout_capture_maxbytes: "events are those of the supervisor",
  stderr_capture_maxbytes: "events are those of the supervisor",
  stdout_events_enabled: "ctl logs follows what is written",
  stderr_events_enabled: "ctl logs follows what is written",
};

/**
 * A supervisord.conf (http://supervisord.org/configuration.html).
 * @throws ProctorError of kind `usage` with file and line
 */
export function importSupervisord(text: string, file: string): Imported {
  const sections = readIni(text, file, { comment: /\s;.*$/, goesOn: "indented" });
  const notes: string[] = [];
  const groups = new Map<string, string[]>();
  for (const section of sections.filter(({ name }) => name.startsWith("group:"))) {
    const { programs: _, ...rest } = keysOf(section);
    if (Object.keys(rest).length > 0) notes.push(`[${section.name}]: ${wordsFor(rest)}: no counterpart.`);
    for (const program of (keysOf(section).programs ?? "").split(",")) {
      const list = groups.get(program.trim()) ?? [];
      groups.set(program.trim(), [...list, section.name.slice("group:".length)]);
    }
  }
  const processes = sections.flatMap((section) => {
    const [kind, name] = section.name.split(":");
    if (kind === "program" && name !== undefined) return programOf(name, keysOf(section), groups.get(name));
    if (kind === "group") return [];
    const words = wordsFor(keysOf(section));
    notes.push(`[${section.name}]: ${words === "" ? "" : `${words}: `}${sectionNote(kind)}`);
    return [];
  });
  return { notes, processes };
}

/** Passwords are not repeated. */
function wordsFor(values: Readonly<Record<string, string>>): string {
  return Object.keys(values).join(", ");
}

function sectionNote(kind: string): string {
  if (kind === "include") return "its files are imported one by one; include of our file takes their YAML";
  if (kind === "unix_http_server" || kind === "inet_http_server" || kind === "supervisorctl") {
    return "the API is at a socket in the state directory, and at process_manager.port; proctor ctl is its client";
  }
  if (kind === "supervisord") return "process_manager has what the supervisor itself needs";
  if (kind === "fcgi-program") return "it has no counterpart: no process is handed a socket here";
  if (kind !== "eventlistener") return "it has no counterpart";
  return "it has no counterpart; process_manager.on_event runs a command for events, notify sends them elsewhere";
}

function programOf(name: string, values: Record<string, string>, groups?: string[]): ImportedProcess {
  const one = new ImportedProcess(name);
  const count = Number(values.numprocs ?? 1);
  // %(process_num)02d is a number of two digits, which ours have not.
  const expanded = (text: string) =>
    text.replaceAll(/%\((\w+)\)(?:0?\d*)[sd]/g, (written, variable) => {
      if (variable === "program_name") return name;
      if (variable === "process_num") return count > 1 ? "${PROCTOR_INSTANCE}" : "0";
      if (variable === "here") return ".";
      if (variable.startsWith("ENV_")) return `\${${variable.slice(4)}}`;
      one.note("expansion", written);
      return written;
    }).replaceAll("%%", "%");
  const keys = new Keys(
    Object.fromEntries(Object.entries(values).map(([key, value]) => [key, expanded(literal(value))])),
  );
  one.setExpandedCommand(keys.text("command") ?? "");
  if (count > 1) one.set("instances", keys.number("numprocs"));
  else keys.take("numprocs");
  if (/^(%\(program_name\)s|%\(program_name\)s_%\(process_num\)\d*d)$/.test(values.process_name ?? "")) {
    keys.take("process_name");
  }
  one.set("groups", groups);
  one.set("cwd", keys.text("directory"));
  one.set("user", keys.text("user"));
  one.set("umask", keys.text("umask")?.padStart(3, "0"));
  one.set("env", environmentIn(keys.text("environment"), one));
  if (keys.text("autostart") === "false") one.set("enabled", false);
  // What is not said is as supervisord has it.
  const again = keys.text("autorestart") ?? "unexpected";
  one.set("restart", meaningOf(RESTART, again) ?? "on_failure");
  if (meaningOf(RESTART, again) === undefined) {
    one.note("autorestart", again, "on_failure is what is meant by none");
  }
  const startSeconds = keys.number("startsecs") ?? 1;
  if (startSeconds > 0) one.set("start_seconds", startSeconds);
  one.set("context_aware_restart.max_retries", keys.number("startretries"));
  const codes = keys.text("exitcodes")?.split(",").map(Number);
  const further = codes?.filter((code) => code !== 0);
  if (further && further.length > 0) one.set("success_exit_codes", further);
  if (codes && !codes.includes(0)) one.note("exitcodes", values.exitcodes, "0 is a success always");
  const signal = keys.text("stopsignal")?.toUpperCase().replace(/^SIG/, "");
  one.set("stop_signal", signal && `SIG${signal}`);
  const wait = keys.text("stopwaitsecs");
  one.set("graceful_timeout", wait && `${wait}s`);
  logs(keys, one);
  keys.noteRest(one, "", WHYS);
  return one;
}

/** `A="1",B='2',C=3` */
function environmentIn(text: string | undefined, one: ImportedProcess): Record<string, string> | undefined {
  if (text === undefined) return undefined;
  const pairs = [
    ...text.matchAll(/\s*([^=,\s]+)\s*=\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^,]*)\s*(?:,|$)/g),
  ];
  const plain = (value: string) =>
    /^["']/.test(value) ? value.slice(1, -1).replaceAll(/\\(.)/g, "$1") : value.trim();
  return environmentOf(pairs.map(([, name, value]) => `${name}=${plain(value)}`), one, (value) => value);
}

function logs(keys: Keys, one: ImportedProcess): void {
  const path = keys.text("stdout_logfile");
  const isOneFile = path !== undefined && path.startsWith("/") && keys.text("stderr_logfile") === path;
  const both = isOneFile || keys.text("redirect_stderr") === "true";
  const outputs = new Map<string, object[]>();
  const placeOf = (stream: string) => both && stream === "stdout" ? "combined" : `separate.${stream}`;
  const toSyslog: string[] = [];
  for (const stream of ["stdout", "stderr"] as const) {
    const path = keys.text(`${stream}_logfile`);
    const most = keys.text(`${stream}_logfile_maxbytes`);
    const backups = keys.number(`${stream}_logfile_backups`);
    const isInSyslog = keys.text(`${stream}_syslog`) === "true";
    if (isInSyslog) toSyslog.push(stream);
    if (path === undefined || path === "AUTO") {
      for (const [key, value] of [["maxbytes", most], ["backups", backups]] as const) {
        if (value !== undefined) one.note(`${stream}_logfile_${key}`, value, "write rotation of an output");
      }
      continue;
    }
    if (most !== undefined && !SIZE.test(most)) one.note(`${stream}_logfile_maxbytes`, most, "write a size");
    if (path === "NONE") {
      if (!isInSyslog) one.set(`log_collection.capture_${stream}`, false);
      continue;
    }
    const isOwn = /^\/dev\/(stdout|stderr|fd\/[12])$/.test(path);
    const target = isOwn ? { type: /stderr|2$/.test(path) ? "stderr" : "stdout", format: "plain" } : {
      type: "file",
      path: logPath(path, one.fields.instances),
      format: "plain",
      ...rotation(most, backups),
    };
    if (!both || stream === "stdout") outputs.set(placeOf(stream), [target]);
  }
  // Where there is an output, the default is none any more.
  if (toSyslog.length > 0 && outputs.size === 0) outputs.set("combined", [DEFAULT_LOG]);
  for (const place of toSyslog.filter((stream) => !both || stream === "stdout").map(placeOf)) {
    outputs.set(place, [...outputs.get(place) ?? [], { type: "syslog" }]);
  }
  for (const [place, targets] of outputs) one.set(`log_collection.outputs.${place}`, targets);
}

const SIZE = /^(\d+)(KB|MB|GB)?$/i;

function rotation(most: string | undefined, backups: number | undefined): { rotation?: object } {
  if (most === undefined && backups === undefined) return {};
  const size = SIZE.exec(most ?? "");
  if (size && Number(size[1]) === 0) return { rotation: { enabled: false } };
  const written = size && `${size[1]}${size[2]?.[0].toUpperCase() ?? "B"}`;
  return {
    rotation: { ...(written && { max_size: written }), ...(backups !== undefined && { max_files: backups }) },
  };
}
