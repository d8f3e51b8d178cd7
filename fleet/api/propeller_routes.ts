import { createRoute, z } from "@hono/zod-openapi";
import type { AgentView, StoredSample, TaskView } from "../model/view.ts";
import { HOUR_MS } from "../query/history.ts";
import { isSeen, seenAgents, seenUnits } from "../query/scope.ts";
import type { Scope } from "../query/scope.ts";
import { figureOf } from "../query/wanted_column.ts";
import { scopeOf, signalOf } from "./api.ts";
import type { FleetApi, FleetApiParts } from "./api.ts";
import { ApiError } from "./api_error.ts";
import { answer, refusals, wholeNumber } from "./parameters.ts";

/** Propeller's own defaults and bounds of pages. */
const DEFAULT_LIMIT = 100;
const MOST_LIMIT = 1_000;
/** Samples of so long are looked through for a page, newest first. */
const REACH_MS = 24 * HOUR_MS;

/** What a message of a task has, with 0 where Propeller's readers know no other word for what is not known. */
const TASK_FIGURES = [
  "cpu_percent",
  "memory_bytes",
  "memory_percent",
  "disk_read_bytes",
  "disk_write_bytes",
  "network_rx_bytes",
  "network_tx_bytes",
  "uptime_seconds",
  "thread_count",
  "file_descriptor_count",
] as const;

const pageQuery = z.object({
  offset: wholeNumber(0, Number.MAX_SAFE_INTEGER).optional(),
  limit: wholeNumber(1, MOST_LIMIT).optional(),
});
const page = { offset: z.int(), limit: z.int(), total: z.int() };
const idParameter = z.object({
  id: z.string().min(1).max(256).openapi({ param: { name: "id", in: "path" } }),
});

const propletSchema = z.object({
  id: z.string(),
  name: z.string(),
  task_count: z.int(),
  alive: z.boolean(),
  last_alive_at: z.string(),
  metadata: z.object({
    hostname: z.string().optional(),
    os: z.string().optional(),
    proplet_version: z.string().optional(),
  }),
}).openapi("Proplet");

const propletMetrics = z.object({
  proplet_id: z.string(),
  namespace: z.string(),
  timestamp: z.string(),
  cpu_metrics: z.record(z.string(), z.number()),
  memory_metrics: z.record(z.string(), z.number()),
});

const taskMetrics = z.object({
  task_id: z.string(),
  proplet_id: z.string(),
  metrics: z.record(z.string(), z.union([z.number(), z.string()])),
  timestamp: z.string(),
});

/** The paths that readers of Propeller's manager ask: its command line and SDK can read from here. */
export function addPropellerRoutes(app: FleetApi, { view, query, now }: FleetApiParts): void {
  const read = (path: string, summary: string, schema: z.ZodObject) => ({
    method: "get" as const,
    path,
    summary,
    tags: ["Propeller"],
    request: { params: idParameter, query: pageQuery },
    responses: { 200: answer("as Propeller's manager answers", schema), ...refusals("404", "422") },
  });
  app.openapi(
    createRoute({
      method: "get",
      path: "/proplets",
      summary: "Agents, as Propeller lists its proplets",
      tags: ["Propeller"],
      request: { query: pageQuery },
      responses: {
        200: answer("a page", z.object({ ...page, proplets: z.array(propletSchema) })),
        ...refusals("422"),
      },
    }),
    (context) => {
      const { offset = 0, limit = DEFAULT_LIMIT } = context.req.valid("query");
      const all = [...seenAgents(view, scopeOf(context, view))].sort((a, b) => a.id - b.id);
      const proplets = all.slice(offset, offset + limit).map(propletOf);
      return context.json({ offset, limit, total: all.length, proplets }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/proplets/{id}",
      summary: "One agent, as Propeller shows a proplet",
      tags: ["Propeller"],
      request: { params: idParameter },
      responses: { 200: answer("the proplet", propletSchema), ...refusals("404", "422") },
    }),
    (context) => {
      const agent = agentCalled(context.req.valid("param").id, scopeOf(context, view));
      return context.json(propletOf(agent), 200);
    },
  );
  app.openapi(
    createRoute(
      read(
        "/proplets/{id}/metrics",
        "Samples of a host",
        z.object({ ...page, metrics: z.array(propletMetrics) }),
      ),
    ),
    async (context) => {
      const agent = agentCalled(context.req.valid("param").id, scopeOf(context, view));
      const all = agent.hostTask ? await samplesOf(agent.hostTask, signalOf(context)) : [];
      const { shown, ...rest } = paged(all, context.req.valid("query"));
      const metrics = shown.map((sample) => ({
        proplet_id: agent.propletId,
        namespace: agent.unit,
        timestamp: new Date(sample.time).toISOString(),
        cpu_metrics: known(sample, { percent: "cpu_percent" }),
        memory_metrics: known(sample, { rss_bytes: "memory_bytes" }),
      }));
      return context.json({ ...rest, metrics }, 200);
    },
  );
  app.openapi(
    createRoute(read(
      "/proplets/{id}/alive-history",
      "When an agent was heard of: by the samples of its host",
      z.object({ ...page, history: z.array(z.string()) }),
    )),
    async (context) => {
      const agent = agentCalled(context.req.valid("param").id, scopeOf(context, view));
      const all = agent.hostTask ? await samplesOf(agent.hostTask, signalOf(context)) : [];
      const { shown, ...rest } = paged(all, context.req.valid("query"));
      return context.json({ ...rest, history: shown.map(({ time }) => new Date(time).toISOString()) }, 200);
    },
  );
  app.openapi(
    createRoute(
      read("/tasks/{id}/metrics", "Samples of a task", z.object({ ...page, metrics: z.array(taskMetrics) })),
    ),
    async (context) => {
      const task = taskCalled(context.req.valid("param").id, scopeOf(context, view));
      const all = await samplesOf(task, signalOf(context));
      const { shown, ...rest } = paged(all, context.req.valid("query"));
      const metrics = shown.map((sample) => {
        const timestamp = new Date(sample.time).toISOString();
        const figures = TASK_FIGURES.map((name) => {
          const value = figureOf(sample, name);
          return [
            name,
            Number.isNaN(value) ? 0 : name === "uptime_seconds" ? Math.floor(value) : value,
          ] as const;
        });
        return {
          task_id: task.taskId,
          proplet_id: task.agent.propletId,
          metrics: { ...Object.fromEntries(figures), timestamp },
          timestamp,
        };
      });
      return context.json({ ...rest, metrics }, 200);
    },
  );

  /** Of those that may be seen: names of other domains are not taken before ours. */
  function agentCalled(propletId: string, scope: Scope): AgentView {
    for (const unit of seenUnits(view, scope)) {
      const agent = view.findAgent(unit, propletId);
      if (agent) return agent;
    }
    throw new ApiError("not_found", `there is no proplet "${propletId}"`);
  }

  function taskCalled(taskId: string, scope: Scope): TaskView {
    const found =
      [...view.tasks.values()].filter((task) => task.taskId === taskId && isSeen(scope, task.agent.unit))
        .sort((a, b) => b.lastTime - a.lastTime)[0];
    if (found) return found;
    throw new ApiError("not_found", `there is no task "${taskId}"`);
  }

  async function samplesOf(task: TaskView, signal: AbortSignal): Promise<StoredSample[]> {
    const until = Math.max(now(), task.lastTime + 1);
    const samples = await query.history.samples(task, task.lastTime - REACH_MS, until, null, signal);
    return samples.reverse();
  }
}

function paged<T>(all: readonly T[], { offset = 0, limit = DEFAULT_LIMIT }: z.output<typeof pageQuery>) {
  return { offset, limit, total: all.length, shown: all.slice(offset, offset + limit) };
}

function known(sample: StoredSample, names: Readonly<Record<string, string>>): Record<string, number> {
  const found = Object.entries(names).map(([word, name]) => [word, figureOf(sample, name)] as const);
  return Object.fromEntries(found.filter(([, value]) => !Number.isNaN(value)));
}

function propletOf(
  { propletId, host, os, version, presence, lastSeen, tasks }: AgentView,
): z.output<typeof propletSchema> {
  return {
    id: propletId,
    name: host ?? propletId,
    task_count: tasks.size,
    alive: presence === "online",
    last_alive_at: new Date(lastSeen).toISOString(),
    metadata: {
      ...(host !== null && { hostname: host }),
      ...(os !== null && { os }),
      ...(version !== null && { proplet_version: version }),
    },
  };
}
