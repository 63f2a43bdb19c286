// Draws the assistant's text: paragraphs, line breaks and "- " lists; nothing in it becomes a link or markup.

import { el } from "./dom.js";

const ITEM = /^\s*[-*•]\s+/;

export const prose = (text) => blocks(text).map((block) => (block.items ? list(block.items) : paragraph(block.lines)));

function blocks(text) {
  const found = [];
  for (const line of text.trim().split(/\r?\n/)) take(found, line);
  return found.filter((block) => block.items || block.lines.length);
}

function take(found, line) {
  const last = found.at(-1);
  if (ITEM.test(line)) (last?.items ?? begin(found, "items")).push(line.replace(ITEM, ""));
  else if (!line.trim()) begin(found, "lines");
  else (last?.lines ?? begin(found, "lines")).push(line);
}

function begin(found, kind) {
  found.push({ [kind]: [] });
  return found.at(-1)[kind];
}

const list = (items) => el("ul", {}, items.map((item) => el("li", {}, item)));

const paragraph = (lines) => el("p", {}, lines.flatMap((line, at) => (at ? [el("br"), line] : [line])));
