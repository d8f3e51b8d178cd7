/* Who takes requests over HTTP, and what a request of remote write says: by hand, and by nothing of what wrote it. */
import { createServer } from "node:http";
import type { IncomingHttpHeaders, Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A series of a request, with its one sample. */
export interface ReadSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly isStale: boolean;
  readonly time: number;
}

/** A server that keeps what it gets, and answers as it is told. */
export class Receiver implements AsyncDisposable {
  status = 204;
  answer = "";
  readonly requests: {
    readonly headers: IncomingHttpHeaders;
    readonly url: string;
    readonly body: Buffer;
  }[] = [];

  private constructor(readonly server: Server) {}

  static async open(): Promise<Receiver> {
    const receiver = new Receiver(createServer(async (request, response) => {
      const pieces: Uint8Array[] = [];
      for await (const piece of request) pieces.push(piece);
      const { headers, url = "" } = request;
      receiver.requests.push({ headers, url, body: Buffer.concat(pieces) });
      response.writeHead(receiver.status).end(receiver.answer);
    }));
    await new Promise<void>((resolve) => receiver.server.listen(0, "127.0.0.1", resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/write`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** A varint at the beginning, and how many bytes it has. */
  static lengthOf(bytes: Uint8Array, at = 0): { value: number; size: number } {
    let [value, size] = [0, 0];
    for (;;) {
      const byte = bytes[at + size];
      value += (byte & 127) * 2 ** (7 * size++);
      if (byte < 128) return { value, size };
    }
  }

  /** The series of a WriteRequest (prompb/remote.proto and types.proto). */
  static read(request: Uint8Array): ReadSeries[] {
    return fields(request).map(([number, series]) => {
      if (number !== 1) throw new Error(`field ${number} of a WriteRequest`);
      const labels: Record<string, string> = {};
      let sample: Uint8Array | undefined;
      for (const [number, bytes] of fields(series as Uint8Array)) {
        if (number === 1) {
          const [[, name], [, value]] = fields(bytes as Uint8Array);
          labels[new TextDecoder().decode(name as Uint8Array)] = new TextDecoder().decode(
            value as Uint8Array,
          );
        } else if (number === 2 && !sample) sample = bytes as Uint8Array;
        else throw new Error(`field ${number} of a TimeSeries`);
      }
      const [[, value], [, time]] = fields(sample!);
      const view = new DataView((value as Uint8Array).slice().buffer);
      return {
        labels,
        value: view.getFloat64(0, true),
        isStale: view.getBigUint64(0, true) === 0x7ff0000000000002n,
        time: time as number,
      };
    });
  }
}

/** Fields of a message of protobuf: by length, of 64 bits, or a varint. */
function fields(bytes: Uint8Array): [number: number, value: Uint8Array | number][] {
  const found: [number, Uint8Array | number][] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at++];
    const kind = tag & 7;
    if (kind === 1) {
      found.push([tag >> 3, bytes.subarray(at, at += 8)]);
      continue;
    }
    const { value, size } = Receiver.lengthOf(bytes, at);
    at += size;
    if (kind === 2) found.push([tag >> 3, bytes.subarray(at, at += value)]);
    else if (kind === 0) found.push([tag >> 3, value]);
    else throw new Error(`kind ${kind}`);
  }
  return found;
}
