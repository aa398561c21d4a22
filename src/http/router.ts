import type { Handler } from "./exchange.ts";
import type { Sharing } from "./headers.ts";

export interface Route {
  /** `/healthz`, `/images/:id`, or `/studio/*` for all that begins so. */
  readonly template: string;
  readonly sharing: Sharing;
  /** A handler of GET answers HEAD too. */
  readonly handlers: Readonly<Partial<Record<"GET" | "POST" | "PUT", Handler>>>;
}

/** Finds a path's route: no patterns beyond one last segment, nothing decoded, so nothing to slip through. */
export class Router {
  readonly #routes: ReadonlyMap<string, Route>;

  constructor(routes: readonly Route[]) {
    this.#routes = new Map(routes.map((route) => [route.template, route]));
  }

  find(path: string): { route: Route; id: string } | undefined {
    const exact = this.#routes.get(path);
    if (exact !== undefined) return { route: exact, id: "" };
    const slash = path.lastIndexOf("/");
    const one = this.#routes.get(`${path.slice(0, slash)}/:id`);
    if (one !== undefined && slash < path.length - 1) return { route: one, id: path.slice(slash + 1) };
    const second = path.indexOf("/", 1);
    const all = second < 0 ? undefined : this.#routes.get(`${path.slice(0, second)}/*`);
    return all && { route: all, id: "" };
  }
}

export function methodsOf({ handlers }: Route): string[] {
  return Object.keys(handlers).flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method]));
}
