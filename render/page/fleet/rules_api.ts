import { ask, askBy, send } from "./manager_api.ts";

/** A rule, as it is written. */
export interface Rule {
  readonly alert: string;
  readonly of: string;
  readonly where: Readonly<Record<string, string | readonly string[]>>;
  readonly when: string;
  readonly until?: string;
  readonly for: string;
  readonly keep: string;
  readonly no_data: string;
  readonly group: readonly string[];
  readonly severity: string;
  readonly summary?: string;
  readonly notify?: readonly string[];
  readonly inhibited_by: readonly string[];
  readonly planned: boolean;
  readonly enabled: boolean;
}

/** A rule, and where it is from. */
export interface KnownRule {
  readonly rule: Rule;
  /** Whether it is of a manager's file. */
  readonly is_fixed: boolean;
  /** Host and path of the file of another manager that it is of. */
  readonly origin: string | null;
  /** What stands in its way. */
  readonly note: string | null;
}

/** That a rule would have fired. Times are ms since 1970. */
export interface DryFiring {
  readonly subject: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly from: number;
  /** Null: it would still fire. */
  readonly until: number | null;
  readonly value: number | null;
  readonly summary: string;
}

/** What a rule would have done. */
export interface DryRun {
  readonly count: number;
  /** Hosts and tasks that it was tried on, and those that were too many. */
  readonly looked: number;
  readonly left_out: number;
  readonly firings: readonly DryFiring[];
}

/** All rules that may be seen, those of managers' files first, and how these files differ. */
export async function readRules(): Promise<{
  readonly rules: readonly KnownRule[];
  readonly difference: string | null;
}> {
  return await ask("rules");
}

/** What is wrong with a key of a rule; that of no key is of the rule as a whole. */
export interface RuleFault {
  readonly key: string;
  readonly message: string;
}

/** What is wrong with a rule as it is typed. */
export async function checkRule(rule: Partial<Rule>): Promise<readonly RuleFault[]> {
  return (await askBy<{ faults: RuleFault[] }>("POST", "rules/check", { rule })).faults;
}

/** Put in a rule, or another in the place of one of its name. */
export async function saveRule(rule: Partial<Rule>): Promise<void> {
  await send("PUT", pathOf(rule.alert ?? ""), rule);
}

/** Remove a rule; its alerts end. */
export async function removeRule(name: string): Promise<void> {
  await send("DELETE", pathOf(name));
}

/** How often a rule would have fired since so long ago, and where. */
export async function dryRunRule(rule: Partial<Rule>, from: string, signal: AbortSignal): Promise<DryRun> {
  return await askBy<DryRun>("POST", "rules/dry-run", { rule, from }, signal);
}

const pathOf = (name: string) => `rules/${encodeURIComponent(name)}`;
