/** A message that is to be answered. */
export interface Answerable {
  readonly qos: 0 | 1 | 2;
  readonly packetId: number;
}

/** Where it stands in the row of messages of its connection. */
export interface Numbered extends Answerable {
  readonly number: number;
}

/**
 * Messages are acknowledged in the order they came in (OASIS MQTT 5.0, 4.6), those among them that are passed over
 * here: each waits until all before it have been acknowledged by whoever has them.
 */
export class AcknowledgementOrder {
  #last = 0;
  /** Messages that somebody has, and has not acknowledged. */
  #out = 0;
  #passedOver: Numbered[] = [];

  /** A message goes to somebody; its number. */
  delivered(qos: Answerable["qos"]): number {
    if (qos > 0) this.#out++;
    return ++this.#last;
  }

  /** A message goes to nobody. @returns what is to be acknowledged now */
  passedOver(message: Answerable): readonly Answerable[] {
    if (this.#out === 0) return [message];
    this.#passedOver.push({ ...message, number: ++this.#last });
    return [];
  }

  /** The last message that went to somebody is of no use to him. @returns what is to be acknowledged now */
  givenUp(message: Numbered): readonly Answerable[] {
    if (message.qos > 0) this.#out--;
    if (this.#out === 0) return [message];
    this.#passedOver.push(message);
    return [];
  }

  /** Somebody acknowledges messages, the oldest first. @returns what is to be acknowledged now */
  acknowledged(messages: readonly Numbered[]): readonly Answerable[] {
    for (const { qos } of messages) if (qos > 0) this.#out--;
    if (this.#passedOver.length === 0) return messages;
    const until = this.#out === 0 ? Infinity : messages.at(-1)?.number ?? 0;
    const due = this.#passedOver.filter(({ number }) => number < until);
    this.#passedOver = this.#passedOver.slice(due.length);
    return [...messages, ...due].sort((a, b) => a.number - b.number);
  }
}
