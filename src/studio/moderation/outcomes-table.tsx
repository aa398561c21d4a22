import type { CaseDetailsFragment } from "../../../schema/generated/graphql.ts";
import { categoryWords } from "../words.ts";

const verdictNames = { ALLOW: "passed", REVIEW: "held", REFUSE: "refused" } as const;

/** What every filter said. */
export function OutcomesTable({ outcomes }: Pick<CaseDetailsFragment, "outcomes">) {
  return (
    <section className="outcomes">
      <h3>Filters</h3>
      <table>
        <thead>
          <tr>
            <th scope="col">Stage</th>
            <th scope="col">Filter</th>
            <th scope="col">Said</th>
            <th scope="col">Found</th>
          </tr>
        </thead>
        <tbody>
          {outcomes.map((outcome) => (
            <tr key={`${outcome.stage}${outcome.index}${outcome.filter}`} data-verdict={outcome.verdict}>
              <td>{outcome.stage.toLowerCase()}</td>
              <td title={outcome.filterVersion}>{outcome.filter}</td>
              <td>{verdictNames[outcome.verdict]}</td>
              <td>{found(outcome)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function found({ categories, trouble }: CaseDetailsFragment["outcomes"][number]): string {
  if (trouble) return `could not judge: ${trouble}`;
  const scores = categories.filter(({ score }) => score > 0);
  return scores.map(({ category, score }) => `${categoryWords[category]} ${score.toFixed(2)}`).join(", ") || "nothing";
}
