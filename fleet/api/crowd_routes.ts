import { createRoute, z } from "@hono/zod-openapi";
import { readColumn } from "../query/wanted_column.ts";
import { scopeOf, signalOf } from "./api.ts";
import type { FleetApi, FleetApiParts } from "./api.ts";
import { answer, figure, rangeOf, refusals, wholeNumber } from "./parameters.ts";

const line = z.array(figure);
const crowdSchema = z.object({
  step_ms: z.number(),
  times: z.array(z.number()).describe("ms since 1970"),
  top: z.array(z.object({ task: z.int(), name: z.string(), host: z.string(), values: line })),
  rest: line.describe("all others together"),
  rest_count: z.int(),
  p50: line,
  p95: line,
  max: line,
  left_out: z.int(),
}).openapi("Crowd");

/** Many tasks over time, as few lines. */
export function addCrowdRoutes(app: FleetApi, { view, query, now }: FleetApiParts): void {
  const name = z.string().min(1).max(256).optional();
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/crowd",
      summary: "Many tasks over time: those that have most, the rest together, and a band of all",
      description: "Of 500 tasks at most; left_out says how many more there are.",
      request: {
        query: z.object({
          ...{ unit: name, host: name, target: name, version: name },
          of: z.enum(["tasks", "hosts"]).optional(),
          column: z.string().max(80).default("cpu_percent"),
          ...rangeOf(now, "1h"),
          points: wholeNumber(1, 400).optional().openapi({ description: "at most; default: 120" }),
          limit: wholeNumber(0, 50).optional().openapi({ description: "lines; default: 5" }),
        }),
      },
      responses: { 200: answer("in columns", crowdSchema), ...refusals("422") },
    }),
    async (context) => {
      const { column, from, until, points = 120, limit = 5, ...selection } = context.req.valid("query");
      const question = { selection, column: readColumn(column), from, until, points, limit };
      const { step, ...crowd } = await query.crowd(question, scopeOf(context, view), signalOf(context));
      return context.json(
        structuredClone({ step_ms: step, ...crowd }) as z.output<typeof crowdSchema>,
        200,
      );
    },
  );
}
