import type { OpenAPIHono } from "@hono/zod-openapi";

/** What every route knows of a request. */
export interface Bindings {
  /** Comes when the server ends: streams end with it. */
  readonly ending: AbortSignal;
}

/** The application that routes are added to. */
export type Api = OpenAPIHono<{ Bindings: Bindings }>;
