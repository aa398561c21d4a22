import { useCallback, useEffect, useState } from "react";
import {
  AccountHistoryDocument,
  type AccountHistoryQuery,
  ReinstateAccountDocument,
  SuspendAccountDocument,
} from "../../../schema/generated/graphql.ts";
import type { ApiError } from "../api.ts";
import { Fault } from "../fault.tsx";
import { useSession } from "../session.ts";
import { categoryWords, when } from "../words.ts";

/** Whose case it is, what was refused to them of late, and whether they may go on. */
export function AccountPanel({
  accountId,
  changes,
}: {
  readonly accountId: string;
  /** Decisions so far: each may be a refusal more. */
  readonly changes: number;
}) {
  const { api, viewer, round } = useSession();
  const [history, setHistory] = useState<NonNullable<AccountHistoryQuery["accountHistory"]>>();
  const [reason, setReason] = useState("");
  const [error, setError] = useState<ApiError>();
  const load = useCallback(() => {
    setError(undefined);
    api.ask(AccountHistoryDocument, { accountId }).then((answer) => {
      if (answer.accountHistory) setHistory(answer.accountHistory);
    }, setError);
  }, [api, accountId]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was changed is asked for anew
  useEffect(load, [load, changes, round]);
  if (history === undefined) return error ? <Fault error={error} onRetry={load} /> : null;

  const { account, strikes } = history;
  const suspended = account.status === "SUSPENDED";
  const turn = () => {
    setError(undefined);
    const document = suspended ? ReinstateAccountDocument : SuspendAccountDocument;
    const done = () => {
      setReason("");
      load();
    };
    api.ask<unknown, { accountId: string; reason: string }>(document, { accountId, reason }).then(done, setError);
  };
  return (
    <details className="account">
      <summary>
        {account.name}: {suspended ? "suspended" : "active"}; refusals in 30 days:{" "}
        {strikes.reduce((sum, { count }) => sum + count, 0)}
      </summary>
      <p className="hint">Here since {when(account.createdAt)}.</p>
      {account.suspendedReason && <p>Suspended: {account.suspendedReason}</p>}
      <ul>
        {strikes.map(({ category, count }) => (
          <li key={category}>
            {count} × {categoryWords[category]}
          </li>
        ))}
      </ul>
      {account.id !== viewer.account.id && (
        <>
          <label htmlFor="account-reason">Reason{suspended ? "" : "; the account is told"}</label>
          <textarea
            id="account-reason"
            rows={2}
            maxLength={2000}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
          {error && <Fault error={error} />}
          <button type="button" disabled={reason.trim() === ""} onClick={turn}>
            {suspended ? "Reinstate" : "Suspend"}
          </button>
        </>
      )}
    </details>
  );
}
