/** A conversation as the generators of protocols write it: what each side says, in turn. */
import type { Conversation, Message } from "../../corpus/conversation.ts";

export interface Dialogue {
  transport: "tcp" | "udp";
  port: number;
  messages: Message[];
  /** Bytes of data in one segment at most. */
  segment?: number;
}

/** Data that goes out at once between two acknowledgements of the other side. */
const BURST_SEGMENTS = 4;
const SEGMENT = 1448;

export function says(from: Message["from"], data: string | Uint8Array): Message {
  return { from, data: typeof data === "string" ? Buffer.from(data, "latin1") : data };
}

/** The dialogue between two hosts; long messages are cut so that the other side acknowledges every few segments. */
export function conversationOf(dialogue: Dialogue, client: string, clientPort: number, server: string): Conversation {
  const segment = dialogue.segment ?? SEGMENT;
  const burst = dialogue.transport === "tcp" ? segment * BURST_SEGMENTS : Number.POSITIVE_INFINITY;
  const messages: Message[] = [];
  for (const { from, data } of dialogue.messages) {
    for (let at = 0; at < data.length; at += burst) messages.push({ from, data: data.subarray(at, at + burst) });
  }
  return {
    transport: dialogue.transport,
    client: { address: client, port: clientPort },
    server: { address: server, port: dialogue.port },
    messages,
    segment,
    handshake: true,
    close: true,
  };
}
