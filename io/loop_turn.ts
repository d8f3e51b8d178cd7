/** Let the event loop do what is ready: in one turn it is taken up, and in the next what has come of that. */
export async function loopTurn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}
