import { apiFrame } from "../../io/net/api_frame.ts";
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
  const app: Api = apiFrame<{ Bindings: Bindings }>({
    title: "proctor supervisor",
    description:
      "The processes of a proctor supervisor: their state, their logs, and what is to be done with them.",
    refuse: (error) => error instanceof ControlError ? refusal(error.kind, error.message) : null,
  });
  addSupervisorRoutes(app, control, makeLink);
  addProcessRoutes(app, control);
  addStreamRoutes(app, control);
  return app;
}
