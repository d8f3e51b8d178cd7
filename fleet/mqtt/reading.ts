/** How a manager reads from a broker, whatever it reads. */
export const READING = {
  /** Messages that wait for the journal at once, of what the broker is told. */
  receiveMaximum: 10_000,
  /** A batch of a thousand messages is much less; more is nobody's. */
  maximumPacketBytes: (1 << 20) + 65_536,
  keepaliveSeconds: 15,
} as const;

/** The broker keeps what comes while we are away for so long. */
export const SESSION_EXPIRY_SECONDS = 24 * 3_600;
