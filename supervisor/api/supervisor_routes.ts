import { createRoute, z } from "@hono/zod-openapi";
import { answer } from "../../io/net/api_frame.ts";
import { ControlError } from "../control.ts";
import type { SupervisorControl } from "../control.ts";
import type { Api } from "./api.ts";
import { refusals, schemas } from "./routes.ts";

const health = z.object({ status: z.enum(["starting", "running", "stopping"]) });

const pageLink = z.object({ url: z.string() });

/** What concerns the supervisor as a whole. */
export function addSupervisorRoutes(
  app: Api,
  control: SupervisorControl,
  makeLink: () => string | null,
): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/healthz",
      summary: "Whether the supervisor lives",
      responses: { 200: answer("it does", health), 503: answer("it is ending", health) },
    }),
    (context) => {
      const status = control.info().state;
      return context.json({ status }, status === "stopping" ? 503 : 200);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/info",
      summary: "The supervisor itself",
      responses: { 200: answer("the supervisor", schemas.info) },
    }),
    (context) => context.json(control.info(), 200),
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/metrics",
      summary: "States and figures of all processes, for Prometheus",
      responses: { 200: answer("text exposition format", z.string(), "text/plain") },
    }),
    async () => {
      const { prometheusPage } = await import("./prometheus_page.ts");
      const { text, contentType } = await prometheusPage(control);
      return new Response(text, { headers: { "content-type": contentType } });
    },
  );
  app.openapi(
    createRoute({
      method: "post",
      path: "/reload",
      summary: "Reload the configuration; only what changed restarts",
      responses: { 200: answer("what was done", schemas.reload), ...refusals("409", "422") },
    }),
    async (context) => context.json(await control.reload(), 200),
  );
  app.openapi(
    createRoute({
      method: "post",
      path: "/shutdown",
      summary: "Stop everything in reverse order, and end",
      responses: { 202: answer("it has begun", schemas.info) },
    }),
    async (context) => {
      await control.shutdown();
      return context.json(control.info(), 202);
    },
  );
  app.openapi(
    createRoute({
      method: "post",
      path: "/page/link",
      summary: "A link to the page, for one browser and once",
      responses: { 201: answer("the link", pageLink), ...refusals("409") },
    }),
    (context) => {
      const url = makeLink();
      if (url !== null) return context.json({ url }, 201);
      throw new ControlError(
        "conflict",
        "no page is served at a port; supervise --web 127.0.0.1:9400 does that",
      );
    },
  );
}
