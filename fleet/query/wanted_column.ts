import { nearest } from "../../core/nearest.ts";
import { COLUMN_AT, kindOf } from "../model/column.ts";
import type { StoredSample } from "../model/view.ts";
import { QueryError } from "./query_error.ts";

/** How the samples of a step become one figure. */
const AGGREGATIONS = ["avg", "min", "max", "last", "rate", "increase"] as const;
/** How the samples of a step become one figure. */
export type Aggregation = typeof AGGREGATIONS[number];

/** A column that is asked for. */
export interface WantedColumn {
  readonly name: string;
  readonly aggregation: Aggregation;
}

/** Names that messages may have for figures of their own. */
const CUSTOM_NAME = /^[a-z_][a-z0-9_]{0,63}$/;

/**
 * Check the name of a column.
 * @throws QueryError `invalid`
 */
export function checkColumn(name: string): string {
  if (COLUMN_AT.has(name) || CUSTOM_NAME.test(name)) return name;
  const meant = nearest(name, [...COLUMN_AT.keys()]);
  const hint = meant === null ? "a column is such as cpu_percent" : `did you mean ${meant}?`;
  throw new QueryError("invalid", `columns: "${name.slice(0, 80)}" is not a column; ${hint}`);
}

/**
 * Read a column as people write it: `cpu_percent`, `cpu_seconds:increase`. Without a word counters are told by their
 * rate, gauges by their average.
 * @throws QueryError `invalid`
 */
export function readColumn(text: string): WantedColumn {
  const [name, word] = text.split(":", 2);
  checkColumn(name);
  const isCounter = kindOf(name) === "counter";
  if (word === undefined) return { name, aggregation: isCounter ? "rate" : "avg" };
  const aggregation = AGGREGATIONS.find((one) => one === word);
  if (!aggregation) {
    const message = `columns: "${word.slice(0, 80)}" is not one of ${AGGREGATIONS.join(", ")}`;
    throw new QueryError("invalid", message);
  }
  if (!isCounter && (aggregation === "rate" || aggregation === "increase")) {
    throw new QueryError(
      "invalid",
      `columns: ${name} is a gauge, and has no ${aggregation}; ask for avg, min, max or last`,
    );
  }
  return { name, aggregation };
}

/** The figure of a column; NaN where a sample has none. */
export function figureOf({ figures, custom }: StoredSample, name: string): number {
  const at = COLUMN_AT.get(name);
  return at === undefined ? custom?.get(name) ?? NaN : figures[at];
}
