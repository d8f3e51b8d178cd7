/*
 * What a topic may be made of. OASIS MQTT 5.0 and 3.1.1, 1.5.4 (1.5.3): U+0000 and lone surrogates must not be sent,
 * and a receiver may close the connection for a control character or a noncharacter; Mosquitto does. 4.7: `/`
 * separates levels, `+` and `#` are for subscribers, and topics that begin with `$` are the broker's own.
 */

/** Neither brokers nor we take a longer topic: its length has two bytes. */
export const LONGEST_TOPIC_BYTES = 65_535;
/** A task's name may be a whole command, which is too long for a topic level. */
const LONGEST_LEVEL = 1_000;

const UNSENDABLE = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;
const UNSENDABLE_ALL = new RegExp(UNSENDABLE, "gu");

/** Whether a text has something that costs the connection to send. */
export function isUnsendable(text: string): boolean {
  return UNSENDABLE.test(text);
}

/** A value as one level of a topic: what may not be sent, and what MQTT gives a meaning there, is replaced by `_`. */
export function topicLevel(value: string): string {
  return value.slice(0, LONGEST_LEVEL).replace(/[/+#]/g, "_").replace(UNSENDABLE_ALL, "_");
}
