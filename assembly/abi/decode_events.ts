/** Events of the decoder and of defragmentation. `__` stands for `.`: `decode-event:ipv4.pkt_too_small`, EVE `decoder.ipv4.pkt_too_small`. 1..399. */
export enum DecodeEvent {
  ipv4__pkt_too_small = 1,
}
