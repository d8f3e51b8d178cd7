import { z } from "zod";

/** Where notices can go to. */
export const NOTICE_TARGETS = ["webhook", "ntfy", "slack", "email"] as const;

const httpUrl = (description: string) =>
  z.url({ protocol: /^https?$/, error: "is not a URL of http or https" }).describe(description);
const address = z.string().min(3).max(320).regex(/^[^\s@]+@[^\s@]+$|<[^\s@<>]+@[^\s@<>]+>$/, {
  error: 'is not an address; write "ops@example.org" or "Operations <ops@example.org>"',
});

/** What can stand in a header (RFC 9110, 5.1 and 5.5): else no message could ever be sent. */
const headerName = z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, { error: "is not a name of a header" });
const headerValue = z.string().regex(/^[\t -~\x80-\xff]*$/, {
  error: "has a character that no header can have, such as the end of a line",
});

/** A `/` or a `#` in a password would end the name of the server, and a `%` that begins no byte says nothing. */
function namesServer(text: string): boolean {
  // What is not a URL at all is told as that.
  if (!URL.canParse(text)) return true;
  const { hostname, pathname, search, hash, username, password } = new URL(text);
  try {
    decodeURIComponent(username + password);
  } catch {
    return false;
  }
  return hostname !== "" && ["", "/"].includes(pathname) && search + hash === "";
}

/** The keys of a destination. @param told what is posted there, in words */
export const noticeTargetShape = (told: string) => ({
  webhook: httpUrl(`${told} are posted there as JSON`).optional(),
  ntfy: httpUrl("a topic of ntfy, such as https://ntfy.sh/my-topic").optional(),
  slack: httpUrl(
    "an incoming webhook of Slack, or of what takes the same (Mattermost, Rocket.Chat, Discord's /slack)",
  )
    .optional(),
  email: z.strictObject({
    server: z.url({ protocol: /^smtps?$/, error: "is not a URL; write smtps://USER:PASSWORD@HOST" })
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
});

/** A destination of notices: one of the targets is there. */
export interface NoticeTarget {
  readonly webhook?: string;
  readonly ntfy?: string;
  readonly slack?: string;
  readonly email?: { readonly server: string; readonly from: string; readonly to: readonly string[] };
  readonly secret?: string;
  readonly token?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What keys of a destination do not go together: the key, empty for all of it, and why.
 * @param targets those that it may name one of
 */
export function targetFaults(
  target: NoticeTarget & Readonly<Record<string, unknown>>,
  targets: readonly string[] = NOTICE_TARGETS,
): { readonly key: string; readonly message: string }[] {
  const faults: { key: string; message: string }[] = [];
  const named = targets.filter((name) => target[name] !== undefined);
  if (named.length !== 1) {
    const there = named.length === 0 ? "no destination" : named.join(" and ");
    faults.push({ key: "", message: `names ${there}; write one of ${targets.join(", ")}` });
  }
  if (target.secret !== undefined && !target.webhook) {
    faults.push({ key: "secret", message: "is of a webhook alone" });
  }
  if (target.token !== undefined && !target.ntfy) faults.push({ key: "token", message: "is of ntfy alone" });
  if (
    target.ntfy && URL.canParse(target.ntfy) && !/^\/(.*\/)?[\w-]{1,64}$/.test(new URL(target.ntfy).pathname)
  ) {
    faults.push({ key: "ntfy", message: "names no topic; write https://HOST/TOPIC" });
  }
  return faults;
}
