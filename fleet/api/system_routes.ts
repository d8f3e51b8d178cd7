import { createRoute, z } from "@hono/zod-openapi";
import { COLUMNS } from "../model/column.ts";
import { callerOf } from "./api.ts";
import type { FleetApi, FleetApiParts } from "./api.ts";
import { ApiError } from "./api_error.ts";
import { answer, refusals } from "./parameters.ts";

const health = z.object({ status: z.enum(["ok", "ending", "unready"]), why: z.string().nullable() });

/** What anybody may ask: whether the manager lives, and is ready. */
export const PUBLIC_PATHS: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

/** What concerns the manager as a whole. */
export function addSystemRoutes(app: FleetApi, parts: FleetApiParts): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/healthz",
      summary: "Whether the manager lives",
      security: [],
      responses: { 200: answer("it does", health), 503: answer("it is ending", health) },
    }),
    ({ env, json }) =>
      env.ending.aborted
        ? json({ status: "ending", why: null }, 503)
        : json({ status: "ok", why: null }, 200),
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/readyz",
      summary: "Whether the manager takes messages in, or why not",
      security: [],
      responses: { 200: answer("it does", health), 503: answer("it does not", health) },
    }),
    ({ env, json }) => {
      if (env.ending.aborted) return json({ status: "ending", why: null }, 503);
      const why = parts.ingest?.hindrance ?? null;
      // Which unit, and why, is not for everybody.
      return why === null ? json({ status: "ok", why }, 200) : json({ status: "unready", why }, 503);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/metrics",
      summary: "Figures of the manager itself, for Prometheus",
      responses: {
        200: answer("for those who may see all domains", z.string(), "text/plain"),
        ...refusals("403"),
      },
    }),
    async (context) => {
      if (!callerOf(context).mayAll("viewer")) {
        throw new ApiError("forbidden", "that needs the role viewer in all domains");
      }
      const { managerPage } = await import("./manager_page.ts");
      const { text, contentType } = await managerPage(parts);
      return new Response(text, { headers: { "content-type": contentType } });
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/links",
      summary: "Where people see what is kept elsewhere",
      responses: {
        200: answer(
          "with {trace_id} and {span_id} to be put in; null: nowhere",
          z.object({ trace: z.string().nullable() }),
        ),
        ...refusals(),
      },
    }),
    (context) => {
      callerOf(context);
      return context.json({ trace: parts.traceUrl ?? null }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/columns",
      summary: "The columns that are known by name",
      responses: {
        200: answer(
          "numbers of other names are kept as gauges",
          z.object({
            columns: z.array(z.object({
              name: z.string(),
              kind: z.enum(["gauge", "counter"]),
              quantity: z.enum(["seconds", "bytes", "percent", "count"]),
              label: z.string(),
            })),
          }),
        ),
        ...refusals(),
      },
    }),
    (context) => {
      callerOf(context);
      return context.json({ columns: COLUMNS.map((column) => ({ ...column })) }, 200);
    },
  );
}
