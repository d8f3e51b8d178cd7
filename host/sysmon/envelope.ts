import { requestSchema } from "../../core/schema/sysmon_schema.ts";
import { describeIssues, IN_OUR_WORDS } from "../../core/schema/zod_issues.ts";
import type { Call } from "./call.ts";
import { Refusal } from "./refusal.ts";

/*
 * The broker's envelope: { "type", "id", "payload", "source", "target", "correlation_id" }. A response has the
 * request's id and correlation_id, and its source and target exchanged.
 */

/** What we call ourselves where a request does not. */
export const SERVICE_NAME = "sysmon";

/** A message as it came, before anything is known of it. */
export type Message = Readonly<Record<string, unknown>>;

/**
 * The call that a message of type `request` makes.
 * @throws Refusal with the code `InvalidRequest`
 */
export function parseRequest(message: Message): Call {
  const { success, data, error } = requestSchema.safeParse(message, IN_OUR_WORDS);
  if (!success) throw new Refusal("InvalidRequest", whatIsWrong(message, describeIssues(error)));
  const { id, payload, source, target, correlation_id } = data;
  const address = { source: target ?? SERVICE_NAME, target: source ?? undefined, correlation_id };
  const begin = `"id":${JSON.stringify(id)},`;
  // The address in JSON without its opening bracket, to stand behind the rest.
  const end = JSON.stringify(address).slice(1);
  return {
    method: id,
    parameters: payload,
    answer: (result) => `{"type":"response",${begin}"payload":${result},${end}`,
    refuse: (refusal) => `{"type":"error",${begin}${errorFields(refusal)},${end}`,
    event: (name, result) => `{"type":"event","id":${JSON.stringify(name)},"payload":${result},${end}`,
  };
}

function whatIsWrong({ type }: Message, issues: string): string {
  if (type === "request") return `${issues} (a request has the method in "id")`;
  return `type: ${JSON.stringify(type) ?? "missing"}; write "request"`;
}

/** An error for a message that is not a proper request: its id and correlation_id as far as it has any. */
export function refuseMessage(refusal: Refusal, message?: Message): string {
  const id = typeof message?.id === "string" ? message.id : null;
  const address = { source: SERVICE_NAME, correlation_id: message?.correlation_id ?? null };
  return `{"type":"error","id":${JSON.stringify(id)},${errorFields(refusal)},${
    JSON.stringify(address).slice(1)
  }`;
}

/** An event of the service's own. */
export function serviceEvent(id: string, payload: unknown): string {
  return JSON.stringify({ type: "event", id, payload, source: SERVICE_NAME });
}

/** A request of the service's own. */
export function serviceRequest(id: string, target: string, correlation_id: string): string {
  return JSON.stringify({ type: "request", id, payload: {}, source: SERVICE_NAME, target, correlation_id });
}

function errorFields({ code, message }: Refusal): string {
  const payload = JSON.stringify({ code, message });
  return `"error":${JSON.stringify(`${code}: ${message}`)},"payload":${payload}`;
}
