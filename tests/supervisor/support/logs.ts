/* Runs real processes with their output collected. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { gunzipSync } from "node:zlib";
import { ProcessGroup } from "../../../group/process_group.ts";
import type { RunningProcess } from "../../../group/running_process.ts";
import type { StartOptions } from "../../../group/start_options.ts";
import { logCollectionSchema, supervisorLogCollectionSchema } from "../../../supervisor/logs/config.ts";
import type { LogLine, LogQuery } from "../../../supervisor/logs/log_line.ts";
import { LogService } from "../../../supervisor/logs/log_service.ts";
import type { LogServiceOptions } from "../../../supervisor/logs/log_service.ts";
import type { ProcessLogs } from "../../../supervisor/logs/process_logs.ts";
import { ROOT } from "../../support/fixture.ts";

/** Lend a directory that is gone afterwards. */
export async function withDirectory<T>(use: (directory: string) => Promise<T> | T): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "proctor-"));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Rotation that keeps a few small files, to be varied. */
export const ROTATION = {
  isEnabled: true,
  maxBytes: 100,
  intervalMs: null,
  maxFiles: 5,
  maxAgeMs: null,
  compress: false,
};
/** When files of tests begin. */
export const START = Date.UTC(2026, 0, 31, 12);

/** A text as it is written. */
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Everything that was written to our own output. */
export class Screen {
  text = "";
  constructor(readonly isTTY = false) {}
  write(bytes: Uint8Array, done: () => void): void {
    this.text += Buffer.from(bytes).toString();
    done();
  }
}

/** What a test asks for. */
export interface Setup extends Partial<Omit<LogServiceOptions, "config">> {
  readonly whole?: Record<string, unknown>;
  readonly screen?: Screen;
}

/** Logs in a directory of their own. */
export function logService(directory: string, setup: Setup = {}): Promise<LogService> {
  const { whole, screen = new Screen(), ...options } = setup;
  return LogService.create({
    directory: join(directory, "logs"),
    spoolDirectory: join(directory, "spool"),
    config: whole && supervisorLogCollectionSchema.parse(whole),
    stdout: screen,
    stderr: screen,
    ...options,
  });
}

/** Open the logs of a process, by a configuration as it is written. */
export function openLogs(service: LogService, id: string, config: Record<string, unknown> = {}): ProcessLogs {
  return service.open(id, logCollectionSchema.parse(config));
}

/** Run a script to its end with its output collected. */
export async function runScript(logs: ProcessLogs, script: string): Promise<void> {
  await using group = await ProcessGroup.create();
  const running = startScript(logs, group, script);
  await running.wait();
  await group.stop();
  await logs.ended();
}

/** Start a script with its output collected. */
export function startScript(
  logs: ProcessLogs,
  group: ProcessGroup,
  script: string,
  options: StartOptions = {},
): RunningProcess {
  using streams = logs.openStreams();
  const { stdout, stderr } = streams;
  const running = group.start(["/bin/sh", "-c", script], { stdin: "null", ...options, stdout, stderr });
  logs.started(running);
  return running;
}

/** All that is read back. */
export async function readAll(logs: ProcessLogs, query: LogQuery = {}): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for await (const line of logs.read(query, new AbortController().signal)) lines.push(line);
  return lines;
}

/** The messages alone. */
export async function messages(logs: ProcessLogs, query: LogQuery = {}): Promise<string[]> {
  return (await readAll(logs, query)).map(({ message }) => message);
}

/** The bytes of a log with all that was set aside of it, the oldest first. */
export function wholeLog(path: string): Buffer {
  const slash = path.lastIndexOf("/");
  const [directory, name] = [path.slice(0, slash), path.slice(slash + 1)];
  const aside = readdirSync(directory).filter((file) => file.startsWith(`${name}.`)).sort();
  const pieces = aside.map((file) => {
    const bytes = readFileSync(join(directory, file));
    return file.endsWith(".gz") ? gunzipSync(bytes) : bytes;
  });
  return Buffer.concat([...pieces, readFileSync(path)]);
}

/** Collects in a program of its own, which may be killed (collect_program.ts). */
export function collector(directory: string, script?: string): ChildProcess {
  const runtime = "Deno" in globalThis ? ["run", "--no-check", "--allow-all"] : [];
  const program = `${ROOT}/tests/supervisor/support/collect_program.ts`;
  const args = [...runtime, program, directory, ...(script === undefined ? [] : [script])];
  return spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
}
