/** Sends answers, or pieces of them, over a bare connection. */
import type { Socket } from "node:net";

/** What is sent at once. */
export interface Reply {
  status: number;
  type?: string;
  text?: string | Uint8Array;
  headers?: Record<string, string>;
}

/** Writes to a connection, and waits until it has taken what was written. */
export class Sender {
  #closed: Promise<false>;

  constructor(readonly socket: Socket) {
    this.#closed = new Promise((resolve) =>
      socket.once("close", () => resolve(false))
    );
  }

  get is_open(): boolean {
    return !this.socket.destroyed && this.socket.writable;
  }

  async write(bytes: Uint8Array | string): Promise<boolean> {
    if (!this.is_open) return false;
    const written = new Promise<boolean>((resolve) =>
      this.socket.write(bytes, (error) => resolve(!error))
    );
    return await Promise.race([written, this.#closed]);
  }

  async head(status: number, headers: Record<string, string>): Promise<void> {
    const lines = Object.entries(headers).map(([name, value]) =>
      `${name}: ${value}\r\n`
    );
    await this.write(`HTTP/1.1 ${status} ${status}\r\n${lines.join("")}\r\n`);
  }

  async whole({ status, type, text, headers }: Reply): Promise<boolean> {
    const bytes = typeof text === "string"
      ? new TextEncoder().encode(text)
      : text ?? new Uint8Array();
    await this.head(status, {
      ...(type ? { "content-type": type } : {}),
      "content-length": String(bytes.length),
      ...headers,
    });
    return await this.write(bytes);
  }

  async chunk(bytes: Uint8Array): Promise<boolean> {
    await this.write(`${bytes.length.toString(16)}\r\n`);
    await this.write(bytes);
    return await this.write("\r\n");
  }

  end(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }
}
