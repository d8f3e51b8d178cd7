const listeners = new Set<() => void>();

/** One handler for all: runtimes warn of many listeners for one event. */
function notifyAll(): void {
  for (const notify of [...listeners]) notify();
}

/** Call `notify` whenever a child of ours ends (SIGCHLD); returns how to stop listening. */
export function onChildEnd(notify: () => void): () => void {
  const listener = () => notify();
  if (listeners.size === 0) process.on("SIGCHLD", notifyAll);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) process.off("SIGCHLD", notifyAll);
  };
}
