import { loopTurn } from "../../io/loop_turn.ts";
import type { Outbox } from "../../io/lines/outbox.ts";
import type { StandStill } from "../../platform/mod.ts";
import type { Connection } from "./connection.ts";

/** The event loop has a turn at least this often: what the runtime does by timers must not wait for ever. */
const LONGEST_STAND_MS = 60_000;
/** As long as something is under way the event loop has turns, which the next message must not wait for. */
const SHORT_STAND_MS = 5;
/** What goes on for longer is a matter for the event loop: a subscription, a disk that hangs, a slow reader. */
const PATIENCE_MS = 300;
/** Something in the loop that stays ready in spite of so many turns would have us go round and round. */
const MOST_IN_A_ROW = 64;
/** A line leaves within a few microtasks where its reader has room for it. */
const MOST_MICROTASKS = 16;

/**
 * Read a stream's messages while the program stands still between them: a stream of the runtime costs more than what is
 * asked for. For as long as each message is answered soon, and nothing else goes on.
 *
 * @param isOver whether no more is to be read
 * @returns whether the input is over; the rest of it is to be read in another way else
 */
export async function readStill(
  still: StandStill,
  descriptor: number,
  connection: Connection,
  outbox: Outbox,
  isOver: () => boolean,
): Promise<boolean> {
  let quietMs = performance.now();
  let disturbedCount = 0;
  let turnedMs = quietMs;
  while (disturbedCount < MOST_IN_A_ROW) {
    for (let count = 0; outbox.pendingLength > 0 && count < MOST_MICROTASKS; count++) await null;
    if (isOver()) return false;
    const isBusy = connection.isBusy || outbox.pendingLength > 0;
    const now = performance.now();
    if (!isBusy) quietMs = now;
    if (now - quietMs > PATIENCE_MS) return false;
    const isDisturbed = still.stand(isBusy ? SHORT_STAND_MS : LONGEST_STAND_MS, descriptor);
    disturbedCount = isDisturbed ? disturbedCount + 1 : 0;
    // What comes of the next message begins now, not when the one before was answered.
    if (!isBusy) quietMs = performance.now();
    if (still.hasRung) {
      const chunk = still.read(descriptor);
      if (chunk?.length === 0) return true;
      if (chunk) connection.receive(chunk);
    }
    if (isBusy || isDisturbed || performance.now() - turnedMs >= LONGEST_STAND_MS) {
      await loopTurn();
      turnedMs = performance.now();
    }
  }
  return false;
}
