import { usageError } from "../../core/error.ts";
import { brokerOf } from "../../exporters/mqtt/broker.ts";
import type { Broker, BrokerSettings } from "../../exporters/mqtt/broker.ts";

/**
 * How the broker is reached that is read from, of the same settings and variables as for exporting.
 * @throws ProctorError of kind `usage` for a URL of WebSockets, and for files that are not what they should be
 */
export function brokerToRead(
  settings: BrokerSettings,
  variables: Readonly<Record<string, string | undefined>>,
): Broker {
  const broker = brokerOf(settings, variables);
  if (!broker.protocol?.startsWith("ws")) return broker;
  const right = broker.protocol === "wss" ? "mqtts" : "mqtt";
  throw usageError(
    `mqtt: messages are read by mqtt:// and mqtts:// only; write ${right}:// in place of ${broker.protocol}://`,
  );
}
