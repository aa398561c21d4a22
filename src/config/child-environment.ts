/**
 * What glibc keeps for the next picture instead of giving it back to the system, in bytes. Every page that comes anew
 * costs a fault: 3 MB of fresh pixels took 5 ms, kept ones 1 ms. Other C libraries do not read these.
 */
const keptMemory = {
  MALLOC_MMAP_THRESHOLD_: String(2 ** 25),
  MALLOC_TRIM_THRESHOLD_: String(2 ** 28),
  MALLOC_TOP_PAD_: String(2 ** 24),
};

/**
 * ONNX Runtime's builds for Linux and macOS tell Microsoft of the machine and of every model that is opened, and note an
 * identifier of the machine on its disk, unless the process that loads it begins with this.
 */
export const toldToNobody = { ORT_DISABLE_TELEMETRY: "1" };

/** Variables of the server's own, some of them secret: a child is told what it needs in messages. */
const own = /^(PENTIMENTO_|DATABASE_URL$)/;

/** The environment of a child process: the system's, with nothing of ours, and no leave to report to anybody. */
export function childEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const theirs = Object.entries(env).filter(([name]) => !own.test(name));
  return { ...keptMemory, ...Object.fromEntries(theirs), ...toldToNobody };
}
