import { isAbsolute } from "node:path";
import { z } from "zod";
import { expression } from "../../config/values.ts";
import { parseDuration } from "../../core/duration.ts";
import { ProctorError } from "../../core/error.ts";
import { parseSize } from "../../core/size.ts";
import { JOURNALD_SOCKET, parseRemoteAddress } from "./remote/remote_address.ts";
import { FACILITIES, SEVERITIES } from "./remote/severity.ts";

/*
 * `log_collection` as it is written: the keys of the short form and those of the longer one. Values stay the strings
 * they were written as; resolve.ts makes numbers of them.
 */

const DAY_MS = 86_400_000;

/** `7d` as well as what {@link parseDuration} reads, which ends below a month. */
export function parseAge(text: string, where: string): number {
  const days = /^(\d{1,5})d$/.exec(text);
  return days && Number(days[1]) > 0 ? Number(days[1]) * DAY_MS : parseDuration(text, where);
}

/** A string that one of our parsers reads; its error becomes the issue. */
function parsed(parse: (text: string, where: string) => unknown, description: string) {
  return z.string().superRefine((text, context) => {
    try {
      parse(text, "value");
    } catch (error) {
      if (!(error instanceof ProctorError)) throw error;
      context.addIssue({ code: "custom", message: error.message.replace(/^value: /, "") });
    }
  }).describe(description);
}

const pattern = (description: string) => expression((text) => new RegExp(text, "u")).describe(description);
const duration = (description: string) => parsed(parseDuration, `duration; ${description}`);
const age = (description: string) => parsed(parseAge, `duration, days ("7d") too; ${description}`);
const size = (description: string) => parsed(parseSize, `size; ${description}`);

const LOG_FORMATS = ["plain", "enhanced_plain", "json"] as const;
/** Where lines can go to. */
export const TARGET_TYPES = [
  "file",
  "stdout",
  "stderr",
  "process_manager_stdout",
  "master_stdout",
  "syslog",
  "journald",
] as const;
const REMOTE_TYPES = ["syslog", "journald"];

export const rotationSchema = z.strictObject({
  enabled: z.boolean().default(true).describe("without it the file grows, and is left to others"),
  max_size: size("a file that would grow beyond it is set aside").default("10M"),
  interval: age("a file that is so old is set aside, unless it is empty").optional(),
  max_files: z.int().min(0).max(10_000).default(5).describe("files that were set aside and are kept"),
  max_age: age("files that were set aside longer ago are removed").optional(),
  compress: z.boolean().default(true).describe("files that were set aside are compressed with gzip"),
});

const pemFile = (of: string) =>
  z.string().refine((path) => isAbsolute(path), "is not an absolute path; write one that begins with /")
    .optional()
    .describe(`for tls://: PEM file ${of}`);
const TLS_KEYS = ["ca_file", "cert_file", "key_file"] as const;

const logTargetSchema = z.strictObject({
  type: z.enum(TARGET_TYPES).describe(
    "file, or the supervisor's own standard output or standard error; process_manager_stdout and master_stdout are " +
      "other names of stdout; syslog: messages of RFC 5424; journald: systemd's log",
  ),
  path: z.string().min(1).optional().describe(
    "of a file, or of a device; {process_id} and {worker_id} stand for the id; relative to the directory of the logs",
  ),
  address: parsed(
    parseRemoteAddress,
    "where syslog or journald listens: a socket, udp://host:514, tcp://host:514 or tls://host:6514 (of syslog); " +
      `default: /dev/log, or ${JOURNALD_SOCKET}`,
  ).optional(),
  ca_file: pemFile(
    "of the authority that has signed the server's certificate; default: those of this system",
  ),
  cert_file: pemFile("of a certificate that is shown to the server"),
  key_file: pemFile("of the key of cert_file"),
  facility: z.enum(FACILITIES).optional().describe("of syslog and journald; default: daemon"),
  severity: z.enum(SEVERITIES).optional().describe(
    "of syslog and journald; default: info for standard output, err for standard error",
  ),
  format: z.enum(LOG_FORMATS).optional().describe(
    "default: enhanced_plain. plain: the lines as they are; enhanced_plain: with time, id and stream before them; json: an object a line",
  ),
  prefix: z.string().optional().describe(
    "stands before each line that is not JSON; before plain lines on stdout or stderr the id, by default",
  ),
  color: z.enum(["auto", "always", "never"]).optional().describe(
    "of the prefix; default: auto, on a terminal",
  ),
  rotation: rotationSchema.optional().describe("of a file; the defaults when left out"),
}).superRefine((target, context) => {
  const isFile = target.type === "file";
  if (isFile && target.path === undefined) {
    context.addIssue({ code: "custom", path: ["path"], message: "is missing: a file needs one" });
  }
  for (const key of ["path", "rotation"] as const) {
    if (!isFile && target[key] !== undefined) {
      context.addIssue({
        code: "custom",
        path: [key],
        message: `is for type "file", and this is "${target.type}"`,
      });
    }
  }
  const isRemote = REMOTE_TYPES.includes(target.type);
  for (const key of ["address", "facility", "severity"] as const) {
    if (isRemote || target[key] === undefined) continue;
    const message = `is for types "syslog" and "journald", and this is "${target.type}"`;
    context.addIssue({ code: "custom", path: [key], message });
  }
  for (const key of ["format", "prefix", "color"] as const) {
    if (!isRemote || target[key] === undefined) continue;
    const message = `is not for type "${target.type}", which has a form of its own`;
    context.addIssue({ code: "custom", path: [key], message });
  }
  for (const key of TLS_KEYS) {
    if (target[key] === undefined || target.address?.startsWith("tls://")) continue;
    context.addIssue({ code: "custom", path: [key], message: "is for an address that begins with tls://" });
  }
  for (const [one, other] of [["cert_file", "key_file"], ["key_file", "cert_file"]] as const) {
    if (target[one] === undefined || target[other] !== undefined) continue;
    context.addIssue({ code: "custom", path: [other], message: `is missing: ${one} needs it` });
  }
  if (target.type === "journald" && target.address !== undefined && !target.address.startsWith("/")) {
    const message =
      `is a socket of this machine for type "journald"; write ${JOURNALD_SOCKET}, or use syslog`;
    context.addIssue({ code: "custom", path: ["address"], message });
  }
});

const targets = (description: string) => z.array(logTargetSchema).max(8).default([]).describe(description);

const logOutputsSchema = z.strictObject({
  combined: targets("where both streams go"),
  separate: z.strictObject({
    stdout: targets("where standard output goes"),
    stderr: targets("where standard error goes"),
  }).prefault({}),
});

const multilineSchema = z.strictObject({
  start: pattern("a line that matches begins something new; any other belongs to what is before it")
    .optional(),
  continuation: pattern("a line that matches belongs to what is before it").optional(),
  max_lines: z.int().min(2).max(100_000).default(500),
  timeout: duration("what nothing was added to for so long is complete").default("500ms"),
}).superRefine((rule, context) => {
  if ((rule.start === undefined) === (rule.continuation === undefined)) {
    context.addIssue({ code: "custom", message: 'needs either "start" or "continuation"' });
  }
});

const rateLimitSchema = z.strictObject({
  lines: z.int().positive().describe("so many lines of a process are let through …"),
  per: duration("… in so much time; what exceeds it is dropped, counted and reported").default("1s"),
  burst: z.int().positive().optional().describe("lines let through at once after silence; default: lines"),
});

/** `log_collection` of one managed process. */
export const logCollectionSchema = z.strictObject({
  enabled: z.boolean().default(true).describe("without it what the process writes is thrown away"),
  mode: z.enum(["file", "pipe"]).default("file").describe(
    "file: the process writes to a file of its own, from which lines are collected; it outlives the supervisor. " +
      "pipe: nothing is written twice, and what is in the pipe dies with the supervisor",
  ),
  capture_stdout: z.boolean().default(true),
  capture_stderr: z.boolean().default(true),
  outputs: logOutputsSchema.optional().describe(
    "default: both streams to the file {process_id}.log, enhanced_plain",
  ),
  max_line: size("a longer line is cut into several").default("64K"),
  multiline: multilineSchema.optional().describe("join lines that belong together"),
  rate_limit: rateLimitSchema.optional().describe("default: none"),
});

const enhancementSchema = z.strictObject({
  enabled: z.boolean().default(true),
  metadata: z.strictObject({
    add_timestamp: z.literal(true).default(true).describe("always: it is what --since goes by"),
    add_hostname: z.boolean().default(false),
    add_sequence: z.boolean().default(false).describe("a number, over all processes"),
    add_line_number: z.boolean().default(false).describe("a number, within one stream of a process"),
    add_process_manager_id: z.boolean().default(false).describe("the PID of the supervisor"),
  }).prefault({}),
});

/** `log_collection` of the whole supervisor. */
export const supervisorLogCollectionSchema = z.strictObject({
  enabled: z.boolean().default(true),
  directory: z.string().min(1).optional().describe(
    "of the logs, seen from the directory of this file; default: <base_directory>/logs",
  ),
  global_aggregation: z.strictObject({
    enabled: z.boolean().default(true),
    targets: targets("where the lines of all processes go"),
  }).optional(),
  enhancement: enhancementSchema.optional().describe("what else enhanced_plain and json add to a line"),
  default: logCollectionSchema.optional().describe("for processes without a log_collection of their own"),
});

export type LogCollectionConfig = z.infer<typeof logCollectionSchema>;
export type SupervisorLogConfig = z.infer<typeof supervisorLogCollectionSchema>;
export type LogTargetConfig = z.infer<typeof logTargetSchema>;
export type LogFormat = (typeof LOG_FORMATS)[number];
