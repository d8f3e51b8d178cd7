import { OpenAPIHono } from "@hono/zod-openapi";
import { VERSION } from "../../core/schema/version.ts";
import { refusal } from "../../io/net/refusal.ts";
import { ControlError } from "../control.ts";
import type { SupervisorControl } from "../control.ts";
import type { Api, Bindings } from "./api.ts";
import { addProcessRoutes } from "./process_routes.ts";
import { addStreamRoutes } from "./stream_routes.ts";
import { addSupervisorRoutes } from "./supervisor_routes.ts";

/**
 * The HTTP API of a supervisor, as a function from requests to responses.
 * @param makeLink makes a one-time link to the page; null where there is none
 */
export function createApi(control: SupervisorControl, makeLink: () => string | null): Api {
  const app: Api = new OpenAPIHono<{ Bindings: Bindings }>({
    defaultHook: (result) => {
      if (result.success) return;
      const issues = result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
      return refusal("invalid", issues.join("; "));
    },
  });
  addSupervisorRoutes(app, control, makeLink);
  addProcessRoutes(app, control);
  addStreamRoutes(app, control);
  app.notFound(({ req: { method, path } }) => {
    const message = `there is no ${method} ${path}; see /openapi.json`;
    const allowed = methodsAt(app, path);
    if (allowed.length === 0) return refusal("not_found", message);
    const answer = refusal("method_not_allowed", message);
    answer.headers.set("allow", allowed.join(", "));
    return answer;
  });
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

/** The methods that a path has. */
function methodsAt(app: Api, path: string): string[] {
  const isIt = (route: string) => new RegExp(`^${route.replace(/:[^/]+/g, "[^/]+")}$`).test(path);
  return [...new Set(app.routes.flatMap(({ method, path }) => isIt(path) ? [method] : []))];
}
