/**
 * The rule database as the workers share it: one copy for all. The one in force and the one that is to replace it take turns in two buffers:
 * shared memory counts for no thread's collector, so that a buffer for each reload would be given back late.
 */
export class SharedDatabase {
  private places: [SharedArrayBuffer, SharedArrayBuffer] = [new SharedArrayBuffer(0), new SharedArrayBuffer(0)];
  private length = 0;

  /** @param bytes what is in force from the start */
  constructor(bytes: Uint8Array) {
    this.replace(this.offer(bytes));
  }

  /** What is in force. */
  get inForce(): Uint8Array {
    return new Uint8Array(this.places[0], 0, this.length);
  }

  /** A copy of what is to be in force next; the offer before it ends. */
  offer(bytes: Uint8Array): Uint8Array {
    const [inForce, spare] = this.places;
    // Sets differ by little from one reload to the next.
    if (spare.byteLength < bytes.length)
      this.places = [inForce, new SharedArrayBuffer(bytes.length + (bytes.length >> 3))];
    const copy = new Uint8Array(this.places[1], 0, bytes.length);
    copy.set(bytes);
    return copy;
  }

  /** The last offer is in force now; what was before has no reader any more. */
  replace({ length }: Uint8Array): void {
    const [before, offered] = this.places;
    this.places = [offered, before];
    this.length = length;
  }
}
