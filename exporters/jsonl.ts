import type { Exporter } from "./exporter.ts";

/** JSON Lines (https://jsonlines.org): every record as it is, one a line. */
export const jsonl: Exporter<unknown> = {
  format: (record) => `${JSON.stringify(record)}\n`,
};
