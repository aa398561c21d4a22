/**
 * To be imported first by programs that load ONNX Runtime into their own process: its builds for Linux and macOS tell
 * Microsoft of the machine and of every model that is opened, unless they find this. Children have it from
 * `childEnvironment`.
 */
process.env.ORT_DISABLE_TELEMETRY = "1";
