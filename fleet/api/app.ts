import { ProctorError } from "../../core/error.ts";
import { apiFrame } from "../../io/net/api_frame.ts";
import { refusal } from "../../io/net/refusal.ts";
import { QueryError } from "../query/query_error.ts";
import { addAccessRoutes } from "./access_routes.ts";
import { addAlertRoutes } from "./alert_routes.ts";
import type { FleetApi, FleetApiParts, FleetEnv, RouteModule } from "./api.ts";
import { ApiError } from "./api_error.ts";
import { addCrowdRoutes } from "./crowd_routes.ts";
import { addFleetRoutes } from "./fleet_routes.ts";
import { addKeepingRoutes } from "./keeping_routes.ts";
import { addOidcRoutes } from "./oidc_routes.ts";
import { addProfileRoutes } from "./profile_routes.ts";
import { addPropellerRoutes } from "./propeller_routes.ts";
import { addQueryRoutes } from "./query_routes.ts";
import { addSearchRoutes } from "./search_routes.ts";
import { addSessionRoutes } from "./session_routes.ts";
import { addStreamRoutes } from "./stream_routes.ts";
import { addSystemRoutes } from "./system_routes.ts";

/** All of the API, part by part. */
const ROUTE_MODULES: readonly RouteModule[] = [
  addSystemRoutes,
  addSessionRoutes,
  addOidcRoutes,
  addFleetRoutes,
  addSearchRoutes,
  addQueryRoutes,
  addCrowdRoutes,
  addStreamRoutes,
  addKeepingRoutes,
  addAccessRoutes,
  addAlertRoutes,
  addProfileRoutes,
  addPropellerRoutes,
];

/**
 * The HTTP API of a manager, as a function from requests to responses. Who asks stands in the bindings; every route
 * answers of the units alone in which that one has a role.
 */
export function createFleetApi(parts: FleetApiParts): FleetApi {
  const app: FleetApi = apiFrame<FleetEnv>({
    title: "proctor manager",
    description: "The hosts and tasks of a fleet: what they do, what they did, and what it has cost.",
    refuse: (error) => {
      if (error instanceof QueryError) return refusal(error.kind, error.message);
      // A disk that is full is not a fault of this program.
      if (error instanceof ProctorError && error.kind === "system") {
        return refusal("unavailable", error.message);
      }
      if (!(error instanceof ApiError)) return null;
      const answer = refusal(error.code, error.message);
      for (const [name, value] of Object.entries(error.headers)) answer.headers.set(name, value);
      return answer;
    },
  });
  for (const add of ROUTE_MODULES) add(app, parts);
  return app;
}
