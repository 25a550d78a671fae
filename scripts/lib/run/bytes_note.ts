/** What a step has read, where a run is paid by that: `  1.5 MB read`. */
export function bytesNote(bytes: number | undefined): string {
  if (!bytes) return "";
  const unit = bytes < 1e6 ? "kB" : bytes < 1e9 ? "MB" : "GB";
  const size = bytes / { kB: 1e3, MB: 1e6, GB: 1e9 }[unit];
  return `  ${
    size.toLocaleString("en", { maximumFractionDigits: 1 })
  } ${unit} read`;
}
