import { createRoute, z } from "@hono/zod-openapi";
import { callerOf, scopeOf } from "./api.ts";
import type { FleetApi, FleetApiParts } from "./api.ts";
import { answer, refusals, wholeNumber } from "./parameters.ts";
import { taskRow, taskSchema } from "./rows.ts";
import { mayOfRule } from "./rule_routes.ts";

const foundSchema = z.object({
  found: z.array(taskSchema).describe("tasks, and hosts by their own; those heard of last first"),
  targets: z.array(z.object({ name: z.string(), count: z.int() })).describe("those of most tasks first"),
  rules: z.array(z.string()).describe("names of rules of alerts"),
  runs: z.array(z.object({
    task: z.int(),
    task_id: z.string(),
    host: z.string(),
    ended: z.number(),
    state: z.string(),
    error: z.string().nullable(),
  })).describe("that have ended in the last 30 days, the newest first"),
}).openapi("Found");

/** Everything by words. */
export function addSearchRoutes(app: FleetApi, { view, query, alerts }: FleetApiParts): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/search",
      summary: "Tasks, hosts, targets, rules and runs by words of their names and labels",
      request: {
        query: z.object({ q: z.string().max(400), limit: wholeNumber(1, 200).optional() }),
      },
      responses: { 200: answer("so many of each kind at most", foundSchema), ...refusals("422") },
    }),
    async (context) => {
      const { q, limit = 50 } = context.req.valid("query");
      const caller = callerOf(context);
      const scope = scopeOf(context, view);
      const found = await query.search(q, limit, scope);
      const words = q.toLowerCase().split(/\s+/).filter((word) => word !== "");
      const rules = (alerts?.rules() ?? []).map(({ rule }) => rule).filter((rule) => {
        const text = `${rule.alert} ${rule.when} ${rule.summary ?? ""}`.toLowerCase();
        return words.every((word) => text.includes(word)) && mayOfRule(caller, "viewer", rule);
      });
      return context.json({
        found: found.map(({ task }) => taskRow(task)),
        targets: query.searchTargets(words, limit, scope),
        rules: rules.slice(0, limit).map(({ alert }) => alert),
        runs: await query.searchRuns(words, limit, scope),
      }, 200);
    },
  );
}
