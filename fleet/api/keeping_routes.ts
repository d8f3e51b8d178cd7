import { createRoute, z } from "@hono/zod-openapi";
import { byteStream, jsonLines, mapped } from "../../io/net/stream_response.ts";
import { REASONS } from "../ingest/fault.ts";
import type { Reason } from "../ingest/fault.ts";
import { isSeen, seenTask, unitsOf } from "../query/scope.ts";
import type { UnitKey } from "../model/unit.ts";
import { callerOf, scopeOf, signalOf } from "./api.ts";
import type { FleetApi, FleetApiParts } from "./api.ts";
import { ApiError } from "./api_error.ts";
import { parquetFile } from "../export/parquet.ts";
import { exportedSamples, toJsonRow } from "../export/samples.ts";
import { answer, figure, rangeOf, refusals, wholeNumber } from "./parameters.ts";

const refusedSchema = z.object({
  proplet_id: z.string().nullable(),
  reason: z.string(),
  about: z.string().describe("the reason in words"),
  count: z.int(),
  last_at: z.number(),
});

const ingestSchema = z.object({
  units: z.array(z.object({
    unit: z.string(),
    state: z.enum(["connecting", "subscribed", "away"]),
    why: z.string().nullable(),
    messages: z.int(),
    samples: z.int(),
    bytes: z.int(),
    messages_per_second: z.number(),
    samples_per_second: z.number(),
    lag_seconds: figure,
    refused: z.array(refusedSchema),
  })),
  clock_offset_seconds: figure.describe(
    "how far this manager's own clock is ahead of the one that times are by",
  ),
}).openapi("Ingest");

const forwardSchema = z.object({
  destinations: z.array(z.object({
    destination: z.string(),
    sent: z.int().describe("samples that were taken"),
    dropped: z.int().describe("samples that were refused"),
    failed: z.int().describe("requests that were sent again"),
    waiting: z.int().describe("samples that wait in memory"),
    is_catching_up: z.boolean().describe("whether the store is asked for what was missed"),
    why: z.string().nullable().describe("why the last request was not taken"),
  })),
}).openapi("Forwarding");

const tierRetention = z.object({ days: z.number(), bytes: figure });
const storeSchema = z.object({
  place: z.string(),
  tiers: z.array(z.object({
    tier: z.enum(["raw", "fiveMinutes", "hours", "runs", "journal"]),
    bytes: z.number(),
    from: figure,
  })),
  retention: z.object({
    raw: tierRetention,
    five_minutes: tierRetention,
    hours: tierRetention,
    runs: z.object({ days: z.number() }),
  }),
}).openapi("Store");

const auditSchema = z.object({
  entries: z.array(z.object({
    at: z.number(),
    unit: z.string().nullable(),
    text: z.string(),
    detail: z.unknown(),
  })),
}).openapi("Audit");

/** How what comes is taken in, where it is kept, and who has changed what. */
export function addKeepingRoutes(
  app: FleetApi,
  { view, store, ingest, retention, query, now, forwarding }: FleetApiParts,
): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/ingest",
      summary: "How messages are taken in, and which are refused",
      responses: { 200: answer("by unit", ingestSchema), ...refusals() },
    }),
    (context) => {
      const scope = scopeOf(context, view);
      const units = [...ingest?.units() ?? []].filter(({ unit }) => isSeen(scope, unit)).map((one) => ({
        unit: one.unit,
        state: one.state,
        why: one.why,
        messages: one.messages,
        samples: one.samples,
        bytes: one.bytes,
        messages_per_second: one.messagesPerSecond,
        samples_per_second: one.samplesPerSecond,
        lag_seconds: one.lagSeconds,
        refused: one.refused.map(({ propletId, reason, count, lastAt }) => ({
          proplet_id: propletId,
          reason,
          about: REASONS[reason as Reason] ?? reason,
          count,
          last_at: lastAt,
        })),
      }));
      const clock_offset_seconds = ingest ? Math.round(ingest.clockAheadMs) / 1_000 : null;
      return context.json({ units, clock_offset_seconds }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/forward",
      summary: "The state of the receivers that every sample is forwarded to",
      responses: { 200: answer("for those who may see all domains", forwardSchema), ...refusals("403") },
    }),
    (context) => {
      needsAll(callerOf(context).mayAll("viewer"));
      const destinations = (forwarding?.reports() ?? []).map(({ isCatchingUp, ...rest }) => ({
        ...rest,
        is_catching_up: isCatchingUp,
      }));
      return context.json({ destinations }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/store",
      summary: "What is kept, how much it takes, and for how long",
      responses: { 200: answer("for those who may see all domains", storeSchema), ...refusals("403") },
    }),
    async (context) => {
      needsAll(callerOf(context).mayAll("viewer"));
      const { raw, fiveMinutes, hours, runs } = retention;
      return context.json({
        place: store.place,
        tiers: (await store.use()).map((tier) => ({ ...tier })),
        retention: {
          raw: { ...raw },
          five_minutes: { ...fiveMinutes },
          hours: { ...hours },
          runs: { ...runs },
        },
      }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/audit",
      summary: "Who has changed what",
      description: "For admins, of their units; what is of no unit is shown to those of all domains.",
      request: {
        query: z.object({ ...rangeOf(now, "30d"), limit: wholeNumber(1, 1_000).optional() }),
      },
      responses: { 200: answer("newest first", auditSchema), ...refusals("403", "422") },
    }),
    async (context) => {
      const { from, until, limit = 100 } = context.req.valid("query");
      const scope = callerOf(context).scope("admin", view.units.keys());
      needsAll(scope === null || scope.size > 0, "admin");
      const units = unitsOf(scope) ?? undefined;
      const entries = await store.readLog("audit", { from, until, limit, ...(units && { units }) });
      return context.json({ entries: entries.map((entry) => ({ ...entry, detail: entry.detail })) }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/export",
      summary: "Every sample of a task, or of all tasks of a unit",
      description: "JSON, a sample a line, or a Parquet file; as long as the client reads.",
      request: {
        query: z.object({
          task: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional(),
          unit: z.string().max(256).optional().openapi({ description: "domain/channel" }),
          format: z.enum(["jsonl", "parquet"]).default("jsonl"),
          ...rangeOf(now, "1h"),
        }).refine(
          ({ task, unit }) => (task === undefined) !== (unit === undefined),
          "name a task, or a unit",
        ),
      },
      responses: {
        200: answer("samples; Parquet is application/vnd.apache.parquet", z.string(), "application/x-ndjson"),
        ...refusals("404", "422"),
      },
    }),
    (context) => {
      const { task, unit, from, until, format } = context.req.valid("query");
      const scope = scopeOf(context, view);
      const tasks = task !== undefined
        ? [seenTask(view, scope, task)]
        : tasksOfUnit(view, isSeen(scope, unit as UnitKey) ? unit! : "");
      if (tasks.length === 0) throw new ApiError("not_found", `there is no unit "${unit}"`);
      const { isValid } = callerOf(context);
      const samples = exportedSamples(query.history, tasks, from, until, signalOf(context), isValid);
      return format === "parquet"
        ? byteStream(parquetFile(samples), "application/vnd.apache.parquet")
        : jsonLines(mapped(samples, toJsonRow));
    },
  );
}

function tasksOfUnit(view: FleetApiParts["view"], unit: string) {
  return [...view.units.get(unit as UnitKey) ?? []].flatMap(({ hostTask, tasks }) => [
    ...hostTask ? [hostTask] : [],
    ...tasks.values(),
  ]);
}

/** @throws ApiError `forbidden` */
function needsAll(may: boolean, role = "viewer"): void {
  if (may) return;
  throw new ApiError(
    "forbidden",
    `that needs the role ${role} ${role === "viewer" ? "in all domains" : "somewhere"}`,
  );
}
