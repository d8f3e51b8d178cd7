import { createRoute, z } from "@hono/zod-openapi";
import { callerOf } from "./api.ts";
import type { FleetApi, FleetApiParts } from "./api.ts";
import { ApiError } from "./api_error.ts";
import type { Caller } from "./access/caller.ts";
import { grantSchema } from "./access/grant.ts";
import type { Grant } from "./access/grant.ts";
import { MOST_TOKENS } from "./access/tokens.ts";
import { MOST_USERS } from "./access/users.ts";
import { answer, duration, figure, refusals } from "./parameters.ts";

const grants = z.array(grantSchema).min(1).max(100);
const toldGrants = z.array(z.object({ role: z.string(), domain: z.string(), channel: z.string() }));
const label = z.string().min(1).max(64).regex(
  /^[\p{L}\p{N}][\p{L}\p{N}._@ -]*$/u,
  "letters, digits, . _ @ - and blanks",
);

const tokenFacts = {
  id: z.string(),
  name: z.string(),
  grants: toldGrants,
  created_at: z.number(),
  created_by: z.string(),
  expires_at: figure,
};
const tokenSchema = z.object(tokenFacts).openapi("Token");
const madeTokenSchema = z.object({ ...tokenFacts, token: z.string().describe("shown here once only") })
  .openapi("MadeToken");
const userSchema = z.object({
  name: z.string(),
  grants: toldGrants,
  created_at: z.number(),
  created_by: z.string(),
}).openapi("User");

const noContent = { description: "it is done" };
const nameParameter = z.object({ name: label.openapi({ param: { name: "name", in: "path" } }) });

/** Tokens and users. Who is an admin somewhere gives and takes access there, and nowhere else. */
export function addAccessRoutes(app: FleetApi, { access, now }: FleetApiParts): void {
  const { tokens, users, sessions } = access;
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/me",
      summary: "Who asks, and what he may",
      responses: {
        200: answer("by the token or cookie", z.object({ name: z.string(), grants: toldGrants })),
        ...refusals(),
      },
    }),
    (context) => {
      const { name, grants } = callerOf(context);
      return context.json({ name, grants: [...grants] }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/tokens",
      summary: "Tokens, without what it takes to use them",
      responses: {
        200: answer("those that who asks may take back", z.object({ tokens: z.array(tokenSchema) })),
        ...refusals(),
      },
    }),
    (context) => {
      const caller = callerOf(context);
      const own = tokens.list().filter(({ grants }) => caller.covers(grants, "admin"));
      return context.json({ tokens: own.map(tokenRow) }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "post",
      path: "/api/v1/tokens",
      summary: "Make a token",
      request: {
        body: {
          required: true,
          content: {
            "application/json": {
              schema: z.strictObject({
                name: label,
                grants,
                expires_in: duration.nullable().default(90 * 86_400_000),
              })
                .openapi("TokenWanted"),
            },
          },
        },
      },
      responses: { 201: answer("the token", madeTokenSchema), ...refusals("403", "409", "422") },
    }),
    async (context) => {
      const caller = callerOf(context);
      const { name, grants, expires_in: expiresIn } = context.req.valid("json");
      mayGive(caller, grants);
      if (tokens.list().length >= MOST_TOKENS) {
        throw new ApiError(
          "conflict",
          `there are ${MOST_TOKENS} tokens, the most there can be; take some back`,
        );
      }
      const expiresAt = expiresIn === null ? null : now() + expiresIn;
      const made = await tokens.make({ name, grants, expiresAt }, caller.name);
      await access.audit(caller, context.env.address, `made the token ${name}`, {
        id: made.id,
        grants,
        expiresAt,
      });
      return context.json({ ...tokenRow(made), token: made.token }, 201);
    },
  );
  app.openapi(
    createRoute({
      method: "delete",
      path: "/api/v1/tokens/{id}",
      summary: "Take a token back, at once",
      request: {
        params: z.object({ id: z.string().max(64).openapi({ param: { name: "id", in: "path" } }) }),
      },
      responses: { 204: noContent, ...refusals("404", "422") },
    }),
    async (context) => {
      const caller = callerOf(context);
      const { id } = context.req.valid("param");
      const found = tokens.list().find((one) => one.id === id && caller.covers(one.grants, "admin"));
      if (!found) throw new ApiError("not_found", "there is no such token");
      await tokens.remove(id);
      await access.audit(caller, context.env.address, `took back the token ${found.name}`, { id });
      return context.body(null, 204);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/v1/users",
      summary: "People who can log in",
      responses: {
        200: answer("those that who asks may change", z.object({ users: z.array(userSchema) })),
        ...refusals(),
      },
    }),
    (context) => {
      const caller = callerOf(context);
      const own = users.list().filter(({ grants }) => caller.covers(grants, "admin"));
      return context.json({ users: own.map(userRow) }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "put",
      path: "/api/v1/users/{name}",
      summary: "Put somebody in, or change a password and rights",
      request: {
        params: nameParameter,
        body: {
          required: true,
          content: {
            "application/json": {
              schema: z.strictObject({
                grants,
                password: z.string().min(12, "it needs 12 characters").max(1_024).optional(),
              }).openapi("UserWanted"),
            },
          },
        },
      },
      responses: { 200: answer("the user", userSchema), ...refusals("403", "409", "422") },
    }),
    async (context) => {
      const caller = callerOf(context);
      const { name } = context.req.valid("param");
      const { grants, password = null } = context.req.valid("json");
      mayGive(caller, grants);
      const before = users.get(name);
      if (before) mayGive(caller, before.grants);
      if (!before && password === null) throw new ApiError("invalid", "password: somebody new needs one");
      if (!before && users.list().length >= MOST_USERS) {
        throw new ApiError("conflict", `there are ${MOST_USERS} users, the most there can be`);
      }
      const facts = await users.put(name, grants, password, caller.name);
      // Whoever has come by the old password, or with other rights, has to log in again.
      sessions.closeAll(name);
      await access.audit(caller, context.env.address, `${before ? "changed" : "put in"} the user ${name}`, {
        grants,
      });
      return context.json(userRow(facts), 200);
    },
  );
  app.openapi(
    createRoute({
      method: "delete",
      path: "/api/v1/users/{name}",
      summary: "Let somebody in no more",
      request: { params: nameParameter },
      responses: { 204: noContent, ...refusals("404", "422") },
    }),
    async (context) => {
      const caller = callerOf(context);
      const { name } = context.req.valid("param");
      const found = users.get(name);
      if (!found || !caller.covers(found.grants, "admin")) {
        throw new ApiError("not_found", "there is no such user");
      }
      await users.remove(name);
      sessions.closeAll(name);
      await access.audit(caller, context.env.address, `removed the user ${name}`);
      return context.body(null, 204);
    },
  );
}

/** @throws ApiError `forbidden` */
function mayGive(caller: Caller, grants: readonly Grant[]): void {
  if (caller.covers(grants, "admin")) return;
  throw new ApiError("forbidden", "grants: only an admin there gives or changes access there");
}

function tokenRow(
  { id, name, grants, createdAt, createdBy, expiresAt }: ReturnType<
    FleetApiParts["access"]["tokens"]["list"]
  >[number],
) {
  return {
    id,
    name,
    grants: [...grants],
    created_at: createdAt,
    created_by: createdBy,
    expires_at: expiresAt,
  };
}

function userRow(
  { name, grants, createdAt, createdBy }: ReturnType<FleetApiParts["access"]["users"]["list"]>[number],
) {
  return { name, grants: [...grants], created_at: createdAt, created_by: createdBy };
}
