import type { NotifyRule } from "../config/notify_schema.ts";
import type { Level } from "../process/supervised.ts";
import { lastLines } from "./last_lines.ts";
import type { Message } from "./message.ts";

/** What is posted to a destination. */
export interface NotifyRequest {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What is longer than 4,096 bytes ntfy makes a file of, or refuses (docs.ntfy.sh/publish/#limitations); as JSON nothing
 * is shorter.
 */
const MOST_NTFY_BYTES = 3_800;
/** Rocket.Chat takes 5,000 characters, Mattermost and Slack more; Discord refuses what is longer than 2,000. */
const MOST_SLACK_CHARACTERS = 4_900;
const MOST_DISCORD_CHARACTERS = 1_900;
const DISCORD = /(?:^|\.)discord(?:app)?\.com$/;

/** ntfy's priorities: 3 is the usual one, 5 the most urgent. */
const PRIORITIES: Readonly<Record<Level, number>> = { debug: 2, info: 3, warn: 4, error: 5 };

/** The request that a destination of HTTP wants. */
export async function requestOf(rule: NotifyRule, message: Message): Promise<NotifyRequest> {
  const form = rule.webhook
    ? { url: rule.webhook, value: webhookOf(message) }
    : rule.ntfy
    ? ntfyOf(rule.ntfy, message)
    : { url: rule.slack!, value: slackOf(rule.slack!, message) };
  const body = JSON.stringify(form.value);
  return {
    url: form.url,
    body,
    headers: {
      "content-type": "application/json",
      ...(rule.token && { authorization: `Bearer ${rule.token}` }),
      ...rule.headers,
      ...(rule.secret && { "x-proctor-signature": await signature(rule.secret, body) }),
    },
  };
}

function webhookOf({ host, title, events, droppedCount }: Message) {
  return { host, title, dropped_count: droppedCount, events };
}

/** As JSON (docs.ntfy.sh/publish/#publish-as-json): what stands in a header there is Latin-1 alone. */
function ntfyOf(topicUrl: string, { title, lines, level }: Message) {
  const url = new URL(topicUrl);
  const at = url.pathname.lastIndexOf("/");
  const topic = url.pathname.slice(at + 1);
  url.pathname = url.pathname.slice(0, at + 1);
  const told = lastLines(lines, MOST_NTFY_BYTES, (line) => Buffer.byteLength(JSON.stringify(line)));
  return {
    url: url.href,
    value: { topic, title, message: told.join("\n"), priority: PRIORITIES[level], tags: ["proctor"] },
  };
}

/** Three characters are markup there (docs.slack.dev, "Formatting message text"). */
function slackOf(url: string, message: Message) {
  const escaped = (text: string) =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const title = `*${escaped(message.title)}*`;
  const most = DISCORD.test(new URL(url).hostname) ? MOST_DISCORD_CHARACTERS : MOST_SLACK_CHARACTERS;
  const lines = lastLines(message.lines.map(escaped), most - title.length, (line) => line.length);
  return { text: [title, ...lines].join("\n") };
}

async function signature(secret: string, body: string): Promise<string> {
  const { createHmac } = await import("node:crypto");
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}
