import { z } from "zod";
import { duration } from "../../config/values.ts";
import { LABEL_STYLES } from "../../exporters/prometheus/agent_label.ts";
import { topicNameSchema } from "../../exporters/topic_name.ts";
import { IDENTIFIER } from "./clickhouse/table.ts";

/** Where samples can go to. */
const TARGETS = ["remote_write", "clickhouse"] as const;

const httpUrl = (description: string) =>
  z.url({ protocol: /^https?$/, error: "is not a URL of http or https" })
    .refine((url) => !URL.canParse(url) || new URL(url).username + new URL(url).password === "", {
      error: "has a user or a password; write user and password_file",
    })
    .refine((url) => !URL.canParse(url) || new URL(url).hash === "", { error: "has a #; leave it away" })
    .describe(description);
const identifier = z.string().regex(IDENTIFIER, {
  error: "is not a name; write letters, digits and _, at most 64",
});
const file = z.string().min(1, "it is empty; write the path of a file");
const headerName = z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, { error: "is not a name of a header" });
const headerValue = z.string().regex(/^[\t -~\x80-\xff]*$/, {
  error: "has a character that no header can have, such as the end of a line",
});

const remoteWriteUrl = httpUrl(
  "a receiver of Prometheus' remote write 1.0, such as http://prometheus:9090/api/v1/write",
);
const clickhouseUrl = httpUrl("a ClickHouse, such as http://clickhouse:8123");

/** A destination of samples, as people write it. */
export const forwardSchema = z.strictObject({
  remote_write: remoteWriteUrl.optional(),
  clickhouse: clickhouseUrl.optional(),
  database: identifier.optional().describe("of ClickHouse; default: default"),
  table: identifier.optional().describe(
    "of ClickHouse, made where it is not there; default: proctor_samples",
  ),
  user: z.string().min(1).max(256).regex(/^[^:\r\n]+$/, { error: "has a colon or the end of a line" })
    .optional().describe("who we are there"),
  password_file: file.optional().describe("file with the password of the user"),
  token_file: file.optional().describe("of remote_write: file with a token that is sent as a bearer"),
  labels: z.enum(LABEL_STYLES).optional().describe(
    "of remote_write: how the label of who reports is called: agent (plain, the default) or proplet (specification)",
  ),
  headers: z.record(headerName, headerValue).default({}).describe("sent with each request"),
  units: z.array(z.strictObject({ domain: topicNameSchema, channel: topicNameSchema })).min(1).optional()
    .describe("domains and channels that are sent; default: all"),
  timeout: duration("of one request").default("30s"),
}).superRefine((one, context) => {
  const fault = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
  const named = TARGETS.filter((name) => one[name] !== undefined);
  if (named.length !== 1) {
    const there = named.length === 0 ? "no destination" : named.join(" and ");
    return fault([], `names ${there}; write one of ${TARGETS.join(", ")}`);
  }
  for (const key of ["database", "table"] as const) {
    if (one[key] !== undefined && !one.clickhouse) fault([key], "is of clickhouse alone");
  }
  for (const key of ["token_file", "labels"] as const) {
    if (one[key] !== undefined && !one.remote_write) fault([key], "is of remote_write alone");
  }
  if (one.token_file !== undefined && one.user !== undefined) {
    fault(["token_file"], "and user are two ways to say who we are; write one of them");
  }
  if (one.password_file !== undefined && one.user === undefined) {
    fault(["password_file"], "is of a user; write user, too");
  }
});

/** A destination of samples, checked. */
export type WrittenForward = z.output<typeof forwardSchema>;
