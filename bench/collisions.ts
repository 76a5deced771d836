/** Flows whose hashes fall into one chain, for one who knows the seed (0) and reads assembly/flow/key.ts. */

const MASK = (1n << 64n) - 1n;
const PRIME1 = 0x9e3779b97f4a7c15n;
const PRIME2 = 0xc2b2ae3d27d4eb4fn;
const UDP = 17n;

function mix(value: bigint): bigint {
  let v = value ^ (value >> 32n);
  v = (v * PRIME1) & MASK;
  v ^= v >> 29n;
  v = (v * PRIME2) & MASK;
  return v ^ (v >> 32n);
}

/** An address as it lies in memory. */
function low(...bytes: number[]): bigint {
  return BigInt(Buffer.from(bytes).readUInt32LE(0));
}

/** `count` pairs of ports between 192.0.2.1 and 198.51.100.1 over UDP, all in the first of `chains` chains. */
export function collidingPorts(count: number, chains: number): [number, number][] {
  const addresses = mix((mix(low(192, 0, 2, 1)) + mix(low(198, 51, 100, 1))) & MASK);
  const found: [number, number][] = [];
  const mask = BigInt(chains - 1);
  for (let server = 1000; found.length < count; server++) {
    const half = mix(BigInt(server));
    for (let client = 20000; client < 30000 && found.length < count; client++) {
      const ports = ((mix(BigInt(client)) + half) * PRIME1) & MASK;
      const hash = mix(mix(((addresses + ports) & MASK) ^ (UDP << 8n)));
      if ((hash & mask) === 0n) found.push([client, server]);
    }
  }
  return found;
}
