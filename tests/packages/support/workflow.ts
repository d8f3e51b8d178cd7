import { spawnSync } from "node:child_process";
import { z } from "zod";

const EXPRESSION = /\$\{\{\s*(.*?)\s*\}\}/g;
const CONTEXTS = ["env", "github", "inputs", "job", "matrix", "needs", "runner", "secrets", "steps", "vars"];

const env = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const step = z.strictObject({
  id: z.string().optional(),
  name: z.string().optional(),
  if: z.string().optional(),
  // What is not of this repository has a version.
  uses: z.string().regex(/^(\.\/|[\w.-]+\/[\w./-]+@[\w.-]+$)/, "uses: OWNER/NAME@VERSION").optional(),
  with: env.optional(),
  run: z.string().optional(),
  shell: z.enum(["sh", "bash", "pwsh"]).optional(),
  env: env.optional(),
  "working-directory": z.string().optional(),
  "continue-on-error": z.boolean().optional(),
  "timeout-minutes": z.int().optional(),
}).refine((it) => (it.run === undefined) !== (it.uses === undefined), "a step has either run or uses");

const access = z.enum(["read", "write", "none"]);
const permissions = z.strictObject({
  actions: access.optional(),
  attestations: access.optional(),
  checks: access.optional(),
  contents: access.optional(),
  "id-token": access.optional(),
  issues: access.optional(),
  packages: access.optional(),
  pages: access.optional(),
  "pull-requests": access.optional(),
});
const job = z.strictObject({
  name: z.string().optional(),
  "runs-on": z.string(),
  container: z.string().optional(),
  needs: z.union([z.string(), z.array(z.string())]).optional(),
  if: z.string().optional(),
  permissions: permissions.optional(),
  env: env.optional(),
  environment: z.strictObject({ name: z.string(), url: z.string().optional() }).optional(),
  strategy: z.record(z.string(), z.unknown()).optional(),
  "timeout-minutes": z.int(),
  steps: z.array(step).min(1),
});
const workflow = z.strictObject({
  name: z.string().optional(),
  on: z.record(z.enum(["push", "pull_request", "schedule", "workflow_dispatch", "release"]), z.unknown()),
  // Left out, a workflow may do whatever its repository allows.
  permissions,
  env: env.optional(),
  concurrency: z.unknown().optional(),
  jobs: z.record(z.string(), job),
}).partial({ name: true });
const input = z.strictObject({
  description: z.string(),
  required: z.boolean().optional(),
  default: z.string().optional(),
});
const action = z.strictObject({
  name: z.string(),
  description: z.string(),
  inputs: z.record(z.string(), input),
  outputs: z.record(z.string(), z.strictObject({ description: z.string(), value: z.string() })).optional(),
  runs: z.strictObject({ using: z.literal("composite"), steps: z.array(step).min(1) }),
});

type Step = z.infer<typeof step>;

/** What is wrong with a workflow of GitHub: its form, the expressions and the shell in it. */
export function faultsOfWorkflow(value: unknown): string[] {
  const faults = faultsOfForm(workflow, value);
  const { jobs } = value as { jobs: Record<string, { needs?: string | string[]; steps: Step[] }> };
  for (const { needs = [], steps } of Object.values(jobs)) {
    faults.push(
      ...[needs].flat().filter((name) => !(name in jobs)).map((name) => `needs: there is no job ${name}`),
    );
    faults.push(...faultsOfSteps(steps));
  }
  return faults;
}

/** What is wrong with a composite action. */
export function faultsOfAction(value: unknown): string[] {
  const { inputs, outputs, runs } = value as z.infer<typeof action>;
  const steps = runs.steps.flatMap((it) =>
    it.run !== undefined && it.shell === undefined ? ["run: needs a shell"] : []
  );
  const named = JSON.stringify([outputs, runs]).matchAll(/inputs\.([\w-]+)/g);
  const missing = [...named].filter(([, name]) => !(name in inputs)).map(([whole]) => `there is no ${whole}`);
  return [...faultsOfForm(action, value), ...steps, ...missing, ...faultsOfSteps(runs.steps)];
}

function faultsOfForm(schema: z.ZodType, value: unknown): string[] {
  const issues = schema.safeParse(value).error?.issues ?? [];
  return issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
}

function faultsOfSteps(steps: readonly Step[]): string[] {
  const known = new Set<string>();
  return steps.flatMap((it) => {
    const faults = [...JSON.stringify(it).matchAll(EXPRESSION)].flatMap(([, text]) => {
      const [context, name] = text.split(".");
      if (!CONTEXTS.includes(context)) return [`${text}: there is no context ${context}`];
      return context === "steps" && !known.has(name) ? [`${text}: no step before has this id`] : [];
    });
    if (it.run !== undefined) {
      // What others write becomes a part of the script: by env it is a value.
      faults.push(...[...it.run.matchAll(EXPRESSION)].map(([, text]) => `run: ${text} belongs into env`));
      const { status, stderr } = spawnSync("sh", ["-n"], { input: it.run, encoding: "utf8" });
      if (status !== 0) faults.push(`run: sh -n says ${stderr.trim()}`);
    }
    if (it.id !== undefined) known.add(it.id);
    return faults;
  });
}
