import { dirname, isAbsolute, join, resolve } from "node:path";
import { placeOf } from "../../config/check.ts";
import type { ConfigFiles } from "../../config/config_files.ts";
import type { Fault } from "../../config/fault.ts";
import { plainData } from "../../config/located.ts";
import type { Located } from "../../config/located.ts";
import type { Variables } from "../../config/substitute.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { toDefinition } from "./to_definition.ts";
import type { Definition } from "../definition.ts";
import { withCaFiles } from "./check_files.ts";
import { parseEnvFile } from "./env_file.ts";
import type { ProcessConfig } from "./process_schema.ts";
import { withoutSecrets } from "./secrets.ts";
import { writtenEntry } from "./written_entry.ts";

/** One entry of `managed_processes`, and where it stands. */
export interface Entry {
  readonly id: string | null;
  readonly dependencies: readonly string[];
  /** null: it is faulty. */
  readonly config: ProcessConfig | null;
  readonly located: Located;
  readonly key: string;
  readonly directory: string;
}

/** Read what an entry refers to, and make a definition of it. */
export function complete(
  { config, located, key, directory }: Entry,
  files: ConfigFiles,
  variables: Variables,
  faults: Fault[],
): Definition | null {
  if (!config) return null;
  const before = faults.length;
  const fault = (path: string[], message: string) => {
    faults.push({ at: placeOf(located, path), key: [key, ...path].filter(Boolean).join("."), message });
  };
  const management = withCaFiles(config.management, directory, fault);
  const { control, discovery } = management;
  const fromFiles = new Map<string, string>();
  control?.env_file.forEach((name, index) => {
    const path = ["management", "control", "env_file", String(index)];
    const shown = seenFrom(placeOf(located, path).file, name);
    try {
      const text = files.variables(resolve(directory, name));
      const found = parseEnvFile(text, (one) => variables[one] ?? fromFiles.get(one), (line, message) => {
        faults.push({ at: { file: shown, line, column: 1 }, key: "", message });
      });
      for (const [variable, value] of found) fromFiles.set(variable, value);
    } catch (error) {
      fault(path, `"${name}": ${reasonOf(error)}`);
    }
  });
  if (faults.length > before) return null;
  const absolute = (path: string | undefined) => path === undefined ? undefined : resolve(directory, path);
  const resolved = {
    ...config,
    management: {
      ...management,
      control: control && {
        ...control,
        working_directory: absolute(control.working_directory),
        pid_file: absolute(control.pid_file),
      },
      discovery: discovery && { ...discovery, pid_file: absolute(discovery.pid_file) },
    },
  };
  return toDefinition(resolved, {
    directory,
    fileEnvironment: Object.fromEntries(fromFiles),
    shown: withoutSecrets(config, plainData(located, { shown: true })),
    source: { written: writtenEntry(located), directory },
  });
}

/** How a file is called that another one names. */
export function seenFrom(file: string, name: string): string {
  return isAbsolute(name) ? name : join(dirname(file), name);
}
