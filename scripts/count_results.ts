/**
 * Adds up what scripts/test ran: reads its ledger (kind, name, exit status, report; a tab between, a line each; of the
 * kind `missing`, the package that is missing stands for the exit status), prints what was skipped, what was unsteady
 * and what failed, how many passed on other systems than this one and on what stands for them, and as the last line
 * `N passed, N failed, N skipped`.
 *
 * Usage: count_results.ts LEDGER [AGAIN]. AGAIN is the ledger of files that failed, and ran once more, alone: where
 * nothing fails there, and all passes that was not skipped before, what had failed is unsteady, and the second run
 * counts.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { skipReason } from "./skip_reason.ts";

type Outcome = "passed" | "failed" | "skipped";

interface Result {
  name: string;
  outcome: Outcome;
  /** The file that it is written in, where the report tells. */
  file?: string;
  /** Why it was skipped, where the report tells. */
  reason?: string;
  /** Whether it is about the file as a whole, not a test of it. */
  isWhole?: boolean;
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
    results.push({ name, outcome, reason, file: attribute(attributes, "file") || undefined });
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

/** The results of one ledger line; what left no trace in the report has failed. */
function resultsOf(kind: string, name: string, status: string, report: string): Result[] {
  if (kind === "check") return [{ name, outcome: status === "0" ? "passed" : "failed" }];
  if (kind === "missing") return [{ name: "all of it", outcome: "skipped", reason: `${status} is missing` }];
  const results = existsSync(report) ? parseReport(readFileSync(report, "utf8")) : [];
  const ended = status === "124" ? "it took too long" : `exit status ${status}`;
  if (results.length === 0) {
    results.push({ name: `no test was reported (${ended})`, outcome: "failed", isWhole: true });
  } else if (status !== "0" && !results.some(({ outcome }) => outcome === "failed")) {
    results.push({ name: `failed outside of its tests (${ended})`, outcome: "failed", isWhole: true });
  }
  return results;
}

/** What a ledger says of each file: the results of a line, by its kind and its file. */
function readLedger(path: string | undefined): Map<string, Result[]> {
  const files = new Map<string, Result[]>();
  if (path === undefined) return files;
  for (const line of readFileSync(path, "utf8").split("\n").filter(Boolean)) {
    const [kind, file, status, report] = line.split("\t");
    const key = `${kind}\t${file}`;
    files.set(key, [...files.get(key) ?? [], ...resultsOf(kind, file, status, report)]);
  }
  return files;
}

const hasFailed = ({ outcome }: Result) => outcome === "failed";

/** Whether all that was tested in a run, and something, has passed in the next: what is skipped by then has not. */
function hasPassedNow(first: readonly Result[], second: readonly Result[]): boolean {
  const passed = new Set(second.filter(({ outcome }) => outcome === "passed").map(({ name }) => name));
  return passed.size > 0 && !second.some(hasFailed) &&
    first.every(({ name, outcome, isWhole }) => outcome === "skipped" || isWhole || passed.has(name));
}

/** Imports by which a test asks a library of ours in place of a system's. */
const FAKE = /from "[^"]*support\/(?:fake_windows|fake|as_darwin)\.ts"/;

/** Where a test has run, if that is not this system as it is. */
function placeOf(kind: string, file: string): string | null {
  if (kind === "wine") return "under Wine";
  if (kind === "musl") return "with musl";
  if (kind.startsWith("arm64 ")) return "on arm64";
  const isFaked = file.endsWith(".test.ts") && existsSync(file) && FAKE.test(readFileSync(file, "utf8"));
  return isFaked ? "against libraries in place of Windows and macOS" : null;
}

/** Why a test was skipped, of a file or of one in a directory that ran as a whole. */
function reasonOf(path: string, { name, file }: Result): string {
  const written = path.endsWith(".test.ts") ? path : join(path, file?.split(/[\\/]/).at(-1) ?? "");
  return written.endsWith(".test.ts") && existsSync(written) ? skipReason(written, name) : "no reason found";
}

const elsewhere = new Map<string, number>();
const counts = { passed: 0, failed: 0, skipped: 0 };
const shown = {
  skipped: new Map<string, string[]>(),
  unsteady: new Map<string, string[]>(),
  failed: new Map<string, string[]>(),
};

function show(list: keyof typeof shown, kind: string, what: string): void {
  shown[list].set(what, [...(shown[list].get(what) ?? []), kind]);
}

const [ledger, again] = process.argv.slice(2);
const secondRuns = readLedger(again);
for (const [key, first] of readLedger(ledger)) {
  const [kind, file] = key.split("\t");
  const nameOf = (result: Result) => kind === "check" ? result.name : `${file}: ${result.name}`;
  const second = secondRuns.get(key);
  const isUnsteady = second !== undefined && hasPassedNow(first, second);
  if (isUnsteady) { for (const result of first.filter(hasFailed)) show("unsteady", kind, nameOf(result)); }
  const place = placeOf(kind, file);
  for (const result of isUnsteady ? second : first) {
    if (place !== null && result.outcome === "passed") elsewhere.set(place, (elsewhere.get(place) ?? 0) + 1);
    const { outcome, reason } = result;
    counts[outcome] += 1;
    if (outcome === "skipped") {
      show("skipped", kind, `${nameOf(result)} — ${reason ?? reasonOf(file, result)}`);
    }
    if (outcome === "failed") show("failed", kind, nameOf(result));
  }
}

for (const [outcome, entries] of Object.entries(shown)) {
  for (const [what, kinds] of entries) console.log(`${outcome} (${[...new Set(kinds)].join(", ")}) ${what}`);
}
const places = [...elsewhere].map(([place, count]) => `${count} ${place}`).sort();
if (places.length > 0) console.log(`of those that passed: ${places.join(", ")}`);
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;
