/** Events of the stream engine: `stream-event:3whs_ack_in_wrong_dir`, EVE `stream.3whs_ack_in_wrong_dir`; a leading `_` is left out. 400..599. */
export enum StreamEvent {
  _3whs_ack_in_wrong_dir = 400,
}
