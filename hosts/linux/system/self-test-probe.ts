/** Sends the self-test's datagram out of an interface, and watches whether it leaves (a packet socket sees what goes to the network card). */
import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { type Probe, SELF_TEST_PAYLOAD, SELF_TEST_PORT, SELF_TEST_TARGETS } from "../../node/agent/self-test.ts";
import { check, libc } from "./libc.ts";

const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const ETH_P_ALL = 3;
const MSG_DONTWAIT = 0x40;
const UDP = 17;
/** Packets the witness looks at, at most, at the end of a test. */
const MOST_PACKETS = 4096;

/** @throws when the interface has no address to send from */
export async function sendSelfTest(networkInterface: string): Promise<Probe> {
  const addresses = networkInterfaces()[networkInterface] ?? [];
  const ipv4 = addresses.find(({ family }) => family === "IPv4");
  if (ipv4 === undefined && !addresses.some(({ family }) => family === "IPv6"))
    throw new Error("the interface is down, or has no address");
  const witness = openWitness(networkInterface);
  const socket = createSocket(ipv4 ? "udp4" : "udp6");
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(0, ipv4?.address, resolve);
    });
    socket.setMulticastInterface(ipv4 ? ipv4.address : `::%${networkInterface}`);
    socket.setMulticastTTL(1);
    socket.setMulticastLoopback(false);
    const sourcePort = socket.address().port;
    const target = ipv4 ? SELF_TEST_TARGETS.ipv4 : `${SELF_TEST_TARGETS.ipv6}%${networkInterface}`;
    await new Promise<void>((resolve, reject) => {
      socket.send(SELF_TEST_PAYLOAD, SELF_TEST_PORT, target, (error) => (error ? reject(error) : resolve()));
    });
    return { sourcePort, left: () => witness?.saw(sourcePort), close: () => close(socket, witness) };
  } catch (error) {
    close(socket, witness);
    throw error;
  }
}

function close(socket: { close(): void }, witness: Witness | undefined): void {
  socket.close();
  witness?.close();
}

interface Witness {
  saw(sourcePort: number): boolean;
  close(): void;
}

/** A packet socket on the interface; `undefined` without the right to open one. */
function openWitness(networkInterface: string): Witness | undefined {
  const fd = libc.socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return undefined;
  const address = Buffer.alloc(20);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(ETH_P_ALL, 2);
  address.writeInt32LE(libc.if_nametoindex(networkInterface), 4);
  try {
    check(libc.bind(fd, address, address.length), "bind");
  } catch (error) {
    libc.close(fd);
    throw error;
  }
  const packet = Buffer.alloc(256);
  return {
    saw(sourcePort) {
      for (let count = 0; count < MOST_PACKETS; count++) {
        const length = Number(libc.recv(fd, packet, packet.length, MSG_DONTWAIT));
        if (length < 0) return false;
        if (isSelfTest(packet.subarray(0, length), sourcePort)) return true;
      }
      return false;
    },
    close: () => libc.close(fd),
  };
}

/** Whether a packet, from its network layer on, is the test's datagram. */
function isSelfTest(packet: Buffer, sourcePort: number): boolean {
  const version = (packet[0] ?? 0) >> 4;
  const header = version === 4 ? 4 * (packet[0]! & 15) : 40;
  if (packet.length < header + 8 || packet[version === 4 ? 9 : 6] !== UDP) return false;
  if (packet.readUInt16BE(header) !== sourcePort || packet.readUInt16BE(header + 2) !== SELF_TEST_PORT) return false;
  return packet
    .subarray(header + 8)
    .toString("latin1")
    .startsWith(SELF_TEST_PAYLOAD.slice(0, 16));
}
