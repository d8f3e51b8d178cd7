import { z } from "zod";
import { PROCESS_TYPES } from "../control.ts";
import { healthCheckSchema, readinessCheckSchema } from "./health_schema.ts";
import { CONTROL_TYPES, controlSchema, processSchema } from "./process_schema.ts";

/** Names that only the short form has, and what they stand for. */
export const SHORT_NAMES = {
  env: "environment",
  cwd: "working_directory",
  restart: "restart_policy",
  health: "health_check",
  ready: "readiness_check",
  stop: "stop_request",
} as const;

const { id: _, management, type: __, ...entryShape } = processSchema.shape;
const { control: ___, ...managementShape } = management.shape;
const { type: ____, ...controlShape } = controlSchema.shape;

const words = z.union([z.string().min(1), z.array(z.string()).min(1)]);
const oneWordCheck = z.union([words, z.int().positive()]);
const health_check = partsOfOneWord(healthCheckSchema);
const readiness_check = partsOfOneWord(readinessCheckSchema).extend({
  notify: z.literal(true).optional().describe("it says so itself by sd_notify(3)"),
});

/** A check whose parts may be one word each. */
function partsOfOneWord<T extends typeof healthCheckSchema | typeof readinessCheckSchema>(check: T) {
  const text = z.string().min(1);
  const { type, http, tcp, exec, grpc, file, log } = check.shape;
  return check.extend({
    type: type.optional(),
    http: z.union([text.describe("its url"), http]),
    tcp: z.union([z.int().positive(), text.describe("HOST:PORT"), tcp]),
    exec: z.union([words.describe("its command"), exec]),
    grpc: z.union([text.describe("its address"), grpc]),
    file: z.union([text.describe("its path"), file]),
    log: z.union([text.describe("its match"), log]),
  });
}

const shapes = {
  command: words.optional().describe(
    "what is run: a text, which blanks and quotes part into words, or a list of them",
  ),
  env: controlShape.environment.describe("its environment, beside the supervisor's"),
  cwd: controlShape.working_directory.describe("its working_directory"),
  restart: controlShape.restart_policy.describe("its restart_policy"),
  health: z.union([oneWordCheck, health_check]).describe(
    "its health_check; or a URL to ask, a port to connect to or tcp://HOST:PORT, a command whose exit code 0 is good",
  ),
  ready: z.union([oneWordCheck, readiness_check]).describe(
    "its readiness_check; or the same words; or notify: it says so itself by sd_notify(3)",
  ),
  watch: z.union([words, controlShape.watch]).describe("files that it is restarted for when they change"),
  stop: z.union([words, controlShape.stop_request]).describe(
    "its stop_request; or a command that stops it; or a signal, such as SIGINT",
  ),
} as const;

/** One entry of `processes`, for editors and people; what it says is checked in the nested form. */
export const shortProcessSchema = z.union([
  words,
  z.strictObject({
    ...shapes,
    type: z.enum([...PROCESS_TYPES, ...CONTROL_TYPES]).optional().describe(
      "as in managed_processes[], or as in its control",
    ),
    ...entryShape,
    ...managementShape,
    ...controlShape,
    ...shapes,
  }),
]).describe("a command, or a mapping");

/** Keys that only the short form has, with what they mean. */
export const SHORT_MEANINGS: Readonly<Record<string, z.ZodType>> = shapes;

/** Every key that an entry of `processes` may have. */
export function shortKeys(): readonly string[] {
  const inNested = { ...entryShape, ...managementShape, ...controlShape };
  return [...new Set([...Object.keys(shapes), "type", ...Object.keys(inNested)])];
}
