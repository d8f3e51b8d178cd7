import { createRoute, z } from "@hono/zod-openapi";
import { eventStream } from "../../io/net/stream_response.ts";
import type { Caller } from "./access/caller.ts";
import { ApiError } from "./api_error.ts";
import { callerOf, scopeOf, signalOf } from "./api.ts";
import type { FleetApi, FleetApiParts } from "./api.ts";
import { answer, refusals } from "./parameters.ts";
import { numberParameter } from "./parameters.ts";
import { watchHosts } from "./stream/watch_hosts.ts";
import { watchTasks } from "./stream/watch_tasks.ts";
import { seenAgent } from "../query/scope.ts";

/** Streams of one who asks, at once: all connections would be his, and nobody else could ask anything. */
const MOST_EACH = 64;

/** What is followed. */
export function addStreamRoutes(app: FleetApi, { view, board }: FleetApiParts): void {
  const open = new Map<string, number>();
  const streamFor = ({ name, grants }: Caller, source: AsyncIterable<string>): Response => {
    // Who gives out tokens of his own domain may call them as others are called elsewhere.
    const who = JSON.stringify([name, grants]);
    if ((open.get(who) ?? 0) < MOST_EACH) return eventStream(counted(open, who, source));
    throw new ApiError("too_many", `${MOST_EACH} streams of yours are open, the most there can be`, {
      "retry-after": "10",
    });
  };
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/stream",
      summary: "All hosts, and then what changes, once a second",
      description:
        "Server-sent events. snapshot: the numbers of all agents, and for each column one byte a host in " +
        "base64; delta: the same for some of them, by their places in the snapshot. presence: 0 online, 1 offline, " +
        "2 lost; percentages: times 2.5; task_count: up to 254; 255: not known. With Last-Event-ID it goes on.",
      responses: { 200: answer("server-sent events", z.string(), "text/event-stream"), ...refusals("429") },
    }),
    (context) => {
      const caller = callerOf(context);
      const watcher = {
        scope: () => scopeOf(context, view),
        isValid: caller.isValid,
        lastEventId: context.req.header("last-event-id") ?? null,
      };
      return streamFor(caller, watchHosts(board, watcher, signalOf(context)));
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/agents/{id}/stream",
      summary: "The tasks of a host, and then what changes, once a second",
      description:
        "Server-sent events. snapshot: all of its tasks; delta: those with a new sample or state, " +
        "and the numbers of those that are gone. host_task is among them.",
      request: { params: numberParameter },
      responses: {
        200: answer("server-sent events", z.string(), "text/event-stream"),
        ...refusals("404", "422", "429"),
      },
    }),
    (context) => {
      const { id } = context.req.valid("param");
      const caller = callerOf(context);
      seenAgent(view, scopeOf(context, view), id);
      const watcher = { scope: () => scopeOf(context, view), isValid: caller.isValid };
      return streamFor(caller, watchTasks(board, id, watcher, signalOf(context)));
    },
  );
}

async function* counted(
  open: Map<string, number>,
  who: string,
  source: AsyncIterable<string>,
): AsyncGenerator<string> {
  open.set(who, (open.get(who) ?? 0) + 1);
  try {
    yield* source;
  } finally {
    const left = open.get(who)! - 1;
    if (left > 0) open.set(who, left);
    else open.delete(who);
  }
}
