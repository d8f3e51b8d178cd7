import { basename } from "node:path";
import { ConfigError } from "../../config/fault.ts";
import type { Fault } from "../../config/fault.ts";
import { locate } from "../../config/locate.ts";
import { plainData } from "../../config/located.ts";
import { ProctorError, usageError } from "../../core/error.ts";
import { importCompose } from "./compose.ts";
import { FORMATS } from "./formats.ts";
import type { Format } from "./formats.ts";
import { recordOf } from "./imported.ts";
import type { Imported } from "./imported.ts";
import { importPm2 } from "./pm2.ts";
import { importProcessCompose } from "./process_compose.ts";
import { importProcfile } from "./procfile.ts";
import { importSupervisord } from "./supervisord.ts";
import { importSystemd } from "./systemd.ts";

/** A file of another supervisor. */
export interface ForeignFile {
  /** As it is called in messages. */
  readonly name: string;
  readonly text: string;
  /** Whether a file .env lies beside it. */
  readonly hasEnvFile: boolean;
}

/**
 * What a file of another supervisor says, in our words.
 * @param format whose it is; default: as its name and its text tell
 * @throws ProctorError of kind `usage` with file and line; ConfigError for what is not YAML
 */
export function importFile({ name, text, hasEnvFile }: ForeignFile, format?: Format): Imported {
  const whose = format ?? formatOf(name, text);
  if (whose === "procfile") return importProcfile(text, name, hasEnvFile);
  if (whose === "supervisord") return importSupervisord(text, name);
  if (whose === "systemd") return importSystemd(text, name, basename(name));
  const data = dataIn(text, name);
  if (whose === "pm2") return importPm2(data, name);
  return whose === "docker-compose" ? importCompose(data, name) : importProcessCompose(data, name);
}

/** Whether a file is a program, which would have to be run to know what it says. */
export function isProgram(name: string): boolean {
  return /\.[cm]?[jt]s$/.test(name);
}

function formatOf(name: string, text: string): Format {
  const file = basename(name);
  if (/^procfile|\.procfile$/i.test(file)) return "procfile";
  if (/\.service$/.test(file) || /^\[Service\]/m.test(text)) return "systemd";
  if (/^\[(program|supervisord|group|include)\b/m.test(text)) return "supervisord";
  if (/\.(ya?ml|json)$/i.test(file)) {
    const data = dataIn(text, name);
    const top = recordOf(data);
    if (top?.managed_processes || top?.workers) {
      throw usageError(
        `${name}: it is a configuration of ours, or of an HSU master: supervise takes it as it is`,
      );
    }
    if (Array.isArray(data) || top?.apps) return "pm2";
    if (top?.services) return "docker-compose";
    if (top?.processes) return "process-compose";
  }
  throw usageError(`${name}: its format cannot be detected; name it with --format: ${FORMATS.join(", ")}`);
}

/** JSON is YAML. */
function dataIn(text: string, name: string): unknown {
  const faults: Fault[] = [];
  const located = locate(text, name, faults);
  if (faults.length > 0) throw new ConfigError(faults);
  if (!located) throw new ProctorError("usage", `${name}: it is empty`);
  return plainData(located);
}
