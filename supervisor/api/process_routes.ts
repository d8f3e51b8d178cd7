import { createRoute, z } from "@hono/zod-openapi";
import { answer, flag } from "../../io/net/api_frame.ts";
import { ControlError } from "../control.ts";
import type { ProcessStatus, SupervisorControl } from "../control.ts";
import type { Api } from "./api.ts";
import { idParameter, refusals, schemas } from "./routes.ts";

const ACTIONS = {
  start: "Start it, and before it what it depends on",
  stop: "Stop it and leave it stopped; answered when its tree is empty",
  restart: "Stop it and start it",
  reset: "Close its circuit breaker and forget its failures",
} as const;

const waitQuery = z.object({
  wait: flag.default(true).openapi({ description: "false: answer at once, with status 202" }),
});

const signalQuery = z.object({
  signal: z.string().regex(/^[A-Za-z0-9+]{1,20}$/, "must be the name or the number of a signal, such as HUP")
    .openapi({ description: "by its name, with or without SIG, or by its number" }),
  tree: flag.default(false).openapi({ description: "to all processes of its tree" }),
});

/** Managed processes, one and all. */
export function addProcessRoutes(app: Api, control: SupervisorControl): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/processes",
      summary: "Every managed process at a glance",
      request: {
        query: z.object({
          group: z.string().optional().openapi({
            description: "those alone that have it among their groups",
          }),
        }),
      },
      responses: { 200: answer("in the order of the configuration", z.array(schemas.status)) },
    }),
    (context) => context.json(control.list(context.req.valid("query").group), 200),
  );
  app.openapi(
    createRoute({
      method: "post",
      path: "/processes",
      summary: "Add a process at run time",
      description:
        "The body is an entry of managed_processes, as in the configuration file; a monitoring_profile may " +
        "stand in it. The address of the new process is in the header Location.",
      request: {
        body: {
          required: true,
          content: {
            "application/json": { schema: z.looseObject({ id: z.string() }).openapi("ProcessDefinition") },
          },
        },
      },
      responses: {
        201: answer("it was added", schemas.status),
        ...refusals("400", "408", "409", "413", "415", "422", "503"),
      },
    }),
    async (context) => {
      const status = await control.add(context.req.valid("json"));
      return context.json(status, 201, { location: `/processes/${encodeURIComponent(status.id)}` });
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/processes/{id}",
      summary: "One managed process at a glance",
      request: { params: idParameter },
      responses: { 200: answer("its status", schemas.status), ...refusals("404") },
    }),
    (context) => context.json(control.get(context.req.valid("param").id), 200),
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/processes/{id}/description",
      summary: "All there is to say about a process",
      request: { params: idParameter },
      responses: { 200: answer("its description", schemas.description), ...refusals("404") },
    }),
    (context) => context.json(control.describe(context.req.valid("param").id), 200),
  );
  app.openapi(
    createRoute({
      method: "delete",
      path: "/processes/{id}",
      summary: "Stop a process and forget it",
      request: { params: idParameter },
      responses: { 204: { description: "its tree is empty and it is forgotten" }, ...refusals("404", "409") },
    }),
    async (context) => {
      await control.remove(context.req.valid("param").id);
      return context.body(null, 204);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/processes/{id}/metrics",
      summary: "The latest sample of a process",
      request: { params: idParameter },
      responses: { 200: answer("the sample", schemas.metrics), ...refusals("404", "409") },
    }),
    (context) => {
      const { id } = context.req.valid("param");
      const { state } = control.get(id);
      const latest = control.latestMetrics().find(({ task_id }) => task_id === id);
      if (latest) return context.json(latest, 200);
      throw new ControlError(
        "conflict",
        `${id}: it is ${state}, and no sample of it has been taken yet; how often one is, says its ` +
          "monitoring_profile: long_running_daemon, the default, every 2m, intensive every 1s",
      );
    },
  );
  app.openapi(
    createRoute({
      method: "post",
      path: "/processes/{id}/signal",
      summary: "Send a signal to a process, or to its whole tree",
      request: { params: idParameter, query: signalQuery },
      responses: {
        200: answer("it was sent", schemas.status),
        ...refusals("404", "409", "422", "500", "503"),
      },
    }),
    async (context) => {
      const { signal, tree } = context.req.valid("query");
      return context.json(await control.signal(context.req.valid("param").id, signal, { tree }), 200);
    },
  );
  app.openapi(
    createRoute({
      method: "post",
      path: "/processes/{id}/rollback",
      summary: "Have it run by the last of its definitions that was healthy",
      description: "The configuration file stays as it is; with undo=true what it says is in force again.",
      request: {
        params: idParameter,
        query: z.object({
          undo: flag.default(false).openapi({ description: "true: by the definition of the file again" }),
        }),
      },
      responses: { 200: answer("it runs", schemas.status), ...refusals("404", "409", "422", "500", "503") },
    }),
    async (context) =>
      context.json(await control.rollback(context.req.valid("param").id, context.req.valid("query")), 200),
  );
  for (const action of Object.keys(ACTIONS) as (keyof typeof ACTIONS)[]) {
    app.openapi(
      createRoute({
        method: "post",
        path: `/processes/{id}/${action}`,
        summary: ACTIONS[action],
        request: { params: idParameter, query: waitQuery },
        responses: {
          200: answer("it is done", schemas.status),
          202: answer("it has begun", schemas.status),
          ...refusals("404", "409", "500", "503"),
        },
      }),
      async (context) => {
        const { id } = context.req.valid("param");
        const done = control[action](id);
        if (context.req.valid("query").wait) return context.json(await done, 200);
        const status = await Promise.race([done, begun(control, id)]);
        done.catch(() => {}); // It is told of by events.
        return context.json(status, 202);
      },
    );
  }
}

/** The status once an action has been accepted, after it could have been refused. */
async function begun(control: SupervisorControl, id: string): Promise<ProcessStatus> {
  await new Promise((resolve) => setImmediate(resolve));
  return control.get(id);
}
