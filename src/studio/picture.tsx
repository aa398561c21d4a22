import { here } from "./api.ts";

/** A picture by its signed address, a blob or a data URL. */
export function Picture({
  url,
  alt,
  className,
}: {
  readonly url: string | null | undefined;
  readonly alt: string;
  readonly className?: string;
}) {
  if (!url) return <span className="no-picture">{alt}: deleted</span>;
  const source = /^(blob|data):/.test(url) ? url : here(url);
  return <img src={source} alt={alt} className={className} draggable={false} decoding="async" />;
}
