/** The two players of a lab, and what a suite asks of them. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { CorpusCase } from "../../corpus/case.ts";
import type { Conversation } from "../../corpus/conversation.ts";
import type { Lab } from "./lab.ts";
import { SERVER4, SERVER6 } from "./lab.ts";
import { LineProcess } from "./lines.ts";

const PLAYER = fileURLToPath(new URL("./player.ts", import.meta.url));
const TSX = fileURLToPath(import.meta.resolve("tsx"));
/** Port of the players' UDP echo. */
export const ECHO = 9007;

/** What became of a conversation over real sockets. */
export interface Outcome {
  /** The client sent all it had and got every answer. */
  complete: boolean;
  /** The client's bytes, as sent and as they reached the server. */
  sent: Buffer;
  reached: Buffer;
  /** The server's bytes that reached the client, and all it had. */
  answered: Buffer;
  answers: Buffer;
}

export class Peers {
  private readonly client: LineProcess;
  private readonly server: LineProcess;
  private readonly listening = new Map<number, Promise<unknown>>();
  private nextPort = 20_000;

  private constructor(client: LineProcess, server: LineProcess) {
    this.client = client;
    this.server = server;
  }

  static async start(lab: Lab): Promise<Peers> {
    const args = ["--import", TSX, PLAYER];
    const peers = new Peers(
      new LineProcess(lab.spawn("client", "node", args)),
      new LineProcess(lab.spawn("server", "node", args)),
    );
    await Promise.all([peers.client.next("playing"), peers.server.next("playing")]);
    await peers.listen(ECHO);
    return peers;
  }

  async listen(port: number): Promise<void> {
    let ready = this.listening.get(port);
    if (ready === undefined) {
      ready = this.server.wait((line) => line.listening === port, `listening ${port}`);
      this.listening.set(port, ready);
      this.server.send({ listen: port });
    }
    await ready;
  }

  /** Plays a corpus conversation between the two ends of the lab. */
  async play(
    { transport, server: { port }, messages }: Conversation,
    family: 4 | 6,
    patience = 1000,
  ): Promise<Outcome> {
    await this.listen(port);
    const key = this.nextPort++;
    const clientSays: [string, number][] = [];
    const serverSays: [number, string][] = [];
    const sent: Buffer[] = [];
    const answers: Buffer[] = [];
    let bytes = 0;
    for (const { from, data } of messages) {
      if (from === "client") {
        bytes += data.length;
        sent.push(Buffer.from(data));
        clientSays.push([Buffer.from(data).toString("base64"), 0]);
      } else {
        // A server that speaks first: the client says nothing before it has heard that.
        if (clientSays.length === 0) clientSays.push(["", 0]);
        clientSays.at(-1)![1] += data.length;
        answers.push(Buffer.from(data));
        serverSays.push([bytes, Buffer.from(data).toString("base64")]);
      }
    }
    const expecting = this.server.wait((line) => line.expecting === key, "expecting");
    this.server.send({ expect: key, say: serverSays });
    await expecting;
    const talked = this.client.wait((line) => line.talked === key, "talked");
    const to = family === 4 ? SERVER4 : SERVER6;
    this.client.send({ talk: key, to, port, from: key, udp: transport === "udp", say: clientSays, patience });
    const { complete, received } = await talked;
    const got = this.server.wait((line) => line.got === key, "got");
    this.server.send({ got: key });
    const reached = Buffer.from((await got).bytes as string, "base64");
    return {
      complete: complete as boolean,
      sent: Buffer.concat(sent),
      reached,
      answered: Buffer.from(received as string, "base64"),
      answers: Buffer.concat(answers),
    };
  }

  /** Every conversation of a case. */
  playCase({ conversations }: CorpusCase, family: 4 | 6): Promise<Outcome[]> {
    return Promise.all(conversations.map((conversation) => this.play(conversation, family)));
  }

  /** Sends UDP probes while `work` runs. When answers came, milliseconds since 1970. */
  async probe(family: 4 | 6, work: () => Promise<void>, every = 5): Promise<{ times: number[]; sent: number }> {
    this.client.send({ probe: family === 4 ? SERVER4 : SERVER6, port: ECHO, every });
    await work();
    const answer = this.client.next("probes");
    this.client.send({ gaps: true });
    const { probes, sent } = await answer;
    return { times: probes as number[], sent: sent as number };
  }
}

/** Longest time without an answer between two moments, milliseconds. */
export function longestGap(times: readonly number[], from: number, to: number): number {
  const inside = times.filter((time) => time >= from && time <= to);
  let last = from;
  let longest = 0;
  for (const time of [...inside, to]) {
    longest = Math.max(longest, time - last);
    last = time;
  }
  return longest;
}

/** Whether a program is there. */
export function has(program: string): boolean {
  return (
    spawnSync("sh", ["-c", `command -v ${program}`], {
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    }).status === 0
  );
}
