import type { Route } from "./route.ts";
import { useSession } from "./session.ts";
import { Wordmark } from "./wordmark.tsx";

export function Header({
  moderates,
  audits,
  route,
  onSignOut,
}: {
  readonly moderates: boolean;
  readonly audits: boolean;
  readonly route: Route;
  readonly onSignOut: () => void;
}) {
  const { viewer } = useSession();
  const here = (name: Route["name"]) => (route.name === name ? { "aria-current": "page" as const } : {});
  return (
    <header className="top">
      <a href="#/" className="home">
        <h1>
          <Wordmark />
        </h1>
      </a>
      <nav aria-label="Studio">
        <a href="#/" {...here("compose")}>
          New edit
        </a>
        <a href="#/verify" {...here("verify")}>
          Verify
        </a>
        {moderates && (
          <a href="#/moderation" {...here("moderation")}>
            Moderation
          </a>
        )}
        {audits && (
          <a href="#/audit" {...here("audit")}>
            Audit
          </a>
        )}
      </nav>
      <span className="who">{viewer.account.name}</span>
      <button type="button" className="quiet" onClick={onSignOut}>
        Sign out
      </button>
    </header>
  );
}
