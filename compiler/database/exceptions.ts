/** Exceptions of the database: those of a rule one after the other, each sequence once. Index 0 is none. */
import { ExceptionRecord } from "../../assembly/abi/rules.ts";
import type { AddressSet } from "../address.ts";
import type { PortSet } from "../port.ts";
import type { TrafficException } from "../signature/adjustment.ts";
import { Growing } from "./bytes.ts";
import type { SetWriter } from "./sets.ts";

export class ExceptionWriter {
  readonly #sets: SetWriter;
  readonly #out = new Growing(256);
  readonly #known = new Map<string, number>();

  constructor(sets: SetWriter) {
    this.#sets = sets;
    this.#out.reserve(ExceptionRecord.size);
  }

  /** @throws RangeError for more than 65,535 records, which no policy written by hand reaches */
  index(exceptions: readonly TrafficException[]): number {
    if (exceptions.length === 0) return 0;
    const records = exceptions.map((each) => [
      this.#address(each.source),
      this.#address(each.destination),
      this.#address(each.either),
      this.#port(each.sourcePorts),
      this.#port(each.destinationPorts),
      this.#port(each.eitherPorts),
    ]);
    const key = records.join(" ");
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const index = this.#out.length / ExceptionRecord.size;
    if (index + records.length > 0xffff) throw new RangeError("a policy makes more than 65535 different exceptions");
    records.forEach((fields, i) => {
      const at = this.#out.reserve(ExceptionRecord.size);
      fields.forEach((field, j) => {
        this.#out.u32(at + ExceptionRecord.source + j * 4, field);
      });
      this.#out.u32(at + ExceptionRecord.last, Number(i === records.length - 1));
    });
    this.#known.set(key, index);
    return index;
  }

  #address(set: AddressSet | undefined): number {
    return set === undefined ? 0 : this.#sets.address(set);
  }

  #port(set: PortSet | undefined): number {
    return set === undefined ? 0 : this.#sets.port(set);
  }

  get bytes(): Uint8Array {
    return this.#out.bytes;
  }
}
