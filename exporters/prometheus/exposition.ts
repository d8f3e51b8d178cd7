import { Counter, Gauge, Registry } from "prom-client";
import type { Board } from "./board.ts";
import { FAMILIES } from "./families.ts";
import type { Family } from "./families.ts";

/** The two formats that Prometheus asks for. */
export type ExpositionFormat = "text" | "openmetrics";

/** What stands in the Content-Type of each. */
export const CONTENT_TYPES: Record<ExpositionFormat, string> = {
  text: Registry.PROMETHEUS_CONTENT_TYPE,
  openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
};

/** Writes a board in the exposition formats of Prometheus. */
export class Exposition {
  readonly #registries = new Map<ExpositionFormat, Registry>();

  constructor(readonly board: Board) {}

  /** All that is known now; metrics without a value are left out. */
  async write(format: ExpositionFormat): Promise<string> {
    const registry = this.#registry(format);
    const parts: string[] = [];
    for (const family of FAMILIES) {
      const { done } = family.values(this.board)[Symbol.iterator]().next();
      if (!done) parts.push(await registry.getSingleMetricAsString(nameIn(format, family)));
    }
    const text = parts.join("\n");
    return format === "text" ? `${text}\n` : `${withUnits(text)}\n# EOF\n`;
  }

  /** One for each format: prom-client's names of counters depend on it. */
  #registry(format: ExpositionFormat): Registry {
    const known = this.#registries.get(format);
    if (known) return known;
    const registry = new Registry();
    if (format === "openmetrics") {
      (registry as Registry<string & never>).setContentType(CONTENT_TYPES[format] as never);
    }
    for (const family of FAMILIES) register(registry, nameIn(format, family), family, this.board);
    this.#registries.set(format, registry);
    return registry;
  }
}

/** In OpenMetrics `_total` belongs to the sample, not to the name of its family. */
function nameIn(format: ExpositionFormat, { name }: Family): string {
  return format === "openmetrics" ? name.replace(/_total$/, "") : name;
}

/** Each has its values looked for when it is written. */
function register(
  registry: Registry,
  name: string,
  { help, type, labelNames, values }: Family,
  board: Board,
) {
  const options = { name, help, labelNames: [...labelNames], registers: [registry] };
  if (type === "counter") {
    new Counter({
      ...options,
      collect() {
        this.reset();
        for (const { labels, value } of values(board)) this.inc(labels, value);
      },
    });
  } else {
    new Gauge({
      ...options,
      collect() {
        this.reset();
        for (const { labels, value } of values(board)) this.set(labels, value);
      },
    });
  }
}

/** Names end in their unit; what a help text or a label says never begins a line. */
function withUnits(text: string): string {
  return text.replace(/^# TYPE (\w+_(seconds|bytes|ratio)) .*$/gm, "$&\n# UNIT $1 $2");
}
