/** Reason codes of DISCONNECT that we send (OASIS MQTT 5.0, 3.14.2.1). */
export const REASON = {
  malformed: 0x81,
  protocol: 0x82,
  receiveMaximum: 0x93,
  topicAlias: 0x94,
  packetTooLarge: 0x95,
} as const;

/** What a broker has sent that cannot be: the end of its connection. The message completes "the broker: …". */
export class MqttFault extends Error {
  override readonly name = "MqttFault";

  /** @param code what MQTT 5 tells the broker of it */
  constructor(message: string, readonly code: number = REASON.malformed) {
    super(message);
  }
}
