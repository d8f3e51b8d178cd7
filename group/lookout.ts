import { everyBeat } from "./every_beat.ts";

interface Beat {
  readonly end: () => void;
  readonly looks: Set<() => void>;
}

/** One beat for all that look at the same pace. */
const beats = new Map<number, Beat>();

/** Call a function at an interval in milliseconds, without keeping the program alive; returns how to stop. */
export function lookEvery(ms: number, look: () => void): () => void {
  const beat = beats.get(ms) ?? begin(ms);
  // A function of its own for each call.
  const own = () => look();
  beat.looks.add(own);
  return () => {
    if (!beat.looks.delete(own) || beat.looks.size > 0) return;
    beat.end();
    if (beats.get(ms) === beat) beats.delete(ms);
  };
}

function begin(ms: number): Beat {
  const looks = new Set<() => void>();
  const end = everyBeat(ms, () => {
    for (const look of [...looks]) look();
  });
  const beat = { end, looks };
  beats.set(ms, beat);
  return beat;
}
