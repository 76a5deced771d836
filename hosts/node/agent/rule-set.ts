/**
 * The rules of an agent: compiled aside, put in force between two batches, kept on disk once they are. A set that is bad leaves the one before
 * in force: files that cannot be read or compiled, a database that the core refuses, a set without a rule, or the loss of a rule in force.
 */
import { readFileSync, renameSync } from "node:fs";
import { readRuleDescriptions } from "../engine/database.ts";
import type { Mode } from "../engine/settings.ts";
import { VpatchError } from "../errors.ts";
import type { RuleDescription } from "../eve/rules.ts";
import type { Refusal } from "../rules/compile.ts";
import { runTask } from "./child-task.ts";
import type { CompileOutcome } from "./compile-task.ts";
import { compiledFile, lastGoodFile } from "./state-files.ts";
import type { RulesInForce } from "./traffic.ts";

export interface RuleStatus {
  /** Counts the sets that were put in force since the start. */
  generation: number;
  /** Rules in force, the self-test's signature among them. */
  rules: number;
  /** Of them, assigned by the scan. */
  assigned: number;
  /** Rules that cannot be honoured exactly, the first of them told. */
  refused: number;
  refusals: Refusal[];
  /** What the policy could not be held to. */
  warnings: string[];
  /** When they came into force. */
  since: string;
  reloads: { done: number; failed: number };
  /** Why the last set is not in force. */
  problem?: string;
  /** The set is that of the last run: the present files could not be used. */
  lastGood: boolean;
}

export interface RuleSetOptions {
  config?: string;
  state: string;
  /** A refused rule makes a set bad. */
  strict: boolean;
  /** Puts a database in force. If it throws, the one before is. */
  adopt: (rules: RulesInForce, descriptions: readonly RuleDescription[]) => Promise<void>;
}

/** Refused rules that are told. */
const TOLD = 20;

export class RuleSet {
  readonly #options: RuleSetOptions;
  #database: Uint8Array | undefined;
  #descriptions: readonly RuleDescription[] = [];
  #outcome: CompileOutcome | undefined;
  #generation = 0;
  #since = "";
  #done = 0;
  #failed = 0;
  #problem: string | undefined;
  #lastGood = false;
  #working: Promise<unknown> = Promise.resolve();

  constructor(options: RuleSetOptions) {
    this.#options = options;
  }

  /** What is in force. */
  get inForce(): RulesInForce {
    return { database: this.#database!, generation: this.#generation };
  }

  /** The mode that the policy asks for. */
  get policyMode(): Mode | undefined {
    return this.#outcome?.policy?.mode;
  }

  get status(): RuleStatus {
    const { refused = [], assigned = 0 } = this.#outcome ?? {};
    return {
      generation: this.#generation,
      rules: this.#descriptions.length,
      assigned,
      refused: refused.length,
      refusals: refused.slice(0, TOLD),
      warnings: this.#outcome?.policy?.warnings.slice(0, TOLD) ?? [],
      since: this.#since,
      reloads: { done: this.#done, failed: this.#failed },
      ...(this.#problem === undefined ? {} : { problem: this.#problem }),
      lastGood: this.#lastGood,
    };
  }

  /** The first set. When it is bad, the last good one of an earlier run. @throws VpatchError when there is none */
  async start(): Promise<void> {
    try {
      await this.reload();
    } catch (error) {
      let database: Uint8Array;
      try {
        database = readFileSync(lastGoodFile(this.#options.state));
      } catch {
        throw error;
      }
      await this.#putInForce(database, undefined);
      this.#lastGood = true;
    }
  }

  /** Compiles and puts in force, one set after the other. @throws VpatchError saying why the set before stays in force */
  reload(): Promise<RuleStatus> {
    const next = this.#working.then(
      () => this.#reload(),
      () => this.#reload(),
    );
    this.#working = next;
    return next;
  }

  async #reload(): Promise<RuleStatus> {
    const { config, state } = this.#options;
    const output = compiledFile(state);
    try {
      const outcome = await runTask("compile", { ...(config === undefined ? {} : { config }), state, output });
      const database = readFileSync(output);
      this.#judge(outcome);
      await this.#putInForce(database, outcome);
      renameSync(output, lastGoodFile(state));
      this.#lastGood = false;
      this.#done++;
      this.#problem = undefined;
      return this.status;
    } catch (error) {
      this.#failed++;
      this.#problem = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }

  /** @throws VpatchError when the set is bad */
  #judge({ accepted, refused }: CompileOutcome): void {
    const [first] = refused;
    if (!first) return;
    const tell = ({ file, line, sid, reason }: Refusal): string => `${file}:${line}: rule ${sid ?? ""}: ${reason}`;
    const remedy = "correct the rules; vpatch compile tells all that is wrong with them";
    const active = new Set(this.#descriptions.map(({ sid }) => sid));
    const lost = refused.find(({ sid }) => sid !== undefined && active.has(sid));
    if (lost) throw new VpatchError("VPATCH_RULE_REFUSED", `a rule in force would be lost: ${tell(lost)}`, { remedy });
    // The self-test's signature is always there.
    if (accepted <= 1)
      throw new VpatchError("VPATCH_RULE_REFUSED", `every rule is refused: ${tell(first)}`, { remedy });
    if (this.#options.strict) throw new VpatchError("VPATCH_RULE_REFUSED", tell(first), { remedy });
  }

  async #putInForce(database: Uint8Array, outcome: CompileOutcome | undefined): Promise<void> {
    const descriptions = readRuleDescriptions(database);
    await this.#options.adopt({ database, generation: this.#generation + 1 }, descriptions);
    this.#generation++;
    this.#database = database;
    this.#descriptions = descriptions;
    this.#outcome = outcome;
    this.#since = new Date().toISOString();
  }
}
