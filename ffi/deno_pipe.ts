/** What a pipe holds at most, unless somebody has set it otherwise (pipe(7)). */
const BUFFER_BYTES = 65_536;

/** What can be done with a stream besides reading it. */
interface PipeControl {
  settle(): void;
  drain(): Promise<void>;
}
const controls = new WeakMap<ReadableStream<Uint8Array>, PipeControl>();

/** All writers are dead: the socket reads what is left, and closes itself. */
export function settle(stream: ReadableStream<Uint8Array>): void {
  controls.get(stream)?.settle();
}

/** Read such a stream to its end for nothing; whoever had a reader has let go of it. */
export async function drain(stream: ReadableStream<Uint8Array>): Promise<void> {
  await controls.get(stream)?.drain();
}

/** The read end of a pipe. One buffer serves all reads: what is drained leaves nothing to collect. */
export function pipeStream(descriptor: number): ReadableStream<Uint8Array> {
  const buffer = new Uint8Array(BUFFER_BYTES);
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let isSettled = false;
  let isDrained = false;
  let isOver = false;
  const callback = (length: number) => {
    if (isDrained) return true;
    controller.enqueue(buffer.slice(0, length));
    return isSettled || controller.desiredSize! > 0;
  };
  // Asked for by use: Bun, which loads this file as well, would evaluate an import in every start.
  const { Socket } = process.getBuiltinModule("node:net");
  const socket = new Socket({
    fd: descriptor,
    readable: true,
    writable: false,
    onread: { buffer, callback },
  });
  const over = (finish: () => void) => {
    if (!isOver) finish();
    isOver = true;
  };
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const stream = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
      socket.on("end", () => over(() => controller.close()));
      socket.on("error", (error) => over(() => controller.error(error)));
      socket.on("close", () => over(() => controller.close()));
    },
    pull() {
      socket.resume();
    },
    cancel() {
      over(() => socket.destroy());
    },
  });
  controls.set(stream, {
    settle() {
      isSettled = true;
      socket.resume();
    },
    async drain() {
      isDrained = true;
      socket.resume();
      await ended;
    },
  });
  return stream;
}
