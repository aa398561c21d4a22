import { useState } from "react";
import { AcceptPolicyDocument } from "../../schema/generated/graphql.ts";
import type { ApiError } from "./api.ts";
import { useFocusAfter } from "./arrival.tsx";
import { Fault } from "./fault.tsx";
import { useSession } from "./session.ts";

/** What stands between an account and its edits: a policy to accept, or a suspension to know of. */
export function PolicyBanner() {
  const { api, viewer, refresh } = useSession();
  const [error, setError] = useState<ApiError>();
  const [asked, setAsked] = useState(0);
  const { account, policy } = viewer;
  useFocusAfter(policy.accepted ? asked : 0);
  if (account.status === "SUSPENDED") {
    return (
      <div className="banner grave" role="alert">
        <p>
          This account is suspended{account.suspendedReason ? `: ${account.suspendedReason}` : ""}. Ask whoever runs the
          server.
        </p>
      </div>
    );
  }
  if (policy.accepted) return null;
  const accept = () => {
    setError(undefined);
    setAsked((before) => before + 1);
    const fail = (why: ApiError) => {
      setError(why);
      // There may be a newer version.
      refresh();
    };
    api.ask(AcceptPolicyDocument, { version: policy.version }).then(refresh, fail);
  };
  return (
    <section className="banner" aria-label="Policy">
      <p>
        <strong>Before your first edit.</strong> No sexual content about children, no intimate pictures of anyone
        without their consent, nothing that breaks the law or somebody. Filters look at every sentence and picture, and
        whoever breaks the policy again and again is suspended.
      </p>
      <button type="button" className="main" onClick={accept}>
        Accept policy {policy.version}
      </button>
      {error && <Fault error={error} />}
    </section>
  );
}
