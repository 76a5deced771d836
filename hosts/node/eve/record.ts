/**
 * An event record of the core as a view: fields are read where they lie in the core's memory, nothing is copied.
 * Contract: {@link EventView.set} has checked that the record and its body lie within the given bytes; no accessor throws after it.
 */
import { EventRecord } from "../../../assembly/abi/frames.ts";
import { formatIpv4, formatIpv6 } from "./text.ts";

const NO_RULE = 0xffff_ffff;
const NO_DIRECTION = 255;
const NO_TRANSACTION = 0xffff_ffff_ffff_ffffn;

/** Reads one record after another. */
export class EventView {
  private view: DataView = new DataView(new ArrayBuffer(0));
  private at = 0;

  /**
   * Moves to the record at `at`.
   * @returns its length in bytes
   * @throws RangeError when the record does not lie within `view`: the core and the host disagree about their border
   */
  set(view: DataView, at: number): number {
    this.view = view;
    this.at = at;
    const left = view.byteLength - at;
    const length = left >= EventRecord.size ? view.getUint32(at + EventRecord.length, true) : 0;
    const body = length >= EventRecord.size ? view.getUint32(at + EventRecord.bodyLength, true) : 0;
    if (length < EventRecord.size || length > left || length % 8 !== 0 || body > length - EventRecord.size) {
      throw new RangeError(`the event record at ${at} claims ${length} bytes, ${left} are left`);
    }
    return length;
  }

  get type(): number {
    return this.view.getUint16(this.at + EventRecord.type, true);
  }

  get ipVersion(): number {
    return this.u8(EventRecord.ipVersion);
  }

  get proto(): number {
    return this.u8(EventRecord.proto);
  }

  /** Microseconds since 1970. */
  get timestamp(): number {
    return this.u53(EventRecord.timestamp);
  }

  /** `pcap_cnt`, 0 for pseudo packets. */
  get frame(): number {
    return this.u53(EventRecord.frame);
  }

  /** 0 without a flow. */
  get flow(): bigint {
    return this.view.getBigUint64(this.at + EventRecord.flow, true);
  }

  get source(): string {
    return this.address(EventRecord.source);
  }

  get destination(): string {
    return this.address(EventRecord.destination);
  }

  get sourcePort(): number {
    return this.u16(EventRecord.sourcePort);
  }

  get destinationPort(): number {
    return this.u16(EventRecord.destinationPort);
  }

  /** VLAN ids, outermost first. */
  get vlan(): number[] {
    const ids: number[] = [];
    for (let index = 0; index < Math.min(3, this.u8(EventRecord.vlanCount)); index++) {
      ids.push(this.u16(EventRecord.vlan + index * 2));
    }
    return ids;
  }

  get direction(): "to_server" | "to_client" | undefined {
    const direction = this.u8(EventRecord.direction);
    return direction === NO_DIRECTION ? undefined : direction === 0 ? "to_server" : "to_client";
  }

  get packetSource(): number {
    return this.u8(EventRecord.packetSource);
  }

  get appProto(): number {
    return this.u8(EventRecord.appProto);
  }

  get depth(): number {
    return this.u8(EventRecord.depth);
  }

  get icmpType(): number {
    return this.u8(EventRecord.icmpType);
  }

  get icmpCode(): number {
    return this.u8(EventRecord.icmpCode);
  }

  /** Index of the rule in the database. */
  get rule(): number | undefined {
    const rule = this.view.getUint32(this.at + EventRecord.rule, true);
    return rule === NO_RULE ? undefined : rule;
  }

  get action(): number {
    return this.u8(EventRecord.action);
  }

  /** Action decided for the packet as a whole. */
  get packetAction(): number {
    return this.u8(EventRecord.packetAction);
  }

  get reason(): number {
    return this.u8(EventRecord.reason);
  }

  get flags(): number {
    return this.u8(EventRecord.flags);
  }

  /** Reply: bytes of the link layer in front of the IP packet. */
  get lead(): number {
    return this.u8(EventRecord.lead);
  }

  get txId(): bigint | undefined {
    const id = this.view.getBigUint64(this.at + EventRecord.txId, true);
    return id === NO_TRANSACTION ? undefined : id;
  }

  /** The CBOR body, a view. */
  get body(): Uint8Array {
    const length = this.view.getUint32(this.at + EventRecord.bodyLength, true);
    return new Uint8Array(this.view.buffer, this.view.byteOffset + this.at + EventRecord.size, length);
  }

  private u8(field: number): number {
    return this.view.getUint8(this.at + field);
  }

  private u16(field: number): number {
    return this.view.getUint16(this.at + field, true);
  }

  private u53(field: number): number {
    const low = this.view.getUint32(this.at + field, true);
    return this.view.getUint32(this.at + field + 4, true) * 0x1_0000_0000 + low;
  }

  private address(field: number): string {
    if (this.ipVersion === 4) return formatIpv4(this.view, this.at + field);
    return this.ipVersion === 6 ? formatIpv6(this.view, this.at + field) : "";
  }
}
