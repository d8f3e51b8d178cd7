import { Registry } from "prom-client";
import type { Gauge, RegistryContentType } from "prom-client";
import { appFamilies } from "./app_families.ts";
import type { Board } from "./board.ts";
import { FAMILIES } from "./families.ts";
import type { Family } from "./families.ts";

/** The two formats that Prometheus asks for. */
export type ExpositionFormat = "text" | "openmetrics";

/** What stands in the Content-Type of each. */
export const CONTENT_TYPES: Record<ExpositionFormat, RegistryContentType> = {
  text: Registry.PROMETHEUS_CONTENT_TYPE,
  openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
};

/** Writes a board in the exposition formats of Prometheus. */
export class Exposition {
  readonly #registries = new Map<ExpositionFormat, Registry<RegistryContentType>>();

  /**
   * @param labels of every series: node_exporter puts the files of many runs together, and refuses series that are in
   * two
   */
  constructor(readonly board: Board, readonly labels: Readonly<Record<string, string>> = {}) {}

  /** All that is known now; metrics without a value are left out. */
  async write(format: ExpositionFormat): Promise<string> {
    const registry = this.#registry(format);
    const parts: string[] = [];
    const add = async (from: Registry<RegistryContentType>, family: Family) => {
      const { done } = family.values(this.board)[Symbol.iterator]().next();
      if (!done) parts.push(await from.getSingleMetricAsString(nameIn(format, family)));
    };
    for (const family of FAMILIES) await add(registry, family);
    // Other names may come at any time, and these go.
    const told = appFamilies(this.board);
    const passing = told.length > 0 ? this.#made(format, told) : registry;
    for (const family of told) await add(passing, family);
    const text = parts.join("\n");
    return format === "text" ? `${text}\n` : `${withUnits(text)}\n# EOF\n`;
  }

  /** One for each format: prom-client's names of counters depend on it. */
  #registry(format: ExpositionFormat): Registry<RegistryContentType> {
    const known = this.#registries.get(format);
    if (known) return known;
    const registry = this.#made(format, FAMILIES);
    this.#registries.set(format, registry);
    return registry;
  }

  #made(format: ExpositionFormat, families: readonly Family[]): Registry<RegistryContentType> {
    const registry = new Registry<RegistryContentType>();
    registry.setContentType(CONTENT_TYPES[format]);
    for (const family of families) {
      registry.registerMetric(metric(nameIn(format, family), family, this.board, this.labels));
    }
    return registry;
  }
}

/** In OpenMetrics `_total` belongs to the sample, not to the name of its family. */
function nameIn(format: ExpositionFormat, { name }: Family): string {
  return format === "openmetrics" ? name.replace(/_total$/, "") : name;
}

/**
 * A metric as the registry asks for it. Its own Gauge and Counter keep a table of label sets, to be filled anew for
 * every scrape; labels that a metric calls shared are written out once, and there the same serve all metrics of a task.
 */
function metric(
  name: string,
  { help, type, values }: Family,
  board: Board,
  common: Readonly<Record<string, string>>,
): Gauge {
  const hasCommon = Object.keys(common).length > 0;
  const get = () => {
    const shared = [...values(board)].map(({ labels, value }) => ({
      value,
      labels: {},
      sharedLabels: hasCommon ? { ...labels, ...common } : labels,
    }));
    return Promise.resolve({ name, help, type, values: shared });
  };
  return { name, help, type, get } as unknown as Gauge;
}

/** Names end in their unit; what a help text or a label says never begins a line. */
function withUnits(text: string): string {
  return text.replace(/^# TYPE (\w+_(seconds|bytes|ratio)) .*$/gm, "$&\n# UNIT $1 $2");
}
