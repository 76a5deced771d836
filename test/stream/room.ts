/** Entry of the stream room's tests: what a test drives from outside. */
export { configureStream, streamPacket } from "../../assembly/stream/stream";
