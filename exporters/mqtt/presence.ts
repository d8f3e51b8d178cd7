import type { IClientOptions } from "mqtt";
import type { PresenceMessage } from "../../core/schema/presence_message.ts";
import { VERSION } from "../../core/schema/version.ts";
import type { ExportContext } from "../telemetry.ts";
import type { Broker } from "./broker.ts";
import type { Topics } from "./topics.ts";

/** Not being let in after this long counts as a failure. */
const CONNECT_WITHIN_MS = 4_000;
/** A broker that says nothing for one and a half of these is gone, and gives us up likewise. */
const KEEPALIVE_SECONDS = 15;
/** A broker forgets the session of a client that has been away for longer. */
const SESSION_EXPIRY_SECONDS = 300;

/** Whether we are there. */
export type Status = PresenceMessage["status"];

/** Where our birth and end are told. */
export interface Place {
  readonly topic: string;
  /** Whether the broker keeps it for those that come later. */
  readonly retain: boolean;
}

/** What is told of our birth and end, and where. */
export class Presence {
  readonly places: readonly Place[];
  /** That of the last will, of which a connection has one. */
  readonly willPlace: Place | undefined;
  readonly #since = new Date(performance.timeOrigin).toISOString();

  /**
   * An agent's presence is retained at a topic of its own. At the topic of all agents of a channel nothing is: there
   * the broker would keep the word of the last of them only. A run has no presence of its own: its end would be taken
   * for that of the agent of its host.
   */
  constructor(readonly context: ExportContext, { alive, presence }: Topics) {
    const shared = alive === undefined ? [] : [{ topic: alive, retain: false }];
    const own = presence === undefined || !context.isAgent ? [] : [{ topic: presence, retain: true }];
    this.places = [...shared, ...own];
    this.willPlace = this.places.at(-1);
  }

  /** The message of our birth or end: JSON. */
  message(status: Status): string {
    const { propletId, agentId, hostName, bootId } = this.context;
    return JSON.stringify(
      {
        status,
        proplet_id: propletId,
        ...(agentId !== null && { agent_id: agentId }),
        version: VERSION,
        host: hostName,
        ...(bootId !== null && { boot_id: bootId }),
        since: this.#since,
        timestamp: new Date().toISOString(),
      } satisfies PresenceMessage,
    );
  }
}

/**
 * What the client library is to do for one connection. It tries nothing again by itself and keeps nothing back.
 * @param isNew asks for a session without a past
 */
export function clientOptions(
  broker: Broker,
  clientId: string,
  isNew: boolean,
  presence: Presence,
  qos: 0 | 1 | 2,
): IClientOptions {
  const isFive = broker.protocolVersion === 5;
  return {
    ...broker,
    clientId,
    // A broker of 3.1.1 would keep the session of a client that never comes back.
    clean: isNew || !isFive,
    ...(isFive && { properties: { sessionExpiryInterval: SESSION_EXPIRY_SECONDS } }),
    will: willOf(presence, qos, isFive),
    keepalive: KEEPALIVE_SECONDS,
    connectTimeout: CONNECT_WITHIN_MS,
    reconnectPeriod: 0,
    reschedulePings: false,
    queueQoSZero: false,
    resubscribe: false,
  };
}

/** Its timestamp is that of connecting: that of the end is unknown beforehand. */
function willOf(presence: Presence, qos: 0 | 1 | 2, isFive: boolean): IClientOptions["will"] {
  const { willPlace } = presence;
  if (!willPlace) return undefined;
  return {
    ...willPlace,
    payload: Buffer.from(presence.message("offline")),
    qos,
    ...(isFive && { properties: { contentType: "application/json", payloadFormatIndicator: true } }),
  };
}
