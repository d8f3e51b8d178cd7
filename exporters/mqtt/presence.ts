import type { IClientOptions } from "mqtt";
import type { Broker } from "./broker.ts";

/** Not being let in after this long counts as a failure. */
const CONNECT_WITHIN_MS = 4_000;
/** A broker that says nothing for one and a half of these is gone, and gives us up likewise. */
const KEEPALIVE_SECONDS = 15;
/** A broker forgets the session of a client that has been away for longer. */
const SESSION_EXPIRY_SECONDS = 300;

/** Whether we are there. */
export type Status = "online" | "offline";

/** The message of our birth and end: JSON. */
export function statusOf(status: Status, propletId: string): string {
  return JSON.stringify({ status, proplet_id: propletId, timestamp: new Date().toISOString() });
}

/** What the broker is to publish when it hears nothing of us any more. */
export interface LastWill {
  /** Without it, no last will is set. */
  readonly topic: string | undefined;
  readonly propletId: string;
  readonly qos: 0 | 1 | 2;
}

/**
 * What the client library is to do for one connection. It tries nothing again by itself and keeps nothing back.
 * @param isNew asks for a session without a past
 */
export function clientOptions(
  broker: Broker,
  clientId: string,
  isNew: boolean,
  will: LastWill,
): IClientOptions {
  const isFive = broker.protocolVersion === 5;
  return {
    ...broker,
    clientId,
    // A broker of 3.1.1 would keep the session of a client that never comes back.
    clean: isNew || !isFive,
    ...(isFive && { properties: { sessionExpiryInterval: SESSION_EXPIRY_SECONDS } }),
    will: willOf(will, isFive),
    keepalive: KEEPALIVE_SECONDS,
    connectTimeout: CONNECT_WITHIN_MS,
    reconnectPeriod: 0,
    reschedulePings: false,
    queueQoSZero: false,
    resubscribe: false,
  };
}

/** Its timestamp is that of connecting: that of the end is unknown beforehand. */
function willOf({ topic, propletId, qos }: LastWill, isFive: boolean): IClientOptions["will"] {
  if (topic === undefined) return undefined;
  return {
    topic,
    payload: Buffer.from(statusOf("offline", propletId)),
    qos,
    retain: true,
    ...(isFive && { properties: { contentType: "application/json", payloadFormatIndicator: true } }),
  };
}
