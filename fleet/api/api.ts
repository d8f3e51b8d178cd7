import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { AlertBook } from "../alert/alert_book.ts";
import type { AdaptiveSampling } from "../control/adaptive_sampling.ts";
import type { ForwardReport } from "../forward/forwarded.ts";
import type { FleetView } from "../model/view.ts";
import type { Scope } from "../query/scope.ts";
import type { FleetQuery } from "../query/fleet_query.ts";
import type { Retention, Store } from "../store/contract.ts";
import type { Access } from "./access/access.ts";
import type { Caller } from "./access/caller.ts";
import type { Role } from "./access/grant.ts";
import type { OidcSettings } from "./oidc/oidc_settings.ts";
import type { IngestReport } from "./ingest_report.ts";
import type { HostBoard } from "./stream/host_board.ts";

/** What every route knows of a request. */
export interface Bindings {
  /** Who asks; null where anybody may. */
  readonly caller: Caller | null;
  /** Where from: beyond proxies that are believed. */
  readonly address: string;
  /** Comes when the server ends: streams end with it. */
  readonly ending: AbortSignal;
}

/** The environment of routes. */
export interface FleetEnv {
  Bindings: Bindings;
}

/** The application that routes are added to. */
export type FleetApi = OpenAPIHono<FleetEnv>;

/** Providers of OpenID Connect. */
export interface OidcParts {
  readonly providers: readonly { readonly settings: OidcSettings; readonly secret: string | null }[];
  /** Where browsers find this manager, as providers know it: `https://fleet.example`. */
  readonly address: () => string;
}

/** What the routes stand on. */
export interface FleetApiParts {
  readonly view: FleetView;
  readonly query: FleetQuery;
  readonly store: Store;
  readonly access: Access;
  /** How taking in goes; null where nothing is taken in. */
  readonly ingest: IngestReport | null;
  /** How those who are told of samples, too, are doing. */
  readonly forwarding?: { reports(): readonly ForwardReport[] };
  readonly retention: Retention;
  /** Rules and alerts; without them there are no routes of alerts. */
  readonly alerts?: AlertBook | null;
  /** Who else may log people in; without it nobody. */
  readonly oidc?: OidcParts | null;
  /** Asks agents for denser samples; without it nobody is asked. */
  readonly profiles?: AdaptiveSampling | null;
  readonly board: HostBoard;
  /** Where people see a trace, with `{trace_id}` in it; null or left out: nowhere. */
  readonly traceUrl?: string | null;
  readonly now: () => number;
}

/** Adds routes to an API. */
export type RouteModule<Parts = FleetApiParts> = (app: FleetApi, parts: Parts) => void;

/** Who asks. The guard has let nobody else as far as here. */
export function callerOf({ env }: Context<FleetEnv>): Caller {
  if (env.caller === null) throw new Error("a route that anybody may ask wants to know who does");
  return env.caller;
}

/** The units in which who asks has a role. */
export function scopeOf(context: Context<FleetEnv>, view: FleetView, role: Role = "viewer"): Scope {
  return callerOf(context).scope(role, view.units.keys());
}

/** Comes when the client goes away, or the server ends. */
export function signalOf({ req, env }: Context<FleetEnv>): AbortSignal {
  return AbortSignal.any([req.raw.signal, env.ending]);
}
