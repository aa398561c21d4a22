/** What the model that comes with Pentimento was taught. */
const examples = [
  "make it night",
  "make it sunset",
  "black and white",
  "sepia",
  "pencil sketch",
  "invert the colors",
  "tint it blue",
];

const charactersMax = 10_000;

export function PromptField({
  prompt,
  onPrompt,
  onSend,
}: {
  readonly prompt: string;
  readonly onPrompt: (prompt: string) => void;
  readonly onSend: () => void;
}) {
  return (
    <div className="prompt">
      <label htmlFor="prompt">What should change?</label>
      <textarea
        id="prompt"
        rows={3}
        maxLength={charactersMax}
        placeholder="make it night"
        value={prompt}
        onChange={(event) => onPrompt(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            onSend();
          }
        }}
      />
      <ul className="chips" aria-label="Examples">
        {examples.map((example) => (
          <li key={example}>
            <button type="button" aria-pressed={prompt === example} onClick={() => onPrompt(example)}>
              {example}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
