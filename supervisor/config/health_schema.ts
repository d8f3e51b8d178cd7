import { z } from "zod";
import { command, duration, durationOrZero, identity, pattern, port } from "../../config/values.ts";
import { matching } from "../../core/schema/text_schema.ts";

/** What a probe asks. */
export const PROBE_TYPES = ["process", "http", "tcp", "exec", "grpc", "file", "log", "notify"] as const;

const statusRange = matching(
  /^[1-5]\d\d(-[1-5]\d\d)?(,[1-5]\d\d(-[1-5]\d\d)?)*$/,
  'is not a range of statuses; write one such as "200", "200-299" or "200-299,304"',
);

const httpProbe = z.strictObject({
  url: z.url({
    protocol: /^https?$/,
    error: 'is not a URL; write one such as "http://127.0.0.1:8080/health"',
  })
    .describe("what is asked for; https checks the certificate"),
  method: z.enum(["GET", "HEAD", "POST", "PUT", "OPTIONS"]).default("GET"),
  expected_status: statusRange.default("200-399").describe(
    "statuses that are good; redirects are not followed",
  ),
  body_match: pattern("what the body must match; the first MiB of it is read").optional(),
  headers: z.record(z.string(), z.string()).default({}).describe("sent with it"),
  body: z.string().optional().describe("sent with it"),
  tls: z.strictObject({
    ca_file: z.string().min(1).optional().describe(
      "PEM file of the authority that is trusted; relative to the configuration file",
    ),
    server_name: z.string().min(1).optional().describe("name in the certificate, where it is not the URL's"),
    insecure: z.boolean().default(false).describe("take any certificate"),
  }).optional(),
});

const grpcProbe = z.strictObject({
  address: matching(
    /^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$|^unix:.+/,
    'is not an address; write host:port, such as "127.0.0.1:50051"',
  ).describe("host:port of a server of grpc.health.v1, or unix:PATH"),
  service: z.string().default("").describe("which service is asked about; empty: the server as a whole"),
  tls: z.boolean().default(false),
  ca_file: z.string().min(1).optional().describe(
    "PEM file of the authority that is trusted; relative to the configuration file",
  ),
});

const settings = {
  type: z.enum(PROBE_TYPES).describe(
    "process: the program is there and not suspended; http, tcp, exec, grpc: it answers; file: it has written one; " +
      "log: it has written a line; notify: it has said so by sd_notify(3) (both of a readiness_check)",
  ),
  enabled: z.boolean().default(true),
  http: httpProbe.optional().describe("for type http"),
  tcp: z.strictObject({
    host: z.string().min(1).default("127.0.0.1"),
    port: port.describe("connected to"),
  }).optional().describe("for type tcp"),
  exec: z.strictObject({
    command: command("exit code 0 is good; it runs in the working directory of the process"),
    ...identity("that of the process"),
  })
    .optional().describe("for type exec"),
  grpc: grpcProbe.optional().describe("for type grpc"),
  file: z.strictObject({
    path: z.string().min(1).describe("written since the process began; seen from its working directory"),
  }).optional().describe("for type file"),
  log: z.strictObject({
    match: pattern("what a line must match that the process writes"),
    stream: z.enum(["stdout", "stderr"]).optional().describe("of this stream alone"),
  }).optional().describe("for type log"),
  timeout: duration("no answer for so long is a failure").default("5s"),
  initial_delay: durationOrZero("no probe for so long after the start").default("0s"),
  success_threshold: z.int().min(1).max(1_000).default(1).describe(
    "good answers in a row that make it healthy",
  ),
};

/** `health_check`: whether it goes on well; what does not is restarted. */
export const healthCheckSchema = z.strictObject({
  ...settings,
  interval: duration("from one probe to the next; they never overlap").default("10s"),
  failure_threshold: z.int().min(1).max(1_000).default(3).describe(
    "bad answers in a row that make it unhealthy",
  ),
});

/** `readiness_check`: whether it can do its work yet; nothing is restarted for it but a start that takes too long. */
export const readinessCheckSchema = z.strictObject({
  ...settings,
  interval: duration("from one probe to the next; they never overlap").default("500ms"),
});

/** How a service is asked to stop in its own words. */
export const stopRequestSchema = z.strictObject({
  type: z.enum(["http", "exec", "grpc"]),
  http: httpProbe.optional().describe("for type http"),
  exec: z.strictObject({
    command: command("run in the working directory of the process"),
    ...identity("that of the process"),
  }).optional().describe("for type exec"),
  grpc: z.strictObject({
    address: grpcProbe.shape.address,
    method: matching(/^\/[\w.]+\/\w+$/, 'is not a method; write one such as "/my.Service/Shutdown"')
      .describe("called with an empty message"),
    tls: z.boolean().default(false),
    ca_file: z.string().min(1).optional().describe(
      "PEM file of the authority that is trusted; relative to the configuration file",
    ),
  }).optional().describe("for type grpc"),
  timeout: duration("no answer for so long: the stop signal is sent").default("5s"),
});
