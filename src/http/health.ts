import type { Clock } from "../core/clock.ts";
import type { Handler } from "./exchange.ts";

/** What must be there before edits can be accepted: a name, and what is missing now; undefined when all is well. */
export interface ReadinessCheck {
  readonly name: string;
  missing(): Promise<string | undefined>;
}

/** `GET /healthz`: the process answers; nothing else is asked, so that a slow database does not get it killed. */
export const healthHandler: Handler = (exchange) => exchange.sendJson(200, { status: "ok" });

/** A check that takes longer than this has failed: probes give up soon after. */
const checkMsMax = 2_000;

/** `GET /readyz`: 200, or 503 with every check that fails. */
export function readinessHandler(checks: readonly ReadinessCheck[], clock: Clock): Handler {
  return async (exchange) => {
    const reasons = await Promise.all(checks.map((check) => reasonOf(check, clock)));
    const missing = checks.flatMap(({ name }, i) => (reasons[i] === undefined ? [] : [{ name, reason: reasons[i] }]));
    if (missing.length === 0) exchange.sendJson(200, { status: "ready" });
    else exchange.sendJson(503, { status: "not ready", missing }, { "retry-after": "1" });
  };
}

/** What an error says is for the log of whoever checks; a probe learns that there was one. */
function reasonOf(check: ReadinessCheck, clock: Clock): Promise<string | undefined> {
  return new Promise((resolve) => {
    const callOff = clock.after(checkMsMax, () => resolve(`gave no answer in ${checkMsMax} ms`));
    check
      .missing()
      .catch(() => "failed to answer")
      .then((reason) => {
        callOff();
        resolve(reason);
      });
  });
}
