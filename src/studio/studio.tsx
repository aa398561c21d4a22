import type { ShownImageFragment } from "../../schema/generated/graphql.ts";
import { type ApiError, fileOfServer, here } from "./api.ts";
import { useArrival, ViewHeading } from "./arrival.tsx";
import { AuditView } from "./audit/audit-view.tsx";
import { ComposeView } from "./compose/compose-view.tsx";
import { useDraft } from "./compose/draft.ts";
import { useNoStrayDrops } from "./easel.tsx";
import { EditView } from "./edit/edit-view.tsx";
import { History } from "./edit/history.tsx";
import { useEdits } from "./edit/use-edits.ts";
import { Fault } from "./fault.tsx";
import { Header } from "./header.tsx";
import { ModerationView } from "./moderation/moderation-view.tsx";
import { PolicyBanner } from "./policy-banner.tsx";
import { VerifyView } from "./provenance/verify-view.tsx";
import { goTo, parseRoute, type Route, useRoute } from "./route.ts";
import { useSession } from "./session.ts";

interface TroublesProps {
  readonly up: boolean;
  /** Why it could not be asked anew who is signed in. */
  readonly fault: ApiError | undefined;
}

/** Everything that somebody who is signed in sees. */
export function Studio({ up, fault, onSignOut }: TroublesProps & { readonly onSignOut: () => void }) {
  const { viewer } = useSession();
  const edits = useEdits();
  const draft = useDraft();
  const moderates = viewer.account.role === "MODERATOR" || viewer.account.role === "ADMIN";
  const audits = moderates || viewer.account.role === "AUDITOR";

  const asked = useRoute();
  const closed = (asked.name === "moderation" && !moderates) || (asked.name === "audit" && !audits);
  const route: Route = closed ? { name: "compose" } : asked;
  useArrival(route);
  useNoStrayDrops();

  const goOnWith = (image: ShownImageFragment, sentence = "") => {
    const { id: imageId, width, height, shown } = image;
    const photo = { imageId, width, height, picture: shown ?? "" };
    draft.begin(photo, sentence);
    goTo("#/");
    const keep = (picture: Blob) =>
      draft.setSource((now) => (now.photo === photo ? { ...now, photo: { ...photo, picture } } : now));
    // A draft stays for as long as the studio is open, and an address opens for an hour.
    if (shown) fileOfServer(here(shown)).then(keep, () => {});
  };

  return (
    <>
      <Header moderates={moderates} audits={audits} route={route} onSignOut={onSignOut} />
      <Troubles up={up} fault={fault} />
      <PolicyBanner />
      {route.name === "moderation" ? (
        <ModerationView caseId={route.caseId} />
      ) : route.name === "audit" ? (
        <AuditView eventId={route.eventId} />
      ) : (
        <main className="studio">
          <ViewHeading route={route} />
          {route.name === "edit" ? (
            <EditView
              key={route.id}
              id={route.id}
              known={edits.find(route.id)?.status}
              onGoOn={goOnWith}
              onChanged={edits.ask}
            />
          ) : route.name === "verify" ? (
            <VerifyView />
          ) : (
            <ComposeView
              draft={draft}
              onSent={(id) => {
                edits.ask(id);
                // Whoever has gone elsewhere meanwhile finds it in the list.
                if (parseRoute(location.hash).name === "compose") goTo(`#/edits/${id}`);
              }}
            />
          )}
          <History edits={edits} shown={route.name === "edit" ? route.id : undefined} />
        </main>
      )}
    </>
  );
}

function Troubles({ up, fault }: TroublesProps) {
  const { refresh } = useSession();
  return (
    <>
      {!up && (
        <p className="banner" role="status">
          The connection broke off; it is being taken up again.
        </p>
      )}
      {fault && (
        <div className="banner grave">
          <Fault error={fault} onRetry={refresh} />
        </div>
      )}
    </>
  );
}
