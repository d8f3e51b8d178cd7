import { fixture } from "../../support/fixture.ts";
import { shell } from "./supervisor.ts";

const FAST = {
  restart_policy: "never",
  context_aware_restart: { retry_delay: "20ms", jitter: 0, resource_violations: { max_retries: 1 } },
};
const QUICK = { monitoring_profile: { interval: "200ms" } };
const ALLOC = fixture("alloc_mb");

/** An entry of shell with limits; `line` calls alloc_mb as "$0". */
export const allocating = (line: string, limits: object, control: object = {}) =>
  shell("a", line, { ...FAST, arguments: ["-c", line, ALLOC], limits, ...control }, QUICK);
