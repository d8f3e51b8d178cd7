import { isAbsolute, join } from "node:path";
import { parseDuration } from "../../core/duration.ts";
import { parseSize } from "../../core/size.ts";
import { logCollectionSchema, parseAge, rotationSchema } from "./config.ts";
import type { LogCollectionConfig, LogFormat, LogTargetConfig } from "./config.ts";
import type { LogStream } from "./log_line.ts";
import { JOURNALD_SOCKET, parseRemoteAddress, SYSLOG_SOCKET } from "./remote/remote_address.ts";
import type { RemoteAddress } from "./remote/remote_address.ts";
import type { Marking } from "./remote/remote_message.ts";

/** How a file is set aside, and how long it is kept. */
export interface Rotation {
  /** false: the file grows, and nothing is thrown away. */
  readonly isEnabled: boolean;
  readonly maxBytes: number;
  /** Milliseconds; null: by size alone. */
  readonly intervalMs: number | null;
  readonly maxFiles: number;
  readonly maxAgeMs: number | null;
  readonly compress: boolean;
}

/** Where lines go. */
export type LogTarget =
  & { readonly streams: readonly LogStream[]; readonly format: LogFormat; readonly prefix: string }
  & (
    | { readonly type: "file"; readonly path: string; readonly rotation: Rotation }
    | { readonly type: "stdout" | "stderr"; readonly color: "auto" | "always" | "never" }
    | ({ readonly type: "syslog" | "journald"; readonly address: RemoteAddress } & Marking)
  );

/** `log_collection` of a process, in numbers and with whole paths. */
export interface LogPlan {
  readonly isEnabled: boolean;
  readonly mode: "file" | "pipe";
  readonly streams: readonly LogStream[];
  readonly targets: readonly LogTarget[];
  readonly maxLineBytes: number;
  readonly multiline:
    | {
      readonly start?: RegExp;
      readonly continuation?: RegExp;
      readonly maxLines: number;
      readonly timeoutMs: number;
    }
    | null;
  readonly rateLimit: { readonly lines: number; readonly perMs: number; readonly burst: number } | null;
}

/** Make a plan of a configuration; what is left out is as logCollectionSchema has it. */
export function planOf(config: LogCollectionConfig | undefined, id: string, directory: string): LogPlan {
  const full = config ?? logCollectionSchema.parse({});
  const streams: LogStream[] = [];
  if (full.enabled && full.capture_stdout) streams.push("stdout");
  if (full.enabled && full.capture_stderr) streams.push("stderr");
  const outputs = full.outputs ?? {
    combined: [{ type: "file", path: "{process_id}.log", format: "enhanced_plain", color: "auto" }],
    separate: { stdout: [], stderr: [] },
  } satisfies LogCollectionConfig["outputs"];
  const both: LogStream[] = ["stdout", "stderr"];
  const { multiline, rate_limit: limit } = full;
  return {
    isEnabled: streams.length > 0,
    mode: full.mode,
    streams,
    targets: [
      ...targetsOf(outputs.combined, both, directory, id),
      ...targetsOf(outputs.separate.stdout, ["stdout"], directory, id),
      ...targetsOf(outputs.separate.stderr, ["stderr"], directory, id),
    ],
    maxLineBytes: parseSize(full.max_line, "max_line"),
    multiline: multiline
      ? {
        start: multiline.start === undefined ? undefined : new RegExp(multiline.start, "u"),
        continuation: multiline.continuation === undefined
          ? undefined
          : new RegExp(multiline.continuation, "u"),
        maxLines: multiline.max_lines,
        timeoutMs: parseDuration(multiline.timeout, "timeout"),
      }
      : null,
    rateLimit: limit
      ? { lines: limit.lines, perMs: parseDuration(limit.per, "per"), burst: limit.burst ?? limit.lines }
      : null,
  };
}

/** @param id of the process; undefined for targets of all processes together */
export function targetsOf(
  configs: readonly LogTargetConfig[],
  streams: readonly LogStream[],
  directory: string,
  id?: string,
): LogTarget[] {
  return configs.map((config): LogTarget => {
    const { format = "enhanced_plain", color = "auto" } = config;
    if (config.type === "syslog" || config.type === "journald") {
      const { type, facility = "daemon", severity = null } = config;
      const place = config.address ?? (type === "syslog" ? SYSLOG_SOCKET : JOURNALD_SOCKET);
      const { ca_file: caFile = null, cert_file: certFile = null, key_file: keyFile = null } = config;
      const address = parseRemoteAddress(place, "address", { caFile, certFile, keyFile });
      return { type, streams, format: "plain", prefix: "", address, facility, severity };
    }
    if (config.type !== "file") {
      const type = config.type === "stderr" ? "stderr" : "stdout";
      return { type, streams, format, color, prefix: config.prefix ?? "" };
    }
    const name = id === undefined
      ? config.path!
      : config.path!.replace(/\{(process|worker)_id\}/g, () => fileNameOf(id));
    const path = isAbsolute(name) ? name : join(directory, name);
    return { type: "file", streams, format, path, prefix: config.prefix ?? "", rotation: rotationOf(config) };
  });
}

function rotationOf({ rotation }: LogTargetConfig): Rotation {
  const { enabled, max_size, interval, max_files, max_age, compress } = rotation ?? rotationSchema.parse({});
  return {
    isEnabled: enabled,
    maxBytes: parseSize(max_size, "max_size"),
    intervalMs: interval === undefined ? null : parseAge(interval, "interval"),
    maxFiles: max_files,
    maxAgeMs: max_age === undefined ? null : parseAge(max_age, "max_age"),
    compress,
  };
}

/** An id as the name of a file: nothing in it leads to another directory. */
export function fileNameOf(id: string): string {
  return encodeURIComponent(id).replaceAll("%3A", ":").replace(/^\./, "%2E");
}
