import { OpenAPIHono, z } from "@hono/zod-openapi";
import type { Env } from "hono";
import { VERSION } from "../../core/schema/version.ts";
import { describeIssues, IN_OUR_WORDS } from "../../core/schema/zod_issues.ts";
import { errorSchema } from "./error_schema.ts";
import { refusal } from "./refusal.ts";

/** An API before its routes: what it is called, and which errors of its own it has words for. */
export interface ApiFrame {
  readonly title: string;
  readonly description: string;
  /** The answer to an error that a route has thrown; null for one that nobody has thought of. */
  readonly refuse: (error: Error) => Response | null;
}

/** An application for routes: what is faulty, not there, or thrown is answered in one manner. */
export function apiFrame<E extends Env>({ title, description, refuse }: ApiFrame): OpenAPIHono<E> {
  // The library has no place for the words of one request: those of a schema stand over these.
  z.config({ customError: IN_OUR_WORDS.error });
  const app = new OpenAPIHono<E>({
    defaultHook: (result) => {
      if (result.success) return;
      return refusal("invalid", describeIssues(result.error));
    },
  });
  app.notFound(({ req: { method, path } }) => {
    const message = `there is no ${method} ${path}; see /openapi.json`;
    const allowed = methodsAt(app, path);
    if (allowed.length === 0) return refusal("not_found", message);
    const answer = refusal("method_not_allowed", message);
    answer.headers.set("allow", allowed.join(", "));
    return answer;
  });
  app.onError((error) =>
    refuse(error) ?? refusal("internal", `internal error, please report it: ${String(error)}`)
  );
  app.doc31("/openapi.json", { openapi: "3.1.0", info: { title, version: VERSION, description } });
  return app;
}

/** The answer that is wanted. */
export function answer(description: string, schema: z.ZodType, type = "application/json") {
  return { description, content: { [type]: { schema } } };
}

/** Answers that refuse, as some statuses of many are described. */
export function refusalAnswers<D extends string, S extends D>(
  descriptions: Readonly<Record<D, string>>,
  statuses: readonly S[],
) {
  const entry = (status: S) => [status, answer(descriptions[status], errorSchema)] as const;
  return Object.fromEntries(statuses.map(entry)) as Record<S, ReturnType<typeof answer>>;
}

/** `true` and `false`, as words in an address. */
export const flag = z.enum(["true", "false"]).transform((word) => word === "true");

/** One or several values of a parameter that may be given again. */
export function several<T extends z.ZodType>(one: T) {
  return z.preprocess((value) => value === undefined ? [] : [value].flat(), z.array(one));
}

/** The methods that a path has. */
function methodsAt<E extends Env>(app: OpenAPIHono<E>, path: string): string[] {
  const isIt = (route: string) => new RegExp(`^${route.replace(/:[^/]+/g, "[^/]+")}$`).test(path);
  return [...new Set(app.routes.flatMap(({ method, path }) => isIt(path) ? [method] : []))];
}
