/** Events of application parsers: `app-layer-event:http.missing_host_header`. `__` stands for `.`. 600 and up, a block of 64 a protocol. */
export enum AppEvent {
  applayer_mismatch_protocol_both_directions = 600,
  applayer_wrong_direction_first_data = 601,
  applayer_detect_protocol_only_one_direction = 602,
  applayer_proto_detection_skipped = 603,
  applayer_no_tls_after_starttls = 604,
  applayer_unexpected_protocol = 605,
}
