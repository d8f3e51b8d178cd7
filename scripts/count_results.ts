/**
 * Adds up what scripts/test ran: reads its ledger (kind, name, exit status, report; a tab between, a line each; of the
 * kind `missing`, the package that is missing stands for the exit status), prints what was skipped and what failed, and as the last line `N passed, N failed, N skipped`.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";

type Outcome = "passed" | "failed" | "skipped";

interface Result {
  name: string;
  outcome: Outcome;
  /** Why it was skipped, where the report tells. */
  reason?: string;
}

/** The test cases of a JUnit report, by their full names (`group > test`). */
function parseReport(xml: string): Result[] {
  const results: Result[] = [];
  const containers = new Map<string, string>();
  for (
    const [, attributes, body = ""] of xml.matchAll(
      /<testcase\b((?:\s[\w-]+="[^"]*")*)\s*(?:\/>|>(.*?)<\/testcase>)/gs,
    )
  ) {
    const groups = attribute(attributes, "classname");
    const leaf = attribute(attributes, "name");
    // Bun names the groups apart, innermost first; Deno puts the file there and the groups into the name.
    const isBun = /\sfile="/.test(attributes) && groups !== "";
    const name = isBun ? [...groups.split(" > ").reverse(), leaf].join(" > ") : leaf;
    const outcome = /<(failure|error)\b/.test(body)
      ? "failed"
      : /<skipped\b/.test(body)
      ? "skipped"
      : "passed";
    const reason = outcome === "skipped" ? attribute(body, "message") || undefined : undefined;
    results.push({ name, outcome, reason });
    containers.set(name, body);
  }
  // Deno reports a group beside its tests: it counts only where it failed by itself, as by a hook that threw.
  return results.filter(({ name, outcome }) => {
    const inner = results.filter((other) => other.name.startsWith(`${name} > `));
    return inner.length === 0 ||
      (outcome === "failed" && !/tests? steps? failed/.test(containers.get(name) ?? ""));
  });
}

function attribute(attributes: string, key: string): string {
  const value = new RegExp(`\\s${key}="([^"]*)"`).exec(attributes)?.[1] ?? "";
  const entities: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&", "#10": "\n" };
  return value.replace(/&(#?\w+);/g, (whole, entity) => entities[entity] ?? whole);
}

/**
 * Why a test was skipped. No runtime's report tells, so it is looked up where it was written: the last string of the
 * `skip` option, or of the constant (here or in a file imported from here) that the option names.
 */
function skipReason(file: string, name: string): string {
  const source = readFileSync(file, "utf8");
  const parts = name.split(" > ");
  for (let i = 0; i < parts.length; i++) {
    const title = parts.slice(i).join(" > ").replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const options = new RegExp(`["'\`]${title}["'\`],\\s*{(.*?)}\\s*,\\s*(?:async\\b|function\\b|\\()`, "s")
      .exec(source)?.[1];
    const skip = /\bskip\b(.*)/s.exec(options ?? "")?.[1];
    if (skip === undefined) continue;
    const constant = /^:\s*([\w$]+)/.exec(skip)?.[1] ?? "skip";
    return lastString(skip) ?? lastString(declaration(file, source, constant)) ?? "no reason found";
  }
  return "no reason found";
}

function declaration(file: string, source: string, constant: string): string {
  const imports = [...source.matchAll(/from "(\.[^"]+)"/g)].map(([, path]) => join(dirname(file), path));
  for (const text of [source, ...imports.filter(existsSync).map((path) => readFileSync(path, "utf8"))]) {
    const found = new RegExp(`\\bconst ${constant.replace("$", "\\$")}\\b(.*?);\\n`, "s").exec(text);
    if (found) return found[1];
  }
  return "";
}

function lastString(code: string): string | undefined {
  return [...code.matchAll(/(["'`])((?:\\.|(?!\1).)*)\1/gs)].at(-1)?.[2];
}

/** The results of one ledger line; what left no trace in the report has failed. */
function resultsOf(kind: string, name: string, status: string, report: string): Result[] {
  if (kind === "check") return [{ name, outcome: status === "0" ? "passed" : "failed" }];
  if (kind === "missing") return [{ name: "all of it", outcome: "skipped", reason: `${status} is missing` }];
  const results = existsSync(report) ? parseReport(readFileSync(report, "utf8")) : [];
  const ended = status === "124" ? "it took too long" : `exit status ${status}`;
  if (results.length === 0) results.push({ name: `no test was reported (${ended})`, outcome: "failed" });
  else if (status !== "0" && !results.some(({ outcome }) => outcome === "failed")) {
    results.push({ name: `failed outside of its tests (${ended})`, outcome: "failed" });
  }
  return results;
}

const counts = { passed: 0, failed: 0, skipped: 0 };
const shown = { failed: new Map<string, string[]>(), skipped: new Map<string, string[]>() };

for (const line of readFileSync(process.argv[2], "utf8").split("\n").filter(Boolean)) {
  const [kind, file, status, report] = line.split("\t");
  for (const { name, outcome, reason } of resultsOf(kind, file, status, report)) {
    counts[outcome] += 1;
    if (outcome === "passed") continue;
    let what = kind === "check" ? name : `${file}: ${name}`;
    if (outcome === "skipped") what += ` — ${reason ?? skipReason(file, name)}`;
    shown[outcome].set(what, [...(shown[outcome].get(what) ?? []), kind]);
  }
}

for (const [outcome, entries] of Object.entries(shown)) {
  for (const [what, kinds] of entries) console.log(`${outcome} (${[...new Set(kinds)].join(", ")}) ${what}`);
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;
