/** Netlink messages of the netfilter queue subsystem (linux/netfilter/nfnetlink_queue.h), written into and read from plain memory. */
import { addressOf, CLOEXEC, check, recv, SOCK_RAW, send, socket, systemError } from "./libc.ts";

const AF_NETLINK = 16;
const NETLINK_NETFILTER = 12;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLMSG_ERROR = 2;
/** nlmsghdr and nfgenmsg. */
export const MESSAGE_HEAD = 20;

/** Types of messages: subsystem 3 in the upper byte. */
export const enum QueueMessage {
  Packet = 0x300,
  Verdict = 0x301,
  Config = 0x302,
  VerdictBatch = 0x303,
}

/** Attributes of a packet message. */
export const enum PacketAttribute {
  Header = 1,
  VerdictHeader = 2,
  Mark = 3,
  InDevice = 5,
  OutDevice = 6,
  Payload = 10,
  CapturedLength = 13,
  SkbInfo = 14,
}

/** Attributes of a configuration message. */
export const enum ConfigAttribute {
  Command = 1,
  Parameters = 2,
  MaxLength = 3,
  Mask = 4,
  Flags = 5,
}

/** Writes messages one behind another. */
export class MessageWriter {
  readonly memory: ArrayBuffer;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly address: number;
  length = 0;
  private start = 0;

  constructor(capacity: number) {
    this.memory = new ArrayBuffer(capacity);
    this.bytes = new Uint8Array(this.memory);
    this.view = new DataView(this.memory);
    this.address = addressOf(this.memory);
  }

  reset(): void {
    this.length = 0;
  }

  /** Begins a message about `queue`. */
  begin(type: QueueMessage, queue: number, sequence = 0, acknowledge = false): void {
    const { view } = this;
    this.start = this.length;
    view.setUint16(this.start + 4, type, true);
    view.setUint16(this.start + 6, NLM_F_REQUEST | (acknowledge ? NLM_F_ACK : 0), true);
    view.setUint32(this.start + 8, sequence, true);
    view.setUint32(this.start + 12, 0, true);
    view.setUint16(this.start + 16, 0);
    view.setUint16(this.start + 18, queue);
    this.length += MESSAGE_HEAD;
  }

  /** Offset of the `length` bytes of an attribute's value, to be written. */
  attribute(type: number, length: number): number {
    const at = this.length;
    this.view.setUint16(at, length + 4, true);
    this.view.setUint16(at + 2, type, true);
    this.length = (at + 4 + length + 3) & ~3;
    return at + 4;
  }

  end(): void {
    this.view.setUint32(this.start, this.length - this.start, true);
  }
}

export function openNetlink(): number {
  return check(socket(AF_NETLINK, SOCK_RAW | CLOEXEC, NETLINK_NETFILTER), "netlink socket");
}

/** Sends one message and waits for its acknowledgement. @throws VpatchError when the kernel refuses; packets that come meanwhile are left to `late` */
export function request(fd: number, what: string, writer: MessageWriter, late: (bytes: Uint8Array) => void): void {
  check(send(fd, writer.address, writer.length, 0), what);
  const answer = new ArrayBuffer(70_000);
  const view = new DataView(answer);
  const address = addressOf(answer);
  for (;;) {
    const length = check(recv(fd, address, answer.byteLength, 0), what);
    if (length >= 20 && view.getUint16(4, true) === NLMSG_ERROR) {
      const error = view.getInt32(16, true);
      if (error < 0) throw systemError(what, error);
      return;
    }
    late(new Uint8Array(answer, 0, length));
  }
}
