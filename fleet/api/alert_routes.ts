import { createRoute, z } from "@hono/zod-openapi";
import type { AlertBook } from "../alert/alert_book.ts";
import type { AlertInfo } from "../alert/known_alerts.ts";
import { maintenanceSchema, silenceSchema } from "../alert/suppress.ts";
import type { Matchers } from "../alert/suppress.ts";
import { unitsOf } from "../query/scope.ts";
import type { Caller } from "./access/caller.ts";
import type { Role } from "./access/grant.ts";
import { callerOf, scopeOf } from "./api.ts";
import type { FleetApi, FleetApiParts } from "./api.ts";
import { MOST_QUIET } from "../alert/quiet_times.ts";
import { ApiError } from "./api_error.ts";
import { mayIn } from "./may_in.ts";
import { addRuleRoutes } from "./rule_routes.ts";
import { answer, figure, rangeOf, refusals, wholeNumber } from "./parameters.ts";

const labels = z.record(z.string(), z.string());
const matchers = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

const alertSchema = z.object({
  key: z.string(),
  rule: z.string(),
  severity: z.enum(["info", "warning", "critical"]),
  phase: z.enum(["pending", "firing", "resolved"]),
  subject: z.string().describe("t and a task's number, a and an agent's, u and a unit, fleet, or broker"),
  units: z.array(z.string()),
  labels,
  summary: z.string(),
  value: figure,
  since: z.number(),
  fired_at: figure,
  resolved_at: figure,
  transition: z.int(),
  suppressed: z.object({ by: z.string(), id: z.string(), why: z.string() }).nullable(),
  acknowledged: z.object({ by: z.string(), at: z.number(), note: z.string() }).nullable(),
}).openapi("Alert");

const silenceFacts = z.object({
  id: z.string(),
  matchers,
  from: z.number(),
  until: z.number(),
  why: z.string(),
  who: z.string(),
}).openapi("Silence");

const maintenanceFacts = z.object({
  id: z.string(),
  matchers,
  starts: z.string(),
  lasts: z.string(),
  timezone: z.string(),
  why: z.string(),
  who: z.string(),
}).openapi("Maintenance");

/** Entries of the history that are looked at, at most. */
const MOST_ENTRIES = 10_000;

const idParameter = z.object({ id: z.string().max(64).openapi({ param: { name: "id", in: "path" } }) });
const noContent = { description: "it is done" };
const json = (schema: z.ZodType) => ({
  body: { required: true, content: { "application/json": { schema } } },
});

/** Alerts, and who is not told of them; rules and destinations, where there are any. */
export function addAlertRoutes(app: FleetApi, parts: FleetApiParts): void {
  const { alerts, view, store, now } = parts;
  // A manager without them has no such routes.
  if (!alerts) return;
  addRuleRoutes(app, parts, alerts);
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/alerts",
      summary: "Alerts that are pending, fire, or have ended of late",
      request: { query: z.object({ phase: z.enum(["pending", "firing", "resolved"]).optional() }) },
      responses: {
        200: answer("those that matter most first", z.object({ alerts: z.array(alertSchema) })),
        ...refusals(),
      },
    }),
    (context) => {
      const { phase } = context.req.valid("query");
      const seen = alerts.alerts(unitsOf(scopeOf(context, view)));
      return context.json({ alerts: seen.filter((one) => !phase || one.phase === phase).map(alertRow) }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/alerts/history",
      summary: "What has fired and ended",
      request: {
        query: z.object({
          ...rangeOf(now, "7d"),
          limit: wholeNumber(1, MOST_ENTRIES).default(100),
          subject: z.string().max(256).optional().openapi({
            description: "t and a task's number, a and an agent's: of this alone",
          }),
        }),
      },
      responses: {
        200: answer(
          "the newest first",
          z.object({
            entries: z.array(
              z.object({
                at: z.number(),
                unit: z.string().nullable(),
                text: z.string(),
                detail: z.unknown(),
              }),
            ),
          }),
        ),
        ...refusals("422"),
      },
    }),
    async (context) => {
      const { from, until, limit, subject } = context.req.valid("query");
      const units = unitsOf(scopeOf(context, view));
      const isAll = subject === undefined;
      const query = { from, until, limit: isAll ? limit : MOST_ENTRIES, ...(units && { units }) };
      const found = await store.readLog("alerts", query);
      const entries = isAll ? found : found.filter(({ detail }) => isAbout(detail, subject)).slice(0, limit);
      return context.json({ entries: entries.map((entry) => ({ ...entry })) }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "post",
      path: "/api/v1/alerts/acknowledge",
      summary: "Acknowledge an alert: it is not sent again",
      request: json(z.strictObject({ key: z.string().max(500), note: z.string().max(500).default("") })),
      responses: { 204: noContent, ...refusals("403", "404", "422") },
    }),
    async (context) => {
      const caller = callerOf(context);
      const { key, note } = context.req.valid("json") as { key: string; note: string };
      const found = alerts.alerts(unitsOf(scopeOf(context, view))).find((one) => one.key === key);
      if (!found) throw new ApiError("not_found", "there is no such alert");
      if (!found.units.every((unit) => caller.may("operator", unit))) {
        throw new ApiError("forbidden", "an operator of its unit acknowledges an alert");
      }
      if (!await alerts.acknowledge(key, caller.name, note)) {
        throw new ApiError("not_found", "there is no such alert that fires");
      }
      return context.body(null, 204);
    },
  );
  addSilenceRoutes(app, alerts, now);
}

function addSilenceRoutes(app: FleetApi, alerts: AlertBook, now: () => number): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/silences",
      summary: "What is silenced for a time",
      responses: { 200: answer("silences", z.object({ silences: z.array(silenceFacts) })), ...refusals() },
    }),
    (context) => {
      const caller = callerOf(context);
      const silences = alerts.quiet.silences().filter(({ matchers }) => mayIn(caller, "viewer", matchers));
      return context.json({ silences: silences.map((one) => ({ ...one })) }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "post",
      path: "/api/v1/silences",
      summary: "Silence some alerts for a time",
      request: json(silenceSchema),
      responses: { 201: answer("the silence", silenceFacts), ...refusals("403", "409", "422") },
    }),
    async (context) => {
      const caller = callerOf(context);
      const wanted = silenceSchema.parse(context.req.valid("json"));
      needs(caller, "operator", wanted.matchers);
      const from = wanted.from === undefined ? now() : Date.parse(wanted.from);
      const until = Date.parse(wanted.until);
      if (until <= from) throw new ApiError("invalid", "until: it has to be after from");
      const { matchers, why } = wanted;
      const silence = await alerts.quiet.addSilence({ matchers, why, from, until, who: caller.name }, now());
      return context.json(silence ?? tooMany("silences"), 201);
    },
  );
  app.openapi(
    createRoute({
      method: "delete",
      path: "/api/v1/silences/{id}",
      summary: "End a silence",
      request: { params: idParameter },
      responses: { 204: noContent, ...refusals("403", "404") },
    }),
    async (context) => {
      const caller = callerOf(context);
      const { id } = context.req.valid("param");
      const found = alerts.quiet.silences().find((one) => one.id === id);
      if (!found || !mayIn(caller, "viewer", found.matchers)) {
        throw new ApiError("not_found", "there is no such silence");
      }
      needs(caller, "operator", found.matchers);
      await alerts.quiet.endSilence(id, caller.name);
      return context.body(null, 204);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/maintenance",
      summary: "Silences that come again and again",
      responses: {
        200: answer("windows", z.object({ maintenance: z.array(maintenanceFacts) })),
        ...refusals(),
      },
    }),
    (context) => {
      const caller = callerOf(context);
      const windows = alerts.quiet.maintenance().filter(({ matchers }) => mayIn(caller, "viewer", matchers));
      return context.json({ maintenance: windows.map((one) => ({ ...one })) }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "post",
      path: "/api/v1/maintenance",
      summary: "Silence some alerts on a schedule",
      request: json(maintenanceSchema),
      responses: { 201: answer("the window", maintenanceFacts), ...refusals("403", "409", "422") },
    }),
    async (context) => {
      const caller = callerOf(context);
      const wanted = maintenanceSchema.parse(context.req.valid("json"));
      needs(caller, "operator", wanted.matchers);
      const window = await alerts.quiet.addMaintenance({ ...wanted, who: caller.name });
      return context.json(window ?? tooMany("maintenance windows"), 201);
    },
  );
  app.openapi(
    createRoute({
      method: "delete",
      path: "/api/v1/maintenance/{id}",
      summary: "Remove a maintenance window",
      request: { params: idParameter },
      responses: { 204: noContent, ...refusals("403", "404") },
    }),
    async (context) => {
      const caller = callerOf(context);
      const { id } = context.req.valid("param");
      const found = alerts.quiet.maintenance().find((one) => one.id === id);
      if (!found || !mayIn(caller, "viewer", found.matchers)) {
        throw new ApiError("not_found", "there is no such window");
      }
      needs(caller, "operator", found.matchers);
      await alerts.quiet.removeMaintenance(id, caller.name);
      return context.body(null, 204);
    },
  );
}

/** Whether an entry of the history is about a subject: a rule and what it is about are its key. */
function isAbout(detail: unknown, subject: string): boolean {
  const { key } = (detail ?? {}) as { readonly key?: unknown };
  return typeof key === "string" && key.slice(key.indexOf("/") + 1) === subject;
}

/** @throws ApiError `conflict` */
function tooMany(what: string): never {
  throw new ApiError("conflict", `there are ${MOST_QUIET} ${what}, the most there can be; remove some`);
}

function needs(caller: Caller, role: Role, matchers: Matchers): void {
  if (mayIn(caller, role, matchers)) return;
  throw new ApiError("forbidden", `matchers: name a domain (and a channel) in which you are ${role}`);
}

function alertRow(one: AlertInfo): z.input<typeof alertSchema> {
  const { key, rule, severity, phase, subject, units, labels, summary, value, since, transition } = one;
  return {
    ...{
      key,
      rule,
      severity,
      phase,
      subject,
      units: [...units],
      labels: { ...labels },
      summary,
      value,
      since,
    },
    fired_at: one.firedAt,
    resolved_at: phase === "resolved" ? one.resolvedAt : null,
    transition,
    suppressed: one.suppressed && { ...one.suppressed },
    acknowledged: one.acknowledged &&
      { by: one.acknowledged.by, at: one.acknowledged.at, note: one.acknowledged.note },
  };
}
