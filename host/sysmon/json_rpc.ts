import { jsonRpcRequestSchema } from "../../core/schema/sysmon_schema.ts";
import { describeIssues, IN_OUR_WORDS } from "../../core/schema/zod_issues.ts";
import type { Call } from "./call.ts";
import type { Message } from "./envelope.ts";
import { isExact } from "./exact_number.ts";
import type { ExactNumber } from "./exact_number.ts";
import { JSON_RPC_CODES, Refusal } from "./refusal.ts";

/* JSON-RPC 2.0, https://www.jsonrpc.org/specification. */

/** What tells a request from others: a number of any size is kept as it was written. */
export type JsonRpcId = string | number | ExactNumber | null;

/** A call, and whether nobody waits for its answer (a notification has no `id`). */
export interface JsonRpcCall extends Call {
  readonly isNotification: boolean;
}

/** Whether a message is one of this protocol, if a faulty one. */
export function isJsonRpc(message: Message): boolean {
  return Object.hasOwn(message, "jsonrpc");
}

/** Whether it is an answer, as to a call of ours: we make none. */
export function isJsonRpcAnswer(message: Message): boolean {
  return !Object.hasOwn(message, "method") &&
    (Object.hasOwn(message, "result") || Object.hasOwn(message, "error"));
}

/**
 * The call that a message makes.
 * @throws Refusal with the code `InvalidRequest`
 */
export function parseJsonRpc(message: unknown): JsonRpcCall {
  const exact = exactIdOf(message);
  const plain = exact === undefined ? message : { ...message as Message, id: 0 };
  const { success, data, error } = jsonRpcRequestSchema.safeParse(plain, IN_OUR_WORDS);
  if (!success) throw new Refusal("InvalidRequest", describeIssues(error));
  const { method, params } = data;
  const id: JsonRpcId | undefined = exact ?? data.id;
  return {
    method,
    parameters: params,
    isNotification: id === undefined,
    answer: (result) => `{"jsonrpc":"2.0","result":${result},"id":${JSON.stringify(id ?? null)}}`,
    refuse: (refusal) => refuseJsonRpc(refusal, id),
    event: (name, result) => `{"jsonrpc":"2.0","method":${JSON.stringify(name)},"params":${result}}`,
  };
}

/** An error; `id` is null where the request's cannot be told. */
export function refuseJsonRpc({ code, message }: Refusal, id: JsonRpcId = null): string {
  const error = { code: JSON_RPC_CODES[code], message, data: { code } };
  return JSON.stringify({ jsonrpc: "2.0", error, id });
}

/** The id of a message that is not a proper request, if it has one that could be answered. */
export function idOf(message: unknown): JsonRpcId {
  const exact = exactIdOf(message);
  if (exact !== undefined) return exact;
  const id = typeof message === "object" && message !== null ? (message as Message).id : null;
  return typeof id === "string" || typeof id === "number" ? id : null;
}

function exactIdOf(message: unknown): ExactNumber | undefined {
  const id = typeof message === "object" && message !== null ? (message as Message).id : undefined;
  return isExact(id) ? id : undefined;
}
