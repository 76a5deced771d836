/** The ends of talk.ts in a lab: connections that go on while the agent changes, and attacks beside them. */
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { type Lab, sleep } from "./lab.ts";
import { LineProcess } from "./lines.ts";

const TALK = fileURLToPath(new URL("./talk.ts", import.meta.url));
const TSX = fileURLToPath(import.meta.resolve("tsx"));

export const PORT = 7001;
/** Blocks the attacks. */
export const RULE =
  'drop tcp any any -> any 7001 (msg:"attack"; flow:to_server; content:"attack!"; sid:1000001; rev:1;)\n';

/** What happened since the last report. */
export interface TalkReport {
  said: number;
  echoed: number;
  lost: number;
  wrong: number;
  attacks: number;
  answered: number;
  /** Milliseconds that the slowest line took. */
  longest: number;
}

export async function listen(lab: Lab): Promise<void> {
  const server = new LineProcess(lab.spawn("server", "node", ["--import", TSX, TALK, "server", `${PORT}`]));
  await server.next("listening");
}

export class Talk {
  readonly #client: LineProcess;

  private constructor(client: LineProcess) {
    this.#client = client;
  }

  static async start(lab: Lab, host: string): Promise<Talk> {
    const client = new LineProcess(lab.spawn("client", "node", ["--import", TSX, TALK, "client", host, `${PORT}`]));
    await client.next("talking");
    const talk = new Talk(client);
    await sleep(300);
    await talk.report();
    return talk;
  }

  /** What happened since the last report. */
  async report(): Promise<TalkReport> {
    const answer = this.#client.next("report");
    this.#client.send("report");
    return (await answer).report as TalkReport;
  }

  attacks(on: boolean): void {
    this.#client.send(on ? "attacks on" : "attacks off");
  }

  end(): void {
    this.#client.send("end");
  }
}

/** No connection was lost, none stood still, every line came back as it was. */
export function unharmed({ said, echoed, lost, wrong, longest }: TalkReport, stillness = 3000): void {
  assert.equal([lost, wrong], [0, 0], "connections lost, lines changed");
  assert.ok(echoed > 0 && said - echoed < 200, `${echoed} of ${said} lines came back`);
  assert.ok(longest < stillness, `a line took ${Math.round(longest)} ms`);
}
