/** Call `notify` when a child of ours ends; returns how to stop. Only the main thread is told of signals. */
export function onChildEnd(notify: () => void): () => void {
  process.on("SIGCHLD", notify);
  return () => void process.off("SIGCHLD", notify);
}
