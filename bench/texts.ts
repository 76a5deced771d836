/** Texts to scan: packets, request URIs, and the packets joined and cut into chunks. */
import { freshCaptures, httpParts, payloadsOf } from "./payloads.ts";
import { random } from "./random.ts";

/** Buffers that lie one after the other. */
export interface Text {
  name: string;
  bytes: Uint8Array;
  /** Offset and length of each buffer. */
  buffers: [offset: number, length: number][];
}

const CHUNK = 16_384;
/** A capture gives no more than this, lest one large download be all. */
const BYTES_A_CAPTURE = 600_000;

/** Of the captures nothing was trained on. `limit`: bytes of packets. */
export async function capturedTexts(folders: readonly string[], limit: number): Promise<Text[]> {
  const packets: Uint8Array[] = [];
  const uris: Uint8Array[] = [];
  for (const file of folders.flatMap(freshCaptures)) {
    for (const { tcp, data } of await payloadsOf(file, BYTES_A_CAPTURE)) {
      if (!tcp) continue;
      packets.push(data);
      const uri = httpParts(data)?.uri;
      if (uri) uris.push(uri);
    }
  }
  return texts(thinned(packets, limit), uris);
}

/** Evenly chosen ones of them, about `limit` bytes. */
function thinned(packets: Uint8Array[], limit: number): Uint8Array[] {
  const total = packets.reduce((sum, { length }) => sum + length, 0);
  const step = Math.max(1, Math.round(total / limit));
  return packets.filter((_, i) => i % step === 0);
}

/** Requests, pages, zero-filled and random packets. */
export function generatedTexts(limit: number): Text[] {
  const next = random(2);
  const packets: Uint8Array[] = [];
  const uris: Uint8Array[] = [];
  const words = Array.from({ length: 400 }, () =>
    Array.from({ length: 2 + next(8) }, () => "etaoinshrdlucmfw"[next(16)]).join(""),
  );
  const word = () => words[next(words.length)]!;
  const latin1 = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));
  for (let bytes = 0; bytes < limit; bytes += packets.at(-1)!.length) {
    const kind = next(8);
    if (kind < 3) {
      const uri = `/${word()}/${word()}.php?${word()}=${next(1e6)}&${word()}=${word()}`;
      uris.push(latin1(uri));
      packets.push(
        latin1(
          `GET ${uri} HTTP/1.1\r\nHost: ${word()}.${word()}.com\r\nUser-Agent: Mozilla/5.0 (${word()})\r\nAccept: */*\r\n\r\n`,
        ),
      );
    } else if (kind < 5) {
      packets.push(latin1(Array.from({ length: 60 + next(180) }, word).join(" ")));
    } else {
      const zero = kind === 5;
      packets.push(Uint8Array.from({ length: 40 + next(1420) }, () => (zero && next(20) ? 0 : next(256))));
    }
  }
  return texts(packets, uris);
}

function texts(packets: Uint8Array[], uris: Uint8Array[]): Text[] {
  const joined = join("packets", packets);
  const chunks: Text["buffers"] = [];
  for (let at = 0; at < joined.bytes.length; at += CHUNK) chunks.push([at, Math.min(CHUNK, joined.bytes.length - at)]);
  return [{ name: "16 KB chunks", bytes: joined.bytes, buffers: chunks }, joined, join("URIs", uris)];
}

function join(name: string, parts: Uint8Array[]): Text {
  const bytes = new Uint8Array(Buffer.concat(parts));
  let offset = 0;
  const buffers = parts.map(({ length }): [number, number] => {
    offset += length;
    return [offset - length, length];
  });
  return { name, bytes, buffers };
}
