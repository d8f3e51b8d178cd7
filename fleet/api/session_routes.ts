import { createRoute, z } from "@hono/zod-openapi";
import { callerOf } from "./api.ts";
import type { FleetApi, FleetApiParts } from "./api.ts";
import { ApiError } from "./api_error.ts";
import { answer, refusals } from "./parameters.ts";

/** Where a browser logs in: anybody may ask that. */
export const LOGIN_PATH = "/api/v1/session";

const cookie = { headers: { "set-cookie": { schema: { type: "string" as const } } } };

/** Logging in and out. */
export function addSessionRoutes(app: FleetApi, { access }: FleetApiParts): void {
  const { users, sessions, logins } = access;
  app.openapi(
    createRoute({
      method: "post",
      path: LOGIN_PATH,
      summary: "Log in with a password",
      security: [],
      request: {
        body: {
          required: true,
          content: {
            "application/json": {
              schema: z.strictObject({ name: z.string().max(64), password: z.string().max(1_024) })
                .openapi("Login"),
            },
          },
        },
      },
      responses: {
        200: { ...answer("a cookie is set", z.object({ name: z.string() })), ...cookie },
        ...refusals("422", "429"),
      },
    }),
    async (context) => {
      const { name, password } = context.req.valid("json");
      const { address } = context.env;
      const waitMs = logins.waitMs(name, address);
      if (waitMs > 0) {
        const seconds = Math.ceil(waitMs / 1_000);
        const headers = { "retry-after": String(seconds) };
        throw new ApiError("too_many", `too many attempts; try again in ${seconds} s`, headers);
      }
      // Before the password is checked: one that is changed meanwhile must not be what the session stands for.
      const stamp = users.stampOf(name);
      if (!await logins.attempt(name, address, () => users.isRight(name, password)) || stamp === undefined) {
        throw new ApiError("unauthorized", "there is no such user with this password");
      }
      // With a disk that is full somebody has to be able to come in and see that.
      await access.audit({ name: `user ${name}` }, address, "logged in").catch(() => {});
      context.header("set-cookie", sessions.open({ user: name, stamp }));
      return context.json({ name }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "delete",
      path: LOGIN_PATH,
      summary: "Log out",
      responses: {
        200: {
          ...answer(
            "the cookie is worthless now; at `end_url` the browser ends its login at the provider, too",
            z.object({ end_url: z.string() }),
          ),
          ...cookie,
        },
        204: { description: "the cookie is worthless now", ...cookie },
        ...refusals(),
      },
    }),
    (context) => {
      callerOf(context);
      const cookies = context.req.header("cookie") ?? null;
      const visitor = sessions.visitorOf(cookies);
      context.header("set-cookie", sessions.close(cookies));
      const end_url = visitor && "identity" in visitor ? visitor.identity.endUrl : null;
      return end_url === null ? context.body(null, 204) : context.json({ end_url }, 200);
    },
  );
}
