/** Waits for a promise, but not longer than a time after a signal; whether the promise has resolved. */
export async function within(done: Promise<unknown>, force: AbortSignal, afterMs: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let begin = () => {};
  const late = new Promise<boolean>((resolve) => {
    begin = () => timer = setTimeout(() => resolve(false), afterMs);
  });
  if (force.aborted) begin();
  else force.addEventListener("abort", begin, { once: true });
  try {
    return await Promise.race([done.then(() => true), late]);
  } finally {
    clearTimeout(timer);
    force.removeEventListener("abort", begin);
  }
}
