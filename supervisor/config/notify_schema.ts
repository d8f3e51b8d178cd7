import { z } from "zod";
import { duration, durationOrZero } from "../../config/values.ts";
import { PROCESS_STATES } from "../control.ts";
import { EVENT_KINDS } from "../events/event_kinds.ts";

/** Where notifications can go to. */
export const NOTIFY_TARGETS = ["webhook", "ntfy", "slack", "email"] as const;

const httpUrl = (description: string) =>
  z.url({ protocol: /^https?$/, error: "is no URL of http or https" }).describe(description);
const address = z.string().min(3).max(320).regex(/^[^\s@]+@[^\s@]+$|<[^\s@<>]+@[^\s@<>]+>$/, {
  error: 'is no address; write "ops@example.org" or "Operations <ops@example.org>"',
});

/** What can stand in a header (RFC 9110, 5.1 and 5.5): else no message could ever be sent. */
const headerName = z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, { error: "is no name of a header" });
const headerValue = z.string().regex(/^[\t -~\x80-\xff]*$/, {
  error: "has a character that no header can have, such as the end of a line",
});

/** A `/` or a `#` in a password would end the name of the server, and a `%` that begins no byte says nothing. */
function namesServer(text: string): boolean {
  // What is no URL at all is told as that.
  if (!URL.canParse(text)) return true;
  const { hostname, pathname, search, hash, username, password } = new URL(text);
  try {
    decodeURIComponent(username + password);
  } catch {
    return false;
  }
  return hostname !== "" && ["", "/"].includes(pathname) && search + hash === "";
}

/** One destination of notifications. */
export const notifySchema = z.strictObject({
  webhook: httpUrl("events are posted there as JSON").optional(),
  ntfy: httpUrl("a topic of ntfy, such as https://ntfy.sh/my-topic").optional(),
  slack: httpUrl(
    "an incoming webhook of Slack, or of what takes the same (Mattermost, Rocket.Chat, Discord's /slack)",
  )
    .optional(),
  email: z.strictObject({
    server: z.url({ protocol: /^smtps?$/, error: "is no URL; write smtps://USER:PASSWORD@HOST" })
      .refine(namesServer, {
        error:
          "names no server; write smtps://USER:PASSWORD@HOST, with / # ? @ % of a password as %2F %23 %3F %40 %25",
      })
      .describe("smtps://USER:PASSWORD@HOST, or smtp:// with STARTTLS"),
    from: address,
    to: z.array(address).min(1).max(50),
  }).optional().describe("a letter, by SMTP"),
  secret: z.string().min(8).optional().describe(
    "of a webhook: the header X-Proctor-Signature is sha256= and the body's HMAC-SHA256 with it, in hexadecimal",
  ),
  token: headerValue.min(1).optional().describe("of ntfy: sent as a bearer"),
  headers: z.record(headerName, headerValue).default({}).describe("sent with it, but for letters"),
  kinds: z.array(z.enum(EVENT_KINDS)).min(1).default([
    "transition",
    "limit",
    "breaker",
    "health",
    "degraded",
  ]),
  states: z.array(z.enum(PROCESS_STATES)).min(1).default(["failed", "backoff"]).describe(
    "of transitions, those to one of these states; after it, that the process has run for 10 s again",
  ),
  processes: z.array(z.string().min(1)).min(1).optional().describe(
    "ids (web: all its instances), with * for any characters, ? for one; default: all, and what concerns the " +
      "supervisor",
  ),
  digest: durationOrZero("after a message, what happens within so long stands together in the next").default(
    "30s",
  ),
  timeout: duration("of one attempt").default("10s"),
}).superRefine((rule, context) => {
  const named = NOTIFY_TARGETS.filter((target) => rule[target] !== undefined);
  const refuse = (message: string, path: string[] = []) =>
    context.addIssue({ code: "custom", message, path });
  if (named.length !== 1) {
    refuse(
      `names ${named.length === 0 ? "no destination" : named.join(" and ")}; write one of ${
        NOTIFY_TARGETS.join(", ")
      }`,
    );
  }
  if (rule.secret !== undefined && !rule.webhook) refuse("is of a webhook alone", ["secret"]);
  if (rule.token !== undefined && !rule.ntfy) refuse("is of ntfy alone", ["token"]);
  if (rule.ntfy && URL.canParse(rule.ntfy) && !/^\/(.*\/)?[\w-]{1,64}$/.test(new URL(rule.ntfy).pathname)) {
    refuse("names no topic; write https://HOST/TOPIC", ["ntfy"]);
  }
});

/** A destination as it is checked. */
export type NotifyRule = z.infer<typeof notifySchema>;
