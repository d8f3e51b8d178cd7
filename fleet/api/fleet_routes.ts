import { createRoute, z } from "@hono/zod-openapi";
import { several } from "../../io/net/api_frame.ts";
import type { AgentView, TaskView } from "../model/view.ts";
import { seenAgent, seenAgents, seenTask } from "../query/scope.ts";
import { selected } from "../query/selection.ts";
import { scopeOf } from "./api.ts";
import type { FleetApi, FleetApiParts } from "./api.ts";
import { pageAfter, pageQuery } from "./pages.ts";
import { answer, figure, numberParameter, refusals, wholeNumber } from "./parameters.ts";
import { agentRow, agentSchema, taskRow, taskSchema } from "./rows.ts";

const counts = {
  agents: z.object({ online: z.int(), offline: z.int(), lost: z.int() }),
  tasks: z.object({ running: z.int(), ended: z.int(), stopped: z.int(), lost: z.int() }),
};

const overviewSchema = z.object({
  at: z.number(),
  ...counts,
  units: z.array(z.object({ unit: z.string(), ...counts, listening_since: figure })),
  percentiles: z.record(
    z.string(),
    z.object({ p5: z.number(), p50: z.number(), p95: z.number(), max: z.number() }).nullable(),
  ),
  changes: z.array(z.object({
    at: z.number(),
    kind: z.enum(["agent", "task", "run"]),
    id: z.int(),
    unit: z.string(),
    host: z.string(),
    name: z.string(),
    state: z.string(),
  })).describe("of the last hour, newest first"),
  change_count: z.int(),
}).openapi("Fleet");

const filter = z.object({
  unit: z.string().max(256).optional().openapi({ description: "domain/channel" }),
  host: z.string().max(256).optional(),
  version: z.string().max(64).optional(),
  label: several(z.string().max(256).regex(/^[^=]+=/, 'write "name=value"')).openapi({
    type: "array",
    items: { type: "string" },
    description: "name=value; may be given again, and all have to be met",
  }),
});

const labelsOf = (label: readonly string[]) =>
  Object.fromEntries(
    label.map((text) => [text.slice(0, text.indexOf("=")), text.slice(text.indexOf("=") + 1)]),
  );

/** What there is: the fleet, its agents and tasks. */
export function addFleetRoutes(app: FleetApi, { view, query }: FleetApiParts): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/fleet",
      summary: "The fleet at a glance",
      responses: { 200: answer("as far as it may be seen", overviewSchema), ...refusals() },
    }),
    (context) => {
      const { units, percentiles, changes, changeCount, ...rest } = query.overview(scopeOf(context, view));
      return context.json({
        ...rest,
        units: units.map(({ listeningSince, ...unit }) => ({ ...unit, listening_since: listeningSince })),
        percentiles: { ...percentiles },
        changes: [...changes],
        change_count: changeCount,
      }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/agents",
      summary: "Agents and their hosts",
      request: {
        query: filter.extend({ presence: z.enum(["online", "offline", "lost"]).optional(), ...pageQuery }),
      },
      responses: {
        200: answer(
          "by their numbers; cursor is where the next page begins, null at the end",
          z.object({ agents: z.array(agentSchema), cursor: z.string().nullable() }),
        ),
        ...refusals("422"),
      },
    }),
    (context) => {
      const { unit, host, version, label, presence, limit, cursor } = context.req.valid("query");
      const labels = Object.entries(labelsOf(label));
      const isMeant = (agent: AgentView) =>
        (unit === undefined || agent.unit === unit) && (version === undefined || agent.version === version) &&
        (host === undefined || (agent.host ?? agent.propletId) === host) &&
        (presence === undefined || agent.presence === presence) &&
        labels.every(([name, value]) => Object.hasOwn(agent.labels, name) && agent.labels[name] === value);
      const found = [...seenAgents(view, scopeOf(context, view))].filter(isMeant);
      const { rows, next } = pageAfter(found, cursor, limit);
      return context.json({ agents: rows.map(agentRow), cursor: next }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/agents/{id}",
      summary: "One agent",
      request: { params: numberParameter },
      responses: { 200: answer("what is known of it", agentSchema), ...refusals("404", "422") },
    }),
    (context) =>
      context.json(agentRow(seenAgent(view, scopeOf(context, view), context.req.valid("param").id)), 200),
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/tasks",
      summary: "Tasks",
      request: {
        query: filter.extend({
          agent: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional(),
          target: z.string().max(256).optional(),
          state: z.enum(["running", "ended", "stopped", "lost"]).optional(),
          ...pageQuery,
        }),
      },
      responses: {
        200: answer(
          "by their numbers; cursor is where the next page begins, null at the end",
          z.object({ tasks: z.array(taskSchema), cursor: z.string().nullable() }),
        ),
        ...refusals("422"),
      },
    }),
    (context) => {
      const { agent, state, label, limit, cursor, ...rest } = context.req.valid("query");
      const selection = { ...rest, labels: labelsOf(label), ...(agent !== undefined && { agents: [agent] }) };
      const found: TaskView[] = [];
      for (const task of selected(view, scopeOf(context, view), selection)) {
        if (state === undefined || task.state === state) found.push(task);
      }
      const { rows, next } = pageAfter(found, cursor, limit);
      return context.json({ tasks: rows.map(taskRow), cursor: next }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/tasks/{id}",
      summary: "One task",
      request: { params: numberParameter },
      responses: { 200: answer("what is known of it", taskSchema), ...refusals("404", "422") },
    }),
    (context) =>
      context.json(taskRow(seenTask(view, scopeOf(context, view), context.req.valid("param").id)), 200),
  );
}
