import { createRoute, z } from "@hono/zod-openapi";
import { answer, flag, several } from "../../io/net/api_frame.ts";
import type { Context } from "hono";
import { parseDuration } from "../../core/duration.ts";
import type { TaskMessage } from "../../core/schema/task_message.ts";
import { eventStream, jsonLines, mapped, serverSentEvent } from "../../io/net/stream_response.ts";
import type { SupervisorControl, SupervisorEvent } from "../control.ts";
import { EVENT_KINDS } from "../events/event_kinds.ts";
import type { EventKind } from "../events/event_kinds.ts";
import { lineFilter } from "../logs/line_filter.ts";
import { LINE_LEVELS } from "../logs/line_level.ts";
import { logLineSchema } from "../logs/log_line.ts";
import type { LogLine, LogQuery } from "../logs/log_line.ts";
import type { Api, Bindings } from "./api.ts";
import { Feed } from "../../io/net/feed.ts";
import type { Fed } from "../../io/net/feed.ts";
import { idParameter, refusals, schemas } from "./routes.ts";

const EVENT_STREAM = "text/event-stream";
const LONGEST_PATTERN = 1_000;

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
  grep: z.string().max(LONGEST_PATTERN).optional().openapi({
    description:
      "only lines in which this regular expression is found; without backreferences and lookaround",
  }),
  ignore_case: flag.default(false).openapi({ description: "of grep" }),
  level: z.enum(LINE_LEVELS).optional().openapi({
    description: "only lines from this level on, by their own words; what continues a line goes with it",
  }),
});

const eventQuery = z.object({
  id: z.string().optional().openapi({ description: "of one process alone" }),
  kind: several(z.enum(EVENT_KINDS)).openapi({
    type: "array",
    items: { type: "string" },
    description: "of these kinds alone; may be given again",
  }),
  recent: flag.default(false).openapi({ description: "begin with the latest events of before" }),
  tail,
  follow: flag.default(true).openapi({ description: "go on with what happens from now on" }),
});

const logLines = {
  description: "lines, the oldest first",
  content: {
    "application/x-ndjson": { schema: schemas.logLine },
    [EVENT_STREAM]: { schema: schemas.logLine },
  },
};

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
        200: logLines,
        ...refusals("404", "409", "422"),
      },
    }),
    async (context) => {
      const query = await logQueryOf(context.req.valid("query"));
      const { id } = context.req.valid("param");
      return linesResponse(context, (signal) => control.logs(id, query, signal));
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/logs",
      summary: "What several processes have written, in the order of time",
      description:
        "As for one process. What is followed comes as it is collected, also of processes that are added " +
        "later. What cannot be read is reported in a line with notice, if others can be read.",
      request: {
        query: logQuery.extend({
          id: several(z.string().min(1)).openapi({
            type: "array",
            items: { type: "string" },
            description: "an id, a pattern with * and ?, or @group; may be given again; default: all",
          }),
        }),
      },
      responses: { 200: logLines, ...refusals("404", "409", "422") },
    }),
    async (context) => {
      const { id: names, ...rest } = context.req.valid("query");
      const query = await logQueryOf(rest);
      return linesResponse(context, (signal) => control.mergedLogs(names, query, signal));
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
      const { id, kind: kinds, recent, tail, follow } = context.req.valid("query");
      const last = Number(context.req.header("last-event-id") ?? NaN);
      const signal = AbortSignal.any([context.req.raw.signal, context.env.ending]);
      const after = Number.isNaN(last) ? (recent ? 0 : Infinity) : last;
      return eventStream(events(control, { id, kinds, after, tail }, follow ? signal : AbortSignal.abort()));
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

/** @throws ControlError `invalid` */
async function logQueryOf(query: z.output<typeof logQuery>): Promise<LogQuery> {
  const { since, tail, follow, stream, grep, ignore_case: ignoreCase, level } = query;
  const filter = await lineFilter({ grep, ignoreCase, level });
  return { sinceMs: since, tail, follow, stream, ...(filter && { filter }) };
}

function linesResponse(
  { req, env }: Context<{ Bindings: Bindings }>,
  read: (signal: AbortSignal) => AsyncIterable<LogLine>,
): Response {
  const lines = read(AbortSignal.any([req.raw.signal, env.ending]));
  if (!req.header("accept")?.includes(EVENT_STREAM)) return jsonLines(lines);
  return eventStream(mapped(lines, (line: LogLine) => serverSentEvent("log", line)));
}

function sinceMs(text: string): number | null {
  try {
    return Date.now() - parseDuration(text, "since");
  } catch {
    const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
    return Number.isNaN(ms) ? null : ms;
  }
}

/** Which events are wanted. */
interface EventQuery {
  readonly id: string | undefined;
  /** None: all. */
  readonly kinds: readonly EventKind[];
  /** Only those behind this one. */
  readonly after: number;
  readonly tail: number | undefined;
}

async function* events(
  control: SupervisorControl,
  { id, kinds, after, tail }: EventQuery,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const feed = new Feed<SupervisorEvent>();
  const isWanted = (event: SupervisorEvent) =>
    (id === undefined || event.id === id) && (kinds.length === 0 || kinds.includes(event.kind));
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
