/** Events of application parsers: `app-layer-event:http.missing_host_header`. `__` stands for `.`. 600 and up, a block of 64 a protocol. */
export enum AppEvent {
  applayer_mismatch_protocol_both_directions = 600,
  applayer_wrong_direction_first_data = 601,
  applayer_detect_protocol_only_one_direction = 602,
  applayer_proto_detection_skipped = 603,
  applayer_no_tls_after_starttls = 604,
  applayer_unexpected_protocol = 605,
  dns__malformed_data = 792,
  dns__not_request = 793,
  dns__not_response = 794,
  dns__z_flag_set = 795,
  dns__invalid_opcode = 796,
  dns__name_too_long = 797,
  dns__infinite_loop = 798,
  dns__too_many_labels = 799,
}
