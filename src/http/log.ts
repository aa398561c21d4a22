import { type DestinationStream, pino } from "pino";
import { Failed, Refused } from "../core/errors.ts";

export type Fields = Readonly<Record<string, unknown>>;

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** One JSON line per call. The message is a fixed text; what varies is in the fields, which are scrubbed. */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

/**
 * Logs to `destination` (standard output when left out). Prompts, pixels, signatures, keys and tokens never reach it: see
 * `scrub`, through which every field goes whatever its name.
 */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: (err) => err } },
    destination ?? pino.destination(1),
  );
  const write =
    (method: Exclude<LogLevel, "silent">) =>
    (message: string, fields: Fields = {}) => {
      if (logger.isLevelEnabled(method)) logger[method](scrub(fields) as object, message);
    };
  return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

const removed = "[removed]";
const secretNames =
  /prompt|pixels|preview|authori[sz]ation|cookie|secret|token|signature|password|variables|connectionparams|(api|signing)-?_?key$|^(key|query|search|body|data|url)$/i;
const depthMax = 6;
const textMax = 500;
const itemsMax = 50;

/** A copy fit for the log: what has a secret's name or looks like one is replaced, long things are cut. */
export function scrub(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return scrubText(value);
  if (typeof value === "bigint") return `${value}`;
  if (typeof value !== "object" || value === null) return typeof value === "function" ? removed : value;
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= depthMax) return removed;
  if (value instanceof Error) return describeError(value, depth);
  if (Array.isArray(value)) return value.slice(0, itemsMax).map((item) => scrub(item, depth + 1));
  const fields = Object.entries(value).slice(0, itemsMax);
  return Object.fromEntries(
    fields.map(([name, field]) => [name, secretNames.test(name) ? removed : scrub(field, depth + 1)]),
  );
}

function scrubText(text: string): string {
  const clean = text
    .slice(0, 4 * textMax)
    .replace(/data:[\w/+.-]*;base64,[\w+/=-]*/g, removed)
    .replace(/\bBearer\s+\S+/gi, `Bearer ${removed}`)
    .replace(/\?[^\s"'<>]*/g, `?${removed}`);
  return clean.length > textMax ? `${clean.slice(0, textMax)}…` : clean;
}

/**
 * An error as the log may know it. The words of a stranger's error can quote what it choked on (a database's its
 * arguments, a parser its text), and a refusal what the caller sent; only words that we or the runtime chose are kept.
 */
function describeError(error: Error, depth: number): Fields {
  const { code, cause } = error as Error & { code?: unknown };
  const frames = error.stack?.split("\n").filter((line) => line.startsWith("    at ")) ?? [];
  return {
    type: error.name,
    ...(typeof code === "string" ? { code } : {}),
    ...(mayQuote(error) ? { message: scrubText(error.message) } : {}),
    ...(error instanceof Refused ? {} : { frames: frames.slice(0, 20).map((frame) => frame.trim()) }),
    ...(cause === undefined ? {} : { cause: scrub(cause, depth + 1) }),
  };
}

function mayQuote(error: Error): boolean {
  if (error instanceof Failed || error instanceof TypeError || error.message.startsWith("assertion: ")) return true;
  return "syscall" in error && "errno" in error;
}
