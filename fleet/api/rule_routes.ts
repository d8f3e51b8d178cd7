import { setTimeout as delay } from "node:timers/promises";
import { createRoute, z } from "@hono/zod-openapi";
import { ProctorError } from "../../core/error.ts";
import type { AlertBook } from "../alert/alert_book.ts";
import { ALERT_TARGETS, notifierSchema } from "../alert/notify/notifier_schema.ts";
import type { Letter } from "../alert/notify/post.ts";
import type { WrittenNotifier } from "../alert/notify/notifier_schema.ts";
import { ruleSchema } from "../alert/rules/rule_schema.ts";
import type { WrittenRule } from "../alert/rules/rule_schema.ts";
import { unitsOf } from "../query/scope.ts";
import type { Caller } from "./access/caller.ts";
import type { Role } from "./access/grant.ts";
import { mayIn } from "./may_in.ts";
import { callerOf, scopeOf, signalOf } from "./api.ts";
import type { FleetApi, FleetApiParts } from "./api.ts";
import { ApiError } from "./api_error.ts";
import { answer, figure, momentAt, refusals } from "./parameters.ts";

const ruleFacts = z.object({
  rule: z.record(z.string(), z.unknown()).describe("as it is written in a file"),
  is_fixed: z.boolean().describe("whether it is of a manager's file"),
  origin: z.string().nullable().describe("host and path of the file of another manager that it is of"),
  note: z.string().nullable().describe("what stands in its way"),
}).openapi("Rule");

const dryRunSchema = z.object({
  count: z.int(),
  looked: z.int(),
  left_out: z.int(),
  firings: z.array(z.object({
    subject: z.string(),
    labels: z.record(z.string(), z.string()),
    from: z.number(),
    until: figure,
    value: figure,
    summary: z.string(),
  })),
}).openapi("DryRun");

const notifierFacts = z.object({
  name: z.string(),
  kind: z.enum(ALERT_TARGETS),
  severity: z.string(),
  is_fixed: z.boolean(),
}).openapi("Notifier");

const letterFacts = z.object({
  id: z.string(),
  notifier: z.string(),
  title: z.string(),
  created_at: z.number(),
  attempts: z.int(),
  fault: z.string().nullable(),
}).openapi("Letter");

const nameParameter = z.object({ name: z.string().max(64).openapi({ param: { name: "name", in: "path" } }) });
const idParameter = z.object({ id: z.string().max(64).openapi({ param: { name: "id", in: "path" } }) });
/** A page that gives a dry run up asks for the next one before the first has ended. */
const GIVEN_UP_MS = 1_000;
const noContent = { description: "it is done" };
const json = (schema: z.ZodType) => ({
  body: { required: true, content: { "application/json": { schema } } },
});

/** Rules with their dry runs, destinations, and notices that nobody has taken. */
export function addRuleRoutes(app: FleetApi, { view, now }: FleetApiParts, alerts: AlertBook): void {
  const seen = (caller: Caller) => alerts.rules().filter(({ rule }) => mayOfRule(caller, "viewer", rule));
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/rules",
      summary: "Rules",
      responses: {
        200: answer(
          "those of managers' files first",
          z.object({
            rules: z.array(ruleFacts),
            difference: z.string().nullable().describe(
              "how the files of managers differ, for those who may see all domains",
            ),
          }),
        ),
        ...refusals(),
      },
    }),
    (context) => {
      const caller = callerOf(context);
      // Hosts and paths of managers are for those who see all of them.
      const seesAll = caller.mayAll("viewer");
      const rules = seen(caller).map(({ rule, isFixed, origin, note }) => ({
        rule: { ...rule },
        is_fixed: isFixed,
        origin: seesAll || origin === null ? origin : "another manager's file",
        note,
      }));
      const difference = seesAll ? alerts.difference : null;
      return context.json({ rules, difference }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "put",
      path: "/api/v1/rules/{name}",
      summary: "Put in a rule, or another in its place",
      request: { params: nameParameter, ...json(ruleSchema) },
      responses: { 204: noContent, ...refusals("403", "409", "422") },
    }),
    async (context) => {
      const caller = callerOf(context);
      const { name } = context.req.valid("param");
      const rule = context.req.valid("json") as WrittenRule;
      if (rule.alert !== name) {
        throw new ApiError("invalid", `alert: it is "${rule.alert}", and "${name}" in the path`);
      }
      const before = alerts.rules().find((one) => one.rule.alert === name)?.rule;
      for (const one of before ? [rule, before] : [rule]) needsOfRule(caller, one);
      await asked(() => alerts.editor.saveRule(rule, caller.name));
      return context.body(null, 204);
    },
  );
  app.openapi(
    createRoute({
      method: "delete",
      path: "/api/v1/rules/{name}",
      summary: "Remove a rule; its alerts end",
      request: { params: nameParameter },
      responses: { 204: noContent, ...refusals("403", "404", "409") },
    }),
    async (context) => {
      const caller = callerOf(context);
      const { name } = context.req.valid("param");
      const found = seen(caller).find(({ rule }) => rule.alert === name);
      if (!found) throw new ApiError("not_found", "there is no such rule");
      needsOfRule(caller, found.rule);
      await asked(() => alerts.editor.removeRule(name, caller.name));
      return context.body(null, 204);
    },
  );
  app.openapi(
    createRoute({
      method: "post",
      path: "/api/v1/rules/check",
      summary: "What is wrong with a rule as it is typed; nothing is changed by it",
      request: json(z.strictObject({ rule: z.unknown() })),
      responses: {
        200: answer(
          "none where it can be saved",
          z.object({ faults: z.array(z.object({ key: z.string(), message: z.string() })) }),
        ),
        ...refusals("422"),
      },
    }),
    (context) => {
      callerOf(context);
      const { rule } = context.req.valid("json") as { rule: unknown };
      const faults = ruleSchema.safeParse(rule).error?.issues ?? [];
      const told = faults.map(({ path, message }) => ({ key: String(path[0] ?? ""), message }));
      return context.json({ faults: told }, 200);
    },
  );
  const moment = momentAt(now);
  /** A dry run reads much: who asks has one at a time. */
  const trying = new Map<string, Promise<unknown>>();
  app.openapi(
    createRoute({
      method: "post",
      path: "/api/v1/rules/dry-run",
      summary: "How often a rule would have fired, and where",
      request: json(z.strictObject({
        rule: ruleSchema,
        from: z.string().default("7d").pipe(moment),
        until: z.string().default("now").pipe(moment),
      })),
      responses: { 200: answer("of what may be seen", dryRunSchema), ...refusals("422", "429") },
    }),
    async (context) => {
      const { rule, from, until } = context.req.valid("json") as {
        rule: WrittenRule;
        from: number;
        until: number;
      };
      const units = unitsOf(scopeOf(context, view));
      const { name } = callerOf(context);
      const before = trying.get(name);
      if (before) await within(GIVEN_UP_MS, before);
      if (trying.has(name)) {
        throw new ApiError("too_many", "a dry run of yours is under way; wait for it", {
          "retry-after": "1",
        });
      }
      const run = asked(() => alerts.dryRun(rule, from, until, units, signalOf(context)))
        .finally(() => trying.delete(name));
      trying.set(name, run.catch(() => {}));
      const { count, looked, leftOut, firings } = await run;
      const told = firings.map((one) => ({ ...one, labels: { ...one.labels } }));
      return context.json({ count, looked, left_out: leftOut, firings: told }, 200);
    },
  );
  addNotifierRoutes(app, alerts);
}

function addNotifierRoutes(app: FleetApi, alerts: AlertBook): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/notifiers",
      summary: "Destinations, without what they are reached by",
      responses: {
        200: answer("destinations", z.object({ notifiers: z.array(notifierFacts) })),
        ...refusals("403"),
      },
    }),
    (context) => {
      needsAll(callerOf(context), "operator");
      const notifiers = alerts.editor.notifiers().map(({ notifier, isFixed }) => ({
        name: notifier.name,
        kind: ALERT_TARGETS.find((kind) => notifier[kind] !== undefined)!,
        severity: notifier.severity,
        is_fixed: isFixed,
      }));
      return context.json({ notifiers }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "put",
      path: "/api/v1/notifiers/{name}",
      summary: "Put in a destination, or another in its place",
      request: { params: nameParameter, ...json(notifierSchema) },
      responses: { 204: noContent, ...refusals("403", "409", "422") },
    }),
    async (context) => {
      const caller = callerOf(context);
      needsAll(caller, "admin");
      const { name } = context.req.valid("param");
      const notifier = context.req.valid("json") as WrittenNotifier;
      if (notifier.name !== name) {
        throw new ApiError("invalid", `name: it is "${notifier.name}", and "${name}" in the path`);
      }
      await asked(() => alerts.editor.saveNotifier(notifier, caller.name));
      return context.body(null, 204);
    },
  );
  app.openapi(
    createRoute({
      method: "delete",
      path: "/api/v1/notifiers/{name}",
      summary: "Remove a destination",
      request: { params: nameParameter },
      responses: { 204: noContent, ...refusals("403", "404", "409") },
    }),
    async (context) => {
      const caller = callerOf(context);
      needsAll(caller, "admin");
      const { name } = context.req.valid("param");
      if (!await asked(() => alerts.editor.removeNotifier(name, caller.name))) {
        throw new ApiError("not_found", "there is no such destination");
      }
      return context.body(null, 204);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/letters",
      summary: "Notices that wait, and those that could not be delivered",
      responses: {
        200: answer("notices", z.object({ waiting: z.array(letterFacts), dead: z.array(letterFacts) })),
        ...refusals("403"),
      },
    }),
    (context) => {
      needsAll(callerOf(context), "operator");
      const { waiting, dead } = alerts.post;
      return context.json({
        waiting: [...waiting.values()].map(letterRow),
        dead: [...dead.values()].map(letterRow),
      }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "post",
      path: "/api/v1/letters/{id}/retry",
      summary: "Try again what could not be delivered",
      request: { params: idParameter },
      responses: { 204: noContent, ...refusals("403", "404") },
    }),
    async (context) => {
      needsAll(callerOf(context), "operator");
      if (!await alerts.revive(context.req.valid("param").id)) {
        throw new ApiError("not_found", "there is no such notice");
      }
      return context.body(null, 204);
    },
  );
}

/** Whether somebody has a role in all that a rule is about; a rule of everything may be seen by everybody. */
export function mayOfRule(caller: Caller, role: Role, { where, of }: WrittenRule): boolean {
  if (role === "viewer" && where.domain === undefined) return true;
  return mayIn(caller, role, of === "fleet" ? {} : where);
}

function needsOfRule(caller: Caller, rule: WrittenRule): void {
  if (mayOfRule(caller, "editor", rule)) return;
  throw new ApiError("forbidden", "where: name a domain (and a channel) in which you are editor");
}

function needsAll(caller: Caller, role: Role): void {
  if (!caller.mayAll(role)) throw new ApiError("forbidden", `who is ${role} of all domains may do that`);
}

/** Wait for something, so long at most. */
async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const waited = new AbortController();
  await Promise.race([work, delay(ms, undefined, { signal: waited.signal }).catch(() => {})]);
  waited.abort();
}

/** What is refused for what was asked is the fault of who asks. */
async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ProctorError)) throw error;
    throw new ApiError(error.kind === "usage" ? "conflict" : "unavailable", error.message);
  }
}

function letterRow({ id, notifier, notice, createdAt, attempts, fault }: Letter) {
  return { id, notifier, title: notice.title, created_at: createdAt, attempts, fault };
}
