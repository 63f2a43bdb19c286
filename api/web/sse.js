// Reads server-sent events from a fetch body: any chunk borders, any line ends, comments, several data lines.

export class Parser {
  #rest = "";
  #event = fresh();
  #lastId = "";
  #begun = false;

  push(chunk) {
    const lines = this.#lines(chunk);
    return lines.map((line) => this.#take(line)).filter(Boolean);
  }

  #lines(chunk) {
    let text = this.#rest + chunk;
    if (!this.#begun && text) {
      this.#begun = true;
      text = text.replace(/^\uFEFF/, "");
    }
    const complete = text.endsWith("\r") ? text.slice(0, -1) : text;
    const lines = complete.split(/\r\n|\n|\r/);
    this.#rest = lines.pop() + text.slice(complete.length);
    return lines;
  }

  #take(line) {
    if (line === "") return this.#dispatch();
    if (line.startsWith(":")) return null;
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    this.#field(name, colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, ""));
    return null;
  }

  #field(name, value) {
    if (name === "data") this.#event.data.push(value);
    else if (name === "event") this.#event.type = value;
    else if (name === "id" && !value.includes("\0")) this.#lastId = value;
  }

  #dispatch() {
    const { type, data } = this.#event;
    this.#event = fresh();
    return data.length ? { id: this.#lastId, type: type || "message", data: data.join("\n") } : null;
  }
}

const fresh = () => ({ type: "", data: [] });

export async function* events(body, quietLimit = 60000) {
  const reader = body.getReader();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const parser = new Parser();
  try {
    for (;;) {
      const { done, value } = await within(quietLimit, reader.read());
      if (done) return;
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

async function within(milliseconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new TypeError("the stream went quiet")), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
