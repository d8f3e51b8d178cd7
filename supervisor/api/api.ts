import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Peer } from "./guard.ts";

/** What every route knows of a request. */
export interface Bindings {
  readonly peer: Peer;
  /** Comes when the server ends: streams end with it. */
  readonly ending: AbortSignal;
}

/** The application that routes are added to. */
export type Api = OpenAPIHono<{ Bindings: Bindings }>;
