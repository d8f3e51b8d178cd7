import { createRoute, z } from "@hono/zod-openapi";
import { parseDuration } from "../../core/duration.ts";
import type { TaskMessage } from "../../core/schema/task_message.ts";
import { eventStream, jsonLines, mapped, serverSentEvent } from "../../io/net/stream_response.ts";
import type { SupervisorControl, SupervisorEvent } from "../control.ts";
import { logLineSchema } from "../logs/log_line.ts";
import type { LogLine } from "../logs/log_line.ts";
import type { Api } from "./api.ts";
import { Feed } from "./feed.ts";
import type { Fed } from "./feed.ts";
import { answer, flag, idParameter, refusals, schemas } from "./routes.ts";

const EVENT_STREAM = "text/event-stream";

/** `10m` ago, or a moment of its own; in milliseconds since the epoch. */
const since = z.string().transform((text, context) => {
  const ms = sinceMs(text);
  if (ms !== null) return ms;
  const message = `"${text}" is neither a duration such as "10m" nor a time such as "2026-01-31T12:00:00Z"`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

const tail = z.string().regex(/^\d{1,7}$/, "must be a whole number up to 9999999").transform(Number)
  .optional()
  .openapi({ type: "integer", description: "only the last so many" });

const logQuery = z.object({
  since: since.optional().openapi({
    type: "string",
    description: "only lines collected so long ago or later: 10m, or RFC 3339",
  }),
  tail,
  follow: flag.default(false).openapi({ description: "go on with what is written from now on" }),
  stream: logLineSchema.shape.stream.unwrap().optional(),
});

const eventQuery = z.object({
  id: z.string().optional().openapi({ description: "of one process alone" }),
  recent: flag.default(false).openapi({ description: "begin with the latest events of before" }),
  tail,
  follow: flag.default(true).openapi({ description: "go on with what happens from now on" }),
});

/** What is followed: events, metrics, logs. */
export function addStreamRoutes(app: Api, control: SupervisorControl): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/processes/{id}/logs",
      summary: "What a process has written",
      description: "A LogLine a line; as server-sent events when asked for with Accept: text/event-stream.",
      request: { params: idParameter, query: logQuery },
      responses: {
        200: {
          description: "lines, the oldest first",
          content: {
            "application/x-ndjson": { schema: schemas.logLine },
            [EVENT_STREAM]: { schema: schemas.logLine },
          },
        },
        ...refusals("404", "409", "422"),
      },
    }),
    (context) => {
      const { since, tail, follow, stream } = context.req.valid("query");
      const signal = AbortSignal.any([context.req.raw.signal, context.env.ending]);
      const lines = control.logs(
        context.req.valid("param").id,
        { sinceMs: since, tail, follow, stream },
        signal,
      );
      const wantsEvents = context.req.header("accept")?.includes(EVENT_STREAM);
      if (!wantsEvents) return jsonLines(lines);
      return eventStream(mapped(lines, (line: LogLine) => serverSentEvent("log", line)));
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/events",
      summary: "Events as they happen",
      description:
        "The event's name is its kind, its id the sequence. With Last-Event-ID a client goes on where it " +
        "was, as far as events are kept. What a slow client has missed is counted in an event named missed.",
      request: { query: eventQuery },
      responses: { 200: answer("server-sent events", schemas.event, EVENT_STREAM) },
    }),
    (context) => {
      const { id, recent, tail, follow } = context.req.valid("query");
      const last = Number(context.req.header("last-event-id") ?? NaN);
      const signal = AbortSignal.any([context.req.raw.signal, context.env.ending]);
      const after = Number.isNaN(last) ? (recent ? 0 : Infinity) : last;
      return eventStream(events(control, { id, after, tail }, follow ? signal : AbortSignal.abort()));
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/metrics/stream",
      summary: "Samples of processes as they are taken",
      description: "The last sample of each process first; then each new one, as an event named metrics.",
      request: { query: eventQuery.pick({ id: true }) },
      responses: { 200: answer("server-sent events", schemas.metrics, EVENT_STREAM) },
    }),
    (context) => {
      const { id } = context.req.valid("query");
      const signal = AbortSignal.any([context.req.raw.signal, context.env.ending]);
      return eventStream(metrics(control, id, signal));
    },
  );
}

function sinceMs(text: string): number | null {
  try {
    return Date.now() - parseDuration(text, "since");
  } catch {
    const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
    return Number.isNaN(ms) ? null : ms;
  }
}

async function* events(
  control: SupervisorControl,
  { id, after, tail }: { id: string | undefined; after: number; tail: number | undefined },
  signal: AbortSignal,
): AsyncGenerator<string> {
  const feed = new Feed<SupervisorEvent>();
  const isWanted = (event: SupervisorEvent) => id === undefined || event.id === id;
  const stop = control.onEvent((event) => isWanted(event) && feed.push(event));
  try {
    const before = control.recentEvents().filter((event) => event.sequence > after && isWanted(event));
    const first = Math.max(0, before.length - (tail ?? Infinity));
    for (const event of before.slice(first)) yield told(event);
    yield* mapped(feed.values(signal), (fed) => worded(fed, told));
  } finally {
    stop();
  }
}

async function* metrics(
  control: SupervisorControl,
  id: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const feed = new Feed<TaskMessage>();
  const isWanted = (message: TaskMessage) => id === undefined || message.task_id === id;
  const stop = control.onMetrics((message) => isWanted(message) && feed.push(message));
  const told = (message: TaskMessage) => serverSentEvent("metrics", message);
  try {
    for (const message of control.latestMetrics()) if (isWanted(message)) yield told(message);
    yield* mapped(feed.values(signal), (fed) => worded(fed, told));
  } finally {
    stop();
  }
}

function told(event: SupervisorEvent): string {
  return serverSentEvent(event.kind, event, event.sequence);
}

function worded<T>(fed: Fed<T>, tell: (value: T) => string): string {
  return "missed" in fed ? serverSentEvent("missed", { missed: fed.missed }) : tell(fed.value);
}
