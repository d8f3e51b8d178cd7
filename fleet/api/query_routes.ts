import { createRoute, z } from "@hono/zod-openapi";
import { several } from "../../io/net/api_frame.ts";
import { BASES } from "../query/compare.ts";
import { MOST_RUNS } from "../query/runs.ts";
import { DEFAULT_POINTS, MOST_POINTS } from "../query/series.ts";
import { TIERS } from "../query/tier.ts";
import { MEASURES } from "../query/task_sums.ts";
import { MOST_TOP } from "../query/top.ts";
import { readColumn } from "../query/wanted_column.ts";
import { scopeOf, signalOf } from "./api.ts";
import type { FleetApi, FleetApiParts } from "./api.ts";
import { answer, duration, figure, rangeOf, refusals, wholeNumber } from "./parameters.ts";

const seriesSchema = z.object({
  series: z.array(z.object({
    task: z.int(),
    tier: z.enum(TIERS),
    step_ms: figure.describe("null: every sample is a point"),
    times: z.array(z.number()).describe("ms since 1970"),
    values: z.record(z.string(), z.array(figure)).describe(
      "by NAME:AGGREGATION; null where nothing is known",
    ),
  })),
}).openapi("SeriesAnswer");

const topSchema = z.object({
  column: z.string(),
  by: z.string(),
  measure: z.enum(MEASURES),
  from: z.string(),
  until: z.string(),
  edges: z.enum(["exact", "hours"]).describe("hours: the period was widened to whole hours"),
  names: z.array(z.string()),
  ids: z.array(z.int().nullable()),
  hosts: z.array(z.string().nullable()),
  values: z.array(z.number()),
  counts: z.array(z.int()),
  total: figure,
  found: z.int(),
}).openapi("Top");

const runsSchema = z.object({
  tasks: z.array(z.int()),
  started: z.array(z.number()),
  ended: z.array(z.number()),
  states: z.array(z.enum(["ended", "stopped", "lost"])),
  errors: z.array(z.string().nullable()),
  figures: z.record(z.string(), z.array(figure)),
  quality: z.array(z.record(z.string(), z.string())),
  cursor: z.string().nullable(),
}).openapi("Runs");

const sideFigures = z.object({
  count: z.int(),
  mean: figure,
  deviation: figure,
  median: figure,
  min: figure,
  max: figure,
});

const comparisonSchema = z.object({
  basis: z.enum(BASES),
  confidence_percent: z.number(),
  columns: z.array(z.object({
    column: z.string(),
    figure: z.enum(["average", "rate", "total", "peak"]),
    sides: z.array(sideFigures),
    difference: figure,
    difference_percent: figure,
    low: figure,
    high: figure,
    probability: figure,
    adjusted_probability: figure,
    verdict: z.enum(["more", "less", "within_noise", "too_few", "unknown"]),
  })),
  notes: z.array(z.string()),
}).openapi("Comparison");

const taskNumber = wholeNumber(0, Number.MAX_SAFE_INTEGER);
const name = z.string().min(1).max(256);

/** What is asked of the history. */
export function addQueryRoutes(app: FleetApi, { view, query, now }: FleetApiParts): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/series",
      summary: "Tasks over time",
      description:
        "The coarsest tier that gives the points is read, and named. That of a host is its host_task.",
      request: {
        query: z.object({
          task: several(taskNumber).openapi({
            type: "array",
            items: { type: "integer" },
            description: "may be given again",
          }),
          columns: z.string().min(1).max(2_000).openapi({
            description: "such as cpu_percent,cpu_seconds:increase; avg, min, max, last, rate or increase",
          }),
          ...rangeOf(now, "1h"),
          step: duration.optional().openapi({ description: "time between points; default: as it fits" }),
          points: wholeNumber(1, MOST_POINTS).optional().openapi({
            description: `at least so many, where there are so many samples; default: ${DEFAULT_POINTS}`,
          }),
        }),
      },
      responses: { 200: answer("one of each task", seriesSchema), ...refusals("404", "422") },
    }),
    async (context) => {
      const { task, columns, from, until, step = null, points = DEFAULT_POINTS } = context.req.valid("query");
      const question = {
        tasks: task,
        columns: columns.split(",").map(readColumn),
        from,
        until,
        step,
        points,
      };
      const found = await query.series(question, scopeOf(context, view), signalOf(context));
      const series = found.map(({ step, times, values, ...rest }) => ({
        ...rest,
        step_ms: step,
        times: [...times],
        values: Object.fromEntries(Object.entries(values).map(([key, all]) => [key, [...all]])),
      }));
      return context.json({ series }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/top",
      summary: "Who used most over a period",
      request: {
        query: z.object({
          column: z.string().max(80).default("cpu_seconds"),
          by: z.string().max(140).default("task").openapi({
            description: "task, target, host, agent, unit, or label:NAME",
          }),
          measure: z.enum(MEASURES).default("increase"),
          of: z.enum(["tasks", "hosts"]).default("tasks"),
          ...rangeOf(now, "1d"),
          limit: wholeNumber(1, MOST_TOP).optional().openapi({ description: "default: 20" }),
        }),
      },
      responses: { 200: answer("in columns, most first", topSchema), ...refusals("422") },
    }),
    async (context) => {
      const { limit = 20, ...rest } = context.req.valid("query");
      const top = await query.top({ ...rest, limit }, scopeOf(context, view), signalOf(context));
      return context.json({
        ...top,
        from: new Date(top.from).toISOString(),
        until: new Date(top.until).toISOString(),
        names: [...top.names],
        ids: [...top.ids],
        hosts: [...top.hosts],
        values: [...top.values],
        counts: [...top.counts],
      }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/runs",
      summary: "Runs that have ended, with their totals",
      request: {
        query: z.object({
          task: taskNumber.optional(),
          by: z.string().max(80).optional().openapi({
            description: "a figure, most first; default: newest first",
          }),
          ...rangeOf(now, "30d"),
          limit: wholeNumber(1, MOST_RUNS).optional().openapi({ description: "default: 100" }),
          cursor: z.string().max(100).optional(),
        }),
      },
      responses: { 200: answer("in columns", runsSchema), ...refusals("404", "422") },
    }),
    async (context) => {
      const { task = null, by = null, limit = 100, cursor = null, ...range } = context.req.valid("query");
      const page = await query.runs({ task, by, limit, cursor, ...range }, scopeOf(context, view));
      return context.json(structuredClone(page) as z.output<typeof runsSchema>, 200);
    },
  );
  const side = z.strictObject({
    tasks: z.array(z.int()).max(1_000).optional(),
    agents: z.array(z.int()).max(1_000).optional(),
    unit: name.optional(),
    host: name.optional(),
    target: name.optional(),
    version: name.optional(),
    labels: z.record(name, z.string().max(256)).optional(),
    of: z.enum(["tasks", "hosts"]).optional(),
    ...rangeOf(now, "1d"),
  });
  app.openapi(
    createRoute({
      method: "post",
      path: "/api/v1/compare",
      summary: "Compare two periods, or two groups",
      description: "Welch's t-test for each column, corrected by Holm's method. Nothing is changed by it.",
      request: {
        body: {
          required: true,
          content: {
            "application/json": {
              schema: z.strictObject({
                sides: z.tuple([side, side]),
                columns: z.array(z.string().max(80)).min(1).max(20),
                basis: z.enum(BASES).default("tasks"),
              }).openapi("ComparisonQuestion"),
            },
          },
        },
      },
      responses: {
        200: answer("how the second differs from the first", comparisonSchema),
        ...refusals("422"),
      },
    }),
    async (context) => {
      const { sides, columns, basis } = context.req.valid("json");
      const sideOf = ({ from, until, ...selection }: (typeof sides)[number]) => ({ from, until, selection });
      const question = { sides: [sideOf(sides[0]), sideOf(sides[1])] as const, columns, basis };
      const found = await query.compare(question, scopeOf(context, view), signalOf(context));
      return context.json({
        basis: found.basis,
        confidence_percent: found.confidencePercent,
        columns: found.columns.map(({ differencePercent, adjustedProbability, sides, ...rest }) => ({
          ...rest,
          sides: [...sides],
          difference_percent: differencePercent,
          adjusted_probability: adjustedProbability,
        })),
        notes: [...found.notes],
      }, 200);
    },
  );
}
