/**
 * The traffic of an agent: the driver that the mode needs, its capture, its workers. A change of mode is a message to the workers, unless the
 * driver cannot block: then the data path is changed, the new one in place before the old one goes.
 */
import type { Configuration } from "../config/schema/root.ts";
import { DataPath, type DataPathOptions, type DataPathStats } from "../datapath/datapath.ts";
import type { Capture, CaptureOptions, DriverName } from "../driver/driver.ts";
import { chooseDriver, driverModule } from "../driver/module.ts";
import type { Mode } from "../engine/settings.ts";
import { VpatchError } from "../errors.ts";

export interface TrafficOptions {
  config: Configuration;
  onEvents: DataPathOptions["onEvents"];
  onFailure: DataPathOptions["onFailure"];
}

export interface RulesInForce {
  database: Uint8Array;
  generation: number;
}

export class Traffic {
  readonly #options: TrafficOptions;
  /** Set up, and no worker yet. */
  #prepared: Capture | undefined;
  #path: DataPath | undefined;
  #driver: DriverName | undefined;
  #inline = false;
  #mode: Mode = "detect";

  constructor(options: TrafficOptions) {
    this.#options = options;
  }

  get mode(): Mode {
    return this.#mode;
  }

  get driver(): DriverName | undefined {
    return this.#driver;
  }

  /** Whether this driver can block. */
  get inline(): boolean {
    return this.#inline;
  }

  /**
   * Chooses a driver and sets it up. With `failure.start: closed` nothing passes from now on, until `start`.
   * @throws VpatchError when no driver works here
   */
  async prepare(mode: Mode): Promise<void> {
    const { config } = this.#options;
    const { interfaces } = config.vpatch;
    if (interfaces.length === 0) {
      throw new VpatchError("VPATCH_CONFIG", "vpatch.interfaces: no interface is named", {
        remedy: "name the network interfaces to protect: vpatch.interfaces, or --interface",
      });
    }
    const options = captureOptions(config);
    const asked = config.vpatch.driver;
    const module = await driverModule(asked);
    const { driver } = chooseDriver(module, asked, mode, options);
    if (this.#prepared?.driver === driver) return;
    // What blocks is in place before what blocked until now goes.
    const before = this.#prepared;
    this.#prepared = module.prepare(driver, options);
    before?.close();
  }

  /** Begins, with what `prepare` has set up where that can do what the mode asks. @throws VpatchError when no driver works here */
  async start(mode: Mode, rules: RulesInForce): Promise<void> {
    if (this.#prepared === undefined || (mode === "prevent" && !this.#prepared.inline)) await this.prepare(mode);
    const capture = this.#prepared!;
    const { config, onEvents, onFailure } = this.#options;
    const path = new DataPath({ capture, mode, config, ...rules, onEvents, onFailure });
    this.#prepared = undefined;
    await path.start();
    const before = this.#path;
    this.#path = path;
    this.#driver = capture.driver;
    this.#inline = capture.inline;
    this.#mode = mode;
    await before?.stop();
  }

  /** Puts rules in force. @throws VpatchError when they are refused; those before stay */
  async adopt({ database, generation }: RulesInForce): Promise<void> {
    await this.#path?.adopt(database, generation);
  }

  /** @param rules in force, for a new data path */
  async setMode(mode: Mode, rules: RulesInForce): Promise<void> {
    if (mode === this.#mode) return;
    if (mode === "prevent" && !this.#inline) return await this.start(mode, rules);
    await this.#path?.setMode(mode);
    this.#mode = mode;
  }

  /** Milliseconds since the slowest worker's last sign of life; `undefined` when nothing runs. */
  get quiet(): number | undefined {
    return this.#path?.quiet();
  }

  stats(): DataPathStats | undefined {
    return this.#path?.stats();
  }

  counters(): BigUint64Array | undefined {
    return this.#path?.counters();
  }

  /** Ends it. A start that came to nothing leaves what `failure.start: closed` has shut: no rules are in force. */
  async stop(): Promise<void> {
    if (this.#options.config.vpatch.failure.start === "open") this.#prepared?.close();
    await this.#path?.stop();
  }
}

/** Removes what a crashed agent left behind; in words. */
export async function cleanUp(config: Configuration): Promise<string[]> {
  const module = await driverModule(config.vpatch.driver);
  return module.cleanUp({ stateFolder: config.vpatch["run-dir"], failure: config.vpatch.failure });
}

function captureOptions({ vpatch }: Configuration): CaptureOptions {
  return {
    interfaces: vpatch.interfaces,
    workers: Math.max(1, vpatch.workers),
    failure: vpatch.failure,
    heartbeat: vpatch.heartbeat,
    stateFolder: vpatch["run-dir"],
  };
}
