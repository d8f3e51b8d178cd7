import { createRoute, z } from "@hono/zod-openapi";
import { printable } from "../../core/printable.ts";
import type { FleetApi, FleetApiParts } from "./api.ts";
import { ApiError } from "./api_error.ts";
import { grantedBy } from "./oidc/granted.ts";
import { PendingLogins } from "./oidc/pending_logins.ts";
import { Provider } from "./oidc/provider.ts";
import { answer, refusals } from "./parameters.ts";

/** Below it is the way to each provider, and the way back. Anybody may ask that. */
export const OIDC_PATH = "/api/v1/session/oidc";

const nameParameter = z.object({ name: z.string().max(32).openapi({ param: { name: "name", in: "path" } }) });
const elsewhere = {
  description: "a browser is led on",
  headers: { location: { schema: { type: "string" as const } } },
};
const refused = { description: "the login failed; the reason is in plain text" };

/** Anybody may have a provider asked by us: no more at once. */
const MOST_AT_ONCE = 16;

/** Logging in by a provider of OpenID Connect. */
export function addOidcRoutes(app: FleetApi, { access, oidc, now }: FleetApiParts): void {
  const providers = new Map(
    oidc?.providers.map(({ settings, secret }) => [settings.name, new Provider(settings, secret, now)]),
  );
  const pending = new PendingLogins(access.options.isSecure, now);
  const providerOf = (name: string) => {
    const provider = providers.get(name);
    if (provider) return provider;
    throw new ApiError("not_found", "there is no such provider");
  };
  let underWay = 0;
  const redirectUri = (name: string) => `${oidc!.address()}${OIDC_PATH}/${name}/callback`;
  app.openapi(
    createRoute({
      method: "get",
      path: OIDC_PATH,
      summary: "The providers that people can log in by",
      security: [],
      responses: {
        200: answer(
          "all of them",
          z.object({ providers: z.array(z.object({ name: z.string(), title: z.string() })) }),
        ),
      },
    }),
    (context) => {
      const all = [...providers.values()].map(({ settings: { name, title } }) => ({
        name,
        title: title ?? name,
      }));
      return context.json({ providers: all }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: `${OIDC_PATH}/{name}`,
      summary: "Log in by a provider: a browser is led there",
      security: [],
      request: { params: nameParameter },
      responses: { 303: elsewhere, 502: refused, ...refusals("404") },
    }),
    async (context) => {
      const { name } = context.req.valid("param");
      const provider = providerOf(name);
      try {
        const { url, expected } = await provider.begin(redirectUri(name));
        const headers = { location: url, "set-cookie": pending.add(name, expected) };
        return new Response(null, { status: 303, headers });
      } catch (error) {
        return failed(502, `${name} cannot be asked to log anybody in: ${reasonOf(error)}`);
      }
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: `${OIDC_PATH}/{name}/callback`,
      summary: "Where a provider leads a browser back to",
      security: [],
      request: { params: nameParameter },
      responses: { 303: elsewhere, 403: refused, ...refusals("404", "429") },
    }),
    async (context) => {
      const { name } = context.req.valid("param");
      const provider = providerOf(name);
      const parameters = new URL(context.req.url).searchParams;
      const cookies = context.req.header("cookie") ?? null;
      if (underWay >= MOST_AT_ONCE) {
        throw new ApiError("too_many", "too many logins at once; try again", { "retry-after": "1" });
      }
      const expected = pending.take(name, parameters.get("state"), cookies);
      if (!expected) {
        return failed(403, "this login was not begun by this browser, or is over; log in again");
      }
      const { forgotten } = pending;
      let told;
      underWay++;
      try {
        told = await provider.finish(parameters, expected);
      } catch (error) {
        return failed(403, `${name} did not log you in: ${reasonOf(error)}`, forgotten);
      } finally {
        underWay--;
      }
      const grants = grantedBy(told.claims, provider.settings);
      // It was asked a moment ago: that it has such a place is known.
      const endUrl = await provider.endUrl(told.idToken, `${oidc!.address()}/`).catch(() => null);
      const who = { provider: name, issuer: told.issuer, subject: told.subject, grants, endUrl };
      const identity = { ...who, name: `oidc ${name}:${printable(told.subject)}` };
      if (grants.length === 0) {
        await access.audit(identity, context.env.address, "came by a provider, and has no role here");
        return failed(
          403,
          `${name} has logged you in, and you have no role here; ask this manager's administrator`,
          forgotten,
        );
      }
      await access.audit(identity, context.env.address, "logged in", { issuer: told.issuer, grants });
      // To the page, and nowhere else: no address of a request is followed.
      const headers = new Headers({ location: "/" });
      headers.append("set-cookie", forgotten);
      headers.append("set-cookie", access.sessions.open({ identity }));
      return new Response(null, { status: 303, headers });
    },
  );
}

function failed(status: number, line: string, cookie?: string): Response {
  const headers = new Headers({ "content-type": "text/plain; charset=utf-8" });
  if (cookie !== undefined) headers.set("set-cookie", cookie);
  return new Response(`${line}\n`, { status, headers });
}

/** Of what went wrong what is not text of somebody else: a page of ours says nothing that a link has put there. */
function reasonOf(error: unknown): string {
  const { code, error: told, cause } = error as {
    code?: unknown;
    error?: unknown;
    cause?: { code?: unknown };
  };
  if (typeof told === "string" && /^[a-z_]{1,40}$/.test(told)) return `it says ${told}`;
  const known = [code, cause?.code].find((one): one is string =>
    typeof one === "string" && /^[A-Z_]{1,60}$/.test(one)
  );
  return (known && REASONS[known]) ?? (error instanceof Error ? printable(error.message).slice(0, 200) : "");
}

/** What the library and the system call it. */
const REASONS: Readonly<Record<string, string>> = {
  OAUTH_INVALID_RESPONSE: "what it has answered is not what it had to",
  OAUTH_JWT_CLAIM_COMPARISON_FAILED: "its token is for another, of another, or of another login",
  OAUTH_JWT_TIMESTAMP_CHECK_FAILED: "its token is expired, or the clocks differ",
  OAUTH_UNSUPPORTED_OPERATION: "its token is signed in a way that we do not take",
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no such host",
};
