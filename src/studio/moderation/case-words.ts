import type { CaseAction, CaseKind, CaseStatus } from "../../../schema/generated/graphql.ts";

export const caseKindWords: Record<CaseKind, string> = { HOLD: "Hold", APPEAL: "Appeal", REPORT: "Report" };

export const caseStatusWords: Record<CaseStatus, string> = {
  OPEN: "open",
  CLAIMED: "claimed",
  ESCALATED: "escalated",
  APPROVED: "approved",
  REJECTED: "rejected",
};

export const caseActionWords: Record<CaseAction, string> = {
  APPROVE: "Approve",
  REJECT: "Reject",
  ESCALATE: "Escalate",
};

/** What each decision leads to; it depends on how the case came about. */
export const consequences: Record<CaseKind, string> = {
  HOLD: "Approve: the edit goes on. Reject: it is refused, and a held result deleted.",
  APPEAL: "Approve: the refusal is lifted and the edit goes on. Reject: the refusal stands.",
  REPORT: "Approve: the report is right, and the picture is blocked. Reject: the picture stays.",
};
