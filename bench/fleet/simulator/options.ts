import { parseArgs } from "node:util";
import { parseDuration } from "../../../core/duration.ts";
import { usageError } from "../../../core/error.ts";
import { nearest } from "../../../core/nearest.ts";
import { reasonOf } from "../../../io/errno_words.ts";
import { FAULTS, SMALL_FLEET } from "./plan.ts";
import type { FaultName, FleetPlan } from "./plan.ts";
import { readTemplates } from "./template.ts";

/** What is told of the command. */
export const USAGE = `Usage: scripts/simulate-fleet --mqtt URL [OPTIONS]

Publish with QoS 1 what the agents of a fleet would. The same seed and start give the same messages.

  scripts/simulate-fleet --mqtt mqtt://localhost --agents 1000 --batch 10 --gzip
  scripts/simulate-fleet --mqtt mqtt://localhost --for 1d --speed 0 --fault restart=5 --fault vanish=1
  scripts/simulate-fleet --mqtt mqtt://localhost --replay records.jsonl

  --mqtt URL           the broker: mqtt:// or mqtts://; a user in the URL or PROCTOR_MQTT_USER, and
                       PROCTOR_MQTT_PASSWORD
  --mqtt-ca FILE       who has signed the broker's certificate
  --mqtt-cert FILE     a certificate of ours
  --mqtt-key FILE      its key
  --connections N      that the agents share (default: 10)
  --agents N           (default: 100)
  --tasks N            of each agent (default: 10)
  --interval DURATION  between two messages of a task (default: 10s)
  --health-every N     intervals between two messages of an agent on itself; 0: neither these nor presence
                       (default: 1)
  --domain NAME        (default: fleet)
  --channels N         that the agents are spread over (default: 1)
  --style STYLE        of topics: proplet, agent or rust (default: proplet)
  --batch N            messages in an array (default: 1, and no array)
  --gzip               compress what is published
  --for DURATION       of the fleet's own time (default: until it is interrupted)
  --speed FACTOR       of the fleet's time against ours; 0: as fast as the broker takes it (default: 1)
  --start TIME         when the fleet's time begins (default: so that it ends now, or begins now without --for)
  --seed N             (default: 1)
  --replay FILE        let tasks do what recorded ones did: JSON lines of proctor watch --records
  --fault NAME=N       let so many agents misbehave; may be repeated:
${
  Object.entries(FAULTS).map(([name, about]) => `                         ${name.padEnd(10)} ${about}`).join(
    "\n",
  )
}
  --help               this text
`;

/** What the command is to do. */
export interface SimulatorOptions {
  readonly plan: FleetPlan;
  /** When the fleet's time ends, ms since 1970. */
  readonly until: number;
  readonly speed: number;
  readonly connections: number;
  readonly mqtt: string;
  readonly mqtt_ca?: string;
  readonly mqtt_cert?: string;
  readonly mqtt_key?: string;
}

const STYLES = ["proplet", "agent", "rust"] as const;

/**
 * Read the arguments; null where help is asked for.
 * @throws ProctorError of kind `usage` with what is wrong
 */
export function readOptions(args: readonly string[], now: number): SimulatorOptions | null {
  const values = parsed(args);
  if (values.help) return null;
  if (values.mqtt === undefined) throw usageError("--mqtt is missing; write --mqtt mqtt://localhost");
  const count = (name: keyof typeof values, least: number, otherwise: number) => {
    const text = values[name] as string | undefined;
    if (text === undefined) return otherwise;
    if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
    throw usageError(`--${name}: "${text}" is not a whole number from ${least} on`);
  };
  const speed = Number(values.speed ?? 1);
  if (!(speed >= 0 && speed < Infinity)) {
    throw usageError(`--speed: "${values.speed}" is not a number from 0 on`);
  }
  const style = STYLES.find((one) => one === (values.style ?? "proplet"));
  if (style === undefined) throw usageError(`--style: "${values.style}" is none of ${STYLES.join(", ")}`);
  const forMs = values.for === undefined ? Infinity : parseDuration(values.for, "--for");
  if (speed !== 1 && forMs === Infinity) throw usageError("--speed: how long is it to go on? add --for");
  // With another speed the fleet's time must not run ahead of ours.
  const lead = speed === 1 ? 0 : speed === 0 ? forMs : Math.max(0, forMs - forMs / speed);
  const startAt = values.start === undefined ? Math.floor(now - lead) : Date.parse(values.start);
  if (Number.isNaN(startAt)) {
    throw usageError(`--start: "${values.start}" is not a time; write 2026-11-28T12:00:00Z`);
  }
  const plan: FleetPlan = {
    agents: count("agents", 1, 100),
    tasks: count("tasks", 0, SMALL_FLEET.tasks),
    intervalMs: parseDuration(values.interval ?? "10s", "--interval"),
    healthEvery: count("health-every", 0, 1),
    channels: count("channels", 1, 1),
    domain: values.domain ?? SMALL_FLEET.domain,
    style,
    batch: count("batch", 1, 1),
    gzip: values.gzip ?? false,
    seed: count("seed", 0, 1),
    startAt,
    faults: faultsOf(values.fault ?? []),
    ...values.replay !== undefined && { templates: templatesOf(values.replay) },
  };
  const misbehaving = Object.values(plan.faults).reduce((sum, one) => sum + one, 0);
  if (misbehaving > plan.agents) {
    throw usageError(`--fault: ${misbehaving} of ${plan.agents} agents cannot misbehave`);
  }
  return {
    ...{ plan, speed, until: startAt + forMs, connections: count("connections", 1, 10), mqtt: values.mqtt },
    ...{ mqtt_ca: values["mqtt-ca"], mqtt_cert: values["mqtt-cert"], mqtt_key: values["mqtt-key"] },
  };
}

function parsed(args: readonly string[]) {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        ...{
          mqtt: text,
          "mqtt-ca": text,
          "mqtt-cert": text,
          "mqtt-key": text,
          connections: text,
          agents: text,
        },
        ...{ tasks: text, interval: text, "health-every": text, domain: text, channels: text, style: text },
        ...{ batch: text, for: text, speed: text, start: text, seed: text, replay: text },
        fault: { type: "string", multiple: true },
        gzip: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    throw usageError((error as Error).message.split("\n")[0].replace(/\. To specify.*$/, ""));
  }
}

function faultsOf(texts: readonly string[]): Partial<Record<FaultName, number>> {
  const faults: Partial<Record<FaultName, number>> = {};
  for (const text of texts) {
    const [, name, count] = /^(\w+)=(\d{1,9})$/.exec(text) ?? [];
    if (name === undefined) throw usageError(`--fault: "${text}" is not a fault; write vanish=3`);
    if (!Object.hasOwn(FAULTS, name)) {
      const meant = nearest(name, Object.keys(FAULTS));
      throw usageError(
        `--fault: there is no fault ${name}${meant === null ? "" : `; did you mean ${meant}?`}`,
      );
    }
    faults[name as FaultName] = Number(count);
  }
  return faults;
}

function templatesOf(file: string) {
  try {
    return readTemplates(file);
  } catch (error) {
    const isSystems = (error as NodeJS.ErrnoException).code !== undefined;
    throw usageError(`--replay: ${isSystems ? `cannot read ${file}: ` : ""}${reasonOf(error)}`);
  }
}
