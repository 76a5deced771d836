/** The agent's evidence folder. Without `vpatch.evidence.enabled` it is made when a core has stopped: what did that is always kept. */
import type { Configuration } from "../config/schema/root.ts";
import type { NamedEvidence } from "../evidence/crash.ts";
import { EvidenceStore, type StoreCounts } from "../evidence/store.ts";
import { evidenceFolder } from "./state-files.ts";

export class AgentEvidence {
  readonly #config: Configuration["vpatch"];
  readonly #log: (message: string) => void;
  #store: EvidenceStore | undefined;

  /** @throws VpatchError when there is to be evidence and its folder cannot be made */
  constructor({ vpatch }: Configuration, log: (message: string) => void) {
    this.#config = vpatch;
    this.#log = log;
    if (vpatch.evidence.enabled) this.#open();
  }

  /** `undefined` before there was a folder for it. */
  get counts(): StoreCounts | undefined {
    return this.#store?.counts;
  }

  /** Path of the file, when it is kept. */
  keep(evidence: NamedEvidence): string | undefined {
    try {
      return this.#open().keep(evidence);
    } catch (error) {
      this.#log(`evidence is not kept: ${(error as Error).message}`);
      return undefined;
    }
  }

  async close(): Promise<void> {
    await this.#store?.close();
  }

  #open(): EvidenceStore {
    const { evidence, "state-dir": state } = this.#config;
    this.#store ??= new EvidenceStore({
      folder: evidence.directory ?? evidenceFolder(state),
      files: evidence["max-files"],
      bytes: evidence["max-size"],
      perMinute: evidence["per-minute"],
      onProblem: this.#log,
    });
    return this.#store;
  }
}
