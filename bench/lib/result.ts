import type { Beside } from "./yardstick.ts";

/** A column of a table: its heading, with the unit, and how many decimals its numbers are printed with. */
export interface Column {
  readonly name: string;
  readonly digits?: number;
}

/** A table as it is measured; `null` where something could not be measured. */
export interface Table {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** A measured figure held against the most that it is wanted to be. */
export interface Check {
  readonly what: string;
  readonly unit: string;
  readonly measured: number;
  readonly wanted_at_most: number;
  /** What the same run took for work of known cost; without it the figure counts as it is. */
  readonly beside?: Beside;
}

/** What a bench found; `skipped` says why it measured nothing. */
export interface BenchResult {
  readonly tables: readonly Table[];
  readonly checks: readonly Check[];
  readonly notes: readonly string[];
  readonly skipped?: string;
}

/** What every bench is given. */
export interface BenchOptions {
  /** Fewer rounds and shorter cells, for a look rather than a record. */
  readonly quick: boolean;
}

/** One bench. */
export interface Bench {
  readonly about: string;
  run(options: BenchOptions): Promise<BenchResult>;
}
