/**
 * The traffic of an agent: the driver that the mode needs, its capture, its workers. A change of mode is a message to the workers, unless the
 * driver cannot block: then the data path is changed, the new one in place before the old one goes.
 */
import type { Configuration } from "../config/schema/root.ts";
import { DataPath, type DataPathOptions, type DataPathStats } from "../datapath/datapath.ts";
import type { CaptureOptions, DriverName } from "../driver/driver.ts";
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

  /** Begins. @throws VpatchError when no driver works here */
  async start(mode: Mode, rules: RulesInForce): Promise<void> {
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
    const { driver, inline } = chooseDriver(module, asked, mode, options);
    const path = new DataPath({
      capture: module.prepare(driver, options),
      mode,
      config,
      ...rules,
      onEvents: this.#options.onEvents,
      onFailure: this.#options.onFailure,
    });
    await path.start();
    const before = this.#path;
    this.#path = path;
    this.#driver = driver;
    this.#inline = inline;
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

  async stop(): Promise<void> {
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
