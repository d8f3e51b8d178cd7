import { lastLines } from "./last_lines.ts";
import type { Notice, NoticeLevel } from "./notice.ts";
import type { NoticeTarget } from "./target.ts";

/** What is posted to a destination. */
export interface NoticeRequest {
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
const PRIORITIES: Readonly<Record<NoticeLevel, number>> = { debug: 2, info: 3, warn: 4, error: 5 };

/** The request that a destination of HTTP wants. */
export async function requestOf(target: NoticeTarget, notice: Notice): Promise<NoticeRequest> {
  const form = target.webhook
    ? { url: target.webhook, value: notice.json }
    : target.ntfy
    ? ntfyOf(target.ntfy, notice)
    : { url: target.slack!, value: slackOf(target.slack!, notice) };
  const body = JSON.stringify(form.value);
  return {
    url: form.url,
    body,
    headers: {
      "content-type": "application/json",
      ...(target.token && { authorization: `Bearer ${target.token}` }),
      ...target.headers,
      ...(target.secret && { "x-proctor-signature": await signature(target.secret, body) }),
    },
  };
}

/** As JSON (docs.ntfy.sh/publish/#publish-as-json): what stands in a header there is Latin-1 alone. */
function ntfyOf(topicUrl: string, { title, lines, level }: Notice) {
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
function slackOf(url: string, notice: Notice) {
  const escaped = (text: string) =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const title = `*${escaped(notice.title)}*`;
  const most = DISCORD.test(new URL(url).hostname) ? MOST_DISCORD_CHARACTERS : MOST_SLACK_CHARACTERS;
  const lines = lastLines(notice.lines.map(escaped), most - title.length, (line) => line.length);
  return { text: [title, ...lines].join("\n") };
}

async function signature(secret: string, body: string): Promise<string> {
  const { createHmac } = await import("node:crypto");
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}
