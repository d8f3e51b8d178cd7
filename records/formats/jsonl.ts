import { printableJson } from "../../core/printable.ts";
import type { Exporter } from "./exporter.ts";

/** JSON Lines (https://jsonlines.org): every record as it is, one a line; a terminal may show them. */
export const jsonl: Exporter<unknown> = {
  format: (record) => `${printableJson(record)}\n`,
};
