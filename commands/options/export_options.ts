import { withSeconds } from "../../core/duration.ts";
import { usageError } from "../../core/error.ts";
import {
  EXPORT_ALIASES,
  EXPORT_OPTIONS,
  EXPORT_SWITCHES,
  switchesOf,
} from "../../exporters/export_options.ts";
import type { ExportKey, ExportOption } from "../../exporters/export_options.ts";
import type { ExportInput } from "../../exporters/settings.ts";
import type { OptionRow } from "./option_table.ts";

/** The flags of the exporters as commander hands them over, by their names there (`mqttQos`). */
export type ExportFlags = Readonly<Record<string, unknown>>;

const KEYS = Object.keys(EXPORT_OPTIONS) as ExportKey[];

/** The flags of the exporters, but for those that the verb describes in its own way. */
export function exportOptions(except: readonly ExportKey[] = []): OptionRow[] {
  return KEYS.filter((key) => !except.includes(key)).flatMap((key) => {
    const aliases = Object.entries(EXPORT_ALIASES).filter(([, alias]) => alias.key === key);
    return [
      ...aliases.map(([name, alias]) => ({ ...rowOf(name, alias), sharedName: nameOf(key) })),
      rowOf(key, EXPORT_OPTIONS[key]),
    ];
  });
}

/** The heading that the options of exporters stand under. */
export const EXPORTERS_HEADING = "Exporters:";

function rowOf(name: string, { placeholder, description, repeats }: ExportOption): OptionRow {
  return {
    flags: `${flagOf(name)}${placeholder ? ` <${placeholder}>` : ""}`,
    description,
    group: EXPORTERS_HEADING,
    parse: repeats && ((text: string, before: string[] = []) => [...before, text]),
  };
}

/**
 * The settings that the flags give; undefined when they ask for no exporter. Their values are not checked yet.
 * @param except keys that mean something without an exporter
 * @param above what stands in a file already
 * @throws ProctorError of kind `usage` for a flag that belongs to an exporter that is not asked for
 */
export function exportInput(
  flags: ExportFlags,
  except: readonly ExportKey[] = [],
  above: Readonly<Record<string, unknown>> = {},
): ExportInput | undefined {
  const given = KEYS.filter((key) => flags[nameOf(key)] !== undefined && !except.includes(key));
  if (given.length === 0) return undefined;
  const isGiven = (key: ExportKey) => given.includes(key) || above[key] !== undefined;
  for (const key of given) {
    const needed = switchesOf(key);
    if (needed.length > 0 && !needed.some(isGiven)) {
      throw usageError(`${flagOf(key)}: nothing uses it; add ${needed.map(flagOf).join(" or ")}`);
    }
  }
  if (!EXPORT_SWITCHES.some(isGiven)) {
    const flags = EXPORT_SWITCHES.map(flagOf);
    throw usageError(
      `${flagOf(given[0])}: nothing uses it; add ${flags.slice(0, -1).join(", ")} or ${flags.at(-1)}`,
    );
  }
  return Object.fromEntries(given.map((key) => [key, typed(key, flags[nameOf(key)])])) as ExportInput;
}

/** A value of a flag as a file would have it: there a duration has a unit. */
function typed(key: ExportKey, value: unknown): unknown {
  const { placeholder }: ExportOption = EXPORT_OPTIONS[key];
  return placeholder === "duration" && typeof value === "string" ? withSeconds(value) : value;
}

/** `mqtt_qos` on the command line. */
export function flagOf(key: string): string {
  return `--${key.replaceAll("_", "-")}`;
}

/** `mqtt_qos` as commander calls it. */
function nameOf(key: ExportKey): string {
  return key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
