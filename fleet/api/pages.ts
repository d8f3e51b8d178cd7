import { z } from "@hono/zod-openapi";
import { wholeNumber } from "./parameters.ts";

const DEFAULT_LIMIT = 100;
const MOST = 10_000;

/** Which page of rows is wanted. */
export const pageQuery = {
  limit: wholeNumber(1, MOST).optional().openapi({
    description: `rows of a page; default: ${DEFAULT_LIMIT}`,
  }),
  cursor: z.string().regex(/^\d{1,15}$/, "it is none of a page before").optional().openapi({
    description: "where an earlier page has ended",
  }),
};

/** The rows after a cursor: by number, so that what comes and goes moves no page. */
export function pageAfter<T extends { readonly id: number }>(
  found: readonly T[],
  cursor: string | undefined,
  limit = DEFAULT_LIMIT,
): { rows: T[]; next: string | null } {
  const after = cursor === undefined ? -1 : Number(cursor);
  const rest = found.filter(({ id }) => id > after).sort((a, b) => a.id - b.id);
  const rows = rest.slice(0, limit);
  return { rows, next: rest.length > rows.length ? String(rows[rows.length - 1].id) : null };
}
