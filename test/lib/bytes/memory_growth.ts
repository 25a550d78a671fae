/**
 * Reads a huge stream in a process of its own and prints by how many bytes that
 * grew: tests that run beside each other share one process and its memory.
 */
import { gzipSync } from "node:zlib";
import { splitCsv } from "../../../scripts/lib/bytes/csv.ts";
import { gunzip } from "../../../scripts/lib/bytes/gzip.ts";
import { splitLines } from "../../../scripts/lib/bytes/lines.ts";
import { bytesOf, concat, Source } from "./streams.ts";

/** What was seen of the stream, and the most memory that it took. */
export interface Growth {
  seen: number[];
  most: number;
}

/** Starts this file as a process and reads what it prints. */
export async function memoryGrowth(
  what: "gzip" | "lines" | "csv",
): Promise<Growth> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", import.meta.url, what],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`Cannot read the stream of ${what}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

async function readGzipBomb(grow: () => void): Promise<number[]> {
  const member = gzipSync(new Uint8Array(64 * 1024 * 1024));
  let length = 0;
  for await (
    const chunk of gunzip(new Source(concat(...Array(16).fill(member))))
  ) {
    length += chunk.length;
    grow();
    if (length % (1024 * 1024) === 0) await new Promise((r) => setTimeout(r));
  }
  return [length];
}

async function readLongLine(grow: () => void): Promise<number[]> {
  const chunk = new Uint8Array(1024 * 1024).fill(97);
  async function* source() {
    for (let i = 0; i < 1024; i++) yield await Promise.resolve(chunk);
    yield bytesOf("\nnext\nlast");
  }
  const marks: number[] = [];
  for await (const { ends } of splitLines(source())) {
    grow();
    marks.push(...ends.map((end) => Math.sign(end)));
  }
  return marks;
}

async function readManyRows(grow: () => void): Promise<number[]> {
  const row = `Acer,12,"${"Lorem ipsum ".repeat(80)}",EUR\n`;
  const rows = bytesOf(row.repeat(1000));
  async function* source() {
    yield bytesOf("brand,category,comment,currency\n");
    for (let i = 0; i < 1000; i++) yield await Promise.resolve(rows);
  }
  let row_count = 0;
  for await (const { count } of splitCsv(source())) {
    row_count += count;
    grow();
  }
  return [row_count];
}

if (import.meta.main) {
  const before = Deno.memoryUsage().rss;
  let most = 0;
  const grow = () => most = Math.max(most, Deno.memoryUsage().rss - before);
  const readers: Record<string, typeof readGzipBomb> = {
    gzip: readGzipBomb,
    lines: readLongLine,
    csv: readManyRows,
  };
  const seen = await readers[Deno.args[0]](grow);
  console.log(JSON.stringify({ seen, most }));
}
