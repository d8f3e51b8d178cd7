/* Runs the steps of a job as a runner of GitHub does, so far as actions of this repository need it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parse } from "yaml";
import { ROOT } from "../../support/fixture.ts";

interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly run?: string;
  readonly shell?: "sh" | "bash";
  readonly env?: Readonly<Record<string, string>>;
  readonly "continue-on-error"?: boolean;
}

/** What became of a step. */
export interface StepResult {
  readonly outcome: "success" | "failure";
  readonly exitCode: number | null;
  readonly outputs: Readonly<Record<string, string>>;
  /** What it has added to the summary of the job. */
  readonly summary: string;
  /** Both streams. */
  readonly printed: string;
}

/** What expressions of a step refer to. */
interface Context {
  readonly inputs: Readonly<Record<string, string>>;
  readonly steps: Map<string, StepResult>;
}

/** `sh` and `bash` end at the first command that fails, as those of a runner. */
const SHELLS = { sh: ["sh", "-e"], bash: ["bash", "--noprofile", "--norc", "-eo", "pipefail"] };

/**
 * Run the steps of a job one after another, in one directory.
 * @param program the one that stands on the PATH as proctor
 * @returns the result of each step that was begun, by its id or name
 */
export function runSteps(
  steps: readonly Step[],
  directory: string,
  program: string,
): Map<string, StepResult> {
  const context: Context = { inputs: {}, steps: new Map() };
  const results = new Map<string, StepResult>();
  for (const step of steps) {
    const result = runStep(step, context, directory, program);
    results.set(step.id ?? step.name ?? "", result);
    if (step.id !== undefined) context.steps.set(step.id, result);
    if (result.outcome === "failure" && step["continue-on-error"] !== true) break;
  }
  return results;
}

function runStep(step: Step, context: Context, directory: string, program: string, action = ""): StepResult {
  const filled = (text: string) =>
    text.replace(/\$\{\{\s*(.*?)\s*\}\}/g, (_, name) => valueOf(name, context));
  if (step.uses !== undefined) {
    const given = Object.entries(step.with ?? {}).map(([name, value]) => [name, filled(value)]);
    return runAction(step.uses, Object.fromEntries(given), directory, program);
  }
  const own = mkdtempSync(join(directory, ".step-"));
  const files = { GITHUB_OUTPUT: join(own, "output"), GITHUB_STEP_SUMMARY: join(own, "summary") };
  for (const file of Object.values(files)) writeFileSync(file, "");
  const script = join(own, "script");
  writeFileSync(script, step.run!);
  const [shell, ...options] = SHELLS[step.shell ?? "bash"];
  const env = Object.entries(step.env ?? {}).map(([name, value]) => [name, filled(value)]);
  const { status, stdout, stderr } = spawnSync(shell, [...options, script], {
    cwd: directory,
    env: {
      HOME: directory,
      PATH: `${join(program, "..")}:${process.env.PATH}`,
      GITHUB_ACTION_PATH: action,
      GITHUB_WORKSPACE: directory,
      ...files,
      ...Object.fromEntries(env),
    },
    encoding: "utf8",
    timeout: 60_000,
  });
  const lines = readFileSync(files.GITHUB_OUTPUT, "utf8").split("\n").filter((line) => line !== "");
  return {
    outcome: status === 0 ? "success" : "failure",
    exitCode: status,
    outputs: Object.fromEntries(
      lines.map((line) => [line.split("=", 1)[0], line.slice(line.indexOf("=") + 1)]),
    ),
    summary: readFileSync(files.GITHUB_STEP_SUMMARY, "utf8"),
    printed: stdout + stderr,
  };
}

/** A composite action of this repository: its steps, with inputs of their own, and the outputs that it names. */
function runAction(
  path: string,
  given: Readonly<Record<string, string>>,
  directory: string,
  program: string,
) {
  const folder = join(ROOT, path);
  const { inputs, outputs, runs } = parse(readFileSync(join(folder, "action.yml"), "utf8"));
  for (const name of Object.keys(given)) assert.ok(name in inputs, `${path} has no input ${name}`);
  const values = Object.entries(inputs as Record<string, { required?: boolean; default?: string }>).map(
    ([name, input]) => {
      assert.ok(!input.required || given[name] !== undefined, `${path}: ${name} is required`);
      return [name, given[name] ?? input.default ?? ""];
    },
  );
  const context: Context = { inputs: Object.fromEntries(values), steps: new Map() };
  let last: StepResult | undefined;
  const all = { summary: "", printed: "" };
  for (const step of runs.steps as Step[]) {
    last = runStep(step, context, directory, program, folder);
    if (step.id !== undefined) context.steps.set(step.id, last);
    all.summary += last.summary;
    all.printed += last.printed;
    if (last.outcome === "failure") break;
  }
  const named = Object.entries(outputs as Record<string, { value: string }>).map(([name, { value }]) => {
    const [, expression] = /^\$\{\{\s*(.*?)\s*\}\}$/.exec(value)!;
    return [name, valueOf(expression, context)];
  });
  return { ...last!, ...all, outputs: Object.fromEntries(named) };
}

/** `inputs.NAME`, `steps.ID.outputs.NAME`, `steps.ID.outcome`; what is not there is empty. */
function valueOf(expression: string, { inputs, steps }: Context): string {
  const [context, name, kind, output] = expression.split(".");
  if (context === "inputs") return inputs[name] ?? "";
  assert.equal(context, "steps", expression);
  const result = steps.get(name);
  return (kind === "outcome" ? result?.outcome : result?.outputs[output]) ?? "";
}
