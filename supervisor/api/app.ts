import { OpenAPIHono } from "@hono/zod-openapi";
import { VERSION } from "../../core/version.ts";
import { ControlError } from "../control.ts";
import type { SupervisorControl } from "../control.ts";
import type { Api, Bindings } from "./api.ts";
import { guard } from "./guard.ts";
import { addProcessRoutes } from "./process_routes.ts";
import { refusal } from "./refusal.ts";
import { addStreamRoutes } from "./stream_routes.ts";
import { addSupervisorRoutes } from "./supervisor_routes.ts";

/** The HTTP API of a supervisor, as a function from requests to responses. */
export function createApi(control: SupervisorControl): Api {
  const app: Api = new OpenAPIHono<{ Bindings: Bindings }>({
    defaultHook: (result) => {
      if (result.success) return;
      const issues = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
      return refusal("invalid", issues.join("; "));
    },
  });
  app.use(async (context, next) => {
    // Whether we live is no secret.
    const refused = context.req.path === "/healthz" ? null : guard(context.req.raw, context.env.peer);
    if (refused) return refused;
    await next();
  });
  addSupervisorRoutes(app, control);
  addProcessRoutes(app, control);
  addStreamRoutes(app, control);
  app.notFound((context) =>
    refusal("not_found", `there is no ${context.req.method} ${context.req.path}; see /openapi.json`)
  );
  app.onError((error) => {
    if (error instanceof ControlError) return refusal(error.kind, error.message);
    return refusal("internal", `internal error, please report it: ${String(error)}`);
  });
  app.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "proctor supervisor",
      version: VERSION,
      description:
        "The processes of a proctor supervisor: their state, their logs, and what is to be done with them.",
    },
  });
  return app;
}
