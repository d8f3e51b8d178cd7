interface Beat {
  readonly timer: ReturnType<typeof setInterval>;
  readonly looks: Set<() => void>;
}

/** One timer for all that look at the same pace: a hundred of them would wake the program a hundred times. */
const beats = new Map<number, Beat>();

/** Call a function at an interval in milliseconds, without keeping the program alive; returns how to stop. */
export function lookEvery(ms: number, look: () => void): () => void {
  const beat = beats.get(ms) ?? begin(ms);
  // A function of its own for each call.
  const own = () => look();
  beat.looks.add(own);
  return () => {
    if (!beat.looks.delete(own) || beat.looks.size > 0) return;
    clearInterval(beat.timer);
    if (beats.get(ms) === beat) beats.delete(ms);
  };
}

function begin(ms: number): Beat {
  const looks = new Set<() => void>();
  const timer = setInterval(() => {
    for (const look of [...looks]) look();
  }, ms);
  timer.unref();
  const beat = { timer, looks };
  beats.set(ms, beat);
  return beat;
}
